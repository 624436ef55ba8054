"""An outage that an operator has asked for: what a room stands on fails for some seconds, for one call. Pure."""

from __future__ import annotations

from typing import NamedTuple

from engine.protocol import EngineEvent, InjectEvent, Room

LONGEST_S = (
    20.0  # the recogniser's room keeps 30 s of audio: what was said at the beginning must still be there
)
PROVIDERS: dict[Room, str] = {
    "transcribe": "recogniser", "cache": "store of replies", "agent": "brain", "tts": "voice",
}  # fmt: skip


class Notice(NamedTuple):
    """Something to tell of a call's outage."""

    call: int
    event: EngineEvent


class Outages:
    """One room's, of all its calls."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._until_us: dict[int, int] = {}

    @property
    def due_us(self) -> int | None:
        """When `over` must be asked next."""
        return min(self._until_us.values(), default=None)

    def begin(self, call: int, event: InjectEvent, now_us: int) -> list[Notice]:
        """What was injected may be an outage of this room; one that goes on already lasts as long as the newer says."""
        if event.what != "fail" or event.room != self._room or event.seconds <= 0:
            return []
        seconds = min(event.seconds, LONGEST_S)
        self._until_us[call] = now_us + int(seconds * 1_000_000)
        words = f"the {PROVIDERS[self._room]} fails for {seconds:g} s (injected)"
        return [Notice(call, EngineEvent("warning", words, self._room))]

    def on(self, call: int) -> bool:
        """Whether the provider fails this call just now."""
        return call in self._until_us

    def over(self, now_us: int) -> list[Notice]:
        """The calls whose provider is back."""
        back = [call for call, until_us in self._until_us.items() if until_us <= now_us]
        for call in back:
            del self._until_us[call]
        return [
            Notice(call, EngineEvent("info", f"the {PROVIDERS[self._room]} is back", self._room))
            for call in back
        ]

    def forget(self, call: int) -> None:
        """The call is closed."""
        self._until_us.pop(call, None)
