"""What telephone lines do to a voice: the band, G.711, Opus, lost packets."""

from __future__ import annotations

from random import Random

import numpy as np

from tools.ear.opus import through_opus

RATE_HZ = 16_000
NARROW_RATE_HZ = 8_000
FRAME = RATE_HZ // 50
MU = 255.0  # ITU-T G.711, µ-law
A = 87.6  # and A-law
STEPS = 127
LOW_EDGE_HZ = 300  # of a line with the band of ITU-T G.712
CONCEALED_FADE = 0.6  # of a frame that is repeated in the place of a lost one

NARROW_SHARE, OPUS_SHARE = 0.42, 0.16  # of the clips; the others are wide and clean
OPUS_BITS_PER_S = (16_000, 20_000, 24_000, 32_000)
LOSSY_SHARE, LOST_SHARE = 0.3, (0.005, 0.06)


def through_a_line(pcm: np.ndarray, random: Random) -> np.ndarray:
    """The audio after a line thrown by dice. pcm: float32, shape (samples,), 16 kHz."""
    kind = random.random()
    lost = random.uniform(*LOST_SHARE) if random.random() < LOSSY_SHARE else 0.0
    if kind < OPUS_SHARE:
        return through_opus(pcm, random.choice(OPUS_BITS_PER_S), lost, random)
    if kind < OPUS_SHARE + NARROW_SHARE:
        narrow = narrow_band(pcm)
        if random.random() < 0.3:
            narrow = without_lows(narrow)
        if random.random() < 0.6:
            narrow = companded(narrow, a_law=random.random() < 0.5)
        return concealed(narrow, lost, random) if lost else narrow
    return pcm


def narrow_band(pcm: np.ndarray) -> np.ndarray:
    """Nothing above 4 kHz."""
    import soxr

    narrow = soxr.resample(pcm, RATE_HZ, NARROW_RATE_HZ, quality="HQ")
    wide = soxr.resample(narrow, NARROW_RATE_HZ, RATE_HZ, quality="HQ")
    return np.pad(wide, (0, max(0, pcm.size - wide.size)))[: pcm.size].astype(np.float32)


def without_lows(pcm: np.ndarray) -> np.ndarray:
    """Nothing below 300 Hz, by the spectrum of the whole clip."""
    size = power_of_two(pcm.size)
    spectrum = np.fft.rfft(pcm, size)
    hz = np.fft.rfftfreq(size, 1 / RATE_HZ)
    spectrum *= np.clip((hz / LOW_EDGE_HZ) ** 4, 0, 1)
    return np.fft.irfft(spectrum, size)[: pcm.size].astype(np.float32)


def power_of_two(samples: int) -> int:
    """The next one: transforms of other lengths may take ten times as long."""
    return 1 << (samples - 1).bit_length()


def companded(pcm: np.ndarray, a_law: bool) -> np.ndarray:
    """Quantised in the steps of G.711."""
    size = np.clip(np.abs(pcm), 0, 1)
    if a_law:
        curve = np.where(size < 1 / A, A * size, 1 + np.log(np.maximum(A * size, 1.0))) / (1 + np.log(A))
        steps = np.rint(curve * STEPS) / STEPS * (1 + np.log(A))
        back = np.where(steps < 1, steps / A, np.exp(np.maximum(steps, 1.0) - 1) / A)
    else:
        steps = np.rint(np.log1p(MU * size) / np.log1p(MU) * STEPS) / STEPS
        back = np.expm1(steps * np.log1p(MU)) / MU
    return (np.sign(pcm) * back).astype(np.float32)


def concealed(pcm: np.ndarray, lost_share: float, random: Random) -> np.ndarray:
    """With frames of 20 ms lost, and the one before repeated, ever softer, in their place."""
    heard = pcm.copy()
    for start in range(FRAME, heard.size - FRAME + 1, FRAME):
        if random.random() < lost_share:
            heard[start : start + FRAME] = CONCEALED_FADE * heard[start - FRAME : start]
    return heard
