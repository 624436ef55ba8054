"""One room's end of the bus: what it hears, one delivery after the other, and what it says."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

import zmq

from engine.numbering import LossCounter, Malformed, Sequencer
from engine.protocol import (
    CallClosed,
    CallOpened,
    Flag,
    Header,
    Heartbeat,
    MalformedMessage,
    Message,
    Shutdown,
    elapsed_us,
    pack,
    topic,
    unpack,
)
from engine.room_sockets import RoomSockets
from engine.wiring import WIRING, House

HEARTBEAT_US = 250_000


def now_us() -> int:
    """CLOCK_MONOTONIC in microseconds, not wrapped."""
    return time.monotonic_ns() // 1000


class Delivery(NamedTuple):
    """One message as it arrived."""

    header: Header
    message: Message


class Tick(Message):
    """Not a message: the time a room asked to be woken at has come."""


class Woken(Message):
    """Not a message either: another thread of the room has something for it."""


TICK = Delivery(Header(0, 0, Flag.NONE, 0, 0), Tick())
WOKEN = Delivery(Header(0, 0, Flag.NONE, 0, 0), Woken())


class Bus:
    """One room's end of the bus. Iterating yields deliveries until the house shuts down.

    `wake_at_us` (monotonic, None = never) asks for a TICK at that time; a room sets it anew after each TICK.
    `gather_us`: so long after it has looked the bus looks again, and what has come meanwhile is taken together. What
    comes after a longer silence is taken at once.
    """

    def __init__(self, house: House, *hears: type[Message]) -> None:
        self.house = house
        self.wake_at_us: int | None = None
        self.gather_us = 0
        self._looked_us = 0
        self.ready = False
        self.note = ""
        self._numbers = Sequencer()
        self._heard: dict[str, int] = {}
        self._gaps = LossCounter()
        self._dropped = 0
        self._malformed = Malformed(house.room)
        self._late_us = 0
        self._next_heartbeat_us = 0
        self._waiting: deque[list[bytes]] = deque()
        self._sockets = RoomSockets(house, hears)

    def waker(self) -> Callable[[], None]:
        """A function with which another thread makes the bus yield WOKEN at once; many calls may come as one."""
        return self._sockets.waker()

    def hear_call(self, call: int) -> None:
        """For a line process, which hears of its own calls alone: one more of them."""
        self._sockets.hear_call(call)

    def push_to(self, name: str) -> None:
        """Open a PUSH socket to one of the PULL ports ("lines", "played", "truth"); only lines do this."""
        self._sockets.push_to(name)

    def send(self, call: int, message: Message, flags: Flag = Flag.NONE, sequence: int | None = None) -> int:
        """Publish a message; returns its time in monotonic µs. `sequence` only for frames passed on."""
        at_us = now_us()
        number = self._numbers.number(type(message), call) if sequence is None else sequence
        if self._sockets.pub is not None:
            self._sockets.pub.send_multipart(pack(message, call, number, at_us, flags), copy=True)
        return at_us

    def send_together(self, messages: list[tuple[int, Message, int]]) -> int:
        """Publish messages of one kind as one (call, message, sequence): many cost hardly more than one does.

        Who hears the kind hears all of them; whoever subscribes to the kind of one call alone would miss some.
        """
        at_us = now_us()
        if self._sockets.pub is not None:
            packed = (pack(message, call, number, at_us) for call, message, number in messages)
            self._sockets.pub.send_multipart([frame for each in packed for frame in each])
        return at_us

    def push(self, name: str, call: int, message: Message, sequence: int | None = None) -> int:
        """Send to one PULL port; what cannot be queued is dropped, since late audio is worse than none."""
        at_us = now_us()
        number = self._numbers.number(type(message), call) if sequence is None else sequence
        try:
            self._sockets.pushes[name].send_multipart(pack(message, call, number, at_us), zmq.NOBLOCK)
        except zmq.Again:
            self._dropped += 1
        return at_us

    def next_is(self, kind: type[Message]) -> bool:
        """Whether a message of this kind has come already and will be delivered next."""
        return bool(self._waiting) and self._waiting[0][0][:1] == topic(kind)

    @property
    def hears_all(self) -> bool:
        """Every room this one listens to has given a sign of life."""
        return set(WIRING[self.house.room]) <= self._heard.keys()

    def __iter__(self) -> Iterator[Delivery]:
        while True:
            now = now_us()
            if now >= self._next_heartbeat_us:
                self._beat(now)
            if self.wake_at_us is not None and now >= self.wake_at_us:
                self.wake_at_us = None
                yield TICK
                continue
            frames = self._receive(now)
            if self._sockets.is_woken:
                self._sockets.is_woken = False
                yield WOKEN
            if frames is None:
                continue
            delivery = self._open_envelope(frames)
            if delivery is None:
                continue
            if isinstance(delivery.message, Shutdown):
                return
            if isinstance(delivery.message, CallOpened) and delivery.message.room not in (
                "",
                self.house.room,
            ):
                continue  # for a neighbour that was restarted
            yield delivery

    def _receive(self, now: int) -> list[bytes] | None:
        if not self._waiting:
            now = self._gather(now)
            until = min(self._next_heartbeat_us, self.wake_at_us or self._next_heartbeat_us)
            found = self._sockets.wait(max(0, -(-(until - now) // 1000)))
            self._looked_us = now_us()
            self._sockets.read(found, self._waiting)
        return self._waiting.popleft() if self._waiting else None

    def _gather(self, now: int) -> int:
        """Sleep until it is time to look again; what time it is then."""
        left_us = self._looked_us + self.gather_us - now
        if self.wake_at_us is not None:
            left_us = min(left_us, self.wake_at_us - now)
        if self.gather_us and left_us > 0:
            time.sleep(left_us / 1_000_000)
            now = now_us()
        return now

    def _open_envelope(self, frames: list[bytes]) -> Delivery | None:
        try:
            header, message = unpack(frames)
        except MalformedMessage as error:
            self._malformed.drop(error)
            return None
        if isinstance(message, Heartbeat):
            if self._heard.get(message.room) != message.incarnation:
                self._heard[message.room] = message.incarnation
                self._next_heartbeat_us = 0  # the supervisor waits for this word
            return None
        self._late_us = max(self._late_us, elapsed_us(header.time_us, now_us()))
        self._gaps.count(header, message)
        if isinstance(message, CallClosed):
            self._gaps.forget(header.call)
            self._numbers.forget(header.call)
        return Delivery(header, message)

    def _beat(self, now: int) -> None:
        self._next_heartbeat_us = now + HEARTBEAT_US
        self.send(
            0,
            Heartbeat(
                room=self.house.room,
                incarnation=self.house.incarnation,
                pid=os.getpid(),
                ready=self.ready,
                hears=dict(self._heard),
                lost_messages=self._gaps.lost + self._dropped,
                malformed=self._malformed.count,
                late_ms=self._late_us / 1000,
                note=self.note,
            ),
        )
        self._late_us = 0

    def close(self) -> None:
        """Release all sockets at once."""
        self._sockets.close()
