"""Levels against known signals; the decimator's spectrum and delay against what it promises."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.levels import SILENT_DBFS, audible_span, level_dbfs, trim_silence, with_level
from engine.audio.resample import Decimator, Interpolator

LINE, HEARING = 48_000, 16_000


def sine(hz: float, seconds: float = 0.5, rate_hz: int = LINE, amplitude: float = 16_000) -> np.ndarray:
    return np.rint(amplitude * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate_hz)) / rate_hz)).astype(
        np.int16
    )


def through(pcm: np.ndarray, frame: int = 960) -> np.ndarray:
    decimator = Decimator(3)
    return np.concatenate([decimator.feed(pcm[i : i + frame]) for i in range(0, pcm.size, frame)])


def gain_db(hz: float) -> float:
    settled = through(sine(hz))[200:]
    return level_dbfs(settled) - level_dbfs(sine(hz))


def test_a_full_scale_sine_is_zero_dbfs_and_digital_silence_the_floor():
    assert level_dbfs(sine(1000, amplitude=32767)) == pytest.approx(0, abs=0.01)
    assert level_dbfs(sine(1000, amplitude=3276.7)) == pytest.approx(-20, abs=0.01)
    assert level_dbfs(np.zeros(100, np.int16)) == level_dbfs(np.empty(0, np.int16)) == SILENT_DBFS
    assert level_dbfs(np.full(100, -32768, np.int16)) == pytest.approx(3.01, abs=0.01)


def test_the_audible_span_is_found_in_steps_of_5_ms():
    pcm = np.concatenate([np.zeros(LINE // 10, np.int16), sine(440, 0.2), np.zeros(LINE // 5, np.int16)])
    first, last = audible_span(pcm, LINE)
    assert first == LINE // 10
    assert last == LINE // 10 + LINE // 5
    trimmed, cut = trim_silence(pcm, LINE)
    assert (trimmed.size, cut) == (LINE // 5, LINE // 10)


@pytest.mark.parametrize("pcm", [np.zeros(48_000, np.int16), np.empty(0, np.int16), np.ones(3, np.int16)])
def test_silence_has_no_audible_span(pcm):
    assert audible_span(pcm, LINE) == (0, 0)
    assert trim_silence(pcm, LINE)[0].size == 0


def test_noise_40_db_under_the_speech_is_silence_around_it():
    noise = np.random.default_rng(1).normal(0, 30, LINE // 5).astype(np.int16)
    first, last = audible_span(np.concatenate([noise, sine(440, 0.2), noise]), LINE)
    assert (first, last) == (LINE // 5, 2 * LINE // 5)


def test_a_level_is_reached_and_clipping_does_not_wrap():
    assert level_dbfs(with_level(sine(440), -30.0)) == pytest.approx(-30, abs=0.3)
    loud = with_level(np.array([-32768, 32767, 0], np.int16), 20.0)
    assert list(loud) == [-32768, 32767, 0]
    assert with_level(np.empty(0, np.int16), -20.0).size == 0
    assert not with_level(np.zeros(10, np.int16), -20.0).any()


@pytest.mark.parametrize("hz", [100, 300, 1000, 3400, 5000, 6000])
def test_the_pass_band_is_flat(hz):
    assert abs(gain_db(hz)) < 0.1


@pytest.mark.parametrize("hz", [8_800, 10_000, 13_000, 16_000, 20_000, 23_000])
def test_what_would_alias_is_suppressed(hz):
    assert gain_db(hz) < -60


def test_delay_is_one_millisecond():
    click = np.zeros(LINE // 10, np.int16)
    click[2400] = 30_000
    peak = int(np.argmax(np.abs(through(click).astype(int))))
    assert abs(peak - 2400 // 3 - HEARING // 1000) <= 1


def test_frames_give_what_the_whole_gives():
    pcm = np.random.default_rng(2).normal(0, 5000, LINE // 2).astype(np.int16)
    for frame in (960, 480, 3):
        np.testing.assert_allclose(through(pcm, frame), through(pcm, pcm.size), atol=1)  # of rounding


def test_a_full_scale_square_does_not_wrap():
    square = np.where(np.arange(4800) % 96 < 48, 32767, -32768).astype(np.int16)
    heard = through(square)
    assert heard.max() == 32767
    assert heard.min() == -32768


def test_one_frame_in_is_one_frame_out():
    assert Decimator(3).feed(np.zeros(960, np.int16)).shape == (320,)
    with pytest.raises(ValueError, match="no multiple of 3"):
        Decimator(3).feed(np.zeros(961, np.int16))


def raised(pcm: np.ndarray, frame: int = 320) -> np.ndarray:
    interpolator = Interpolator(3)
    return np.concatenate([interpolator.feed(pcm[i : i + frame]) for i in range(0, pcm.size, frame)])


@pytest.mark.parametrize("hz", [100, 300, 1000, 3400, 5000, 6200])
def test_what_is_raised_to_the_line_s_rate_is_the_same_sound(hz):
    out = raised(sine(hz, rate_hz=HEARING))[2000:22000]
    delay = 16 * 3 - 0.5  # half the filter, in samples of the higher rate
    expected = 16_000 * np.sin(2 * np.pi * hz * (np.arange(2000, 22000) - delay) / LINE)
    assert level_dbfs(out) - level_dbfs(sine(hz)) == pytest.approx(0, abs=0.1)
    assert np.corrcoef(out, expected)[0, 1] > 0.999


@pytest.mark.parametrize("hz", [1000, 3400, 6000])
def test_no_images_are_heard_beside_it(hz):
    out = raised(sine(hz, seconds=1.0, rate_hz=HEARING))[4800:43200].astype(float)
    spectrum = np.abs(np.fft.rfft(out * np.hanning(out.size))) ** 2
    above = np.fft.rfftfreq(out.size, 1 / LINE) > 8_800
    assert 10 * np.log10(spectrum[above].max() / spectrum.max()) < -60


def test_raised_frames_join_without_a_seam_whatever_their_length():
    pcm = sine(440, 0.2, HEARING)
    assert np.array_equal(raised(pcm), raised(pcm, pcm.size))
    assert raised(pcm).size == pcm.size * 3


def test_loud_sound_is_clipped_and_does_not_wrap_when_it_is_raised():
    square = np.tile(np.repeat(np.array([32767, -32768], np.int16), 20), 40)
    out = raised(square)
    assert out.max() == 32767 and out.min() == -32768
    assert np.mean(np.abs(out.astype(int))) > 30_000
