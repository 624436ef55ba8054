"""The agent has no voice while it is silenced, and an operator's microphone speaks in its place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from engine.protocol import BargeIn, FlushVoice, SpeechAudio, Spoken, VoicePlayed, WordMark
from engine.turns.playout import FRAME_SAMPLES, FRAME_US, Playout
from tests.fakes.clocked_line import MS, ClockedLine

TEXT = "a table for two"
ENDS = (1, 7, 11, 15)


def speech(
    frames: float = 8, utterance: int = 1, index: int = 0, ends: bool = True, value: int = 100
) -> SpeechAudio:
    samples = int(frames * FRAME_SAMPLES)
    marks = tuple(WordMark(samples * word // 4, end) for word, end in enumerate(ENDS))
    pcm = np.full(samples, value, np.int16).tobytes()
    return SpeechAudio(utterance, index, 0, True, ends, 5, TEXT, pcm, marks, tts_us=3000)


def microphone(value: int = 3000) -> bytes:
    return np.full(320, value, np.int16).tobytes()


def cut(utterance: int, text: str = "", index: int = 0) -> Spoken:
    return Spoken(utterance, index, text, True, True, cut=True)


class Line:
    """Takes every frame when it is due; `left`: the sample in the middle of each."""

    def __init__(self, playout: Playout | None = None) -> None:
        self.playout = playout or Playout()
        self.now_us = 0
        self.left: list[int] = []
        self.reports: list[object] = []

    def run(self, ms: float) -> None:
        until = self.now_us + int(ms * MS)
        while (due := self.playout.due_us) is not None and due <= until:
            self.now_us = max(self.now_us, due)
            pcm, reports = self.playout.frame(self.now_us)
            self.reports += reports
            if pcm is not None:
                self.left.append(int(np.frombuffer(pcm, np.int16)[480]))
        self.now_us = until


@pytest.mark.parametrize("reason", ["muted", "operator"])
def test_the_voice_stops_with_the_frame_and_what_was_said_is_told_to_the_word(reason):
    line = Line()
    line.playout.add(speech(80), 0)
    line.run(20 * 45)
    sent = len(line.left)
    assert line.playout.silence(reason, line.now_us) == [cut(1, "a table")]
    assert line.playout.due_us is None
    line.run(500)
    assert len(line.left) == sent


@pytest.mark.parametrize("reason", ["muted", "operator"])
def test_what_comes_while_it_is_silenced_is_never_said_and_told_as_cut(reason):
    line = Line()
    line.playout.silence(reason, 0)
    assert line.playout.add(speech(), 0) == [cut(1)]
    assert line.playout.add(speech(index=1), 0) == [cut(1, index=1)]
    line.run(100)
    line.playout.silence("", line.now_us)
    assert line.playout.add(speech(index=2), line.now_us) == [cut(1, index=2)]  # of what was begun before
    assert line.playout.add(speech(3, utterance=2), line.now_us) == []
    line.run(200)
    assert line.left == [100] * 3


def test_what_an_operator_typed_is_said_while_the_agent_is_muted():
    line = Line()
    line.playout.silence("muted", 0)
    assert line.playout.add(speech(3, value=7), 0, typed=True) == []
    line.run(200)
    assert line.left == [7] * 3
    assert line.reports[-1] == Spoken(1, 0, TEXT, True, True)


def test_what_an_operator_typed_is_not_said_while_an_operator_speaks():
    line = Line()
    line.playout.silence("operator", 0)
    assert line.playout.add(speech(3), 0, typed=True) == [cut(1)]
    line.run(200)
    assert line.left == []


def test_muting_the_agent_in_front_of_a_typed_line_goes_on_with_that_line():
    line = Line()
    line.playout.add(speech(50), 0)
    line.playout.add(speech(3, utterance=2, value=7), 0, typed=True)
    line.run(100)
    assert line.playout.silence("muted", line.now_us) == [cut(1)]
    sent = len(line.left)
    line.run(200)
    assert line.left[sent:] == [7] * 3


def test_muting_the_agent_behind_a_typed_line_is_told_once_that_line_is_over():
    line = Line()
    line.playout.add(speech(5, value=7), 0, typed=True)
    line.playout.add(speech(5, utterance=2), 0)
    line.playout.add(speech(2, utterance=3, value=8), 0, typed=True)
    line.run(50)
    assert line.playout.silence("muted", line.now_us) == []
    assert line.playout.add(speech(5, utterance=4), line.now_us) == []
    line.run(500)
    assert line.left == [7] * 5 + [8] * 2
    done = [report for report in line.reports if isinstance(report, Spoken) and report.done]
    assert [(report.utterance, report.cut) for report in done] == [
        (1, False), (2, True), (3, False), (4, True),
    ]  # fmt: skip


def test_a_take_over_silences_a_typed_line_too():
    line = Line()
    line.playout.silence("muted", 0)
    line.playout.add(speech(50), 0, typed=True)
    line.run(100)
    assert line.playout.silence("operator", line.now_us) == [cut(1)]
    assert line.playout.due_us is None


def test_the_microphone_is_heard_only_while_the_call_is_the_operator_s():
    line = Line()
    line.playout.operator_frame(microphone(), 0)
    line.playout.silence("muted", 0)
    line.playout.operator_frame(microphone(), 0)
    assert line.playout.due_us is None
    line.playout.silence("operator", 0)
    for _ in range(10):
        line.playout.operator_frame(microphone(), line.now_us)
        line.run(20)
    line.run(100)
    assert line.left == [3000] * 10
    assert line.reports == []  # nobody is told that the agent speaks
    assert line.playout.number == 9


def test_the_operator_s_voice_is_neither_ducked_nor_cut_by_the_far_end():
    line = Line()
    line.playout.silence("operator", 0)
    for n in range(10):
        line.playout.operator_frame(microphone(), line.now_us)
        assert line.playout.barge_in(BargeIn(("duck", "cut", "resume")[n % 3], 0), line.now_us) == []
        line.run(20)
    line.run(100)
    assert line.left == [3000] * 10


@pytest.mark.parametrize("end", ["talk off", "handed back"])
def test_a_microphone_that_is_off_leaves_nothing_behind(end):
    line = Line()
    line.playout.silence("operator", 0)
    for _ in range(3):
        line.playout.operator_frame(microphone(), 0)
    line.run(25)
    stop = (
        line.playout.talk(False, line.now_us) if end == "talk off" else line.playout.silence("", line.now_us)
    )
    assert stop == []
    line.run(500)
    assert len(line.left) == 1


def test_after_the_operator_the_agent_speaks_again():
    line = Line()
    line.playout.silence("operator", 0)
    line.playout.operator_frame(microphone(), 0)
    line.playout.operator_frame(microphone(), 0)
    line.run(30)
    line.playout.silence("", line.now_us)
    line.playout.add(speech(2), line.now_us)
    line.run(200)
    assert line.left == [3000, 100, 100]


@pytest.mark.parametrize("reason", ["muted", "operator"])
def test_a_room_that_comes_back_in_the_middle_of_it_knows_that_the_agent_is_silent(reason):
    line = Line(Playout(restarted=True, silenced=reason))
    assert line.playout.add(speech(), 0) == [cut(1)]
    line.playout.operator_frame(microphone(), 0)
    line.run(100)
    assert line.left == ([3000] if reason == "operator" else [])


def test_a_line_with_its_own_clock_is_emptied_of_the_agent_s_voice_at_once():
    line = ClockedLine()
    line.add(speech(80))
    line.run(7 + 20 * 25 + 5)
    assert line.silence("operator") == [FlushVoice()]
    assert line.flush() == [cut(1, "a")]
    assert not line.queue
    assert line.add(speech(8, utterance=2)) == [cut(2)]


def test_what_the_line_threw_away_of_a_typed_line_is_said_after_all():
    line = ClockedLine()
    line.add(speech(2))
    line.add(speech(1, utterance=2, value=7), typed=True)
    assert len(line.queue) == 3  # all of it is in the line
    line.run(8)
    assert line.silence("muted") == [FlushVoice()]
    assert line.flush()[-1] == cut(1, "a table")
    line.run(200)
    assert [value for _, value, _ in line.left] == [100, 7]
    assert line.spoken[-1] == Spoken(2, 0, TEXT, True, True)


def test_what_the_line_holds_of_the_agent_behind_a_typed_line_is_thrown_away():
    line = ClockedLine()
    line.add(speech(2, value=7), typed=True)
    line.add(speech(50, utterance=2))
    line.run(8)
    assert line.silence("muted") == [FlushVoice()]
    line.flush()
    line.run(300)
    assert {value for _, value, _ in line.left} == {7}
    assert [(s.utterance, s.cut) for s in line.spoken if s.done] == [(1, False), (2, True)]


def talking(line: ClockedLine, frames: int, burst: int = 1) -> None:
    for _ in range(0, frames, burst):
        for _ in range(burst):
            line.hear_operator(microphone())
        line.run(20 * burst)


@pytest.mark.parametrize("burst", [1, 2, 3])
@pytest.mark.parametrize(("every", "late_ms"), [(1, 0), (1, 19), (2, 5)])
def test_a_line_with_its_own_clock_is_given_the_operator_s_voice_without_holes_and_soon(
    burst, every, late_ms
):
    line = ClockedLine(every, late_ms * MS)
    line.silence("operator")
    talking(line, 60, burst)
    line.run(200)
    left_us = [at for _, _, at in line.left]
    assert [number for number, _, _ in line.left] == list(range(60))
    assert set(np.diff(left_us)) == {FRAME_US}
    assert line.longest <= 4


def test_a_microphone_that_is_off_is_silence_on_a_line_with_its_own_clock_within_40_ms():
    line = ClockedLine()
    line.silence("operator")
    talking(line, 30, burst=3)
    off_us = line.now_us
    assert line.talk(on=False) == [FlushVoice()]
    line.run(5)
    assert line.flush() == []
    line.run(500)
    assert line.left[-1][2] + FRAME_US <= off_us + 40 * MS
    talking(line, 3)
    line.run(100)
    assert line.left[-1][2] > off_us + 500 * MS  # and it can be switched on again


def test_what_the_operator_says_while_the_agent_is_being_cut_follows_at_once():
    line = ClockedLine()
    line.add(speech(80))
    line.run(100)
    line.silence("operator")
    line.hear_operator(microphone())
    line.hear_operator(microphone())
    line.run(5)
    line.flush()
    sent = len(line.left)
    line.run(100)
    assert len(line.left) == sent + 2


STEPS = st.one_of(
    st.tuples(st.just("agent"), st.integers(1, 6)),
    st.tuples(st.just("typed"), st.integers(1, 6)),
    st.tuples(st.just("run"), st.integers(1, 120)),
    st.tuples(st.just("microphone"), st.integers(1, 3)),
    st.tuples(st.sampled_from(["muted", "operator", "", "cut", "off", "flush"]), st.just(0)),
)
AGENT, TYPED, MICROPHONE = 100, 200, 3000


@settings(max_examples=300)
@given(steps=st.lists(STEPS, max_size=40), clocked=st.booleans())
def test_whatever_happens_only_who_may_speak_is_sent_and_every_utterance_is_told_to_its_end(steps, clocked):
    """`sent`: what each frame was when it was handed to the line, under which silence."""
    playout = Playout(60 if clocked else 0)
    now_us, utterance, silenced = 0, 0, ""
    told: list[Spoken] = []
    in_line: list[int] = []

    def note(reports) -> None:
        told.extend(report for report in reports if isinstance(report, Spoken) and report.done)

    def run(ms: int) -> None:
        nonlocal now_us
        until = now_us + ms * MS
        while now_us < until:
            now_us += MS
            if in_line and now_us % FRAME_US == 0:
                note(playout.line_played(VoicePlayed(in_line.pop(0), now_us), now_us))
            while playout.due_us is not None and playout.due_us <= now_us:
                pcm, reports = playout.frame(now_us)
                note(reports)
                if pcm is None:
                    continue
                value = int(np.frombuffer(pcm, np.int16)[480])
                may = {"": (AGENT, TYPED), "muted": (TYPED,), "operator": (MICROPHONE,)}[silenced]
                assert value in may, (value, silenced)
                if clocked:
                    in_line.append(playout.number)

    for what, count in steps:
        if what in ("agent", "typed"):
            utterance += 1
            value = TYPED if what == "typed" else AGENT
            note(playout.add(speech(count, utterance, value=value), now_us, typed=what == "typed"))
        elif what == "run":
            run(count)
        elif what == "microphone":
            for _ in range(count):
                playout.operator_frame(microphone(MICROPHONE), now_us)
        elif what == "cut":
            note(playout.barge_in(BargeIn("cut", 0), now_us))
        elif what == "off":
            note(playout.talk(False, now_us))
        elif what == "flush" and clocked and in_line:
            in_line.clear()
            note(playout.line_played(VoicePlayed(playout.number, now_us, flushed=True), now_us))
        elif what in ("muted", "operator", ""):
            silenced = what
            note(playout.silence(what, now_us))
    run(2000)
    assert playout.due_us is None
    assert sorted({report.utterance for report in told}) == list(range(1, utterance + 1))
    first = [report.utterance for report in told]
    assert first == sorted(first)  # whoever hears of one may forget those before it
