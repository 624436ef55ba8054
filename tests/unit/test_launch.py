"""Before an engine is started, and before it is ended: its directory, its log, the calls that go on in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine import statedir
from engine.errors import StateError
from engine.launch import EngineProcess, _open_log, live_calls
from engine.protocol import CallClosed, CallState, EngineEvent, Message, Snapshot, SpeechStarted, pack
from engine.settings import Settings


def snapshot_of(*events: tuple[int, Message]) -> Snapshot:
    packed = tuple(pack(message, call, 0, time_us) for time_us, (call, message) in enumerate(events))
    return Snapshot("epoch", True, {}, packed)


def test_calls_are_live_until_they_are_closed():
    dialling = CallState("dialling", "Rosa", "en", "simulated")
    ended = CallState("ended", "Rosa", "en", "simulated")
    first = [(1, dialling), (2, dialling), (0, EngineEvent("info", "a room is back"))]
    assert live_calls(snapshot_of()) == set()
    assert live_calls(snapshot_of(*first)) == {1, 2}
    assert live_calls(snapshot_of(*first, (1, ended), (1, CallClosed("booked")))) == {2}


def test_a_call_whose_beginning_is_no_longer_kept_is_live():
    assert live_calls(snapshot_of((3, SpeechStarted(1, 20)))) == {3}


def test_the_log_of_the_engine_before_is_kept(tmp_path: Path):
    path = tmp_path / "engine.log"
    path.write_text("why it crashed\n")
    os.close(_open_log(path))
    assert path.read_text() == ""
    assert path.with_name("engine.log.1").read_text() == "why it crashed\n"
    os.close(_open_log(path))
    assert path.with_name("engine.log.1").read_text() == "why it crashed\n"  # an empty one says nothing more


def test_a_log_that_another_engine_writes_is_continued(tmp_path: Path):
    path = tmp_path / "engine.log"
    of_the_other = _open_log(path)
    os.write(of_the_other, b"ready\n")
    ours = _open_log(path)
    os.write(ours, b"another has it\n")
    os.write(of_the_other, b"a call\n")
    os.close(ours)
    os.close(of_the_other)
    assert path.read_text() == "ready\nanother has it\na call\n"
    assert not path.with_name("engine.log.1").exists()


def test_no_engine_is_started_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(statedir, "NEEDED_FREE_BYTES", 1 << 60)
    with pytest.raises(StateError, match="MB are needed"):
        EngineProcess(Settings(state_dir=str(tmp_path / "state")), [])
    assert list(tmp_path.iterdir()) == []
