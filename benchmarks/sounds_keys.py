"""How many synthesised keys are heard in noise and babble, and in speech without any."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.audio.dtmf import COLUMNS_HZ, KEYS, ROWS_HZ, KeyListener, frames_of
from engine.protocol import HEARING_RATE_HZ

FULL_SCALE_SINE = 32768 / np.sqrt(2)  # its RMS
SNR_DB, LEVELS_DBFS = 10.0, (-6.0, -20.0, -35.0)
VOICES = tuple((code, pitch) for code in ("en", "de", "es", "nl") for pitch in (30, 50, 70))
TALK = {
    "en": "good evening, we have a table for four people at seven thirty. may I have your name and number, please?",
    "de": "guten abend, wir haben noch einen tisch für vier personen um halb acht. wie ist ihr name, bitte?",
    "es": "buenas noches, tenemos una mesa para cuatro personas a las siete y media. me dice su nombre, por favor?",
    "nl": "goedenavond, we hebben nog een tafel voor vier personen om half acht. mag ik uw naam, alstublieft?",
}


def of_keys() -> dict[str, Any]:
    """Synthesised keys in noise and babble, and speech without any."""
    random = np.random.default_rng(11)
    talk = _talk()
    heard = sent = false = 0
    for babble in (False, True):
        for level_dbfs in LEVELS_DBFS:
            for twist_db in (-6.0, 0.0, 6.0):
                for offset in (0.0, 0.015, -0.015):
                    digits = "".join(random.permutation(list("".join(KEYS) * 2)))
                    tones = np.concatenate(
                        [_key(digit, level_dbfs, twist_db, offset, random) for digit in digits]
                    )
                    behind = (
                        _babble(talk, tones.size, random) if babble else random.standard_normal(tones.size)
                    )
                    behind *= FULL_SCALE_SINE * 10 ** ((level_dbfs - SNR_DB) / 20)
                    got = _keys_in(tones + behind)
                    right = _in_common(digits, got)
                    heard, sent, false = heard + right, sent + len(digits), false + len(got) - right
    false += len(_keys_in(talk))
    return {"share": round(heard / sent, 4), "tones": sent, "false": false}


def _key(
    digit: str, level_dbfs: float, twist_db: float, offset: float, random: np.random.Generator
) -> np.ndarray:
    """50 ms of quiet, give or take, and 50 ms of tones. level_dbfs: of both together."""
    row = next(number for number, keys in enumerate(KEYS) if digit in keys)
    hz = np.array([ROWS_HZ[row], COLUMNS_HZ[KEYS[row].index(digit)]]) * (1 + offset)
    time_s = np.arange(HEARING_RATE_HZ // 20) / HEARING_RATE_HZ
    low, high = (np.sin(2 * np.pi * each * time_s + random.random() * 6) for each in hz)
    wave_form = low + 10 ** (twist_db / 20) * high
    wave_form *= FULL_SCALE_SINE * 10 ** (level_dbfs / 20) / np.sqrt(np.mean(wave_form**2))
    return np.concatenate([np.zeros(HEARING_RATE_HZ // 20 + random.integers(160)), wave_form])


def _talk() -> np.ndarray:
    """A few minutes of synthetic speech in four languages, float at int16's scale."""
    import soxr

    from engine.voices.espeak import Espeak

    espeak = Espeak()
    said = []
    for code, pitch in VOICES:
        made = espeak.synthesize(f"{TALK[code]} " * 3, code, 165, pitch)
        said.append(soxr.resample(made.pcm.astype(np.float32), made.rate_hz, HEARING_RATE_HZ))
    return np.concatenate(said)


def _babble(talk: np.ndarray, samples: int, random: np.random.Generator) -> np.ndarray:
    """Six voices at once, RMS 1."""
    mixed = sum(np.roll(talk, -int(random.integers(talk.size)))[:samples] for _ in range(6))
    return np.asarray(mixed / np.sqrt(np.mean(np.square(mixed))))


def _keys_in(wave_form: np.ndarray) -> str:
    listener = KeyListener()
    pcm = np.clip(np.concatenate([wave_form, np.zeros(HEARING_RATE_HZ // 5)]), -32768, 32767).astype(np.int16)
    presses = [listener.hear(frame) for frame in frames_of(pcm)]
    return "".join(press.digit for press in presses if press is not None)


def _in_common(one: str, other: str) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for sign in one:
        before = 0
        for place, each in enumerate(other, 1):
            before, row[place] = row[place], before + 1 if sign == each else max(row[place], row[place - 1])
    return row[-1]
