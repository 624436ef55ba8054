"""A stand-in for the supervisor: its two sockets, its state directory, and a made-up call. No room, no audio.

python -m tests.fakes.fake_engine DIR [--speed N]     until killed; for tests that need a process
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import time
import uuid
from collections.abc import Coroutine, Iterable
from pathlib import Path

import msgspec
import zmq
import zmq.asyncio

from engine.client import EngineAddress
from engine.protocol import (
    ROOMS,
    Accepted,
    AgentFrame,
    ArmMic,
    CallClosed,
    CallState,
    Command,
    FarFrame,
    GetSnapshot,
    HangUp,
    Heartbeat,
    LeaseGranted,
    Message,
    MicFrame,
    Ping,
    PlaceCall,
    Presence,
    Refused,
    Snapshot,
    Voice,
    pack,
    unpack,
)
from engine.statedir import StateDirectory
from tests.fakes.sample_call import Numbering, conversation, house, with_voices

BEAT_S = 0.25
LEASE = 4711  # of every microphone that is armed
LEASE_MS = 2000
NOT_ANSWERED = (Presence, MicFrame)
NOT_KEPT = (Voice, Heartbeat, FarFrame, AgentFrame)


class FakeEngine:
    """Binds on loopback; says what it is told to say; takes every command, and remembers which came from whom."""

    def __init__(self, ports: tuple[int, int] = (0, 0), epoch: str | None = None) -> None:
        server_public, server_secret = zmq.curve_keypair()
        client_public, client_secret = zmq.curve_keypair()
        self._context = zmq.asyncio.Context()
        self._events = self._bound(zmq.PUB, server_secret, ports[0])
        self._commands = self._bound(zmq.ROUTER, server_secret, ports[1])
        self.address = EngineAddress(
            pid=1,
            epoch=epoch or uuid.uuid4().hex,
            host="127.0.0.1",
            command_port=_port(self._commands),
            event_port=_port(self._events),
            server_public=server_public.decode(),
            client_public=client_public.decode(),
            client_secret=client_secret.decode(),
        )
        self.commands: list[tuple[int, Message]] = []
        self.refuses = ""  # a reason: every command that changes something is refused with it
        self.ready = True
        self.lag_s = 0.0  # how long each answer is on its way
        self.history: list[tuple[bytes, bytes]] = []
        self._numbering = Numbering()
        self._calls = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.speed = 1.0

    def _bound(self, kind: int, secret: bytes, port: int) -> zmq.asyncio.Socket:
        sock = self._context.socket(kind)
        sock.linger = 0
        sock.curve_server = True
        sock.curve_secretkey = secret
        sock.bind(f"tcp://127.0.0.1:{port or '*'}")
        return sock

    def start(self) -> None:
        """Answer commands and give heartbeats, on the running loop."""
        self._go(self._answer())
        self._go(self._beat())

    def _go(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop as a killed process would: without a word."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._events.close(linger=0)
        self._commands.close(linger=0)
        self._context.term()

    async def say(self, message: Message, call: int = 0, lose: bool = False) -> None:
        """Publish a message. lose: it is in the history, but never arrives."""
        header = self._numbering.header(message, call, 0)
        frames = pack(message, call, header.sequence, time.monotonic_ns() // 1000)
        if not isinstance(message, NOT_KEPT):
            self.history.append(frames)
        if not lose:
            await self._events.send_multipart(frames)

    async def play(self, call: int, steps: Iterable[tuple[int, Message]]) -> None:
        """Say steps at their times, `speed` times as fast."""
        began = time.monotonic()
        for at_ms, message in steps:
            wait_s = at_ms / 1000 / self.speed - (time.monotonic() - began)
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            await self.say(message, call)

    async def _beat(self) -> None:
        while True:
            for _, message in house(0):
                if isinstance(message, Heartbeat):
                    ready = self.ready or message.room == "supervisor"
                    await self.say(msgspec.structs.replace(message, ready=ready))
            await asyncio.sleep(BEAT_S)

    async def _answer(self) -> None:
        while True:
            who, *frames = await self._commands.recv_multipart()
            header, command = unpack(frames)
            if isinstance(command, NOT_ANSWERED):
                self.commands.append((header.call, command))
                continue
            reply = await self._obey(header.call, command)
            if self.lag_s:
                await asyncio.sleep(self.lag_s)
            now_us = time.monotonic_ns() // 1000
            await self._commands.send_multipart([who, *pack(reply, 0, header.sequence, now_us)])

    async def _obey(self, call: int, command: Message) -> Message:
        self.commands.append((call, command))
        if isinstance(command, GetSnapshot):
            rooms: dict[str, str] = dict.fromkeys(ROOMS, "ready" if self.ready else "starting")
            return Snapshot(self.address.epoch if self.ready else "", self.ready, rooms, tuple(self.history))
        if isinstance(command, Ping):
            return Accepted()
        if self.refuses:
            return Refused(self.refuses)
        if isinstance(command, PlaceCall):
            self._calls += 1
            self._go(self.play(self._calls, with_voices(conversation())))
            return Accepted(self._calls)
        if isinstance(command, HangUp):
            await self.say(CallClosed("hung_up", "operator"), call)
            await self.say(
                CallState("ended", "The Copper Kettle", "en", "simulated", outcome="hung_up"), call
            )
            return Accepted(call)
        if isinstance(command, ArmMic):
            return LeaseGranted(LEASE, LEASE_MS)
        if isinstance(command, Command):
            return Accepted(call)
        return Refused(f"{type(command).__name__} is no command.")


def _port(sock: zmq.asyncio.Socket) -> int:
    endpoint = sock.getsockopt(zmq.LAST_ENDPOINT)
    assert isinstance(endpoint, bytes)
    return int(endpoint.decode().strip("\0").rpartition(":")[2])


async def serve(folder: Path, speed: float) -> None:
    """Be an engine in a state directory until cancelled."""
    with StateDirectory(folder, needed_free_bytes=0) as directory:
        engine = FakeEngine()
        engine.speed = speed
        engine.start()
        directory.announce(msgspec.structs.asdict(engine.address))
        try:
            await asyncio.Event().wait()
        finally:
            await engine.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--speed", type=float, default=1.0)
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(options.folder, options.speed))
