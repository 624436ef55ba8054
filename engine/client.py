"""How the console, the command line and a coordinator talk to an engine: events in, commands out.

Events come over SUB and may be drained without waiting, inside a frame timer. Commands go over DEALER, each
is answered within its time or raises. The sound of a call has a SUB of its own, so that it neither waits for a frame
nor drowns the events. A client never talks to a room.
"""

from __future__ import annotations

import asyncio
import getpass
import time
from collections.abc import AsyncIterator
from typing import TypeVar

import msgspec
import zmq
import zmq.asyncio

from engine.errors import CallRefused, ExitCode, NoEngine
from engine.protocol import (
    KINDS,
    AgentFrame,
    FarFrame,
    Header,
    MalformedMessage,
    Message,
    Refused,
    pack,
    topic,
    unpack,
)

A = TypeVar("A", bound=Message)
REQUEST_TIMEOUT_S = 5.0
EVENT_HIGH_WATER_MARK = 5000
SOUND_HIGH_WATER_MARK = 100  # frames, 1 s of both directions: sound that is older is worth nothing
SOUND = (FarFrame, AgentFrame)


class EngineAddress(msgspec.Struct, frozen=True):
    """Where an engine is and how to prove that one may talk to it; kept in the state directory, mode 0600."""

    pid: int
    epoch: str
    host: str
    command_port: int
    event_port: int
    server_public: str
    client_public: str
    client_secret: str


class Sound:
    """What both ends of one call say, from now on: `async for header, frame in sound`, until it is closed.

    It comes while the engine is told, by Presence, that this console listens to the call. FarFrame: 16 kHz, AgentFrame:
    48 kHz, with Flag.OPERATOR where an operator speaks; both mono int16, 20 ms.
    """

    def __init__(self, sock: zmq.asyncio.Socket) -> None:
        self._sock = sock

    async def __aiter__(self) -> AsyncIterator[tuple[Header, FarFrame | AgentFrame]]:
        while not self._is_closed():
            try:
                header, frame = unpack(await self._sock.recv_multipart())
            except MalformedMessage:
                continue
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if self._is_closed() and task is not None and not task.cancelling():
                    return  # closed while it was waited for, which is how zmq tells
                raise
            if isinstance(frame, FarFrame | AgentFrame):
                yield header, frame

    def _is_closed(self) -> bool:
        return self._sock.closed

    def close(self) -> None:
        """Hear no more; safe to call twice."""
        self._sock.close(linger=0)


class Client:
    """One connection to one engine. Make it inside the running event loop; close it when done."""

    def __init__(self, address: EngineAddress, *kinds: type[Message], operator: str = "") -> None:
        """kinds: the events to hear; none = all of them, which sound is not.

        operator: who gives the commands, for the journals; "" = the system's user.
        """
        self.operator = operator or getpass.getuser()
        self.address = address
        self._context = zmq.Context()
        self._events = self._context.socket(zmq.SUB)
        self._commands = zmq.asyncio.Context.shadow(self._context).socket(zmq.DEALER)
        self._number = 0
        self._answers: dict[int, asyncio.Future[Message]] = {}
        self._reader: asyncio.Task[None] | None = None
        self._waited_on: int | None = None  # descriptor
        self._sounds: list[Sound] = []
        self._connect(self._events, address.event_port, EVENT_HIGH_WATER_MARK)
        self._connect(self._commands, address.command_port, EVENT_HIGH_WATER_MARK)
        for kind in kinds or (kind for kind in KINDS.values() if kind not in SOUND):
            self._events.subscribe(topic(kind))

    def _connect(self, sock: zmq.Socket[bytes] | zmq.asyncio.Socket, port: int, high_water_mark: int) -> None:
        address = self.address
        sock.linger = 0
        sock.rcvhwm = sock.sndhwm = high_water_mark
        sock.reconnect_ivl = 50
        sock.curve_serverkey = address.server_public.encode()
        sock.curve_publickey = address.client_public.encode()
        sock.curve_secretkey = address.client_secret.encode()
        sock.connect(f"tcp://{address.host}:{port}")

    def listen(self, call: int) -> Sound:
        """Hear a call; close what is returned when done, else it is closed with the client."""
        sock = zmq.asyncio.Context.shadow(self._context).socket(zmq.SUB)
        self._connect(sock, self.address.event_port, SOUND_HIGH_WATER_MARK)
        for kind in SOUND:
            sock.subscribe(topic(kind, call))
        sound = Sound(sock)
        self._sounds.append(sound)
        return sound

    def drain(self, budget_ms: float = 20.0) -> list[tuple[Header, Message]]:
        """Events that have arrived, without waiting, oldest first; stops after `budget_ms`."""
        arrived: list[tuple[Header, Message]] = []
        until = time.monotonic() + budget_ms / 1000
        while time.monotonic() < until:
            try:
                arrived.append(unpack(self._events.recv_multipart(zmq.NOBLOCK)))
            except zmq.Again:
                break
            except MalformedMessage:
                continue  # of another version; nothing a reader could do about it
        return arrived

    async def arrived(self) -> None:
        """Wait until there is something to drain; it may be nothing that can be read."""
        loop, fd = asyncio.get_running_loop(), self._events.getsockopt(zmq.FD)
        assert isinstance(fd, int)
        came: asyncio.Future[None] = loop.create_future()

        def told() -> None:
            if not came.done():
                came.set_result(None)

        loop.add_reader(fd, told)
        self._waited_on = fd
        try:
            if not self._events.poll(0):  # asked after, since the descriptor tells each change once
                await came
        finally:
            self._wait_no_more()

    def _wait_no_more(self) -> None:
        """The descriptor's number may be somebody else's as soon as it is closed."""
        if self._waited_on is not None:
            asyncio.get_running_loop().remove_reader(self._waited_on)
            self._waited_on = None

    async def request(
        self, command: Message, answer: type[A], call: int = 0, timeout_s: float = REQUEST_TIMEOUT_S
    ) -> A:
        """Send a command (about a call, where it names one) and wait for its answer.

        Raises CallRefused with the engine's reason, NoEngine when no answer comes in time.
        """
        if self._reader is None:
            self._reader = asyncio.create_task(self._read())
        self._number = (self._number + 1) % (1 << 16)
        number = self._number
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._answers[number] = future
        signed = msgspec.structs.replace(command, by=self.operator)
        try:
            await self._commands.send_multipart(pack(signed, call, number, _now_us()))
            reply = await asyncio.wait_for(future, timeout_s)
        except TimeoutError:
            raise NoEngine(
                f"The engine (process {self.address.pid}) did not answer within {timeout_s:.0f} s. "
                "See logs/engine.log in the state directory, or start it again: call-thing engine"
            ) from None
        finally:
            self._answers.pop(number, None)
        if isinstance(reply, Refused):
            refusal = CallRefused(reply.reason)
            refusal.exit_code = ExitCode(reply.exit_code)
            raise refusal
        if not isinstance(reply, answer):
            raise NoEngine(
                f"The engine answered {type(reply).__name__}; is it of another version? Restart it."
            )
        return reply

    def send(self, command: Message, call: int = 0) -> None:
        """Send a command that is not answered. Dropped rather than waited for when the engine takes nothing."""
        frames = pack(msgspec.structs.replace(command, by=self.operator), call, 0, _now_us())
        sent = self._commands.send_multipart(frames, zmq.NOBLOCK)  # gone, or failed, when this returns
        asyncio.ensure_future(sent).add_done_callback(lambda future: future.cancelled() or future.exception())

    async def _read(self) -> None:
        while True:
            try:
                header, message = unpack(await self._commands.recv_multipart())
            except MalformedMessage:
                continue
            future = self._answers.get(header.sequence)
            if future is not None and not future.done():
                future.set_result(message)

    def close(self) -> None:
        """Drop the connection; nothing is waited for."""
        if self._reader is not None:
            self._reader.cancel()
        for sound in self._sounds:
            sound.close()
        self._wait_no_more()
        self._events.close(linger=0)
        self._commands.close(linger=0)
        self._context.term()


def _now_us() -> int:
    return time.monotonic_ns() // 1000
