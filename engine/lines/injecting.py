"""What an operator lets happen at a simulated far end: noise, a dead line, words of its own, a hang-up.

Pure: time (monotonic µs) is passed in. Words are given on to whoever has a voice; the restaurant's own part goes on.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from engine.lines.sounds import Noise
from engine.protocol import InjectEvent

LONGEST_S = 60.0
LOUDEST_DBFS, QUIETEST_DBFS = 0.0, -90.0
LONGEST_TEXT = 500  # characters; some 40 s of speech
SEED = 1


class Injected:
    """What has been injected into one call and is not over yet."""

    def __init__(self) -> None:
        self.words: deque[str] = deque()  # to be said, one after the other, whenever the restaurant is quiet
        self.hangs_up = False
        self._noise = Noise(None, SEED)
        self._noise_until_us = self._silent_until_us = 0

    def take(self, event: InjectEvent, now_us: int) -> None:
        """Let it happen. Noise and silence take the place of an earlier one of the same kind."""
        until_us = now_us + int(min(max(event.seconds, 0.0), LONGEST_S) * 1_000_000)
        match event.what:
            case "noise":
                level_dbfs = min(max(event.level_dbfs, QUIETEST_DBFS), LOUDEST_DBFS)
                self._noise, self._noise_until_us = Noise(level_dbfs, SEED), until_us
            case "silence":
                self._silent_until_us = until_us
            case "say" if words := " ".join(event.text.split())[:LONGEST_TEXT]:
                self.words.append(words)
            case "hang_up":
                self.hangs_up = True

    def is_silent(self, now_us: int) -> bool:
        """Whether nothing of the far end reaches us."""
        return now_us < self._silent_until_us

    def over(self, pcm: np.ndarray, now_us: int) -> np.ndarray:
        """A frame of the far end (int16), with what disturbs it."""
        if self.is_silent(now_us):
            return np.zeros_like(pcm)
        return self._noise.add(pcm) if now_us < self._noise_until_us else pcm
