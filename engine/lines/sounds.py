"""What a simulated line carries: the restaurant's voice through a telephone, hold music, tones, noise."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from engine.audio.levels import audible_span, with_level
from engine.lines.backdrop import Backdrop
from engine.lines.characters import CHARACTERS
from engine.protocol import LINE_RATE_HZ, LanguageCode
from engine.scenario_parts import VOICES, Restaurant
from engine.voices.espeak import Espeak

TELEPHONE_RATE_HZ = 8_000  # G.711: nothing above 4 kHz passes
LANDLINE_HZ = (300, 3_400)  # what an analogue subscriber line lets through (ITU-T G.712)
HIGHEST_HZ = {"landline": 3_400.0, "telephone": 4_000.0, "wide": 8_000.0}  # by Restaurant.band
A_LAW = 87.6  # ITU-T G.711
MUSIC_CHORDS_HZ = ((262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294))  # C, a, F, G
CHORD_S = 0.6
RINGBACK_HZ = (440, 480)  # North America, 2 s on, 4 s off (ITU-T E.180)
BUSY_HZ, BUSY_S = 425, 0.5  # Europe, on and off
INFORMATION_HZ, INFORMATION_S = (950, 1400, 1800), 0.33  # each, then a second of silence
BEEP_HZ = 1000
TONE_DBFS = -22.0


class Sound(NamedTuple):
    """Audio for the line, and where in it something can be heard."""

    pcm: np.ndarray  # int16, shape (samples,), mono, LINE_RATE_HZ
    first: int  # audible samples: from `first` to `last`, exclusive
    last: int


class RestaurantVoice:
    """A restaurant's mouth and its end of the line."""

    def __init__(self, restaurant: Restaurant, voice: str) -> None:
        self._espeak = Espeak()
        self._restaurant = restaurant
        self._voice = restaurant.voice or voice

    def speak(self, text: str, language: LanguageCode | None = None) -> Sound:
        """The text in the restaurant's voice, band-limited and at its level. language: where it is not its own."""
        import soxr

        who = self._restaurant
        voice = VOICES[language] if language else self._voice
        rate_wpm = round(who.rate_wpm * CHARACTERS[who.persona].pace)
        made = self._espeak.synthesize(text, voice, rate_wpm, who.pitch)
        pcm, rate_hz = made.pcm, made.rate_hz
        if who.band != "wide":
            pcm, rate_hz = soxr.resample(pcm, rate_hz, TELEPHONE_RATE_HZ, quality="HQ"), TELEPHONE_RATE_HZ
        if who.band == "landline":  # its hiss belongs to the level at which the line was spoken into
            pcm = soxr.resample(
                landline(with_level(pcm, who.level_dbfs)), rate_hz, LINE_RATE_HZ, quality="HQ"
            )
            return Sound(pcm, *audible_span(pcm, LINE_RATE_HZ))
        return _sound(soxr.resample(pcm, rate_hz, LINE_RATE_HZ, quality="HQ"), who.level_dbfs)

    def play(self, name: str, seconds: float) -> Sound:
        """A sound that is no speech; see scenario_parts.Step.play."""
        time_s = np.arange(int(seconds * LINE_RATE_HZ)) / LINE_RATE_HZ
        if name == "silence":
            return Sound(np.zeros(time_s.size, np.int16), 0, time_s.size)
        wave = _WAVES[name](time_s)
        return _sound((wave * 8000).astype(np.int16), TONE_DBFS)


def landline(pcm: np.ndarray) -> np.ndarray:
    """Speech of TELEPHONE_RATE_HZ after an analogue line and A-law's thirteen bits in eight. int16 in and out."""
    spectrum = np.fft.rfft(pcm)
    hz = np.fft.rfftfreq(pcm.size, 1 / TELEPHONE_RATE_HZ)
    low, high = LANDLINE_HZ
    spectrum *= np.clip((hz - low / 2) / (low / 2), 0, 1) * np.clip((high + 300 - hz) / 300, 0, 1)
    wave = np.clip(np.fft.irfft(spectrum, pcm.size) / 32768, -1, 1)
    size = np.abs(wave)
    scale = 1 + np.log(A_LAW)
    pressed = np.where(size < 1 / A_LAW, A_LAW * size, 1 + np.log(np.maximum(A_LAW * size, 1))) / scale
    steps = (np.floor(pressed * 128) + 0.5) / 128
    heard = np.where(steps < 1 / scale, steps * scale / A_LAW, np.exp(steps * scale - 1) / A_LAW)
    return np.asarray(np.sign(wave) * np.minimum(heard, 1) * 32767, np.int16)


def _sound(pcm: np.ndarray, target_dbfs: float) -> Sound:
    first, last = audible_span(pcm, LINE_RATE_HZ)
    return Sound(with_level(pcm, target_dbfs), first, last)


def _music(time_s: np.ndarray) -> np.ndarray:
    """Broken chords with a soft attack: steady, tonal, no speech in it."""
    wave = np.zeros(time_s.size)
    for number, chord in enumerate(MUSIC_CHORDS_HZ):
        here = (time_s // CHORD_S).astype(int) % len(MUSIC_CHORDS_HZ) == number
        for hz in chord:
            wave[here] += np.sin(2 * np.pi * hz * time_s[here]) + 0.3 * np.sin(4 * np.pi * hz * time_s[here])
    fade = np.minimum(1, (time_s % CHORD_S) / 0.05) * np.minimum(1, (CHORD_S - time_s % CHORD_S) / 0.1)
    return np.asarray(wave * fade / 4)


def _ringback(time_s: np.ndarray) -> np.ndarray:
    tone = sum(np.sin(2 * np.pi * hz * time_s) for hz in RINGBACK_HZ)
    return np.where(time_s % 6 < 2, tone / 2, 0.0)


def _busy(time_s: np.ndarray) -> np.ndarray:
    tone = np.sin(2 * np.pi * BUSY_HZ * time_s)
    return np.where(time_s % (2 * BUSY_S) < BUSY_S, tone, 0.0)


def _information(time_s: np.ndarray) -> np.ndarray:
    within_s = time_s % (len(INFORMATION_HZ) * INFORMATION_S + 1)
    number = (within_s // INFORMATION_S).astype(int)
    hz = np.array([*INFORMATION_HZ, 0, 0, 0, 0])[np.minimum(number, len(INFORMATION_HZ))]
    return np.asarray(np.sin(2 * np.pi * hz * within_s))


def _beep(time_s: np.ndarray) -> np.ndarray:
    return np.asarray(np.sin(2 * np.pi * BEEP_HZ * time_s))


_WAVES = {
    "music": _music,
    "ringback": _ringback,
    "busy": _busy,
    "information": _information,
    "beep": _beep,
}


class Undertone(Protocol):
    """What is under everything that the line carries."""

    def add(self, pcm: np.ndarray) -> np.ndarray:
        """The audio with it, int16."""
        ...


def noise_of(restaurant: Restaurant, seed: int) -> Undertone:
    """The noise behind a restaurant: hiss of the line at a level, or what is told by kind or by its distance."""
    level_dbfs = restaurant.noise_dbfs
    if restaurant.snr_db is not None:
        level_dbfs = restaurant.level_dbfs - restaurant.snr_db
    if level_dbfs is None or (restaurant.snr_db is None and restaurant.noise == "white"):
        return Noise(level_dbfs, seed)
    return Backdrop(restaurant.noise, level_dbfs, seed, HIGHEST_HZ[restaurant.band])


class Noise:
    """Endless line noise at a level; the same for the same seed."""

    def __init__(self, level_dbfs: float | None, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._rms = 0.0 if level_dbfs is None else 32768 / np.sqrt(2) * 10 ** (level_dbfs / 20)

    def add(self, pcm: np.ndarray) -> np.ndarray:
        """The audio with noise under it, int16."""
        if not self._rms:
            return pcm
        noisy = pcm + self._random.standard_normal(pcm.size) * self._rms
        return np.asarray(np.clip(np.rint(noisy), -32768, 32767), np.int16)
