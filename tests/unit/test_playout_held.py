"""Our voice is held while the far end may be interrupting, and goes on from the word that was broken off."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from engine.protocol import BargeIn, FlushVoice, OperatorFrame, PlaybackStarted, SpeechAudio, Spoken, WordMark
from engine.turns.playout import FADE_SAMPLES, FRAME_SAMPLES, FRAME_US, LONGEST_HOLD_US, Playout
from tests.fakes.clocked_line import AFTER_FADE, MS, ClockedLine

HOLD, RESUME, CUT, DUCK = (BargeIn(action, 0) for action in ("hold", "resume", "cut", "duck"))
WORDS = ("a", "table", "for", "two")
TEXT = " ".join(WORDS)
WORD_FRAMES = 3


def value_of(utterance: int, index: int, word: int) -> int:
    return 1000 + utterance * 100 + index * 10 + word


def sentence(utterance: int = 1, index: int = 0, ends: bool = True) -> SpeechAudio:
    """TEXT, each word three frames long and with samples of its own."""
    size = WORD_FRAMES * FRAME_SAMPLES
    pcm = np.concatenate([np.full(size, value_of(utterance, index, word), np.int16) for word in range(4)])
    ends_at = [len(" ".join(WORDS[: word + 1])) for word in range(4)]
    marks = tuple(WordMark(word * size, end) for word, end in enumerate(ends_at))
    return SpeechAudio(utterance, index, 0, True, ends, 1, TEXT, pcm.tobytes(), marks)


class Line:
    """Takes every frame when it is due, and has no clock of its own."""

    def __init__(self, *sentences: SpeechAudio) -> None:
        self.playout = Playout()
        self.now_us = 1_000_000
        self.frames: list[np.ndarray] = []
        self.times: list[int] = []
        self.reports: list[object] = []
        for each in sentences:
            self.playout.add(each, self.now_us)

    def play(self, ms: float) -> None:
        until_us = self.now_us + int(ms * 1000)
        while self.playout.due_us is not None and self.playout.due_us <= until_us:
            self.now_us = max(self.now_us, self.playout.due_us)
            pcm, reports = self.playout.frame(self.now_us)
            self.reports += reports
            if pcm is not None:
                self.frames.append(np.frombuffer(pcm, np.int16))
                self.times.append(self.now_us)
        self.now_us = until_us

    def barge_in(self, action: BargeIn) -> list[object]:
        reports = list(self.playout.barge_in(action, self.now_us))
        self.reports += reports
        return reports

    def words(self, begins: int = 0) -> list[int]:
        """The words whose frames have left since, each once in a row; the fade before a silence is none."""
        values = [int(frame[AFTER_FADE]) for frame in self.frames[begins:]]
        said = [value for value in values if value]
        return [value for place, value in enumerate(said) if place == 0 or value != said[place - 1]]


def words(*numbers: int, utterance: int = 1, index: int = 0) -> list[int]:
    return [value_of(utterance, index, number) for number in numbers]


def test_a_hold_is_silent_with_the_next_frame_after_a_fade_of_five_milliseconds():
    line = Line(sentence())
    line.play(95)
    assert line.barge_in(HOLD) == []
    line.play(2000)
    assert len(line.frames) == 6
    last = line.frames[-1]
    assert not last[FADE_SAMPLES:].any()
    assert (np.diff(last[:FADE_SAMPLES].astype(int)) <= 0).all()
    assert int(last[0]) == value_of(1, 0, 1)
    assert np.abs(np.diff(np.concatenate(line.frames[3:]).astype(int))).max() < 20  # no click


def test_we_go_on_from_the_beginning_of_the_word_that_was_broken_off():
    line = Line(sentence())
    line.play(95)
    line.barge_in(HOLD)
    line.play(700)
    before = len(line.frames)
    line.barge_in(RESUME)
    assert line.playout.due_us == line.now_us
    line.play(1000)
    assert line.words(begins=before) == words(1, 2, 3)
    first = line.frames[before]
    assert first[0] == 0 and first[FADE_SAMPLES] == value_of(1, 0, 1)
    assert line.reports[-1] == Spoken(1, 0, TEXT, True, True)
    assert sum(isinstance(report, PlaybackStarted) for report in line.reports) == 1


def test_no_word_is_reported_while_it_is_held_and_none_twice_after():
    line = Line(sentence())
    line.play(95)
    line.barge_in(HOLD)
    line.play(700)
    line.barge_in(RESUME)
    line.play(1000)
    told = [report.text for report in line.reports if isinstance(report, Spoken)]
    assert told == ["a", "a table", "a table for", TEXT]


def test_a_hold_between_two_sentences_begins_with_the_second():
    line = Line(sentence(ends=False), sentence(index=1))
    line.play(235)
    line.barge_in(HOLD)
    line.play(500)
    before = len(line.frames)
    line.barge_in(RESUME)
    line.play(1000)
    assert line.words(begins=before) == words(0, 1, 2, 3, index=1)


def test_a_cut_after_a_hold_tells_what_was_heard_before_it():
    line = Line(sentence())
    line.play(95)
    line.barge_in(HOLD)
    line.play(500)
    assert line.barge_in(CUT) == [Spoken(1, 0, "a", True, True, cut=True)]
    assert line.playout.due_us is None
    line.playout.add(sentence(2), line.now_us)
    before = len(line.frames)
    line.play(1000)
    assert line.words(begins=before) == words(0, 1, 2, 3, utterance=2)


def test_what_arrives_during_a_hold_waits_for_its_end():
    line = Line()
    line.barge_in(HOLD)
    line.playout.add(sentence(), line.now_us)
    line.play(500)
    assert line.frames == []
    line.barge_in(RESUME)
    line.play(1000)
    assert line.words() == words(0, 1, 2, 3)


def test_a_hold_that_nobody_takes_back_ends_by_itself():
    line = Line(sentence())
    line.play(95)
    line.barge_in(HOLD)
    held_us = line.now_us
    line.play(60_000)
    assert line.times[6] == held_us + LONGEST_HOLD_US
    assert line.words() == words(0, 1, 2, 3)


def test_a_hold_and_its_end_within_one_frame_leave_the_rhythm_of_the_line_alone():
    line = Line(sentence())
    line.play(95)
    line.barge_in(HOLD)
    line.play(3)
    line.barge_in(RESUME)
    line.play(1000)
    assert min(np.diff(line.times)) >= FRAME_US


def test_who_has_been_ducked_speaks_up_again_after_the_hold():
    line = Line(sentence())
    line.play(35)
    line.barge_in(DUCK)
    line.play(40)
    line.barge_in(HOLD)
    line.barge_in(RESUME)
    line.play(1000)
    assert int(line.frames[-1][AFTER_FADE]) == value_of(1, 0, 3)


def test_an_operator_who_takes_over_is_not_held():
    line = Line(sentence())
    line.play(95)
    line.barge_in(HOLD)
    line.play(40)
    cut = line.playout.silence("operator", line.now_us)
    assert [report.text for report in cut] == ["a"]
    before = len(line.frames)
    for _ in range(5):
        line.playout.operator_frame(OperatorFrame(np.full(320, 3000, np.int16).tobytes()).pcm, line.now_us)
        line.play(20)
    assert len(line.frames) - before == 5


def test_a_hold_throws_away_what_is_on_its_way_in_a_line_with_a_clock_and_says_it_again():
    line = ClockedLine()
    line.add(sentence())
    line.run(90)
    assert line.barge_in(HOLD) == [FlushVoice()]
    line.run(4)
    line.reports += line.flush()
    before = len(line.left)
    line.run(600)
    assert len(line.left) == before
    line.barge_in(RESUME)
    line.send()
    line.run(1000)
    assert _in_a_row(line, before) == words(1, 2, 3)
    assert [spoken.text for spoken in line.spoken] == ["a", "a table", "a table for", TEXT]


def test_going_on_waits_for_the_line_s_answer():
    line = ClockedLine()
    line.add(sentence())
    line.run(90)
    line.barge_in(HOLD)
    line.barge_in(RESUME)
    before = len(line.sent_us)
    line.run(4)
    assert len(line.sent_us) == before
    line.reports += line.flush()
    assert len(line.sent_us) > before
    line.run(1000)
    assert [spoken.text for spoken in line.spoken] == ["a", "a table", "a table for", TEXT]


def test_a_cut_during_the_hold_of_a_line_with_a_clock_tells_what_has_left():
    line = ClockedLine()
    line.add(sentence())
    line.run(90)
    line.barge_in(HOLD)
    assert line.barge_in(CUT) == []  # the line's answer is on its way
    answer = line.flush()
    assert answer[-1] == Spoken(1, 0, "a", True, True, cut=True)
    assert line.playout.due_us is None


def _in_a_row(line: ClockedLine, begins: int = 0) -> list[int]:
    values = [value for _, value, _ in line.left[begins:]]
    return [value for place, value in enumerate(values) if place == 0 or value != values[place - 1]]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("play"), st.integers(1, 150)),
        st.tuples(st.sampled_from(["hold", "resume"])),
        st.tuples(st.just("add"), st.integers(1, 3)),
    ),
    max_size=40,
)


def all_words(utterances: int) -> list[int]:
    return [
        value_of(utterance, index, word)
        for utterance in range(1, utterances + 1)
        for index in range(2)
        for word in range(4)
    ]


def expect_every_word_and_only_broken_ones_again(frames: list[tuple[int, int]], utterances: int) -> None:
    """frames: (value, number of holds before it). Nobody was cut: every word has to be said, in order."""
    runs: list[list[int]] = []  # value, holds before it, frames in a row
    for value, holds in frames:
        if runs and runs[-1][:2] == [value, holds]:
            runs[-1][2] += 1
        else:
            runs.append([value, holds, 1])
    whole = [value for value, _, count in runs if count == WORD_FRAMES]
    assert [value for place, value in enumerate(whole) if value not in whole[:place]] == all_words(utterances)
    order = {value: place for place, value in enumerate(all_words(utterances))}
    for (value, holds, _), (following, holds_then, count) in pairwise(runs):
        if holds == holds_then:
            assert order[following] == order[value] + 1
        else:
            assert order[following] in (order[value], order[value] + 1)
            assert count <= WORD_FRAMES


@settings(max_examples=200, deadline=None)
@given(steps=STEPS)
def test_whatever_order_of_holds_no_word_is_lost_or_said_twice_but_the_broken_one(steps):
    line, added, holds, frames = Line(), 0, 0, []

    def play(ms: float) -> None:
        before = len(line.frames)
        line.play(ms)
        values = [int(frame[AFTER_FADE]) for frame in line.frames[before:]]
        frames.extend((value, holds) for value in values if value)

    for step in steps:
        if step[0] == "play":
            play(step[1])
        elif step[0] == "add":
            added += 1
            line.playout.add(sentence(added, 0, ends=False), line.now_us)
            line.playout.add(sentence(added, 1), line.now_us)
        else:
            line.barge_in(BargeIn(step[0], 0))
            holds += step[0] == "hold"
    play(200_000)
    expect_every_word_and_only_broken_ones_again(frames, added)
    assert all(gap >= FRAME_US for gap in np.diff(line.times))
    done = [(s.utterance, s.index) for s in line.reports if isinstance(s, Spoken) and s.done]
    assert done == [(utterance, index) for utterance in range(1, added + 1) for index in range(2)]


@settings(max_examples=150, deadline=None)
@given(steps=STEPS, every=st.integers(1, 3), late=st.integers(0, 30))
def test_the_same_holds_for_a_line_with_a_clock(steps, every, late):
    line, added, holds, frames, seen = ClockedLine(every, late * MS), 0, 0, [], 0

    def note() -> None:
        nonlocal seen
        frames.extend((value, holds) for _, value, _ in line.left[seen:])
        seen = len(line.left)

    for step in steps:
        if step[0] == "play":
            line.run(step[1])
        elif step[0] == "add":
            added += 1
            line.add(sentence(added, 0, ends=False), sentence(added, 1))
        else:
            line.reports += line.barge_in(BargeIn(step[0], 0))
            if line.asked:  # a line answers within milliseconds, in which a frame may leave
                line.run(3)
                note()
                line.reports += line.flush()
            holds += step[0] == "hold"
        note()
    line.barge_in(RESUME)
    line.send()
    line.run(added * 600 + 200)
    note()
    expect_every_word_and_only_broken_ones_again(frames, added)
    told = [s.text for s in line.spoken if s.done]
    assert told == [TEXT] * (2 * added)


ANY_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("play"), st.integers(1, 200)),
        st.tuples(st.sampled_from(["hold", "resume", "duck", "cut"])),
        st.tuples(st.just("add"), st.integers(1, 1)),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(steps=ANY_STEPS, clock=st.booleans())
def test_with_cuts_in_between_no_more_is_told_than_was_heard_and_what_was_cut_is_silent(steps, clock):
    line = ClockedLine() if clock else Line()
    added = cut_until = 0

    def heard() -> list[int]:
        if isinstance(line, ClockedLine):
            return [value for _, value, _ in line.left]
        return [int(frame[AFTER_FADE]) for frame in line.frames]

    def play(ms: float) -> None:
        before = len(heard())
        line.run(ms) if isinstance(line, ClockedLine) else line.play(ms)
        for value in heard()[before:]:
            full = value if value >= 1000 or not value else value * 4  # ducked
            assert not value or (full - 1000) // 100 > cut_until

    for step in steps:
        if step[0] == "play":
            play(step[1])
        elif step[0] == "add":
            added += 1
            for each in (sentence(added, 0, ends=False), sentence(added, 1)):
                line.add(each) if isinstance(line, ClockedLine) else line.playout.add(each, line.now_us)
        else:
            reports = line.barge_in(BargeIn(step[0], 0))
            if isinstance(line, ClockedLine):
                line.reports += reports
                flushed = line.flush() if line.asked else []
                line.reports += flushed
                reports = reports + flushed
            cuts = [each.utterance for each in reports if isinstance(each, Spoken) and each.cut]
            cut_until = max([cut_until, *cuts])
            assert step[0] == "cut" or not cuts
    line.barge_in(RESUME)
    if isinstance(line, ClockedLine):
        line.send()
    play(added * 600 + 300)
    spoken = [each for each in line.reports if isinstance(each, Spoken)]
    done = [(each.utterance, each.index) for each in spoken if each.done]
    assert len(done) == len(set(done))
    for utterance in range(1, added + 1):
        if not any(each.cut and each.utterance == utterance for each in spoken):
            assert (utterance, 0) in done and (utterance, 1) in done
    for report in spoken:
        for word in range(len(report.text.split())):
            value = value_of(report.utterance, report.index, word)
            assert heard().count(value) + heard().count(value // 4) >= WORD_FRAMES - 1


@pytest.mark.parametrize("action", ["resume", "duck"])
def test_resuming_without_a_hold_changes_nothing_but_the_volume(action):
    line = Line(sentence())
    line.play(95)
    line.barge_in(BargeIn(action, 0))
    line.play(1000)
    assert len(line.frames) == 4 * WORD_FRAMES
