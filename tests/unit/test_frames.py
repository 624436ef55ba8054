"""Frame numbers past 65535, and audio found by media time whatever order it came in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from engine.audio.frames import FrameCounter, FrameRuns, RecentAudio, Run
from engine.protocol import FRAME_MS


def frame(value: int) -> np.ndarray:
    return np.full(320, value, np.int16)


def filled(numbers, keep_ms: int = 1000) -> RecentAudio:
    audio = RecentAudio(keep_ms)
    for number in numbers:
        audio.add(number, frame(number))
    return audio


def test_numbers_go_on_past_the_wrap():
    counter = FrameCounter()
    assert [counter.count(s) for s in (65534, 65535, 0, 1)] == [65534, 65535, 65536, 65537]
    assert counter.lost == 0


def test_gaps_are_counted_as_lost():
    counter = FrameCounter()
    assert [counter.count(s) for s in (0, 1, 5, 65535)] == [0, 1, 5, -1]
    assert counter.lost == 3


def test_a_frame_offered_again_keeps_its_number_and_is_no_loss():
    counter = FrameCounter()
    assert [counter.count(s) for s in (100, 101, 99, 100, 102)] == [100, 101, 99, 100, 102]
    assert counter.lost == 0


@pytest.mark.parametrize("expected", [0, 3, 70_000, 140_000])
def test_a_counter_that_begins_late_finds_the_number_near_the_one_expected(expected):
    for number in (max(0, expected - 1500), expected, expected + 1500):
        assert FrameCounter(expected).count(number % 65536) == number


@given(steps=st.lists(st.integers(1, 1000), max_size=50), start=st.integers(0, 65535))
def test_the_count_is_true_for_every_forward_sequence(steps, start):
    counter, number = FrameCounter(), start
    assert counter.count(number) == number
    for step in steps:
        number += step
        assert counter.count(number % 65536) == number
    assert counter.lost == sum(step - 1 for step in steps)


def test_audio_is_found_by_media_time_to_the_millisecond():
    audio = filled(range(10))
    got = audio.between(30, 70)
    assert got.size == 40 * 16
    assert list(got[:: 16 * 10]) == [1, 2, 2, 3]
    assert audio.end_ms == 200


def test_a_lost_frame_is_silence():
    got = filled([0, 1, 3]).between(0, 80)
    assert list(got[::320]) == [0, 1, 0, 3]


def test_what_was_never_heard_is_left_out():
    audio = filled([5, 6])
    assert audio.between(0, 1000).size == 2 * 320
    assert audio.between(0, 100).size == 0
    assert audio.between(140, 200).size == 0
    assert RecentAudio(1000).between(0, 100).size == 0
    assert RecentAudio(1000).end_ms == 0


def test_only_the_last_seconds_are_kept():
    audio = filled(range(200), keep_ms=1000)
    assert audio.between(0, 4000).size == 1000 * 16
    assert audio.between(0, 3000).size == 0


def test_a_jump_forward_forgets_what_lies_behind():
    audio = filled([0, 1, 2, 30_000], keep_ms=1000)
    assert audio.between(0, 100).size == 0
    assert audio.end_ms == 30_001 * FRAME_MS


@given(order=st.permutations(range(20)))
def test_frames_offered_again_late_fall_into_their_place(order):
    np.testing.assert_array_equal(filled(order).between(0, 400), filled(range(20)).between(0, 400))


@given(numbers=st.lists(st.integers(0, 60)), start=st.integers(0, 1300), length=st.integers(0, 600))
def test_a_span_is_never_longer_than_asked_for(numbers, start, length):
    assert filled(numbers, 800).between(start, start + length).size <= length * 16


def test_the_first_offer_of_a_frame_counts():
    audio = RecentAudio(100)
    audio.add(0, frame(1))
    audio.add(0, frame(2))
    assert audio.between(0, 20)[0] == 1


def test_frames_are_gathered_into_runs_and_the_first_goes_alone():
    runs = FrameRuns(3)
    found = [run for number in range(8) for run in runs.add(number, 1000 + number, bytes([number]))]
    assert found == [Run(0, 1000, b"\0"), Run(1, 1001, bytes([1, 2, 3])), Run(4, 1004, bytes([4, 5, 6]))]
    assert runs.rest() == [Run(7, 1007, b"\7")]
    assert runs.rest() == []


def test_a_gap_in_the_numbers_ends_a_run():
    runs = FrameRuns(3)
    found = [run for number in (0, 1, 5, 6) for run in runs.add(number, number, bytes([number]))]
    assert found == [Run(0, 0, b"\0"), Run(1, 1, b"\1")]
    assert runs.rest() == [Run(5, 5, bytes([5, 6]))]


def test_runs_go_on_where_the_number_wraps():
    runs = FrameRuns(3)
    found = [run for number in (65533, 65534, 65535, 65536) for run in runs.add(number, 0, b"x")]
    assert found == [Run(65533, 0, b"x"), Run(65534, 0, b"xxx")]


@given(st.lists(st.integers(0, 40).map(lambda step: step - 3), max_size=80), st.integers(1, 6))
def test_what_is_kept_is_what_came_within_the_last_frames(steps, keep):
    recent, came, number = RecentAudio(keep * FRAME_MS), {}, 100
    for step in steps:
        number += step
        newest = max(came, default=-1)
        if number > newest - keep:
            came.setdefault(number, np.full(320, len(came) + 1, np.int16))
        recent.add(number, came.get(number, np.zeros(320, np.int16)))
        newest = max(came)
        for kept in range(newest - keep + 1, newest + 1):
            heard = recent.between(kept * FRAME_MS, (kept + 1) * FRAME_MS)
            assert (heard.size > 0) == (kept in came)
            assert kept not in came or np.array_equal(heard, came[kept])
        assert recent.between(0, (newest - keep + 1) * FRAME_MS).size == 0
