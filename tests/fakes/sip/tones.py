"""Tones, and how much of a tone there is in what was heard."""

from __future__ import annotations

import numpy as np

G711_RATE_HZ = 8000
BIAS = 0x84  # ITU-T G.711, µ-law
CLIP = 32635
PRESENT = 0.5  # share of the energy at one frequency from which a window counts as that tone
WINDOW_MS = 20


def tone(frequency_hz: float, seconds: float, rate_hz: int, level: float = 0.4) -> np.ndarray:
    """A sine as int16 mono; level 1 = full scale."""
    samples = np.arange(int(seconds * rate_hz))
    return (np.sin(2 * np.pi * frequency_hz * samples / rate_hz) * level * 32767).astype(np.int16)


def to_mu_law(pcm: np.ndarray) -> bytes:
    """int16 to G.711 µ-law."""
    sign = np.where(pcm < 0, 0x80, 0)
    magnitude = np.minimum(np.abs(pcm.astype(np.int32)), CLIP) + BIAS
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8).tobytes()


def from_mu_law(data: bytes) -> np.ndarray:
    """G.711 µ-law to int16."""
    code = ~np.frombuffer(data, np.uint8).astype(np.int32) & 0xFF
    magnitude = (((code & 0x0F) << 3) + BIAS << ((code >> 4) & 7)) - BIAS
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def share_at(pcm: np.ndarray, frequency_hz: float, rate_hz: int) -> float:
    """Share of the energy that is a sine of this frequency, 0..1; 0 where it is as good as silent."""
    samples = pcm.astype(np.float64)
    energy = float(np.sum(samples**2))
    if len(samples) == 0 or energy / len(samples) < 100.0**2:
        return 0.0
    angle = 2 * np.pi * frequency_hz * np.arange(len(samples)) / rate_hz
    projected = np.hypot(samples @ np.cos(angle), samples @ np.sin(angle))
    return float(min(1.0, 2 * projected**2 / len(samples) / energy))


def seconds_of(pcm: np.ndarray, frequency_hz: float, rate_hz: int) -> float:
    """For how long this tone is there, counted in windows of 20 ms."""
    size = rate_hz * WINDOW_MS // 1000
    windows = [pcm[at : at + size] for at in range(0, len(pcm) - size + 1, size)]
    return sum(share_at(window, frequency_hz, rate_hz) > PRESENT for window in windows) * WINDOW_MS / 1000


def audible(pcm: np.ndarray) -> bool:
    """Louder than about -50 dBFS."""
    return len(pcm) > 0 and float(np.sqrt(np.mean(pcm.astype(np.float64) ** 2))) > 100.0
