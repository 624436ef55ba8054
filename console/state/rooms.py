"""The seven rooms: who is ready, who is starting, who is down, and how often each was restarted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.protocol import ROOMS, Heartbeat, RoomStarted, elapsed_us

RoomState = Literal["ready", "starting", "down", "unknown"]
SILENT_US = 1_500_000  # six heartbeats; one second flickered on a loaded machine


@dataclass(slots=True)
class RoomView:
    """One room as the console shows it."""

    name: str
    state: RoomState = "unknown"
    incarnation: int = 0  # the first start is 1
    late_ms: float = 0.0
    lost: int = 0
    note: str = ""
    heard_us: int | None = None

    @property
    def restarts(self) -> int:
        return max(0, self.incarnation - 1)


class Rooms:
    """All seven, in the order of the flow."""

    def __init__(self) -> None:
        self.rooms: dict[str, RoomView] = {name: RoomView(name) for name in ROOMS}
        self.version = 0

    @property
    def ready(self) -> int:
        return sum(room.state == "ready" for room in self.rooms.values())

    def set_states(self, states: dict[str, str]) -> None:
        """As a snapshot tells them."""
        for name, state in states.items():
            room = self.rooms.get(name)
            if room is not None and state in ("ready", "starting", "down"):
                room.state = state  # type: ignore[assignment]
                room.heard_us = None
        self.version += 1

    def heartbeat(self, message: Heartbeat, at_us: int) -> None:
        room = self.rooms.get(message.room)
        if room is None or message.incarnation < room.incarnation:
            return  # the supervisor itself, or the last words of a room that has been replaced
        if message.incarnation > room.incarnation:
            self._new_incarnation(room, message.incarnation)
        room.state = "ready" if message.ready else "starting"
        room.late_ms, room.lost, room.note = message.late_ms, message.lost_messages, message.note
        room.heard_us = at_us
        self.version += 1

    def started(self, message: RoomStarted) -> None:
        room = self.rooms.get(message.room)
        if room is None or message.incarnation <= room.incarnation:
            return
        self._new_incarnation(room, message.incarnation)
        room.state = "starting"
        self.version += 1

    @staticmethod
    def _new_incarnation(room: RoomView, incarnation: int) -> None:
        room.incarnation = incarnation
        room.heard_us = None

    def tick(self, now_us: int) -> None:
        """A room that has gone silent is down."""
        for room in self.rooms.values():
            if room.heard_us is not None and elapsed_us(room.heard_us, now_us) > SILENT_US:
                room.state, room.heard_us = "down", None
                self.version += 1
