"""Levels of int16 audio, and where sound begins and ends."""

from __future__ import annotations

import math

import numpy as np

FULL_SCALE_SINE = 32768 / math.sqrt(2)
SILENT_DBFS = -120.0  # stands for digital silence
AUDIBLE_BELOW_PEAK_DB = 40.0  # a block this far under the loudest one is taken as silence around speech
AUDIBLE_OVER_NOISE_DB = 6.0  # the blocks of steady noise differ by 2
AUDIBLE_AMPLITUDE = 200  # -44 dB under full scale; the noise between espeak's words stays under it
BLOCK_MS = 5


def level_dbfs(pcm: np.ndarray) -> float:
    """RMS level in dBFS (0 = full-scale sine). pcm: int16, shape (samples,); digital silence is -120."""
    if pcm.size == 0:
        return SILENT_DBFS
    samples = pcm.astype(np.float32)
    power = float(np.dot(samples, samples)) / samples.size
    return max(SILENT_DBFS, 10 * math.log10(power / FULL_SCALE_SINE**2)) if power > 0 else SILENT_DBFS


def audible_span(pcm: np.ndarray, rate_hz: int) -> tuple[int, int]:
    """First and last audible sample (exclusive), in steps of 5 ms; (0, 0) when there is none.

    Audible: within 40 dB of the loudest block.
    """
    block = rate_hz * BLOCK_MS // 1000
    power = _block_powers(pcm, block)
    if power.size == 0 or power.max() <= 0:
        return 0, 0
    audible = np.flatnonzero(power > power.max() * 10 ** (-AUDIBLE_BELOW_PEAK_DB / 10))
    return int(audible[0]) * block, (int(audible[-1]) + 1) * block


def audible_end(pcm: np.ndarray, rate_hz: int, *pauses: np.ndarray) -> int:
    """Last audible sample (exclusive) of speech on a noisy line, in steps of 5 ms from its end; 0 when there is none.

    Audible: within 40 dB of the loudest block, as in `audible_span`, and 6 dB over the line's noise.
    pauses: audio from beside the speech, each of any length; the quieter one tells how loud the noise is.
    """
    block = rate_hz * BLOCK_MS // 1000
    power = _block_powers(pcm[pcm.size % block :], block)
    noises = [
        float(np.median(each)) for each in (_block_powers(pause, block) for pause in pauses) if each.size
    ]
    if power.size == 0 or power.max() <= 0:
        return 0
    over_noise = min(noises, default=0.0) * 10 ** (AUDIBLE_OVER_NOISE_DB / 10)
    audible = np.flatnonzero(power > max(power.max() * 10 ** (-AUDIBLE_BELOW_PEAK_DB / 10), over_noise))
    return pcm.size - (power.size - 1 - int(audible[-1])) * block if audible.size else 0


def _block_powers(pcm: np.ndarray, block: int) -> np.ndarray:
    count = pcm.size // block
    return np.mean(pcm[: count * block].astype(np.float32).reshape(count, block) ** 2, axis=1)


def trim_silence(pcm: np.ndarray, rate_hz: int) -> tuple[np.ndarray, int]:
    """The audio without the silence around it, and how many samples were cut from its beginning."""
    first, last = audible_span(pcm, rate_hz)
    return pcm[first:last], first


def with_level(pcm: np.ndarray, target_dbfs: float) -> np.ndarray:
    """The audio scaled to an RMS level over its audible samples, clipped to int16."""
    audible = pcm[np.abs(pcm.astype(np.int32)) > AUDIBLE_AMPLITUDE]
    current = level_dbfs(audible if audible.size else pcm)
    scaled = pcm.astype(np.float32) * 10 ** ((target_dbfs - current) / 20)
    return np.asarray(np.clip(scaled, -32768, 32767), np.int16)
