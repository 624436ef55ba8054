"""The sockets of one room: where it listens, whom it hears, whom it pushes to, and how its own threads wake it."""

from __future__ import annotations

import contextlib
import socket
from collections import deque
from collections.abc import Callable
from typing import cast

import zmq
import zmq.auth.thread

from engine.protocol import CallOpened, Heartbeat, Message, Shutdown, parted, topic
from engine.wiring import ROOM_ZAP_DOMAIN, WIRING, AllowList, House, bind_to, connect_to

MOST_WAITING = 200  # messages; then the room looks at the clock again


class RoomSockets:
    """Open from the beginning to `close`."""

    def __init__(self, house: House, hears: tuple[type[Message], ...]) -> None:
        self.house = house
        self.pub: zmq.Socket[bytes] | None = None
        self.pushes: dict[str, zmq.Socket[bytes]] = {}
        self.is_woken = False  # by another thread of the room; whoever reads it takes it back
        self._context = zmq.Context()
        self._gate: zmq.auth.thread.ThreadAuthenticator | None = None
        self._woken: socket.socket | None = None
        self._waking: socket.socket | None = None
        self._sources: list[zmq.Socket[bytes]] = []
        self._of_calls: tuple[type[Message], ...] = (*hears, CallOpened)
        self._listen()
        self._sub = self._subscribed()
        self._sources.append(self._sub)
        self._poller = zmq.Poller()
        for source in self._sources:
            self._poller.register(source, zmq.POLLIN)

    def _listen(self) -> None:
        """On the sockets that the house has lent."""
        house = self.house
        if house.fds:
            self._gate = zmq.auth.thread.ThreadAuthenticator(self._context)
            self._gate.start()
            self._gate.configure_curve_callback(ROOM_ZAP_DOMAIN, AllowList(house.keys.client_public))
        if "pub" in house.fds:
            self.pub = self._context.socket(zmq.PUB)
            bind_to(self.pub, house.fds["pub"], house.ports[house.room], house.keys, ROOM_ZAP_DOMAIN)
        for name in house.fds.keys() & {"lines", "played"}:
            pull = self._context.socket(zmq.PULL)
            bind_to(pull, house.fds[name], house.ports[name], house.keys, ROOM_ZAP_DOMAIN)
            self._sources.append(pull)

    def _subscribed(self) -> zmq.Socket[bytes]:
        """To the rooms that this one hears; a line process to its own call alone."""
        sub = self._context.socket(zmq.SUB)
        sub.subscribe(topic(Heartbeat))
        sub.subscribe(topic(Shutdown))
        call = None if self.house.line is None else self.house.line.call
        for message in self._of_calls:
            sub.subscribe(topic(message, call))
        for room in WIRING[self.house.room]:
            connect_to(sub, self.house.ports[room], self.house.keys)
        return sub

    def hear_call(self, call: int) -> None:
        """For a line process: one more call of its own."""
        for message in self._of_calls:
            self._sub.subscribe(topic(message, call))

    def push_to(self, name: str) -> None:
        """Open a PUSH socket to one of the PULL ports."""
        push = self._context.socket(zmq.PUSH)
        connect_to(push, self.house.ports[name], self.house.keys)
        self.pushes[name] = push

    def waker(self) -> Callable[[], None]:
        """A function with which another thread ends the wait and sets `is_woken`; many calls may come as one."""
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

    def wait(self, at_most_ms: int) -> list[tuple[zmq.Socket[bytes] | int, int]]:
        """Until something has come, or the time is up; what `read` is to look at."""
        return cast("list[tuple[zmq.Socket[bytes] | int, int]]", self._poller.poll(at_most_ms))

    def read(self, found: list[tuple[zmq.Socket[bytes] | int, int]], waiting: deque[list[bytes]]) -> None:
        """What has come, behind what waits already."""
        for source, _ in found:
            if self._woken is not None and source == self._woken.fileno():
                self.is_woken = bool(self._woken.recv(4096))
                continue
            try:
                while len(waiting) < MOST_WAITING:
                    waiting.extend(parted(cast("zmq.Socket[bytes]", source).recv_multipart(zmq.NOBLOCK)))
            except zmq.Again:
                pass

    def close(self) -> None:
        """Release all of them at once."""
        for sock in (*self._sources, *self.pushes.values(), *([self.pub] if self.pub else [])):
            sock.close(linger=200)
        for end in (self._woken, self._waking):
            if end is not None:
                end.close()
        if self._gate is not None:
            self._gate.stop()
        self._context.term()
