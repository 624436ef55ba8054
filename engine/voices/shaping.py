"""Audio of a voice as it comes → the line's: 48 kHz, without the silence around the sentence, without clicks."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.audio.levels import AUDIBLE_AMPLITUDE
from engine.protocol import LINE_RATE_HZ

KEPT_QUIET_MS = 5  # before the first and after the last audible sample: a sound does not begin with a step
QUALITY = (
    "LQ"  # flat to 80 % of what the voice has; holds 2 to 6 ms back, where HQ holds 30 (24, 22.05, 16 kHz)
)


class Shaper:
    """One sentence's. Silence inside of the sentence stays as it is."""

    def __init__(self, rate_hz: int) -> None:
        import soxr

        self._resampler: Any = (
            soxr.ResampleStream(rate_hz, LINE_RATE_HZ, 1, dtype="int16", quality=QUALITY)
            if rate_hz != LINE_RATE_HZ
            else None
        )
        self._kept = rate_hz * KEPT_QUIET_MS // 1000
        self._begun = False
        self._held = np.empty(0, np.int16)  # quiet so far: the sentence's end, or a pause in it
        self._half = b""

    def feed(self, audio: bytes) -> np.ndarray:
        """audio: int16, little-endian, mono, cut anywhere. Returns int16, shape (samples,), at the line's rate."""
        audio = self._half + audio
        whole = len(audio) // 2 * 2
        self._half = audio[whole:]
        pcm = np.concatenate([self._held, np.frombuffer(audio[:whole], "<i2")]).astype(np.int16)
        audible = np.flatnonzero((pcm > AUDIBLE_AMPLITUDE) | (pcm < -AUDIBLE_AMPLITUDE))
        if not audible.size:
            self._held = pcm if self._begun else pcm[-self._kept :]
            return np.empty(0, np.int16)
        first = 0 if self._begun else max(0, int(audible[0]) - self._kept)
        last = min(pcm.size, int(audible[-1]) + 1)
        self._begun = True
        self._held = pcm[last:]
        return self._resampled(pcm[first:last], last=False)

    def finish(self) -> np.ndarray:
        """The sentence has ended: what was still on its way through, int16, shape (samples,)."""
        if not self._begun:
            return np.empty(0, np.int16)
        return self._resampled(self._held[: self._kept], last=True)

    def _resampled(self, pcm: np.ndarray, last: bool) -> np.ndarray:
        if self._resampler is None:
            return pcm
        return np.asarray(self._resampler.resample_chunk(np.ascontiguousarray(pcm), last=last), np.int16)
