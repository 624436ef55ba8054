"""Meters: every window is told once, in order, and none waits for long."""

from __future__ import annotations

from hypothesis import given, strategies as st

from engine.protocol import Level
from engine.turns.meters import TOGETHER, Meters
from engine.turns.windows import Window


def window(number: int) -> Window:
    return Window(number / 1000, -float(number % 100), 32 * number)


@given(st.lists(st.sampled_from(["far", "agent"]), max_size=60))
def test_every_window_of_a_side_is_told_once_and_in_order(sides):
    meters, said, given_of = Meters(), [], {"far": [], "agent": []}
    for number, side in enumerate(sides):
        given_of[side].append((window(number).probability, window(number).level_dbfs))
        told = meters.add(side, window(number))
        assert all(voice.end_ms <= 32 * number for voice in told)
        said += told
    said += meters.rest()
    for side, levels in given_of.items():
        voices = [voice for voice in said if voice.side == side]
        windows = [each for v in voices for each in (*v.before, Level(v.probability, v.level_dbfs))]
        assert [(each.probability, each.level_dbfs) for each in windows] == levels
        assert all(len(voice.before) < TOGETHER for voice in voices)
    assert meters.rest() == []


def test_our_side_s_last_windows_go_with_the_far_end_s():
    meters = Meters()
    assert meters.add("agent", window(1)) == []
    told = [voice for number in range(1, TOGETHER + 1) for voice in meters.add("far", window(number))]
    assert [(voice.side, voice.end_ms) for voice in told] == [("far", 32 * TOGETHER), ("agent", 32)]
