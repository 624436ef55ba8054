"""Log-mel spectrograms as Whisper's models want them."""

from __future__ import annotations

from functools import cache

import numpy as np

RATE_HZ = 16_000
FFT = 400  # 25 ms
HOP = 160  # 10 ms
BINS = 80
FLOOR = 1e-10
DYNAMIC_RANGE = 8.0  # log10 of power; what is further under the loudest bin is raised to there
LINEAR_BELOW_HZ = 1000.0  # Slaney's mel scale: linear up to there, logarithmic above
MELS_PER_HZ = 3 / 200
LOG_STEP = np.log(6.4) / 27


def log_mel(samples: np.ndarray) -> np.ndarray:
    """samples: float32 at 16 kHz. Returns float32 (80, samples // 160), about -1 to 1."""
    padded = np.pad(samples.astype(np.float64), FFT // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP][: samples.size // HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(FFT + 1)[:-1])) ** 2
    log = np.log10(np.maximum(power @ _filters(), FLOOR)).T
    return np.asarray((np.maximum(log, log.max() - DYNAMIC_RANGE) + 4) / 4, np.float32)


@cache
def _filters() -> np.ndarray:
    """Triangles of equal area: (201, 80)."""
    edges = _hz(np.linspace(0, _mel(RATE_HZ / 2), BINS + 2))
    bins = np.linspace(0, RATE_HZ / 2, FFT // 2 + 1)
    rising = (bins[:, None] - edges[None, :-2]) / np.diff(edges)[:-1]
    falling = (edges[None, 2:] - bins[:, None]) / np.diff(edges)[1:]
    return np.asarray(np.maximum(0, np.minimum(rising, falling)) * 2 / (edges[2:] - edges[:-2]))


def _mel(hz: float) -> float:
    if hz < LINEAR_BELOW_HZ:
        return hz * MELS_PER_HZ
    return LINEAR_BELOW_HZ * MELS_PER_HZ + float(np.log(hz / LINEAR_BELOW_HZ)) / LOG_STEP


def _hz(mels: np.ndarray) -> np.ndarray:
    bent = LINEAR_BELOW_HZ * MELS_PER_HZ
    return np.where(mels < bent, mels / MELS_PER_HZ, LINEAR_BELOW_HZ * np.exp(LOG_STEP * (mels - bent)))
