"""docs/journal.md names every kind of event and every field of it, and none that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine import protocol
from engine.journal import BY_NAME
from engine.protocol import KINDS, Command

DOCS = (Path(__file__).parents[2] / "docs" / "journal.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `(\w+)` \| [^|]* \| (.*) \|$", DOCS.split("## The kinds")[1], re.MULTILINE))
NEVER_IN_A_RECORD = {
    # audio, and what is about it between rooms and lines
    "LineFrame", "FarFrame", "FarSound", "AgentFrame", "SpeechAudio", "VoicePlayed", "FlushVoice", "OperatorFrame",
    "OperatorSpoke", "MicFrame",
    # of the house, not of a call
    "CallOpened", "Heartbeat", "Shutdown", "Operators", "Checkpoint", "ReplyForgotten",
    # commands, and answers to them: what came of them is an OperatorAct
    "Accepted", "Refused", "Snapshot", "LeaseGranted", "AnswerLine", "PlacedCall",
}  # fmt: skip


def test_every_kind_is_described_or_never_in_a_record():
    commands = {kind.__name__ for kind in KINDS.values() if issubclass(kind, Command)}
    assert set(ROWS) == set(BY_NAME) - NEVER_IN_A_RECORD - commands


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_every_field_of_a_kind_is_described(kind):
    described = re.findall(r"`(\w+)` \(", ROWS[kind])
    assert described == list(BY_NAME[kind].__struct_fields__)


def test_the_fields_of_lines_and_flags_are_described():
    for field in (
        "journal",
        "wall",
        "clock_us",
        "call",
        "line",
        "scenario",
        "recorded",
        "task",
        "n",
        "us",
        "kind",
    ):
        assert f"`{field}`" in DOCS
    for flag in (protocol.Flag.FINAL, protocol.Flag.CUT, protocol.Flag.OPERATOR, protocol.Flag.SYNTHETIC):
        assert f"{int(flag)} " in DOCS
