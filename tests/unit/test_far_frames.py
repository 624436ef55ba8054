"""The far end's frames: each once and in order, also after a restart."""

from __future__ import annotations

import numpy as np
import pytest

from engine.protocol import FRAME_MS, SEQUENCE_MODULUS
from engine.turns.far_frames import HELD_MS, FarFrames, Frame

FRAMES_HELD = HELD_MS // FRAME_MS


def frame(number: int) -> Frame:
    """Every sample tells the frame's number."""
    return Frame(number % SEQUENCE_MODULUS, np.full(320, number % 1000, np.int16).tobytes(), number * 20_000)


def numbers(frames: list[Frame]) -> list[int]:
    return [each.sequence for each in frames]


def test_in_a_call_from_its_beginning_each_frame_s_turn_is_when_it_comes():
    frames = FarFrames(0, 0, restarted=False)
    assert [numbers(frames.arrived(frame(n), again=False)) for n in (0, 1, 2)] == [[0], [1], [2]]


def test_after_a_restart_what_comes_before_the_older_frames_is_left_to_them():
    frames = FarFrames(10, 0, restarted=True)
    assert frames.arrived(frame(10), again=False) == []
    assert numbers(frames.arrived(frame(3), again=True)) == [3]
    assert numbers(frames.arrived(frame(4), again=True)) == [4]
    assert numbers(frames.arrived(frame(11), again=False)) == [11]


def test_older_frames_that_never_come_are_not_waited_for_long():
    frames = FarFrames(10, 0, restarted=True)
    held = [frames.arrived(frame(10 + n), again=False) for n in range(FRAMES_HELD)]
    assert held[:-1] == [[]] * (FRAMES_HELD - 1)
    assert numbers(held[-1]) == list(range(10, 10 + FRAMES_HELD))


@pytest.mark.parametrize("first", [0, 65_530])
def test_a_frame_is_taken_once_also_where_the_numbers_in_headers_begin_anew(first):
    frames = FarFrames(first, 0, restarted=False)
    for number in range(first, first + 12):
        assert frames.take(frame(number)) is not None
        assert frames.take(frame(number)) is None
    assert frames.heard_until_ms == (first + 12) * FRAME_MS


def test_what_was_heard_before_the_restart_is_not_heard_again():
    frames = FarFrames(0, heard_until_ms=100, restarted=True)
    assert [frames.take(frame(n)) is None for n in range(6)] == [True] * 5 + [False]


def test_audio_is_found_by_media_time():
    frames = FarFrames(0, 0, restarted=False)
    for number in range(10):
        frames.take(frame(number))
    assert set(frames.between(40, 80)) == {2, 3}


def test_a_turn_s_audible_end_lies_before_the_quiet_that_the_detector_still_called_speech():
    rng = np.random.default_rng(1)
    frames = FarFrames(0, 0, restarted=False)
    for number in range(60):
        loud = 10 <= number < 30
        samples = rng.normal(0, 3000 if loud else 3, 320).astype(np.int16)
        frames.take(Frame(number, samples.tobytes(), 0))
    end_ms = frames.audible_end_ms(200, 680, 1000, has_ended=True)
    assert abs(end_ms - 600) <= 20
