"""What the stack's decoders give, at the line's rate."""

from __future__ import annotations

import numpy as np
import pytest

from engine.lines.sip_rate import Upsampler
from engine.protocol import LINE_RATE_HZ
from tests.fakes.sip.tones import tone


def upsampled(frequency_hz: float, rate_hz: int, packet: int) -> np.ndarray:
    upsampler, pcm = Upsampler(rate_hz), tone(frequency_hz, 0.5, rate_hz)
    pieces = [upsampler.feed(pcm[at : at + packet].tobytes()) for at in range(0, len(pcm), packet)]
    return np.frombuffer(b"".join(pieces), np.int16)


@pytest.mark.parametrize("rate_hz", [8000, 16_000])
@pytest.mark.parametrize("frequency_hz", [300, 1000, 3000])
def test_a_tone_stays_that_tone_and_no_image_of_it_appears(rate_hz: int, frequency_hz: float):
    settled = upsampled(frequency_hz, rate_hz, rate_hz // 50)[2400:]
    spectrum = np.abs(np.fft.rfft(settled * np.hanning(len(settled))))
    hz = np.fft.rfftfreq(len(settled), 1 / LINE_RATE_HZ)
    assert hz[spectrum.argmax()] == pytest.approx(frequency_hz, abs=3)
    elsewhere = spectrum[np.abs(hz - frequency_hz) > 60].max()
    assert 20 * np.log10(elsewhere / spectrum.max()) < -42
    assert np.abs(settled.astype(int)).max() == pytest.approx(0.4 * 32767, rel=0.05)


def test_how_the_audio_is_cut_into_packets_makes_no_difference():
    whole, pieces = upsampled(1000, 8000, 4000), upsampled(1000, 8000, 37)
    assert np.array_equal(whole, pieces)


def test_audio_at_the_lines_own_rate_passes_untouched():
    pcm = tone(1000, 0.02, LINE_RATE_HZ).tobytes()
    assert Upsampler(LINE_RATE_HZ).feed(pcm) == pcm
    assert Upsampler(8000).feed(b"") == b""


@pytest.mark.parametrize("rate_hz", [0, -8000, 44_100])
def test_a_rate_that_does_not_fit_is_refused(rate_hz: int):
    with pytest.raises(ValueError, match="none of"):
        Upsampler(rate_hz)
