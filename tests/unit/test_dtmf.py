"""Keys in the audio: all sixteen, in noise, off pitch, unequal; and never in speech or music."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from engine.audio.dtmf import COLUMNS_HZ, KEYS, ROWS_HZ, KeyListener, Press, frames_of
from engine.audio.keys_once import KeysOnce
from engine.voices.espeak import Espeak
from tests.fakes.line_sounds import FULL_SCALE_SINE

RATE_HZ = 16_000
ALL = "".join(KEYS)


def key(digit: str, ms: float, level_dbfs: float = -20, twist_db: float = 0, offset: float = 0) -> np.ndarray:
    """The tones of one key; float."""
    row = next(number for number, keys in enumerate(KEYS) if digit in keys)
    time_s = np.arange(int(ms * RATE_HZ / 1000)) / RATE_HZ
    low, high = ROWS_HZ[row] * (1 + offset), COLUMNS_HZ[KEYS[row].index(digit)] * (1 + offset)
    wave = np.sin(2 * np.pi * low * time_s) + 10 ** (twist_db / 20) * np.sin(2 * np.pi * high * time_s)
    return np.asarray(wave / np.sqrt(np.mean(wave**2)) * FULL_SCALE_SINE * 10 ** (level_dbfs / 20))


def quiet(ms: float) -> np.ndarray:
    return np.zeros(int(ms * RATE_HZ / 1000))


def noise(samples: int, level_dbfs: float) -> np.ndarray:
    wave = np.random.default_rng(7).standard_normal(samples)
    return np.asarray(wave * FULL_SCALE_SINE * 10 ** (level_dbfs / 20))


def heard(*parts: np.ndarray) -> list[Press]:
    listener = KeyListener()
    pcm = np.clip(np.concatenate([*parts, quiet(200)]), -32768, 32767).astype(np.int16)
    presses = [listener.hear(frame) for frame in frames_of(pcm)]
    return [press for press in presses if press is not None]


def dialled(digits: str, on_ms: float = 50, off_ms: float = 50, **kind: float) -> np.ndarray:
    return np.concatenate([np.concatenate([quiet(off_ms), key(digit, on_ms, **kind)]) for digit in digits])


@pytest.mark.parametrize("level_dbfs", [-6, -20, -35])
def test_every_key_is_heard_once_from_loud_to_faint(level_dbfs: float) -> None:
    assert "".join(press.digit for press in heard(dialled(ALL, level_dbfs=level_dbfs))) == ALL


@pytest.mark.parametrize("offset", [-0.015, -0.0075, 0.0075, 0.015])
@pytest.mark.parametrize("twist_db", [-6, 0, 6])
def test_keys_off_pitch_and_unequal_are_heard_in_noise(offset: float, twist_db: float) -> None:
    sent = dialled(ALL * 3, twist_db=twist_db, offset=offset)
    got = heard(sent + noise(sent.size, -30))
    assert "".join(press.digit for press in got) == ALL * 3


def test_the_same_key_twice_is_two_presses_and_a_lost_packet_in_it_is_none() -> None:
    assert [press.digit for press in heard(dialled("77"))] == ["7", "7"]
    broken = np.concatenate([key("7", 100), quiet(20), key("7", 100)])
    assert [press.digit for press in heard(broken)] == ["7"]


@given(digit=st.sampled_from(ALL), ms=st.integers(50, 600))
def test_a_press_lasts_about_as_long_as_its_tones(digit: str, ms: int) -> None:
    (press,) = heard(quiet(33), key(digit, ms))
    assert press.digit == digit
    assert abs(press.duration_ms - ms) <= 20


def test_single_tones_and_other_pairs_are_no_key() -> None:
    time_s = np.arange(RATE_HZ) / RATE_HZ
    for pair in (
        (425, 0),
        (440, 480),
        (480, 620),
        (697, 0),
        (1000, 0),
        (941, 1400),
        (697, 770),
        (1209, 1477),
    ):
        wave = sum(np.sin(2 * np.pi * hz * time_s) for hz in pair if hz)
        assert heard(np.asarray(wave) * 6000) == [], pair


@pytest.mark.parametrize("language", ["en", "de", "es", "nl"])
def test_no_key_is_heard_in_speech(language: str) -> None:
    import soxr

    text = (
        "one two three four five six seven eight nine zero, ooh, eee, a table at eight, I see a sea of tea. "
        * 3
    )
    espeak = Espeak()
    for pitch in (20, 50, 80):
        made = espeak.synthesize(text, language, 160, pitch)
        pcm = soxr.resample(made.pcm.astype(np.float32), made.rate_hz, RATE_HZ)
        for gain in (0.2, 1.0):
            assert heard(pcm * gain) == []


def test_what_line_and_audio_tell_of_one_press_is_told_once_whichever_comes_first() -> None:
    keys = KeysOnce()
    assert keys.is_new("5", "line", 0)
    assert not keys.is_new("5", "audio", 150_000)
    assert keys.is_new("5", "audio", 400_000)  # the next press, whose audio came first
    assert not keys.is_new("5", "line", 450_000)
    assert keys.is_new("6", "line", 500_000)


def test_two_presses_of_one_key_are_two_wherever_they_are_told() -> None:
    keys = KeysOnce()
    assert [keys.is_new("1", "line", at) for at in (0, 200_000)] == [True, True]
    assert [keys.is_new("1", "audio", at) for at in (150_000, 350_000)] == [False, False]
    assert keys.is_new("1", "audio", 3_000_000)
