"""One room's end of the bus: what it hears, one delivery after the other, and what it says."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple, cast

import zmq
import zmq.auth.thread

from engine.protocol import (
    PCM_BYTES,
    SEQUENCE_MODULUS,
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
    parted,
    topic,
    unpack,
)
from engine.wiring import ROOM_ZAP_DOMAIN, WIRING, AllowList, House, bind_to, connect_to

log = logging.getLogger(__name__)

MALFORMED_LOG_EVERY_S = 60.0
HEARTBEAT_US = 250_000
UNFLAGGED = (
    Flag.NONE
)  # `is` costs nothing; a flag's `&` costs more than the rest of what is done with a header


def now_us() -> int:
    """CLOCK_MONOTONIC in microseconds, not wrapped."""
    return time.monotonic_ns() // 1000


class Sequencer:
    """Numbers what one sender says, per kind and call."""

    def __init__(self) -> None:
        self._next: dict[tuple[type[Message], int], int] = {}

    def number(self, message: type[Message], call: int) -> int:
        """The number of the next message of this kind and call."""
        number = self._next.get((message, call), 0)
        self._next[message, call] = number + 1
        return number

    def forget(self, call: int) -> None:
        """The call is closed."""
        self._next = {key: number for key, number in self._next.items() if key[1] != call}


class LossCounter:
    """Counts the gaps in what one hearer hears, per kind and call. Every kind has one sender."""

    def __init__(self) -> None:
        self.lost = 0
        self._last: dict[tuple[int, int], int] = {}

    def count(self, header: Header, message: Message) -> None:
        """One more message. A number that goes back is that of a sender that began anew."""
        if header.flags is not UNFLAGGED and header.flags & Flag.AGAIN and type(message) in PCM_BYTES:
            return
        key = (header.kind, header.call)
        last, self._last[key] = self._last.get(key), header.sequence
        if last is not None:
            step = (header.sequence - last) % SEQUENCE_MODULUS
            if 1 < step < SEQUENCE_MODULUS // 2:
                self.lost += step - 1

    def forget(self, call: int) -> None:
        """The call is closed."""
        self._last = {key: number for key, number in self._last.items() if key[1] != call}


class Malformed:
    """Counts the malformed messages of one hearer, and says so once a minute."""

    def __init__(self, hearer: str) -> None:
        self.count = 0
        self._hearer = hearer
        self._logged_s = -MALFORMED_LOG_EVERY_S

    def drop(self, error: MalformedMessage) -> None:
        """One more."""
        self.count += 1
        if time.monotonic() - self._logged_s > MALFORMED_LOG_EVERY_S:
            self._logged_s = time.monotonic()
            log.warning("%s: dropped a malformed message (%d so far): %s", self._hearer, self.count, error)


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
        self._context = zmq.Context()
        self._numbers = Sequencer()
        self._heard: dict[str, int] = {}
        self._gaps = LossCounter()
        self._dropped = 0
        self._malformed = Malformed(house.room)
        self._late_us = 0
        self._next_heartbeat_us = 0
        self._waiting: deque[list[bytes]] = deque()
        self._gate: zmq.auth.thread.ThreadAuthenticator | None = None
        self._pub: zmq.Socket[bytes] | None = None
        self._woken: socket.socket | None = None
        self._waking: socket.socket | None = None
        self._is_woken = False
        self._sources: list[zmq.Socket[bytes]] = []
        self._pushes: dict[str, zmq.Socket[bytes]] = {}
        self._open(hears)

    def _open(self, hears: tuple[type[Message], ...]) -> None:
        house = self.house
        if house.fds:
            self._gate = zmq.auth.thread.ThreadAuthenticator(self._context)
            self._gate.start()
            self._gate.configure_curve_callback(ROOM_ZAP_DOMAIN, AllowList(house.keys.client_public))
        if "pub" in house.fds:
            self._pub = self._context.socket(zmq.PUB)
            bind_to(self._pub, house.fds["pub"], house.ports[house.room], house.keys, ROOM_ZAP_DOMAIN)
        for name in house.fds.keys() & {"lines", "played"}:
            pull = self._context.socket(zmq.PULL)
            bind_to(pull, house.fds[name], house.ports[name], house.keys, ROOM_ZAP_DOMAIN)
            self._sources.append(pull)
        self._sub = self._context.socket(zmq.SUB)
        self._of_calls: tuple[type[Message], ...] = (*hears, CallOpened)
        for message in (Heartbeat, Shutdown):
            self._sub.subscribe(topic(message))
        if house.line is not None:
            self.hear_call(house.line.call)
        else:
            for kind in self._of_calls:
                self._sub.subscribe(topic(kind))
        for room in WIRING[house.room]:
            connect_to(self._sub, house.ports[room], house.keys)
        self._sources.append(self._sub)
        self._poller = zmq.Poller()
        for source in self._sources:
            self._poller.register(source, zmq.POLLIN)

    def waker(self) -> Callable[[], None]:
        """A function with which another thread makes the bus yield WOKEN at once; many calls may come as one."""
        if self._woken is None or self._waking is None:
            self._woken, self._waking = socket.socketpair()
            self._woken.setblocking(False)
            self._waking.setblocking(False)
            self._poller.register(self._woken, zmq.POLLIN)
        waking = self._waking

        def wake() -> None:
            with contextlib.suppress(OSError):  # full: it is being woken; closed: there is nobody to wake
                waking.send(b"!")

        return wake

    def hear_call(self, call: int) -> None:
        """For a line process, which hears of its own calls alone: one more of them."""
        for message in self._of_calls:
            self._sub.subscribe(topic(message, call))

    def push_to(self, name: str) -> None:
        """Open a PUSH socket to one of the PULL ports ("lines", "played", "truth"); only lines do this."""
        push = self._context.socket(zmq.PUSH)
        connect_to(push, self.house.ports[name], self.house.keys)
        self._pushes[name] = push

    def send(self, call: int, message: Message, flags: Flag = Flag.NONE, sequence: int | None = None) -> int:
        """Publish a message; returns its time in monotonic µs. `sequence` only for frames passed on."""
        at_us = now_us()
        number = self._numbers.number(type(message), call) if sequence is None else sequence
        if self._pub is not None:
            self._pub.send_multipart(pack(message, call, number, at_us, flags), copy=True)
        return at_us

    def send_together(self, messages: list[tuple[int, Message, int]]) -> int:
        """Publish messages of one kind as one (call, message, sequence): many cost hardly more than one does.

        Who hears the kind hears all of them; whoever subscribes to the kind of one call alone would miss some.
        """
        at_us = now_us()
        if self._pub is not None:
            packed = (pack(message, call, number, at_us) for call, message, number in messages)
            self._pub.send_multipart([frame for each in packed for frame in each])
        return at_us

    def push(self, name: str, call: int, message: Message, sequence: int | None = None) -> int:
        """Send to one PULL port; what cannot be queued is dropped, since late audio is worse than none."""
        at_us = now_us()
        number = self._numbers.number(type(message), call) if sequence is None else sequence
        try:
            self._pushes[name].send_multipart(pack(message, call, number, at_us), zmq.NOBLOCK)
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
            if self._is_woken:
                self._is_woken = False
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
            found = self._poller.poll(max(0, -(-(until - now) // 1000)))
            self._looked_us = now_us()
            for source, _ in found:
                if self._woken is not None and source == self._woken.fileno():
                    self._is_woken = bool(self._woken.recv(4096))
                    continue
                try:
                    while len(self._waiting) < 200:  # then look at the clock again
                        self._waiting.extend(
                            parted(cast(zmq.Socket[bytes], source).recv_multipart(zmq.NOBLOCK))
                        )
                except zmq.Again:
                    pass
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
        for sock in (*self._sources, *self._pushes.values(), *([self._pub] if self._pub else [])):
            sock.close(linger=200)
        for end in (self._woken, self._waking):
            if end is not None:
                end.close()
        if self._gate is not None:
            self._gate.stop()
        self._context.term()
