"""The supervisor's own sockets: to the rooms, from the rooms, to the consoles, from the consoles."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import os
import socket
from collections.abc import AsyncIterator
from typing import Any

import zmq
import zmq.asyncio
from zmq.auth.asyncio import AsyncioAuthenticator
from zmq.utils.monitor import parse_monitor_message

from engine.bus import now_us
from engine.client import EngineAddress
from engine.errors import EngineError
from engine.numbering import Malformed, Sequencer
from engine.protocol import (
    KINDS,
    ROOMS,
    AgentFrame,
    FarFrame,
    Flag,
    Header,
    MalformedMessage,
    Message,
    OperatorSpoke,
    Refused,
    SpeechAudio,
    pack,
    parted,
    topic,
    unpack,
    unpack_header,
)
from engine.settings import EngineSettings
from engine.wiring import ROOM_ZAP_DOMAIN, AllowList, Keys, bind_to, connect_to, listening_socket

CONSOLE_ZAP_DOMAIN = "consoles"
HEARD_HIGH_WATER_MARK = 50_000  # everything every room says, for some seconds of many calls
GATHER_S = 0.02  # what has come meanwhile is taken together: to be woken for each message costs most
AT_ONCE = 500  # messages taken before other work gets its turn
OF_ROOMS_ALONE = (
    SpeechAudio,
    OperatorSpoke,
    FarFrame,
)  # sound of whole sentences, and what FarSound has as well


class HouseSockets:
    """Opened at once, so that a port in use is known before a process is started."""

    def __init__(self, settings: EngineSettings) -> None:
        """Raises EngineError when a port cannot be had."""
        self._host = address_to_bind(settings.host)
        self.keys = Keys.generate()
        self.console_public, self.console_secret = zmq.curve_keypair()
        self._listeners = {
            "supervisor": listening_socket(),
            "truth": listening_socket(),
            "commands": _listen("engine.command_port", self._host, settings.command_port),
            "events": _listen("engine.event_port", self._host, settings.event_port),
        }
        self.ports: dict[str, int] = {name: sock.getsockname()[1] for name, sock in self._listeners.items()}
        self._context = zmq.asyncio.Context()
        self._pub = self._context.socket(zmq.PUB)
        self._events = self._context.socket(zmq.PUB)
        self._pub_now: Any = zmq.Socket.shadow(self._pub)  # what publishes never has to wait
        self._events_now: Any = zmq.Socket.shadow(self._events)
        self._commands = self._context.socket(zmq.ROUTER)
        self._connections = self._commands.get_monitor_socket(zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED)
        self._connected: set[int] = set()  # descriptors of the connections that commands come over
        self._truth = self._context.socket(zmq.PULL)
        self._heard = self._context.socket(zmq.SUB)
        self._gate = AsyncioAuthenticator(self._context)
        self._malformed = Malformed("supervisor")
        self._numbers = Sequencer()
        self._event_numbers = Sequencer()

    def address(self, epoch: str) -> EngineAddress:
        """Where consoles find this engine, with their keys."""
        return EngineAddress(
            pid=os.getpid(),
            epoch=epoch,
            host=self._host,
            command_port=self.ports["commands"],
            event_port=self.ports["events"],
            server_public=self.keys.server_public.decode(),
            client_public=self.console_public.decode(),
            client_secret=self.console_secret.decode(),
        )

    def open(self, room_ports: dict[str, int]) -> None:
        """Let others in, with their keys alone, and listen to the rooms. To be called inside the event loop."""
        self._gate.start()
        self._gate.configure_curve_callback(ROOM_ZAP_DOMAIN, AllowList(self.keys.client_public))
        self._gate.configure_curve_callback(CONSOLE_ZAP_DOMAIN, AllowList(self.console_public))
        for sock, name, domain in (
            (self._pub, "supervisor", ROOM_ZAP_DOMAIN),
            (self._truth, "truth", ROOM_ZAP_DOMAIN),
            (self._events, "events", CONSOLE_ZAP_DOMAIN),
            (self._commands, "commands", CONSOLE_ZAP_DOMAIN),
        ):
            # detached: ZeroMQ closes what it was lent
            bind_to(sock, self._listeners[name].detach(), self.ports[name], self.keys, domain)
        for kind in KINDS.values():
            if kind not in OF_ROOMS_ALONE:
                self._heard.subscribe(topic(kind))
        for room in ROOMS:
            connect_to(self._heard, room_ports[room], self.keys)
        self._heard.rcvhwm = HEARD_HIGH_WATER_MARK

    def say(self, call: int, message: Message, flags: Flag = Flag.NONE) -> None:
        """To the rooms and lines."""
        number = self._numbers.number(type(message), call)
        self._pub_now.send_multipart(pack(message, call, number, now_us(), flags))

    def packed(self, call: int, message: Message, time_us: int, flags: Flag) -> tuple[bytes, bytes]:
        """An event as consoles get it, numbered for them."""
        return pack(message, call, self._event_numbers.number(type(message), call), time_us, flags)

    def forget(self, call: int) -> None:
        """The call is closed; its numbers are not needed any more."""
        self._numbers.forget(call)
        self._event_numbers.forget(call)

    def publish(self, event: tuple[bytes, bytes]) -> None:
        """To the consoles."""
        self._events_now.send_multipart(event)

    def pass_on(self, header: Header, frame: FarFrame | AgentFrame) -> None:
        """Sound to the consoles that listen, numbered and timed as it came."""
        self.publish(pack(frame, header.call, header.sequence, header.time_us, header.flags))

    def hear_frames(self, on: bool) -> None:
        """The far end's audio of all calls, frame by frame as it comes."""
        if on:
            self._heard.subscribe(topic(FarFrame))
        else:
            self._heard.unsubscribe(topic(FarFrame))

    async def from_rooms(self) -> AsyncIterator[tuple[Header, Message]]:
        """What the rooms say."""
        raw: Any = zmq.Socket.shadow(self._heard)  # taken without an await a message
        while True:
            await self._heard.poll()
            for _ in range(AT_ONCE):
                try:
                    frames = raw.recv_multipart(zmq.NOBLOCK)
                except zmq.Again:
                    await asyncio.sleep(GATHER_S)
                    break
                for each in parted(frames):
                    if (event := self._opened(each)) is not None:
                        yield event

    async def truths(self) -> AsyncIterator[tuple[Header, Message]]:
        """What simulated lines say of themselves."""
        while True:
            if (event := self._opened(await self._truth.recv_multipart())) is not None:
                yield event

    async def commands(self) -> AsyncIterator[tuple[bytes, Header, Message]]:
        """Who asks, and for what. What cannot be read is refused here."""
        while True:
            who, *frames = await self._commands.recv_multipart()
            try:
                yield who, *unpack(frames)
            except MalformedMessage as error:
                self._malformed.drop(error)
                with contextlib.suppress(MalformedMessage):  # nobody could find an answer to it
                    to = unpack_header(frames[0] if frames else b"")
                    refused = Refused(f"{KINDS[to.kind].__name__} cannot be read: {error}.")
                    await self.answer(who, to, refused)

    def has_clients(self) -> bool:
        """Whether anybody is connected who could give commands."""
        raw: Any = zmq.Socket.shadow(self._connections)
        with contextlib.suppress(zmq.Again):
            while True:
                event = parse_monitor_message(raw.recv_multipart(zmq.NOBLOCK))
                if event["event"] == zmq.EVENT_ACCEPTED:
                    self._connected.add(event["value"])
                else:
                    self._connected.discard(event["value"])
        return bool(self._connected)

    async def answer(self, who: bytes, to: Header, message: Message) -> None:
        """The answer to a command."""
        await self._commands.send_multipart([who, *pack(message, to.call, to.sequence, now_us())])

    def _opened(self, frames: list[bytes]) -> tuple[Header, Message] | None:
        try:
            return unpack(frames)
        except MalformedMessage as error:
            self._malformed.drop(error)
            return None

    def close(self) -> None:
        """Give all ports back."""
        self._gate.stop()
        self._commands.disable_monitor()
        for sock in (self._connections, self._pub, self._events, self._commands, self._truth, self._heard):
            sock.close(linger=100)
        self._context.term()


def address_to_bind(host: str) -> str:
    """The IPv4 address of engine.host. Raises EngineError where clients could not tell which one to call, or all could.

    Who connects needs the engine's keys, on loopback or not. Rooms are on loopback in any case.
    """
    try:
        address = ipaddress.IPv4Address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        address = None
    if address is None or address.is_unspecified or address.is_multicast:
        raise EngineError(
            f"engine.host: {host} is no address to listen on. Write one IPv4 address of this machine: 127.0.0.1, or "
            "one of a private network."
        )
    return str(address)


def _listen(field: str, host: str, port: int) -> socket.socket:
    try:
        return listening_socket(host, port)
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise EngineError(
                f"engine.host: {host} is no address of this machine. Name one that it has, or leave it at 127.0.0.1."
            ) from None
        raise EngineError(
            f"{field}: port {port} on {host} cannot be used ({error.strerror}). "
            "Set another one, or 0 to let the system choose."
        ) from None
