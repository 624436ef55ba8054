"""Where in a call was a sound that is nobody? Words out of it are not to be believed. Pure: events in, a reason out."""

from __future__ import annotations

from collections import deque

from engine.protocol import SoundHeard

COVERED = 0.6  # of a turn; the detector holds on to what was said before for a moment
SPANS = 32  # that are remembered
WITHOUT_WORDS = (
    "music",
    "ringback",
    "busy",
    "information",
    "beep",
)  # noise and silence are behind speech as well


class SoundSpans:
    """One call's sounds as they were told."""

    def __init__(self) -> None:
        self._over: deque[tuple[str, int, int]] = deque(maxlen=SPANS)
        self._on: dict[str, int] = {}

    def told(self, heard: SoundHeard) -> None:
        """One begins, or is over."""
        if heard.sound not in WITHOUT_WORDS:
            return
        if heard.on:
            self._on.setdefault(heard.sound, heard.at_ms)
        elif heard.sound in self._on:
            self._over.append((heard.sound, self._on.pop(heard.sound), heard.at_ms))

    def reason_to_drop(self, start_ms: int, end_ms: int) -> str:
        """Why what was heard from `start_ms` to `end_ms` is nobody, or ""."""
        spans = [*self._over, *((sound, since_ms, end_ms) for sound, since_ms in self._on.items())]
        for sound, since_ms, until_ms in reversed(spans):
            common_ms = min(until_ms, end_ms) - max(since_ms, start_ms)
            if common_ms > 0 and common_ms >= COVERED * (end_ms - start_ms):
                return f"nobody speaks: {sound}"
        return ""
