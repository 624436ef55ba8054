"""From frames that come when they come to a steady 20 ms at a time. Sound may have gaps; it never runs late."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np

from console.audio.base import SILENCE
from engine.audio.resample import Decimator
from engine.protocol import HEARING_RATE_HZ, LINE_RATE_HZ

TARGET_BLOCKS = 3  # 60 ms are gathered before anything is played: three late frames in a row are rare
MOST_BLOCKS = 8  # with 160 ms waiting the oldest are dropped, down to the target
QUIET_AFTER_BLOCKS = 10  # an end of which nothing came for 200 ms is silent; what comes then begins anew


class JitterBuffer:
    """One end's frames. Not safe for threads."""

    def __init__(self, target: int = TARGET_BLOCKS, most: int = MOST_BLOCKS) -> None:
        self._blocks: deque[np.ndarray] = deque()
        self._target, self._most = target, most
        self._playing = False
        self._empty_for = 0
        self.dropped = 0
        self.padded = 0  # blocks of silence played in the midst of sound

    def put(self, block: np.ndarray) -> None:
        """block: int16, 320 samples."""
        self._blocks.append(block)
        if len(self._blocks) > self._most:
            while len(self._blocks) > self._target:
                self._blocks.popleft()
                self.dropped += 1

    def take(self) -> np.ndarray | None:
        """The next 20 ms; None = silence."""
        if not self._playing and len(self._blocks) >= self._target:
            self._playing = True
        if self._playing and self._blocks:
            self._empty_for = 0
            return self._blocks.popleft()
        if self._playing:
            self._empty_for += 1
            self.padded += 1
            if self._empty_for >= self._target:
                self._playing = False  # gather anew, rather than stutter
        elif self._blocks:
            self._empty_for += 1
            if self._empty_for >= QUIET_AFTER_BLOCKS:
                self._playing = True  # a last word shorter than the target
                self._empty_for = 0
        return None

    @property
    def waiting(self) -> int:
        return len(self._blocks)


class CallMix:
    """Both ends of a call in one ear: the loop puts frames, the sound system's thread pulls blocks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._far, self._near = JitterBuffer(), JitterBuffer()
        self._decimator = Decimator(LINE_RATE_HZ // HEARING_RATE_HZ)

    def far(self, pcm: bytes) -> None:
        """The far end's 20 ms at 16 kHz."""
        block = np.frombuffer(pcm, np.int16)
        with self._lock:
            self._far.put(block)

    def near(self, pcm: bytes) -> None:
        """Our end's 20 ms at 48 kHz: the agent's voice, or another operator's."""
        block = self._decimator.feed(np.frombuffer(pcm, np.int16))
        with self._lock:
            self._near.put(block)

    def pull(self) -> bytes:
        """The next 20 ms of both."""
        with self._lock:
            heard = [block for block in (self._far.take(), self._near.take()) if block is not None]
        if not heard:
            return SILENCE
        if len(heard) == 1:
            return heard[0].tobytes()
        return np.clip(heard[0].astype(np.int32) + heard[1], -32768, 32767).astype(np.int16).tobytes()

    @property
    def waiting(self) -> tuple[int, int]:
        """Blocks of our end and of the far end that are still to be played."""
        return self._near.waiting, self._far.waiting
