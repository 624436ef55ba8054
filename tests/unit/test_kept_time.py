"""Whether a call kept real time: our voice, the loops, the far end's audio."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.kept_time import KeptTime
from engine.lines.placing import Placement
from engine.live_call import LiveCall
from engine.protocol import CLOCK_MODULUS_US, FarSound, Flag, Header, SpeechAudio, Spoken
from engine.turns.playout import Playout
from tests.fakes.kept_calls import TASK


def test_lag_is_what_one_look_in_a_hundred_exceeds() -> None:
    kept = KeptTime()
    for _ in range(990):
        kept.loop_was_late(1.2)
    for _ in range(10):
        kept.loop_was_late(80.0)
    assert kept.lag_ms == 2.0
    for _ in range(5):
        kept.loop_was_late(80.0)
    assert kept.lag_ms == 80.0


def test_nobody_who_looked_found_nothing_late() -> None:
    kept = KeptTime()
    assert (kept.lag_ms, kept.behind_ms, kept.late_frames) == (0.0, 0.0, 0)


@pytest.mark.parametrize("began_us", [0, CLOCK_MODULUS_US - 100_000])
def test_far_end_that_loses_time_is_behind(began_us: int) -> None:
    kept = KeptTime()
    for run in range(10):
        at_us = (began_us + run * 200_000 + (90_000 if run > 6 else 0)) % CLOCK_MODULUS_US
        kept.far((65_530 + run * 10) % 65_536, at_us)
    assert kept.behind_ms == 90.0


def test_far_end_that_caught_up_is_not_behind() -> None:
    kept = KeptTime()
    for at_us, sequence in ((50_000, 0), (200_000, 10), (400_000, 20)):
        kept.far(sequence, at_us)
    assert kept.behind_ms == 0.0


def _audio(utterance: int, frames: int) -> SpeechAudio:
    pcm = np.full(960 * frames, 1000, np.int16).tobytes()
    return SpeechAudio(utterance, 0, 0, True, True, 1, "yes", pcm)


def test_a_frame_of_our_voice_is_late_when_it_leaves_more_than_a_frame_after_its_time() -> None:
    playout = Playout()
    playout.add(_audio(1, 4), 1_000_000)
    for at_us in (1_000_000, 1_035_000, 1_040_000, 1_085_000):  # due: 0, 20, 40, 60 ms
        assert playout.frame(at_us)[0] is not None
    assert playout.late_frames == 1


def test_a_pause_between_utterances_makes_no_frame_late() -> None:
    playout = Playout()
    playout.add(_audio(1, 1), 1_000_000)
    playout.frame(1_000_000)
    playout.frame(1_020_000)
    playout.add(_audio(2, 1), 9_000_000)
    assert playout.frame(9_000_000)[0] is not None
    assert playout.late_frames == 0


@pytest.mark.parametrize("record", [True, False])
def test_the_end_of_a_call_says_what_was_late_in_it(tmp_path: Path, record: bool) -> None:
    live = LiveCall(1, "1", "simulated", Placement(TASK, record=record), tmp_path, 0)
    pcm = np.zeros(3200, np.int16).tobytes()
    for run, at_us in ((0, 200_000), (10, 400_000), (20, 650_000)):
        live.frame(Header(0, 1, Flag.NONE, run, at_us), FarSound(at_us, pcm))
    for late_frames in (0, 3, 2):  # a room that was started again begins to count anew
        spoken = Spoken(1, 0, "yes", True, late_frames=late_frames)
        live.take(Header(0, 1, Flag.NONE, 0, 700_000), spoken)
    live.kept_time.loop_was_late(33.3)
    live.settle()
    closed = live.closed()
    assert (closed.late_frames, closed.lag_ms, closed.behind_ms) == (3, 34.0, 50.0)
    live.close()
