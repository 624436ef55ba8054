"""How many calls a machine carries: recordings of restaurants, services of 0 ms, and what counts as carried."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from engine.audio.levels import audible_span
from engine.dialogue.moves import Answered, Heard, Say
from engine.evaluation.by_load import GAP_S, LEAD_S, LoadCalls, recording_of, said_in
from engine.evaluation.finding import Planned, planned
from engine.evaluation.order import Order, from_load
from engine.evaluation.stub_rooms import command
from engine.evaluation.stub_services import ANSWER, StubBrain, StubEar, StubVoice
from engine.journal import JournalWriter
from engine.lines.audio_file import line_audio
from engine.protocol import LINE_RATE_HZ, Flag, Header, Message, PlaybackStarted, Transcript
from engine.scenario import find, load


@pytest.fixture
def accepts() -> Planned:
    return planned(["en/accepts"])[0]


def test_recording_has_all_that_the_restaurant_says_with_time_for_our_answers(
    accepts: Planned, tmp_path: Path
) -> None:
    assert accepts.scenario is not None
    texts = said_in(accepts.scenario)
    path = recording_of(accepts, tmp_path / "1.wav")
    assert len(texts) >= 3 and path is not None
    pcm = line_audio(path, 0).astype(np.int64)
    window = LINE_RATE_HZ // 100  # 10 ms
    loud = np.abs(pcm[: pcm.size // window * window]).reshape(-1, window).max(axis=1) > 300
    edges = np.flatnonzero(np.diff(loud.astype(int), prepend=0, append=0))
    silences_s = np.diff(edges)[1::2] / 100
    assert sum(silences_s > GAP_S * 0.9) == len(texts) - 1
    first, _ = audible_span(pcm.astype(np.int16), LINE_RATE_HZ)
    assert first >= LEAD_S * LINE_RATE_HZ * 0.9


def test_where_nobody_speaks_there_is_nothing_to_call(tmp_path: Path) -> None:
    silent = planned(["en/no_answer"])[0]
    calls = LoadCalls([Order(silent, 1)], tmp_path)
    assert calls.place(Order(silent, 1)) is None


def test_call_is_on_the_recorded_line_and_in_the_language_of_the_stub(tmp_path: Path) -> None:
    dutch = planned(["nl/accepts"])[0]
    placed = LoadCalls([Order(dutch, 1), Order(dutch, 2)], tmp_path).place(Order(dutch, 2))
    assert placed is not None and placed.task is not None
    assert (placed.line, placed.task.language) == ("recorded", "en")
    assert Path(placed.recording).is_file()


def test_stub_brain_answers_what_was_heard_and_nothing_else() -> None:
    brain = StubBrain(load(find("en/accepts")).task)
    assert list(brain.step(Answered())) == []
    assert list(brain.step(Heard(turn=1, text="yes", language="en"))) == [Say(text=ANSWER)]


def test_stub_ear_believes_the_language_it_is_told() -> None:
    ear = StubEar()
    assert ear.transcribe(np.zeros(16_000, np.int16), "de").language == "de"
    assert ear.transcribe(np.zeros(16_000, np.int16), None).text


def test_stub_voice_is_audible_and_marks_every_word() -> None:
    (piece,) = StubVoice().say(ANSWER, "en")
    assert np.abs(piece.pcm).max() > 1000
    assert len(piece.marks) == len(ANSWER.split())


def test_rooms_are_started_by_a_module_there_is_under_their_own_name() -> None:
    started = command("vad")
    assert importlib.util.find_spec(started[-2]) is not None
    assert started[-1] == "vad"


def record(folder: Path, *messages: Message) -> Path:
    journal = JournalWriter(folder, {"call": "1"}, 0)
    for number, message in enumerate(messages):
        journal.append(Header(0, 1, Flag.NONE, number, number * 1000), message)
    journal.close({})
    return folder


def test_every_turn_has_to_be_answered(accepts: Planned, tmp_path: Path) -> None:
    heard = [Transcript(turn, "we have a table", True, "en", 0.9, 0, 900) for turn in (1, 2)]
    answers = [PlaybackStarted(turn, turn, 0, 0) for turn in (1, 2)]
    order = Order(accepts, 1)
    assert from_load(order, record(tmp_path / "all", *heard, *answers)).verdict == "passed"
    run = from_load(order, record(tmp_path / "one", *heard, answers[0]))
    assert (run.verdict, run.differences) == ("failed", ["1 of 2 turns were not answered"])
    assert from_load(order, record(tmp_path / "none")).differences == ["no turn was heard"]


def test_a_record_that_cannot_be_read_is_a_failure_that_says_so(accepts: Planned, tmp_path: Path) -> None:
    run = from_load(Order(accepts, 1), tmp_path / "gone")
    assert run.verdict == "failed"
    assert "cannot be read" in run.differences[0]
