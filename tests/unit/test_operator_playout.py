"""An operator's voice on its way to the line: in order, evenly, soon, and gone at once when the microphone is off."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from engine.turns.ahead import FRAME_US
from engine.turns.operator_playout import LONGEST_DELAY_US, MOST_FRAMES, OperatorPlayout

MS = 1000
FRAME_SAMPLES = 320


def frame(number: int) -> bytes:
    return np.full(FRAME_SAMPLES, 100 * (number + 1), np.int16).tobytes()


def number_of(pcm: bytes) -> int:
    """By the middle of the frame, where the filter has settled."""
    return round(int(np.frombuffer(pcm, np.int16)[480]) / 100) - 1


def play(came_us: list[int], until_us: int = 3_000_000, stop_us: int | None = None) -> list[tuple[int, int]]:
    """(time, frame) of what leaves when frame n comes at came_us[n]; a line that takes what it is sent."""
    playout = OperatorPlayout(line_has_clock=False)
    events = sorted([(at, n) for n, at in enumerate(came_us)])
    left: list[tuple[int, int]] = []

    def run(until: int) -> None:
        while playout.due_us is not None and playout.due_us < until:
            at = playout.due_us
            pcm = playout.frame(at)
            if pcm is not None:
                left.append((at, number_of(pcm)))

    for at, number in events:
        if stop_us is not None and at >= stop_us:
            run(stop_us)
            playout.clear()
            stop_us = None
        run(at)
        playout.add(frame(number), at)
    run(until_us)
    return left


def test_even_frames_leave_evenly_one_start_delay_late():
    left = play([n * FRAME_US for n in range(10)])
    assert left == [(LONGEST_DELAY_US + n * FRAME_US, n) for n in range(10)]


@pytest.mark.parametrize("burst", [2, 3])
def test_bursts_leave_as_one_sound_without_a_hole(burst):
    came = [n // burst * burst * FRAME_US for n in range(30)]
    left = play(came)
    assert [n for _, n in left] == list(range(30))
    assert set(np.diff([at for at, _ in left])) == {FRAME_US}


@given(late_ms=st.lists(st.integers(0, 20), min_size=30, max_size=80))
def test_frames_that_are_up_to_20_ms_late_make_no_hole_after_the_first_one(late_ms):
    came = np.maximum.accumulate([n * FRAME_US + late * MS for n, late in enumerate(late_ms)]).tolist()
    left = play(came)
    assert [n for _, n in left] == list(range(len(came)))
    assert set(np.diff([at for at, _ in left])) == {FRAME_US}


@given(
    gaps_ms=st.lists(st.sampled_from([0, 0, 5, 20, 20, 20, 25, 60, 200]), min_size=1, max_size=80),
)
def test_whatever_comes_leaves_in_order_at_most_once_and_never_two_in_20_ms(gaps_ms):
    came = np.cumsum(np.array(gaps_ms) * MS).tolist()
    left = play(came, until_us=came[-1] + 1_000_000)
    order = [n for _, n in left]
    assert order == sorted(set(order))
    assert min(np.diff([at for at, _ in left]), default=FRAME_US) >= FRAME_US
    for at, n in left:
        assert came[n] <= at <= came[n] + MOST_FRAMES * FRAME_US + LONGEST_DELAY_US
    assert order[-1] == len(came) - 1  # the newest is never the one that is dropped


def test_a_pile_of_late_frames_loses_its_oldest():
    came = [n * FRAME_US for n in range(10)] + [700 * MS] * 20
    left = play(came)
    assert [n for _, n in left] == [*range(10), *range(30 - MOST_FRAMES, 30)]


@pytest.mark.parametrize(("jitter_ms", "delay_ms"), [(0, 5), (12, 12), (45, 20)])
def test_the_next_word_starts_as_late_as_the_frames_of_the_last_one_differed(jitter_ms, delay_ms):
    came = [n * FRAME_US + (n == 5) * jitter_ms * MS for n in range(40)]
    came += [2_000_000 + n * FRAME_US for n in range(10)]
    left = play(came, stop_us=1_900_000)
    assert left[40] == (2_000_000 + delay_ms * MS, 40)


def test_a_hole_is_followed_by_a_start_of_its_own():
    came = [n * FRAME_US for n in range(20)]
    came += [came[-1] + 100 * MS + n * FRAME_US for n in range(20)]
    left = play(came)
    assert left[20] == (came[20] + LONGEST_DELAY_US, 20)
    assert [n for _, n in left] == list(range(40))


def test_nothing_leaves_once_the_microphone_is_off_and_the_next_word_starts_anew():
    came = [0, 0, 0, 500 * MS, 520 * MS]
    left = play(came, stop_us=45 * MS)
    assert left[:2] == [(20 * MS, 0), (40 * MS, 1)]
    assert [n for _, n in left] == [0, 1, 3, 4]
    assert left[2][0] == 520 * MS


def test_a_line_with_its_own_clock_gets_what_there_is_and_what_waits_there_counts():
    playout = OperatorPlayout(line_has_clock=True)
    for number in range(3):
        playout.add(frame(number), 0)
    assert playout.due_us == LONGEST_DELAY_US
    assert [number_of(playout.frame(LONGEST_DELAY_US)) for _ in range(3)] == [0, 1, 2]
    assert playout.due_us is None
    playout.add(frame(3), 30 * MS, in_line=3)
    assert playout.due_us == 30 * MS  # the line is not empty: no start delay again
    playout.frame(30 * MS)
    for number in range(4, 9):
        playout.add(frame(number), 40 * MS, in_line=4)
    assert playout.dropped == 2
    assert number_of(playout.frame(40 * MS)) == 6
