"""The one place of the console that talks to an engine: finds it, takes its events in, sends commands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from console.state.intake import Intake
from console.state.store import Store
from engine.client import Client, EngineAddress
from engine.errors import CallThingError, NoEngine
from engine.protocol import (
    Accepted,
    AgentSilenced,
    Alert,
    BargeIn,
    CacheVerdict,
    CallClosed,
    CallState,
    DigitHeard,
    Echo,
    EngineEvent,
    FarEndTruth,
    GetSnapshot,
    Heartbeat,
    LineAction,
    LineQuality,
    LineState,
    Message,
    MicState,
    OperatorAct,
    Operators,
    OperatorWords,
    ReplyForgotten,
    ReservationChanged,
    RoomStarted,
    Sentence,
    Snapshot,
    SpeechStarted,
    Spoken,
    ToolCalled,
    ToolDecided,
    ToolPending,
    Transcript,
    TurnEnded,
    TurnLatency,
    Voice,
)
from engine.statedir import StateDirectory

FIND_EVERY_S = 0.5
DRAIN_BUDGET_MS = 20.0  # of a frame of 67 ms; the rest waits for the next one
HEARD = (
    CallState,
    LineState,
    LineAction,
    LineQuality,
    DigitHeard,
    Voice,
    Echo,
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
    OperatorAct,
    Alert,
    Operators,
    MicState,
    AgentSilenced,
    OperatorWords,
    ReplyForgotten,
    ToolPending,
    ToolDecided,
    RoomStarted,
    EngineEvent,
    Heartbeat,  # last: its arrival proves that all subscriptions before it are in force
)


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
        self._client: Client | None = None
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
        if address is None and self._store.link == "connecting":
            self._drop()  # it was gone before it said a word
            self._store.link = "waiting"
        if address is None or (self._client is not None and self._client.address == address):
            return  # none, or the one we know: its sockets reconnect by themselves
        self._drop()
        self._intake.connecting()
        self._client = Client(address, *HEARD)

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

    async def _fetch(self, client: Client) -> None:
        try:
            snapshot = await client.request(GetSnapshot(), Snapshot)
        except CallThingError as error:
            self.problem = str(error)
        else:
            self._intake.snapshot(snapshot, self._now_us(), client.address.epoch)
        finally:
            if client is self._client:
                self._fetching = None

    async def request(self, command: Message, call: int = 0, answer: type[Message] = Accepted) -> Any:
        """Send a command, about a call where it names one; its answer. Raises CallRefused, NoEngine."""
        return await self._there().request(command, answer, call)

    def send(self, command: Message, call: int = 0) -> None:
        """Send one that is not answered; dropped where there is no engine."""
        if self._client is not None and self._store.link == "live":
            self._client.send(command, call)

    def _there(self) -> Client:
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
