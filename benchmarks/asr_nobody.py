"""Clips for benchmarks/asr.py in which nobody speaks, each 4 to 12 s long, and the same whenever they are made.

Every round has one of each: what the training makes (tools/ear/nobody.py), with other seeds, at 0 to 45 dB below full
scale, half of them through a telephone line; the music and tones that simulated restaurants play, which no training
clip has; a full room and a street as they have them behind their voice; digital silence, and white noise at several
levels.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import numpy as np
import soxr

from benchmarks.asr_clips import Clip
from benchmarks.asr_sets import LOOPS, backdrop_loop
from engine.audio.levels import FULL_SCALE_SINE
from engine.lines.backdrop import NoiseKind
from engine.lines.sounds import RestaurantVoice
from engine.protocol import HEARING_RATE_HZ, LINE_RATE_HZ
from engine.scenario_parts import Restaurant
from tools.ear import nobody
from tools.ear.telephone import narrow_band, through_a_line

NOBODY = "nobody"
SENTENCES_A_ROUND = 10  # as many rounds as there are tens of sentences
SECONDS = (4.0, 12.0)
QUIET_DB = 45.0
TRAINED = ("silence", "colored", "hum", "tones", "keys", "music", "crackle")
PLAYED = ("music", "ringback", "busy", "information", "beep")
BEHIND: tuple[NoiseKind, ...] = ("pub", "street")
BEHIND_DBFS = (-45.0, -20.0)
NOISE_DBFS = (-70.0, -50.0, -35.0, -20.0)


def nobody_speaks(sentences: int) -> Iterator[Clip]:
    """As many rounds as belong to so many sentences of a language."""
    player = RestaurantVoice(Restaurant(), "en-us")
    for number in range(max(1, sentences // SENTENCES_A_ROUND)):
        for name, pcm in _round(player, Random(f"asr benchmark/nobody/{number}")):
            whole = np.clip(pcm * 32768, -32768, 32767).astype(np.int16)
            yield Clip(f"{name} {number}", whole, None, None, False)


def _round(player: RestaurantVoice, dice: Random) -> Iterator[tuple[str, np.ndarray]]:
    """Names and audio: float, 16 kHz, full scale 1."""
    for name in TRAINED:
        made = getattr(nobody, name)(_samples(dice), dice)
        made = made / max(1e-9, float(np.abs(made).max())) * 10 ** (-dice.uniform(0, QUIET_DB) / 20)
        yield name, through_a_line(made.astype(np.float32), dice) if dice.random() < 0.5 else made
    for name in PLAYED:
        played = player.play(name, dice.uniform(*SECONDS)).pcm.astype(np.float32) / 32768
        pcm = soxr.resample(played, LINE_RATE_HZ, HEARING_RATE_HZ)
        yield f"played {name}", narrow_band(pcm) if dice.random() < 0.5 else pcm
    for name in BEHIND:
        pcm = np.resize(backdrop_loop(name, dice.randrange(LOOPS)), _samples(dice))
        yield f"behind {name}", pcm * _rms(dice.uniform(*BEHIND_DBFS))
    yield "quiet", np.zeros(_samples(dice))
    for level in NOISE_DBFS:
        white = np.random.default_rng(dice.getrandbits(32)).standard_normal(_samples(dice))
        yield f"white {level:.0f}", white * _rms(level)


def _rms(level_dbfs: float) -> float:
    return float(FULL_SCALE_SINE / 32768 * 10 ** (level_dbfs / 20))


def _samples(dice: Random) -> int:
    return int(dice.uniform(*SECONDS) * HEARING_RATE_HZ)
