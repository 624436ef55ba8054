"""Frames laid beside the packets that carried them, by counting both."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Iterable

import pytest

from engine.lines.wire_clock import WireClock

MS = 1000
LEAST_MS = 20
LOOK_MS = 5


def waited_ms(packets_ms: Iterable[float], frames_ms: Iterable[float], clock: WireClock | None = None):
    """What a clock says in the end. Packets that come between two looks are seen as one, as the kernel tells them."""
    clock = clock or WireClock(LEAST_MS * MS)
    seen = {int(at_ms // LOOK_MS): at_ms for at_ms in packets_ms}
    events = heapq.merge(
        ((at_ms, 0, 0) for at_ms in sorted(seen.values())),
        ((at_ms, 1, number) for number, at_ms in enumerate(frames_ms)),
    )
    for at_ms, is_frame, number in events:
        if is_frame:
            clock.frame(number, int(at_ms * MS))
        else:
            clock.packet(int(at_ms * MS))
    return None if clock.waited_us is None else clock.waited_us / MS


def every(ms: float, seconds: float, since_ms: float = 1.0) -> list[float]:
    return [since_ms + ms * number for number in range(int(seconds * 1000 / ms))]


@pytest.mark.parametrize("wait_ms", [20, 27, 35])
def test_the_wait_in_the_jitter_buffer_is_what_lies_between_a_packet_and_its_frame(wait_ms: float):
    assert waited_ms(every(20, 5), every(20, 5, 1 + wait_ms)) == pytest.approx(wait_ms, abs=1)


def test_a_playout_point_that_moves_is_noticed():
    frames = [at_ms + 25 + (100 if at_ms > 3000 else 0) for at_ms in every(20, 8)]
    assert waited_ms(every(20, 8), frames) == pytest.approx(125, abs=1)


@pytest.mark.parametrize("percent", [1, 5, 20])
def test_packets_that_are_lost_still_make_frames_and_are_no_drift(percent: int):
    chance = random.Random(1)
    packets = [at_ms for at_ms in every(20, 30) if chance.uniform(0, 100) >= percent]
    told = waited_ms(packets, every(20, 30, 26))
    assert (told is None and percent == 20) or told == pytest.approx(25, abs=21)


@pytest.mark.parametrize("packet_ms", [5, 10, 15])
def test_packets_that_carry_less_than_a_frame_are_no_drift(packet_ms: int):
    assert waited_ms(every(packet_ms, 20), every(20, 20, 26)) is None


@pytest.mark.parametrize("packet_ms", [30, 40, 60])
def test_packets_that_carry_more_than_a_frame_are_no_drift(packet_ms: int):
    frames = every(20, 20, 1 + packet_ms + 25)
    told = waited_ms(every(packet_ms, 20), frames)
    assert told is None or told <= LEAST_MS + packet_ms


def test_what_was_known_does_not_hold_after_the_stream_began_anew():
    clock = WireClock(LEAST_MS * MS)
    waited_ms(every(20, 2), every(20, 2, 126), clock)
    clock.again()
    assert clock.waited_us is None
    later = list(itertools.islice(every(20, 8), 200, 300))
    assert waited_ms(later, [at_ms + 25 for at_ms in later], clock) == pytest.approx(25, abs=1)
