"""Ask a coordinator how it stands: once, or again and again without ever waiting.

async with StatusClient(address) as client:   # address_of(state directory)
    status = await client.ask()                # the current one
    newer = client.drain()                     # the last one published since, or None; for a frame timer
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import zmq
import zmq.asyncio

from engine.coordinator.status import CoordinatorStatus
from engine.coordinator.status_wire import ASK, TOPIC, CoordinatorAddress, announced, unpacked
from engine.errors import NoEngine

ASK_TIMEOUT_S = 2.0
KEPT = 50  # published ones that nobody took: older ones are worth nothing
ANOTHER_VERSION = "The coordinator is of another version. Start it again: call-thing coordinator"


class NoCoordinator(NoEngine):
    """Nobody answers where a coordinator should be."""


def address_of(state: Path) -> CoordinatorAddress | None:
    """The coordinator that was started on a state directory last; None where none is announced.

    One that was killed is still announced: it does not answer. Raises StateError.
    """
    return announced(state)


class StatusClient:
    """One connection to one coordinator. Make it inside the running event loop; close it when done."""

    def __init__(self, address: CoordinatorAddress) -> None:
        self.address = address
        self._context = zmq.Context()
        self._ask = zmq.asyncio.Context.shadow(self._context).socket(zmq.DEALER)
        self._published = self._context.socket(zmq.SUB)
        self._published.rcvhwm = KEPT
        self._published.subscribe(TOPIC)
        self._connect(self._ask, address.ask_port)
        self._connect(self._published, address.publish_port)
        self._asking = asyncio.Lock()

    def _connect(self, sock: zmq.Socket[bytes] | zmq.asyncio.Socket, port: int) -> None:
        sock.linger = 0
        sock.reconnect_ivl = 50
        sock.curve_serverkey = self.address.server_public.encode()
        sock.curve_publickey = self.address.client_public.encode()
        sock.curve_secretkey = self.address.client_secret.encode()
        sock.connect(f"tcp://{self.address.host}:{port}")

    async def ask(self, timeout_s: float = ASK_TIMEOUT_S) -> CoordinatorStatus:
        """How it stands now. Raises NoCoordinator when no answer comes in time."""
        async with self._asking:
            with contextlib.suppress(zmq.Again):
                while True:  # answers to questions that were given up
                    await self._ask.recv_multipart(zmq.NOBLOCK)
            await self._ask.send_multipart([ASK])
            try:
                [data] = await asyncio.wait_for(self._ask.recv_multipart(), timeout_s)
            except TimeoutError:
                raise NoCoordinator(
                    f"The coordinator (process {self.address.pid}) does not answer. Start it: call-thing coordinator"
                ) from None
        try:
            return unpacked(data)
        except msgspec.MsgspecError:
            raise NoCoordinator(ANOTHER_VERSION) from None

    def drain(self) -> CoordinatorStatus | None:
        """The latest that was published since the last time, without waiting. None: nothing was."""
        latest: CoordinatorStatus | None = None
        while True:
            try:
                _, data = self._published.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return latest
            with contextlib.suppress(msgspec.MsgspecError):  # of another version; nobody could read it
                latest = unpacked(data)

    def close(self) -> None:
        """Drop the connection; nothing is waited for."""
        self._ask.close(linger=0)
        self._published.close(linger=0)
        self._context.term()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


async def status_of(state: Path) -> CoordinatorStatus:
    """How the coordinator of a state directory stands. Raises NoCoordinator where none runs there."""
    address = address_of(state)
    if address is None:
        raise NoCoordinator(f"No coordinator runs on {state}. Start it: call-thing coordinator")
    async with StatusClient(address) as client:
        return await client.ask()
