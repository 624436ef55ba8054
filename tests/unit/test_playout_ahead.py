"""Our voice on a line that sends by a clock of its own: sent ahead, and told of only when it has left."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from engine.protocol import (
    CLOCK_MODULUS_US,
    BargeIn,
    FlushVoice,
    PlaybackStarted,
    SpeechAudio,
    Spoken,
    VoicePlayed,
    WordMark,
)
from engine.turns.playout import ANSWER_WAIT_US, FRAME_SAMPLES, FRAME_US, RESTART_FLUSHES, Playout
from tests.fakes.clocked_line import LEAD_MS, MS, T0_US, ClockedLine

CUT, DUCK, RESUME = BargeIn("cut", 0), BargeIn("duck", 0), BargeIn("resume", 0)
TEXT = "a table for two"
ENDS = (1, 7, 11, 15)  # of its words
LEAD = LEAD_MS * 1000 // FRAME_US


def speech(frames: float = 8, utterance: int = 1, index: int = 0, ends: bool = True, value: int = 100):
    """TEXT's audio in one piece, its four words evenly spread."""
    samples = int(frames * FRAME_SAMPLES)
    marks = tuple(WordMark(samples * word // 4, end) for word, end in enumerate(ENDS))
    pcm = np.full(samples, value, np.int16).tobytes()
    return SpeechAudio(utterance, index, 0, True, ends, 5, TEXT, pcm, marks, tts_us=3000)


def end_of(utterance: int, index: int) -> SpeechAudio:
    return SpeechAudio(utterance, index, 0, True, True, 5, "", b"")


def test_the_lead_leaves_at_once_and_then_a_frame_for_each_that_has_left():
    line = ClockedLine()
    line.add(speech(8))
    assert line.sent_us == [T0_US] * LEAD
    line.run(300)
    assert np.diff(line.sent_us[LEAD:]).tolist() == [FRAME_US] * (8 - LEAD - 1)
    assert (line.longest, line.playout.due_us) == (LEAD, None)
    assert [number for number, _, _ in line.left] == list(range(8))


def test_words_are_told_when_they_have_left_and_not_when_they_were_sent():
    line = ClockedLine()
    line.add(speech(8))
    line.run(6)  # three frames sent, none has left
    assert line.reports == []
    line.run(22)
    assert [s.text for s in line.spoken] == []
    line.run(20)  # the second frame has left
    assert [s.text for s in line.spoken] == ["a"]
    line.run(300)
    assert [(s.text, s.done, s.ends_utterance) for s in line.spoken] == [
        ("a", False, False), ("a table", False, False), ("a table for", False, False), (TEXT, True, True),
    ]  # fmt: skip


@pytest.mark.parametrize(("every", "late_ms"), [(1, 0), (1, 19), (1, 45), (2, 5), (3, 20), (4, 0)])
def test_reports_that_come_late_or_in_batches_starve_nothing_and_lose_no_word(every, late_ms):
    line = ClockedLine(every, late_ms * MS)
    line.add(speech(40), speech(40, index=1, ends=False), end_of(1, 2))
    line.run(2500)
    assert [number for number, _, _ in line.left] == list(range(80))
    assert line.longest <= LEAD + 1
    if late_ms < 40 and every < 4:
        assert [b[2] - a[2] for a, b in zip(line.left, line.left[1:], strict=False)] == [FRAME_US] * 79
    done = [(s.index, s.text) for s in line.spoken if s.done]
    assert done == [(0, TEXT), (1, TEXT), (2, "")]
    assert len(line.started) == 1


def test_playback_starts_when_the_first_frame_has_left_by_the_line_s_clock():
    line = ClockedLine(every=3, late_us=15 * MS)
    line.add(speech(9))
    line.run(500)
    (started,) = line.started
    assert started == PlaybackStarted(1, 5, line.left[0][2] % CLOCK_MODULUS_US, 7 * MS, 3000)


def test_a_frame_cannot_have_left_before_it_was_sent():
    line = ClockedLine()
    line.add(speech(8))
    at_us = (T0_US + 5 * MS) % CLOCK_MODULUS_US  # two frames at once: the line's clock caught up
    (started,) = (
        r
        for r in line.playout.line_played(VoicePlayed(1, at_us), T0_US + 6 * MS)
        if isinstance(r, PlaybackStarted)
    )
    assert (started.at_us, started.playback_us) == (T0_US % CLOCK_MODULUS_US, 0)


def test_a_cut_in_the_middle_of_a_word_is_told_to_the_word_that_was_heard():
    line = ClockedLine(late_us=12 * MS)
    line.add(speech(80))  # 20 frames a word
    line.run(7 + 20 * 33 + 13)  # in the second word
    assert len(line.left) == 34
    assert line.barge_in() == [FlushVoice()]
    sent = len(line.sent_us)
    line.run(3)
    assert line.flush() == [Spoken(1, 0, "a", True, True, cut=True)]
    line.run(200)
    assert (len(line.sent_us), line.playout.due_us) == (sent, None)


def test_the_answer_to_a_cut_knows_of_frames_that_left_since_the_last_report():
    line = ClockedLine(every=1000)
    line.add(speech(3.5))
    line.run(60)
    assert (len(line.left), line.spoken) == (3, [])
    line.barge_in()
    told = line.flush()
    assert [type(report) for report in told] == [PlaybackStarted, Spoken, Spoken, Spoken, Spoken]
    assert told[-1] == Spoken(1, 0, "a table for", True, True, cut=True)


def test_a_cut_that_comes_after_the_last_frame_has_left_cuts_nothing():
    line = ClockedLine(every=1000)
    line.add(speech(3))
    line.run(60)
    assert line.barge_in() == [FlushVoice()]
    assert line.flush()[-1] == Spoken(1, 0, TEXT, True, True)
    line.add(speech(3, utterance=2))
    line.run(200)
    assert len(line.left) == 6


def test_a_cut_with_nothing_on_its_way_is_told_at_once():
    line = ClockedLine()
    line.add(speech(4, ends=False))
    line.run(300)
    assert line.barge_in() == [Spoken(1, 1, "", True, True, cut=True)]
    assert line.playout.due_us is None
    assert line.barge_in() == []


def test_a_line_that_does_not_answer_a_cut_is_waited_for_60_ms_and_believed_as_far_as_it_told():
    line = ClockedLine()
    line.add(speech(80))
    line.run(7 + 20 * 25 + 5)
    assert line.barge_in() == [FlushVoice()]
    line.tick_us = 1 << 62  # it is dead
    line.reports.clear()
    line.run(ANSWER_WAIT_US / MS - 1)
    assert line.reports == []
    line.run(1)
    assert line.reports == [Spoken(1, 0, "a", True, True, cut=True)]
    assert line.playout.due_us is None


def test_an_answer_that_comes_too_late_says_nothing_of_what_is_said_next():
    line = ClockedLine()
    line.add(speech(80))
    line.run(300)
    line.barge_in()
    line.queue.clear()
    line.mail.clear()
    late = line.word(flushed=True)
    line.run(70)
    line.reports.clear()
    line.add(speech(8, utterance=2))
    assert line.playout.line_played(late, line.now_us) == []
    line.run(300)
    assert [s.text for s in line.spoken if s.done] == [TEXT]


def test_what_comes_while_the_line_is_asked_waits_if_it_is_new_and_is_ignored_if_it_was_cut():
    line = ClockedLine()
    line.add(speech(80, ends=False))
    line.run(100)
    line.barge_in()
    assert line.add(speech(8, index=1), speech(4, utterance=2, value=7)) == []
    sent = len(line.sent_us)
    assert line.barge_in(DUCK) == []
    line.barge_in(RESUME)
    line.run(5)
    assert len(line.sent_us) == sent
    assert [r for r in line.flush() if isinstance(r, Spoken)] == [Spoken(1, 0, "", True, True, cut=True)]
    line.run(200)
    assert [value for _, value, _ in line.left][-4:] == [7] * 4
    assert line.add(speech(8, index=1)) == [Spoken(1, 1, "", True, True, cut=True)]


def test_a_second_cut_while_the_line_is_asked_takes_the_next_utterance_too():
    line = ClockedLine()
    line.add(speech(80))
    line.run(100)
    assert line.barge_in() == [FlushVoice()]
    line.add(speech(8, utterance=2))
    assert line.barge_in() == []
    assert [(r.utterance, r.cut) for r in line.flush() if isinstance(r, Spoken)] == [(1, True), (2, True)]
    line.run(100)
    assert line.playout.due_us is None


def test_a_duck_is_on_what_is_sent_from_then_on():
    line = ClockedLine()
    line.add(speech(12, value=1000))
    line.run(50)  # three have left, the fourth to the sixth wait in the line
    line.barge_in(DUCK)
    line.run(60)
    line.barge_in(RESUME)
    line.run(300)
    values = [value for _, value, _ in line.left]
    assert values == [1000] * 6 + [250] * 3 + [1000] * 3


def test_numbers_wrap_after_65536_frames():
    line = ClockedLine()
    line.playout.number = 65_532
    line.add(speech(8))
    line.run(300)
    assert [number for number, _, _ in line.left] == [65533, 65534, 65535, 0, 1, 2, 3, 4]
    assert [s.text for s in line.spoken if s.done] == [TEXT]


def test_a_cut_across_the_wrap_is_exact():
    line = ClockedLine()
    line.playout.number = 65_513
    line.add(speech(80))
    line.run(7 + 20 * 23 + 1)  # 24 frames: the word ended with 20, the number wrapped at 22
    line.barge_in()
    assert line.flush()[-1] == Spoken(1, 0, "a", True, True, cut=True)


def test_a_line_whose_queue_has_grown_is_sent_nothing_until_it_is_down_to_the_lead():
    line = ClockedLine()
    line.add(speech(40))
    line.run(100)
    stalled_until_us = line.now_us + 500 * MS
    line.tick_us = stalled_until_us
    sent = len(line.sent_us)
    line.run(499)
    assert len(line.sent_us) - sent <= 1
    assert line.playout.due_us is None
    line.run(2000)
    assert line.longest <= LEAD + 1
    assert len(line.left) == 40


def test_a_room_that_was_held_up_fills_the_lead_again_and_no_more():
    line = ClockedLine()
    line.add(speech(40))
    line.run(100)
    line.run(500, step_us=500 * MS)
    line.run(1000)
    assert line.longest <= LEAD + 1
    assert [number for number, _, _ in line.left] == list(range(40))


def test_a_line_that_never_reports_is_sent_the_lead_and_one_frame():
    line = ClockedLine()
    line.tick_us = 1 << 62
    line.add(speech(40), speech(40, utterance=2))
    line.run(5000)
    assert len(line.sent_us) == LEAD + 1
    assert line.playout.due_us is None
    assert line.reports == []


def test_a_room_that_came_back_empties_the_line_before_it_speaks():
    line = ClockedLine()
    line.playout = Playout(LEAD_MS, restarted=True)
    line.send()
    assert line.reports == [FlushVoice()]
    line.add(speech(4))
    assert line.playout.line_played(VoicePlayed(1, 0), line.now_us) == []  # of the room before this one
    assert line.sent_us == []
    line.playout.line_played(VoicePlayed(471, 0, flushed=True), line.now_us)
    line.run(200)
    assert [number for number, _, _ in line.left] == [0, 1, 2, 3]
    assert [s.text for s in line.spoken if s.done] == [TEXT]


def test_a_room_that_came_back_to_a_dead_line_asks_a_few_times_and_goes_on():
    line = ClockedLine()
    line.playout = Playout(LEAD_MS, restarted=True)
    line.add(speech(4))
    line.run(RESTART_FLUSHES * ANSWER_WAIT_US / MS + 200)
    assert line.reports[:RESTART_FLUSHES] == [FlushVoice()] * RESTART_FLUSHES
    assert FlushVoice() not in line.reports[RESTART_FLUSHES:]
    assert len(line.left) == 4


def test_a_report_of_unknown_frames_says_nothing():
    line = ClockedLine()
    assert line.playout.line_played(VoicePlayed(7, 0), line.now_us) == []
    line.add(speech(8))
    assert line.playout.line_played(VoicePlayed(3, 0), line.now_us) == []  # not sent yet
    assert line.playout.line_played(VoicePlayed(60_000, 0, flushed=True), line.now_us) == []  # nobody asked
    line.run(300)
    assert len(line.left) == 8


def test_without_a_lead_a_line_s_reports_say_nothing():
    playout = Playout()
    playout.add(speech(2), 0)
    playout.frame(0)
    assert playout.line_played(VoicePlayed(0, 0, flushed=True), 5) == []


STEPS = st.one_of(
    st.tuples(st.just("add"), st.integers(1, 4), st.integers(0, 2)),
    st.tuples(st.just("run"), st.integers(1, 90)),
    st.tuples(st.sampled_from(["cut", "flush", "duck", "resume"])),
)


@settings(max_examples=150, deadline=None)
@given(steps=st.lists(STEPS, max_size=30), every=st.integers(1, 3), late=st.integers(0, 40))
def test_whatever_comes_in_whatever_order_no_more_is_told_than_has_left(steps, every, late):
    line = ClockedLine(every, late * MS)
    for step in steps:
        if step[0] == "add":
            _, utterance, index = step
            line.add(speech(3.5, utterance, index, ends=index == 2, value=value_of(utterance, index)))
        elif step[0] == "run":
            line.run(step[1])
        elif step[0] == "flush":
            line.reports += line.flush() if line.asked else []
        else:
            line.reports += line.barge_in(BargeIn(step[0], 0))
        left = [value if value >= 2000 else value * 4 for _, value, _ in line.left]
        for report in line.spoken:
            frames = left.count(value_of(report.utterance, report.index)) + 1  # one may be shared
            assert len(report.text) <= (0, *ENDS)[min(4, int(frames * 4 / 3.5))]
    line.run(1500)
    assert line.playout.due_us is None
    done = [(s.utterance, s.index) for s in line.spoken if s.done]
    assert len(done) == len(set(done))


def value_of(utterance: int, index: int) -> int:
    return (1000 + utterance * 100 + index * 10) * 4
