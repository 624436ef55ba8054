"""Where speech began that the detector was late to notice; and people's own voices, against edges that are known."""

from __future__ import annotations

import json
import os
import wave
from pathlib import Path

import numpy as np
import pytest

from engine.audio.levels import level_dbfs
from engine.audio.silero import WINDOW_MS, SileroNetwork, SpeechStream
from engine.protocol import TurnEnded
from engine.settings import TurnSettings, VadSettings
from engine.turns.endpointing import Endpointer
from engine.turns.onset import BACK_MS, began_ms
from engine.turns.windows import Window

SHARED = Path(os.environ.get("CALL_THING_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "speech"
NEAR_MS = 100


def windows(*probabilities_and_levels: tuple[float, float]) -> list[Window]:
    return [
        Window(probability, level, number * WINDOW_MS)
        for number, (probability, level) in enumerate(probabilities_and_levels, 1)
    ]


def start_of(*probabilities_and_levels: tuple[float, float]) -> int:
    *before, sure = windows(*probabilities_and_levels)
    return began_ms(before, sure)


QUIET, UNSURE, SURE = (0.01, -60.0), (0.2, -27.0), (0.9, -25.0)


def test_speech_begins_with_the_first_loud_window_that_was_half_believed():
    assert start_of(QUIET, QUIET, UNSURE, UNSURE, SURE) == 2 * WINDOW_MS


def test_closed_lips_at_the_beginning_are_part_of_it_and_silence_before_it_is_not():
    assert start_of(QUIET, UNSURE, QUIET, UNSURE, SURE) == 1 * WINDOW_MS
    assert start_of(UNSURE, QUIET, QUIET, QUIET, UNSURE, SURE) == 4 * WINDOW_MS


@pytest.mark.parametrize("other", [(0.01, -25.0), (0.2, -45.0)], ids=["a tone", "far quieter"])
def test_another_sound_before_it_is_not_part_of_it(other):
    assert start_of(QUIET, other, other, SURE) == 3 * WINDOW_MS


def test_a_line_as_noisy_as_the_voice_moves_nothing():
    assert start_of((0.2, -28.0), (0.2, -29.0), (0.2, -28.0), (0.9, -22.0)) == 3 * WINDOW_MS


def test_a_long_doubtful_sound_is_taken_only_in_part():
    many = [UNSURE] * 40
    assert 40 * WINDOW_MS - start_of(QUIET, *many, SURE) <= BACK_MS


def turns_of(path: Path, network: SileroNetwork) -> list[TurnEnded]:
    with wave.open(str(path)) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    stream, endpointer = SpeechStream(network), Endpointer(VadSettings(), TurnSettings())
    heard = stream.feed(np.concatenate([pcm, np.zeros(16_000, np.int16)]))
    events = [
        event
        for number, (probability, samples) in enumerate(heard, 1)
        for event in endpointer.step(Window(probability, level_dbfs(samples), number * WINDOW_MS))
    ]
    return [event for event in events if isinstance(event, TurnEnded)]


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no recordings in {SHARED.name}; set CALL_THING_SHARED")
def test_nine_of_ten_turns_on_recordings_begin_and_end_within_100_ms_of_the_truth():
    network = SileroNetwork()
    clips = [json.loads(line) for line in (SHARED / "index.jsonl").read_text().splitlines()]
    hits = []
    for clip in clips:
        turns = turns_of(SHARED / clip["file"], network) if clip["speech_segments"] else []
        for start_s, end_s in clip["speech_segments"] or []:
            inside = [turn for turn in turns if turn.end_ms > start_s * 1000 and turn.start_ms < end_s * 1000]
            hits.append(
                bool(inside)
                and abs(inside[0].start_ms - start_s * 1000) <= NEAR_MS
                and abs(inside[-1].end_ms - end_s * 1000) <= NEAR_MS
            )
    assert len(hits) > 20
    assert sum(hits) >= 0.9 * len(hits)


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no recordings in {SHARED.name}; set CALL_THING_SHARED")
@pytest.mark.parametrize("kind", ["x-noise", "x-silence", "x-busy", "x-ringback", "x-dtmf"])
def test_noise_tones_and_silence_on_recordings_are_no_turns(kind):
    network = SileroNetwork()
    assert [turns_of(path, network) for path in sorted(SHARED.glob(f"{kind}*.wav"))] != []
    assert all(turns_of(path, network) == [] for path in sorted(SHARED.glob(f"{kind}*.wav")))
