"""Our side of a recorded call as it was then, for those who judge hearing alone: the recording's other channel."""

from __future__ import annotations

import numpy as np

from engine.protocol import FRAME_MS, HEARING_RATE_HZ, LINE_FRAME_BYTES, LINE_RATE_HZ, Flag
from engine.rerun.past_call import FRAME_SAMPLES

GAP_FRAMES = 250 // FRAME_MS  # a breath between two sentences: our voice is on the line in it


class NearEnd:
    """One call's voice, frame by frame at the line's rate."""

    def __init__(self, pcm: np.ndarray, whose: Flag) -> None:
        """pcm: int16, 16 kHz, shape (samples,). whose: Flag.OPERATOR for people, Flag.SYNTHETIC for the agent.

        A person is heard all the time; the agent's frames are on the line only where it speaks.
        """
        import soxr

        self.whose = whose
        self._pcm = pcm
        self._stream = soxr.ResampleStream(HEARING_RATE_HZ, LINE_RATE_HZ, 1, dtype="int16")
        self._made = b""
        self._fed = 0  # frames that were given to the stream
        self._quiet = GAP_FRAMES  # frames since the voice

    def frame(self, number: int) -> bytes | None:
        """The next frame, 48 kHz; None: nothing was on the line. Frames are asked for in order."""
        while self._fed <= number + 1:  # one ahead: that is how late the resampler is at most
            self._made += self._stream.resample_chunk(self._at(self._fed)).tobytes()
            self._fed += 1
        pcm, self._made = self._made[:LINE_FRAME_BYTES], self._made[LINE_FRAME_BYTES:]
        self._quiet = 0 if self._at(number).any() else self._quiet + 1
        if self.whose is not Flag.OPERATOR and self._quiet > GAP_FRAMES:
            return None
        return pcm.ljust(LINE_FRAME_BYTES, b"\0")

    def _at(self, number: int) -> np.ndarray:
        samples = self._pcm[number * FRAME_SAMPLES : (number + 1) * FRAME_SAMPLES]
        return np.concatenate([samples, np.zeros(FRAME_SAMPLES - samples.size, np.int16)])
