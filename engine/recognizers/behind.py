"""The detector's word may be read before its audio: on a busy machine frames wait in another socket. Pure.

Words are made of audio, so what would be recognised waits until all of it has come; not for long, since a frame may be
lost. What the detector said later waits behind it.
"""

from __future__ import annotations

from collections import deque

from engine.protocol import Message, SpeechPaused, TurnEnded

LONGEST_US = 1_000_000  # a machine that is later than this loses words, and answers nobody in time

Heard = tuple[Message, int]  # and when it came, in monotonic µs


class Behind:
    """One call's."""

    def __init__(self, tail_ms: int) -> None:
        """tail_ms: of the quiet after the last voiced window, which is recognised with it."""
        self._tail_ms = tail_ms
        self._waiting: deque[Heard] = deque()

    def add(self, message: Message, now_us: int) -> None:
        """The detector says this."""
        self._waiting.append((message, now_us))

    def ready(self, audio_end_ms: int, now_us: int) -> list[Heard]:
        """What can be heard now, in order. audio_end_ms: how far the audio has come."""
        found: list[Heard] = []
        while self._waiting:
            message, came_us = self._waiting[0]
            if self._needs_ms(message) > audio_end_ms and now_us - came_us < LONGEST_US:
                break
            found.append(self._waiting.popleft())
        return found

    def _needs_ms(self, message: Message) -> int:
        match message:
            case SpeechPaused(end_ms=end_ms):
                return end_ms + self._tail_ms
            case TurnEnded(end_ms=end_ms, decided_ms=decided_ms):
                return min(decided_ms, end_ms + self._tail_ms)
        return 0
