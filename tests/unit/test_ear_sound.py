"""What telephone lines do to a training clip, and the sounds in which nobody speaks."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from random import Random

import numpy as np
import pytest

from tools.ear import nobody
from tools.ear.opus import through_opus
from tools.ear.telephone import (
    FRAME,
    RATE_HZ,
    companded,
    concealed,
    narrow_band,
    power_of_two,
    through_a_line,
    without_lows,
)


def sines(*hz: float, seconds: float = 1.0, peak: float = 0.5) -> np.ndarray:
    time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    made = sum(np.sin(2 * np.pi * each * time_s) for each in hz)
    return (np.asarray(made) * peak / len(hz)).astype(np.float32)


def power_at(pcm: np.ndarray, hz: float) -> float:
    """Within 40 Hz of it, in dB."""
    spectrum = np.abs(np.fft.rfft(pcm * np.hanning(pcm.size))) ** 2
    near = np.abs(np.fft.rfftfreq(pcm.size, 1 / RATE_HZ) - hz) < 40
    return 10 * np.log10(spectrum[near].sum() + 1e-12)


def snr_db(wanted: np.ndarray, got: np.ndarray) -> float:
    return float(10 * np.log10(np.sum(wanted**2) / np.sum((got - wanted) ** 2)))


def test_a_narrow_line_keeps_what_is_below_four_kilohertz_and_nothing_above():
    before = sines(1000, 3000, 5000, 7000)
    after = narrow_band(before)
    assert after.shape == before.shape and after.dtype == np.float32
    for hz in (1000, 3000):
        assert abs(power_at(after, hz) - power_at(before, hz)) < 0.5
    for hz in (5000, 7000):
        assert power_at(after, hz) < power_at(before, hz) - 60


def test_an_analogue_line_has_no_lows():
    before = sines(100, 1000)
    after = without_lows(before)
    assert after.shape == before.shape
    assert power_at(after, 100) < power_at(before, 100) - 30
    assert abs(power_at(after, 1000) - power_at(before, 1000)) < 0.5


@pytest.mark.parametrize("a_law", [True, False])
@pytest.mark.parametrize("peak", [0.9, 0.1, 0.02])
def test_g711_is_as_exact_as_its_eight_bits_allow_loud_and_soft(a_law, peak):
    before = sines(440, 1234, peak=peak)
    after = companded(before, a_law)
    assert 28 < snr_db(before, after) < 45  # 38 dB in theory, over a wide range of levels
    assert np.unique(np.abs(after)).size <= 128


@pytest.mark.parametrize("a_law", [True, False])
def test_g711_keeps_sign_silence_and_the_loudest_sample(a_law):
    edges = np.array([-1.0, 0.0, 1.0], np.float32)
    assert companded(edges, a_law) == pytest.approx(edges, abs=1e-3)


def test_a_lost_packet_is_filled_with_the_one_before_ever_softer():
    before = sines(500, seconds=0.5)
    after = concealed(before, 1.0, Random(1))
    assert np.array_equal(after[:FRAME], before[:FRAME])
    levels = [float(np.abs(after[start : start + FRAME]).max()) for start in range(0, 5 * FRAME, FRAME)]
    assert levels == sorted(levels, reverse=True) and levels[-1] < 0.2 * levels[0]
    assert np.array_equal(concealed(before, 0.0, Random(1)), before)


def test_concealment_leaves_the_audio_it_was_given_as_it_is():
    before = sines(500)
    kept = before.copy()
    concealed(before, 1.0, Random(1))
    assert np.array_equal(before, kept)


def opus_is_here() -> bool:
    spec = importlib.util.find_spec("av")
    return bool(spec and spec.origin and any((Path(spec.origin).parent.parent / "av.libs").glob("libopus*")))


opus = pytest.mark.skipif(
    not opus_is_here(), reason="PyAV's wheel on this system brings no libopus of its own"
)


def best_match(before: np.ndarray, after: np.ndarray) -> float:
    """Correlation at the delay at which it is highest."""
    size = 2 * before.size
    found = np.fft.irfft(np.fft.rfft(after, size) * np.conj(np.fft.rfft(before, size)), size)
    return float(found.max() / np.sqrt(np.sum(before**2) * np.sum(after**2)))


@opus
@pytest.mark.parametrize("bits_per_s", [16_000, 32_000])
def test_opus_carries_a_sound_and_gives_back_as_many_samples(bits_per_s):
    before = sines(300, 700, 1500, seconds=1.013)
    after = through_opus(before, bits_per_s, 0.0, Random(1))
    assert after.shape == before.shape and after.dtype == np.float32
    assert best_match(before, after) > 0.9


@opus
def test_opus_fills_lost_packets_and_the_same_ones_are_lost_again():
    before = sines(300, 700, seconds=2.0)
    whole, lossy, again = (through_opus(before, 24_000, lost, Random(5)) for lost in (0.0, 0.2, 0.2))
    assert np.array_equal(lossy, again) and not np.array_equal(lossy, whole)
    filled = [
        np.abs(lossy[start : start + FRAME]).max() for start in range(4 * FRAME, lossy.size - FRAME, FRAME)
    ]
    assert np.mean(np.array(filled) > 0.01) > 0.9  # a hole would be silent
    assert best_match(before, lossy) > 0.7


@opus
def test_a_line_by_dice_gives_back_the_audio_s_length_and_is_the_same_for_the_same_dice():
    before = sines(300, 1100, seconds=0.777)
    for seed in range(30):
        after = through_a_line(before, Random(seed))
        assert after.shape == before.shape and np.isfinite(after).all()
        assert np.array_equal(after, through_a_line(before, Random(seed)))


@pytest.mark.parametrize(("samples", "size"), [(1, 1), (2, 2), (3, 4), (1024, 1024), (1025, 2048)])
def test_transforms_are_as_long_as_the_next_power_of_two(samples, size):
    assert power_of_two(samples) == size


MAKERS = (
    nobody.colored,
    nobody.hum,
    nobody.tones,
    nobody.keys,
    nobody.music,
    nobody.crackle,
    nobody.silence,
)


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
@pytest.mark.parametrize("samples", [4_801, 48_000])
def test_a_sound_in_which_nobody_speaks_is_as_long_as_asked_for_and_finite(maker, samples):
    for seed in range(4):
        made = maker(samples, Random(seed))
        assert made.shape == (samples,) and np.isfinite(made).all()
        assert np.array_equal(made, maker(samples, Random(seed)))
        if samples > RATE_HZ:  # a key may be pressed half a second later
            assert (np.abs(made).max() > 0) == (maker is not nobody.silence)


def test_sounds_reach_the_full_scale_and_no_further():
    for seed in range(20):
        peaks = [float(np.abs(make(0.5, Random(seed))).max()) for make in (nobody.sound, nobody.noise)]
        assert all(peak == 0 or peak == pytest.approx(1) for peak in peaks)


def test_keys_are_two_tones_of_the_keypad():
    made = nobody.keys(32_000, Random(2))
    spectrum = np.abs(np.fft.rfft(made)) ** 2
    hz = np.fft.rfftfreq(made.size, 1 / RATE_HZ)
    near = np.zeros(hz.size, bool)
    for group in nobody.DTMF_HZ:
        for each in group:
            near |= np.abs(hz - each) < 40
    assert spectrum[near].sum() > 0.8 * spectrum.sum()
