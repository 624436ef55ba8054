"""The one place of the console that talks to an engine: finds it, takes its events in, sends commands."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from console.state.intake import Intake
from console.state.store import Store
from engine.client import REQUEST_TIMEOUT_S, Client, EngineAddress
from engine.errors import CallRefused, CallThingError, NoEngine
from engine.protocol import (
    Accepted,
    BargeIn,
    CacheVerdict,
    CallClosed,
    CallState,
    EngineEvent,
    FarEndTruth,
    GetSnapshot,
    HangUp,
    Heartbeat,
    LineState,
    Message,
    PlaceCall,
    Refused,
    ReservationChanged,
    RoomStarted,
    Sentence,
    Snapshot,
    SpeechStarted,
    Spoken,
    ToolCalled,
    Transcript,
    TurnEnded,
    TurnLatency,
    Voice,
    pack,
)
from engine.statedir import StateDirectory

A = TypeVar("A", bound=Message)
FIND_EVERY_S = 0.5
DRAIN_BUDGET_MS = 20.0  # of a frame of 67 ms; the rest waits for the next one
HEARD = (
    CallState,
    LineState,
    Voice,
    SpeechStarted,
    TurnEnded,
    BargeIn,
    Transcript,
    CacheVerdict,
    Sentence,
    Spoken,
    ToolCalled,
    ReservationChanged,
    TurnLatency,
    FarEndTruth,
    CallClosed,
    RoomStarted,
    EngineEvent,
    Heartbeat,  # last: its arrival proves that all subscriptions before it are in force
)


class CommandClient(Client):
    """A client whose commands can be about one call, named where every message names it: in the header."""

    async def request_about(self, call: int, command: Message, answer: type[A]) -> A:
        """As `request`, for one call. Raises CallRefused, NoEngine."""
        if self._reader is None:
            self._reader = asyncio.create_task(self._read())
        self._number = number = (self._number + 1) % (1 << 16)
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._answers[number] = future
        try:
            await self._commands.send_multipart(pack(command, call, number, time.monotonic_ns() // 1000))
            reply = await asyncio.wait_for(future, REQUEST_TIMEOUT_S)
        except TimeoutError:
            raise NoEngine(
                f"The engine (process {self.address.pid}) did not answer within {REQUEST_TIMEOUT_S:.0f} s."
            ) from None
        finally:
            self._answers.pop(number, None)
        if isinstance(reply, Refused):
            raise CallRefused(reply.reason)
        if not isinstance(reply, answer):
            raise NoEngine(f"The engine answered {type(reply).__name__}; is it of another version?")
        return reply


class EngineLink:
    """Events of the engine of one state directory into one store; commands back."""

    def __init__(
        self,
        state_dir: Path,
        store: Store,
        now_us: Callable[[], int],
        find: Callable[[Path], dict[str, Any] | None] = StateDirectory.running,
    ) -> None:
        self.problem = ""  # why no engine can be found, when it is not simply absent
        self._state_dir = state_dir
        self._store = store
        self._now_us = now_us
        self._find = find
        self._intake = Intake(store)
        self._client: CommandClient | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def watch(self) -> None:
        """Look for an engine while there is none, until cancelled."""
        while True:
            if self._store.link != "live":
                self._look()
            await asyncio.sleep(FIND_EVERY_S)

    def _look(self) -> None:
        self.problem = ""
        try:
            found = self._find(self._state_dir)
            address = None if found is None else msgspec.convert(found, EngineAddress)
        except CallThingError as error:
            self.problem = str(error)
            return
        except msgspec.ValidationError as error:
            self.problem = (
                f"{self._state_dir}: engine.json is of another version ({error}). Restart the engine."
            )
            return
        if address is None or (self._client is not None and self._client.address == address):
            return  # none, or the one we know: its sockets reconnect by themselves
        self._drop()
        self._intake.connecting()
        self._client = CommandClient(address, *HEARD)

    def drain(self) -> list[str]:
        """Take in what has arrived, without waiting; notices for the operator. Called once a frame."""
        client = self._client
        if client is not None:
            for header, message in client.drain(DRAIN_BUDGET_MS):
                self._intake.offer(header, message)
            if self._fetching is None and self._intake.wants_snapshot(self._now_us()):
                self._fetching = asyncio.create_task(self._fetch(client))
        notices = self._intake.notices[:]
        self._intake.notices.clear()
        return notices

    async def _fetch(self, client: CommandClient) -> None:
        try:
            snapshot = await client.request(GetSnapshot(), Snapshot)
        except CallThingError as error:
            self.problem = str(error)
        else:
            self._intake.snapshot(snapshot, self._now_us())
        finally:
            if client is self._client:
                self._fetching = None

    async def place_call(self, scenario: str) -> int:
        """Ask for a simulated call; its number. Raises CallRefused, NoEngine."""
        return (await self._there().request(PlaceCall(scenario=scenario), Accepted)).call

    async def hang_up(self, call: int) -> None:
        """Ask for the end of a call. Raises CallRefused, NoEngine."""
        await self._there().request_about(call, HangUp(), Accepted)

    def _there(self) -> CommandClient:
        if self._client is None or self._store.link != "live":
            raise NoEngine("No engine is listening, so nothing was sent. Start one: call-thing engine")
        return self._client

    def _drop(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            self._fetching = None
        if self._client is not None:
            self._client.close()
            self._client = None

    def close(self) -> None:
        """Drop the connection; nothing is waited for."""
        self._drop()
