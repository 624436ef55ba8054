"""The three clocks of a journal as one: milliseconds since the call began. Pure. See docs/journal.md."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.protocol import CLOCK_MODULUS_US, Flag, Message, SoundKept, TurnEnded, Voice, elapsed_us

Step = tuple[int, Flag, Message]  # µs since the call began


class Clocks:
    """Where media time and the header's clock stand in one call."""

    def __init__(self, clock_us: int, media_began_ms: float) -> None:
        """clock_us: header clock at the call's beginning."""
        self._clock_us = clock_us
        self.media_began_ms = media_began_ms

    def of_media(self, ms: float) -> int:
        """A moment of the far end's audio."""
        return round(self.media_began_ms + ms)

    def of_header(self, at_us: int, near_us: int) -> int:
        """A moment of the header's clock that is within half an hour of an event at `near_us`."""
        near_clock_us = (self._clock_us + near_us) % CLOCK_MODULUS_US
        return (near_us + elapsed_us(near_clock_us, at_us)) // 1000


def in_a_row(steps: Iterable[Step]) -> list[Step]:
    """The events with times that go on growing in calls of more than 71 minutes, where a journal's begin anew."""
    unwound: list[Step] = []
    last_us = 0
    for us, flags, message in steps:
        last_us += elapsed_us(last_us % CLOCK_MODULUS_US, us % CLOCK_MODULUS_US)
        unwound.append((last_us, flags, message))
    return unwound


def media_began_ms(summary: dict[str, Any] | None, steps: Iterable[Step]) -> float:
    """When the far end's audio began: as the recording says, else by the event that came soonest after its moment."""
    audio = (summary or {}).get("audio")
    began_us = audio.get("began_us") if isinstance(audio, dict) else None
    if isinstance(began_us, int) and began_us:
        return began_us / 1000
    soonest: float | None = None
    for us, _, message in steps:
        if isinstance(message, SoundKept) and message.began_us:
            return message.began_us / 1000
        if isinstance(message, Voice | TurnEnded):
            heard_ms = message.end_ms if isinstance(message, Voice) else message.decided_ms
            began_ms = us / 1000 - heard_ms
            soonest = began_ms if soonest is None else min(soonest, began_ms)
    return soonest or 0.0
