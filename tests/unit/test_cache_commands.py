"""call-thing cache: what is stored, what past calls teach, what it was worth."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from engine.__main__ import app
from engine.errors import CallRefused, StateError
from engine.journal import JournalWriter
from engine.protocol import (
    BrainUse,
    CacheVerdict,
    DialogueState,
    Flag,
    Header,
    Message,
    Sentence,
    Transcript,
    TurnLatency,
)
from engine.statedir import StateDirectory
from tests.fakes.sample_call import TASK

ASKED = "under what name please"
TEMPLATE = "The name is {name}."


def sentence(turn: int, index: int = 0, last: bool = False, template: str = TEMPLATE, **fields) -> Sentence:
    return Sentence(turn, index, last, turn, "" if last else "The name is Nora.", "en",
                    template="" if last else template, state="asking", **fields)  # fmt: skip


def latency(turn: int, llm_ms: float, tts_ms: float) -> TurnLatency:
    return TurnLatency(turn, 0, 0, 0, llm_ms, tts_ms, 0, 0, llm_ms + tts_ms)


def final(turn: int, text: str = ASKED) -> Transcript:
    return Transcript(turn, text, True, "en", 0.9, 0, 900)


TAUGHT = [
    DialogueState("asking", "", "en"),
    final(1),
    CacheVerdict(1, False, verdict="nothing stored for this situation"),
    BrainUse("some-model", 900, 20, 0.002, turn=1),
    sentence(1),
    sentence(1, 1, last=True),
    latency(1, 700.0, 100.0),
]


def journal(state: Path, name: str, *messages: Message, flags: Flag = Flag.NONE) -> None:
    about = {"call": name, "task": msgspec.to_builtins(TASK)}
    writer = JournalWriter(state / "journals" / name, about, 0)
    for number, message in enumerate(messages):
        writer.append(Header(0, 1, flags, number, number * 1_000_000), message)
    writer.close({})


def run(state: Path, *arguments: str):
    outcome = CliRunner().invoke(app, ["cache", *arguments, "--state-dir", str(state)])
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome


def answer(state: Path, *arguments: str):
    return json.loads(run(state, *arguments, "--json").stdout)


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.delenv("QDRANT_URL", raising=False)
    journal(tmp_path, "1", *TAUGHT)
    return tmp_path


def test_a_call_that_was_made_teaches_its_replies_and_a_second_time_nothing(state):
    assert answer(state, "warm-up") == {"calls": 1, "learnt": 1, "known": 0, "unreadable": 0}
    assert answer(state, "warm-up") == {"calls": 1, "learnt": 0, "known": 1, "unreadable": 0}
    (row,) = answer(state, "list")
    assert (row["language"], row["state"], row["pending"], row["heard"]) == ("en", "asking", "", ASKED)
    assert (row["template"], row["served"], row["last_served"]) == (TEMPLATE, 0, None)


@pytest.mark.parametrize(
    "said",
    [
        [sentence(1, template=""), sentence(1, 1, last=True)],
        [sentence(1), sentence(1, 1), sentence(1, 2, last=True)],
        [sentence(1, from_cache=True), sentence(1, 1, last=True)],
        [sentence(1)],
    ],
    ids=["no template", "two sentences", "from the cache itself", "cut short"],
)
def test_only_what_the_rules_allow_is_learnt(tmp_path, said):
    journal(tmp_path, "1", DialogueState("asking", "", "en"), final(1), *said)
    assert answer(tmp_path, "warm-up")["learnt"] == 0


def test_what_was_offered_again_after_a_restart_is_not_learnt_twice(tmp_path):
    journal(tmp_path, "1", *TAUGHT, flags=Flag.AGAIN)
    assert answer(tmp_path, "warm-up")["learnt"] == 0


def test_a_journal_that_cannot_be_read_is_counted_and_the_others_teach(state):
    broken = state / "journals" / "0"
    broken.mkdir()
    (broken / "events.jsonl").write_text("no journal\n")
    assert answer(state, "warm-up") == {"calls": 1, "learnt": 1, "known": 0, "unreadable": 1}


def test_a_reply_that_was_prepared_and_said_before_its_turn_was_over_is_learnt(tmp_path):
    pause = Transcript(1, ASKED, False, "en", 0.9, 0, 900, at_pause=True)
    steps = [TAUGHT[0], pause, sentence(1), final(1), sentence(1, 1, last=True)]
    journal(tmp_path, "20260101-000000-1", *steps)
    assert answer(tmp_path, "warm-up")["learnt"] == 1


def test_a_reply_that_was_made_ahead_and_never_said_teaches_and_counts_nothing(tmp_path):
    made = [
        TAUGHT[0],
        final(1),
        CacheVerdict(1, True, source="x", ahead=True),
        sentence(1),
        sentence(1, 1, last=True),
    ]
    journal(tmp_path, "20260101-000000-1", *made, flags=Flag.AHEAD)
    assert answer(tmp_path, "warm-up")["learnt"] == 0
    assert answer(tmp_path, "stats")["hits"] == 0


@pytest.mark.parametrize("beginning", ["[1]", "{", '{"task": 3}', "\xff"])
def test_a_journal_that_begins_otherwise_is_counted_and_nothing_breaks(tmp_path, beginning):
    folder = tmp_path / "journals" / "20260101-000000-1"
    folder.mkdir(parents=True)
    (folder / "events.jsonl").write_text(beginning, "latin-1")
    assert answer(tmp_path, "stats")["unreadable"] == 1


def test_what_was_heard_does_not_steer_the_terminal(tmp_path):
    evil = f"{ASKED} \x1b[2J"
    journal(tmp_path, "20260101-000000-1", TAUGHT[0], final(1, evil), *TAUGHT[4:6])
    assert answer(tmp_path, "warm-up")["learnt"] == 1
    assert "\x1b" not in run(tmp_path, "list").stdout


def test_to_forget_where_nothing_is_leaves_nothing_behind(tmp_path):
    with pytest.raises(CallRefused):
        run(tmp_path, "forget", "11111111-1111-1111-1111-111111111111")
    answer(tmp_path, "warm-up")
    assert list(tmp_path.iterdir()) == []


def served(state: Path) -> str:
    """A second call, in which the reply of the first one is served. Returns its id."""
    run(state, "warm-up")
    entry = answer(state, "list")[0]["id"]
    hit = CacheVerdict(1, True, 0.9, TEMPLATE, source=entry, threshold=0.85)
    journal(state, "2", final(1), hit, sentence(1, from_cache=True), latency(1, 0.0, 50.0))
    return entry


def test_hits_misses_and_what_they_spared_are_counted(state):
    served(state)
    counted = answer(state, "stats")
    assert (counted["calls"], counted["hits"], counted["misses"], counted["hit_rate"]) == (2, 1, 1, 0.5)
    assert counted["saved_ms"] == 750.0  # 700 + 100 of the turn that taught it, less 50
    assert counted["saved_usd"] == 0.002


def test_without_a_known_price_no_money_is_named(tmp_path):
    free = [message for message in TAUGHT if not isinstance(message, BrainUse)]
    journal(tmp_path, "1", *free)
    served(tmp_path)
    assert answer(tmp_path, "stats")["saved_usd"] is None
    assert "saved_usd    –" in run(tmp_path, "stats").stdout


def test_without_calls_nothing_is_claimed(tmp_path):
    counted = answer(tmp_path, "stats")
    assert (counted["hits"], counted["misses"], counted["hit_rate"]) == (0, 0, None)
    assert (counted["saved_ms"], counted["saved_usd"]) == (None, None)
    assert answer(tmp_path, "list") == []


def test_an_entry_shows_how_often_and_when_it_was_served(state):
    entry = served(state)
    (row,) = answer(state, "list")
    assert row["served"] == 1 and row["last_served"]
    shown = answer(state, "inspect", entry)
    assert shown["served_at"] == [row["last_served"]]
    assert shown["template"] == TEMPLATE
    assert TEMPLATE in run(state, "inspect", entry).stdout


def test_what_is_forgotten_is_gone_and_an_unknown_id_is_refused(state):
    run(state, "warm-up")
    entry = answer(state, "list")[0]["id"]
    assert answer(state, "forget", entry) == {"id": entry, "forgotten": True}
    assert answer(state, "list") == []
    for command in ("forget", "inspect"):
        with pytest.raises(CallRefused, match="cache list"):
            run(state, command, entry)


def test_while_an_engine_holds_the_replies_the_next_step_is_said_and_the_counts_are_shown(state):
    served(state)
    with StateDirectory(state, needed_free_bytes=0):
        for command in (["list"], ["inspect", "7"], ["warm-up"]):
            with pytest.raises(StateError, match="call-thing stop"):
                run(state, *command)
        assert answer(state, "stats")["hits"] == 1
