"""The far end's audio at the line's rate, whatever rate its codec has.

The stack hands over what its decoder gives, before its own resampling, though it says otherwise: 8 kHz of G.711 and
16 kHz of G.722 have to become 48 kHz here.
"""

from __future__ import annotations

import numpy as np

from engine.protocol import LINE_RATE_HZ

TAPS_PER_PHASE = 24  # half of them are delay: 1.5 ms at 8 kHz
KAISER_BETA = 6.0  # about 60 dB of stop band (Kaiser 1974); G.711 itself has less
PASS_BAND = 0.95  # of the codec's Nyquist frequency: telephones speak up to 3400 Hz


class Upsampler:
    """Streaming, from a codec's rate to 48 kHz, a whole number of times higher."""

    def __init__(self, rate_hz: int) -> None:
        """rate_hz: the codec's. Raises ValueError where 48 kHz is no multiple of it."""
        if rate_hz <= 0 or LINE_RATE_HZ % rate_hz:
            raise ValueError(f"{rate_hz} Hz does not fit into {LINE_RATE_HZ} Hz a whole number of times")
        self._factor = LINE_RATE_HZ // rate_hz
        taps = TAPS_PER_PHASE * self._factor
        at = np.arange(taps) - (taps - 1) / 2
        kernel = np.sinc(at * PASS_BAND / self._factor) * np.kaiser(taps, KAISER_BETA)
        kernel *= self._factor / kernel.sum()
        # one row per input sample of the past, one column per output sample between two input samples
        self._phases = kernel.reshape(TAPS_PER_PHASE, self._factor)[::-1].astype(np.float32)
        self._past = np.zeros(TAPS_PER_PHASE - 1, np.float32)

    def feed(self, pcm: bytes) -> bytes:
        """int16 mono at the codec's rate; as int16 mono at 48 kHz."""
        if self._factor == 1 or not pcm:
            return pcm
        signal = np.concatenate([self._past, np.frombuffer(pcm, np.int16).astype(np.float32)])
        self._past = signal[-self._past.size :]
        windows = np.lib.stride_tricks.sliding_window_view(signal, TAPS_PER_PHASE)
        return np.clip(np.rint(windows @ self._phases), -32768, 32767).astype(np.int16).tobytes()
