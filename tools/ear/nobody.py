"""Sounds in which nobody speaks: alone they have no words, under a voice they are noise."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np

from tools.ear.telephone import RATE_HZ, power_of_two

DTMF_HZ = ((697, 770, 852, 941), (1209, 1336, 1477, 1633))
TONES_HZ = (
    350,
    400,
    425,
    440,
    480,
    620,
    950,
    1000,
    1400,
    1800,
    2100,
)  # dial, ringing, busy, information, beep, fax
SCALE = (0, 2, 4, 5, 7, 9, 11)


def sound(seconds: float, random: Random) -> np.ndarray:
    """Something that is not speech, float32, shape (samples,), 16 kHz, peak about 1."""
    kind = random.choices(tuple(_KINDS), tuple(share for share, _ in _KINDS.values()))[0]
    made = _KINDS[kind][1](int(seconds * RATE_HZ), random)
    return _to_peak(made)


def noise(seconds: float, random: Random) -> np.ndarray:
    """Something that lies under a voice: mostly noise of some colour, now and then hum or music."""
    maker = random.choices((colored, hum, crackle, music), (75, 8, 7, 10))[0]
    return _to_peak(maker(int(seconds * RATE_HZ), random))


def _to_peak(made: np.ndarray) -> np.ndarray:
    peak = float(np.abs(made).max(initial=0.0))
    return (made / peak if peak > 0 else made).astype(np.float32)


def colored(samples: int, random: Random) -> np.ndarray:
    """Noise whose power falls with frequency by 0 (white) to 2 (brown), in a band, steady or in gusts."""
    dice = np.random.default_rng(random.getrandbits(32))
    size = power_of_two(samples)
    spectrum = np.fft.rfft(dice.standard_normal(size))
    hz = np.fft.rfftfreq(size, 1 / RATE_HZ)
    fall = 0.0 if random.random() < 0.45 else random.uniform(0.2, 2.0)
    spectrum *= (np.maximum(hz, 30) / 1000) ** (-fall / 2)
    if random.random() < 0.3:
        low, high = random.choice((0, 0, 100, 300)), random.choice((3400, 4000, 6000, 8000))
        spectrum *= (hz >= low) & (hz <= high)
    made = np.fft.irfft(spectrum, size)[:samples]
    if random.random() < 0.25:
        made *= 1 + 0.8 * np.sin(2 * np.pi * random.uniform(0.2, 3) * np.arange(samples) / RATE_HZ)
    return made


def hum(samples: int, random: Random) -> np.ndarray:
    """Mains and its harmonics."""
    time_s = np.arange(samples) / RATE_HZ
    base = random.choice((50, 60, 100, 120))
    made = sum(random.random() / n * np.sin(2 * np.pi * base * n * time_s) for n in range(1, 8))
    return np.asarray(made + 0.02 * colored(samples, random))


def tones(samples: int, random: Random) -> np.ndarray:
    """One or two tones, steady or in a rhythm."""
    time_s = np.arange(samples) / RATE_HZ
    made = sum(np.sin(2 * np.pi * hz * time_s) for hz in random.sample(TONES_HZ, random.randint(1, 2)))
    if random.random() < 0.7:
        period_s = random.uniform(0.2, 3)
        made = made * (time_s % period_s < period_s * random.uniform(0.2, 0.7))
    return np.asarray(made)


def keys(samples: int, random: Random) -> np.ndarray:
    """Keys of a telephone."""
    time_s = np.arange(samples) / RATE_HZ
    made = np.zeros(samples)
    start = random.randint(0, RATE_HZ // 2)
    while start < samples:
        stop = start + random.randint(RATE_HZ // 20, RATE_HZ // 4)
        for group in DTMF_HZ:
            made[start:stop] += np.sin(2 * np.pi * random.choice(group) * time_s[start:stop])
        start = stop + random.randint(RATE_HZ // 20, RATE_HZ)
    return made


def music(samples: int, random: Random) -> np.ndarray:
    """Chords and a melody of plucked, bowed or blown notes, with or without a beat."""
    made = np.zeros(samples)
    beat_s = random.uniform(0.15, 0.7)
    root_hz = random.uniform(110, 330)
    overtones = [random.random() / n for n in range(1, random.randint(2, 7))]
    plucked = random.random() < 0.5
    for voice in range(random.randint(1, 4)):
        start = 0
        while start < samples:
            length = int(beat_s * random.choice((1, 1, 2, 4)) * RATE_HZ)
            semitones = random.choice(SCALE) + 12 * random.randint(0, 2 if voice else 1)
            note_s = np.arange(min(length, samples - start)) / RATE_HZ
            hz = root_hz * 2 ** (semitones / 12)
            note = np.zeros(note_s.size)
            for n, strength in enumerate(overtones, 1):
                if hz * n < RATE_HZ / 2:
                    note += strength * np.sin(2 * np.pi * hz * n * note_s)
            shape = np.exp(-note_s * random.uniform(2, 8)) if plucked else np.minimum(1, note_s / 0.05)
            made[start : start + note.size] += note * shape
            start += length
    if random.random() < 0.4:
        every = int(beat_s * RATE_HZ)
        hit = np.random.default_rng(random.getrandbits(32)).standard_normal(1200) * np.exp(
            -np.arange(1200) / 200
        )
        for start in range(0, samples - 1200, every):
            made[start : start + 1200] += hit
    return made


def crackle(samples: int, random: Random) -> np.ndarray:
    """Clicks, knocks, handling of a receiver."""
    dice = np.random.default_rng(random.getrandbits(32))
    made = 0.003 * dice.standard_normal(samples)
    for _ in range(random.randint(1, 12)):
        at, length = random.randint(0, max(1, samples - 10)), random.randint(20, 1600)
        burst = dice.standard_normal(length) * np.exp(-np.arange(length) / (length / 5))
        piece = made[at : at + length]
        piece += burst[: piece.size] * random.random()
    return made


def silence(samples: int, random: Random) -> np.ndarray:
    """Digital silence."""
    return np.zeros(samples)


_KINDS: dict[str, tuple[int, Callable[[int, Random], np.ndarray]]] = {
    "silence": (10, silence),
    "colored": (30, colored),
    "hum": (6, hum),
    "tones": (14, tones),
    "keys": (10, keys),
    "music": (22, music),
    "crackle": (8, crackle),
}
