"""What a line process needs of a house without the seven rooms: the supervisor's sockets, capture's and playback's.

The line is the one that the engine uses, and knows nothing of the difference.
"""

from __future__ import annotations

import os

import zmq
import zmq.auth.thread

from engine.bus import HEARTBEAT_US, now_us
from engine.numbering import Malformed, Sequencer
from engine.protocol import Header, Heartbeat, MalformedMessage, Message, Shutdown, pack, unpack
from engine.restaurant.visit import Room
from engine.settings import Settings
from engine.wiring import ROOM_ZAP_DOMAIN, AllowList, House, Keys, LinePlan, bind_to, listening_socket

SPEAKERS: tuple[Room, ...] = ("supervisor", "playback")  # whom a line hears
PULLS = ("lines", "played")  # what it pushes to
AT_ONCE = 200  # messages taken before the clock is looked at again


class Desk:
    """Opened once, for all calls of a restaurant; each has a line process of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._keys = settings, Keys.generate()
        self._context = zmq.Context()
        self._gate = zmq.auth.thread.ThreadAuthenticator(self._context)
        self._gate.start()
        self._gate.configure_curve_callback(ROOM_ZAP_DOMAIN, AllowList(self._keys.client_public))
        self._ports: dict[str, int] = {}
        self._speakers = {name: self._bound(zmq.PUB, name) for name in SPEAKERS}
        self._pulls = [self._bound(zmq.PULL, name) for name in PULLS]
        self._numbers = Sequencer()
        self._malformed = Malformed("restaurant")
        self._next_beat_us = 0
        self._poller = zmq.Poller()
        for pull in self._pulls:
            self._poller.register(pull, zmq.POLLIN)

    def _bound(self, kind: int, name: str) -> zmq.Socket[bytes]:
        listener = listening_socket()
        self._ports[name] = listener.getsockname()[1]
        sock: zmq.Socket[bytes] = self._context.socket(kind)
        bind_to(sock, listener.detach(), self._ports[name], self._keys, ROOM_ZAP_DOMAIN)
        return sock

    def house(self, plan: LinePlan) -> House:
        """The plan for a line process, which binds nothing."""
        return House("line", plan.call, self._ports, {}, self._keys, self._settings, plan)

    def say(self, room: Room, call: int, message: Message, sequence: int | None = None) -> None:
        """To the lines, in a room's place."""
        number = self._numbers.number(type(message), call) if sequence is None else sequence
        self._speakers[room].send_multipart(pack(message, call, number, now_us()))

    def hear(self, timeout_ms: int) -> list[tuple[Header, Message]]:
        """What lines have pushed; waits so long for the first of it. Meanwhile a sign of life is given."""
        if now_us() >= self._next_beat_us:
            self._next_beat_us = now_us() + HEARTBEAT_US
            for room in SPEAKERS:
                self.say(room, 0, Heartbeat(room=room, incarnation=1, pid=os.getpid(), ready=True))
        heard: list[tuple[Header, Message]] = []
        for sock, _ in self._poller.poll(timeout_ms):
            try:
                while len(heard) < AT_ONCE:
                    heard.append(unpack(sock.recv_multipart(zmq.NOBLOCK)))
            except zmq.Again:
                pass
            except MalformedMessage as error:
                self._malformed.drop(error)
        return heard

    def forget(self, call: int) -> None:
        """The call is over."""
        self._numbers.forget(call)

    def close(self) -> None:
        """End every line process that is left, and give all ports back."""
        self.say("supervisor", 0, Shutdown())
        for sock in (*self._speakers.values(), *self._pulls):
            sock.close(linger=100)
        self._gate.stop()
        self._context.term()
