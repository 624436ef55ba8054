"""One engine, as the coordinator speaks with it: what it says of calls and of itself, and whether it says anything."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

from engine.client import Client
from engine.coordinator.spawner import Spawned
from engine.errors import NoEngine
from engine.protocol import (
    Accepted,
    CallClosed,
    FindPlaced,
    HangUp,
    Heartbeat,
    LineState,
    PlaceCall,
    PlacedCall,
)

BY = "coordinator"
GATHER_S = 0.01  # what has come meanwhile is taken together
HEAR_TIMEOUT_S = 10.0
EARLY = 500  # messages that are kept: of calls whose number is on its way to us, and of other people's
OfCall = LineState | CallClosed
T = TypeVar("T")


class EngineIsGone(Exception):
    """It has surely ended, and says nothing more."""


class EngineLink:
    """Make it inside the running event loop; `close` it when done."""

    def __init__(self, spawned: Spawned) -> None:
        self.spawned = spawned
        self.gone = asyncio.Event()
        self._attended: dict[int, Callable[[OfCall], None]] = {}
        self._early: deque[tuple[int, OfCall]] = deque(maxlen=EARLY)
        self._client = Client(spawned.address, Heartbeat, LineState, CallClosed, operator=BY)
        self._heard = asyncio.Event()
        self._heard_s = asyncio.get_running_loop().time()
        self._reader = asyncio.create_task(self._read())

    async def heard(self) -> None:
        """Until the first sign of life: from then on nothing is missed. Raises NoEngine."""
        try:
            await asyncio.wait_for(self._heard.wait(), HEAR_TIMEOUT_S)
        except TimeoutError:
            raise NoEngine(f"The engine {self.spawned.name} gives no sign of life.") from None

    @property
    def silent_s(self) -> float:
        """How long it has said nothing."""
        return asyncio.get_running_loop().time() - self._heard_s

    async def place(self, command: PlaceCall) -> int:
        """The number of the call. Raises CallRefused, NoEngine where it does not answer, or EngineIsGone."""
        return (await self._or_gone(self._client.request(command, Accepted))).call

    async def find(self, key: str) -> PlacedCall:
        """What became of a key. Raises NoEngine or EngineIsGone."""
        return await self._or_gone(self._client.request(FindPlaced(key=key), PlacedCall))

    async def say_goodbye(self, call: int) -> None:
        """End a call politely. Raises CallRefused, NoEngine or EngineIsGone."""
        await self._or_gone(self._client.request(HangUp("cancelled", goodbye=True), Accepted, call))

    def attend(self, call: int, told: Callable[[OfCall], None]) -> None:
        """Hear what happens to a call, and has happened before its number was known here."""
        self._attended[call] = told
        for number, message in self._early:
            if number == call:
                told(message)

    def leave(self, call: int) -> None:
        """Hear no more of it."""
        self._attended.pop(call, None)

    async def _read(self) -> None:
        while True:
            await self._client.arrived()
            for header, message in self._client.drain():
                self._heard_s = asyncio.get_running_loop().time()
                self._heard.set()
                if not isinstance(message, LineState | CallClosed):
                    continue
                if (told := self._attended.get(header.call)) is not None:
                    told(message)
                else:
                    self._early.append((header.call, message))
            await asyncio.sleep(GATHER_S)

    async def _or_gone(self, answer: Awaitable[T]) -> T:
        asked = asyncio.ensure_future(answer)
        gone = asyncio.ensure_future(self.gone.wait())
        try:
            await asyncio.wait({asked, gone}, return_when=asyncio.FIRST_COMPLETED)
            if asked.done():
                return asked.result()
            raise EngineIsGone
        finally:
            for each in (asked, gone):
                each.cancel()

    def close(self) -> None:
        """Hear and say nothing more."""
        self.gone.set()
        self._reader.cancel()
        self._client.close()
