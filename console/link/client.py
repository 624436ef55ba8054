"""The one place of the console that talks to an engine: finds it, takes its events in, sends commands."""

from __future__ import annotations

import asyncio
import getpass
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from console.state.intake import Intake
from console.state.store import SLOW_LINK_MS, Store
from engine.client import Client, EngineAddress, Sound
from engine.errors import CallRefused, CallThingError, NoEngine
from engine.protocol import (
    Accepted,
    AgentSilenced,
    Alert,
    BargeIn,
    BrainUse,
    CacheVerdict,
    CallClosed,
    CallState,
    CallTask,
    DigitHeard,
    Echo,
    EngineEvent,
    FarEndTruth,
    GetSnapshot,
    Heartbeat,
    LanguageSwitched,
    LineAction,
    LineQuality,
    LineState,
    Message,
    MicState,
    OperatorAct,
    OperatorLeft,
    Operators,
    OperatorWords,
    Ping,
    Presence,
    RecordingConsent,
    ReplyForgotten,
    ReservationChanged,
    RoomStarted,
    Sentence,
    Snapshot,
    SoundHeard,
    Speculated,
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
PRESENT_EVERY_US = (
    1_000_000  # the engine takes a console that was silent for longer than a few of these for gone
)
PING_TIMEOUT_S = 10.0
PINGS = 3  # the middle one of so many counts: a frame that took long to paint is not the network
DRAIN_BUDGET_MS = 20.0  # of a frame of 67 ms; the rest waits for the next one
HEARD = (
    CallState,
    CallTask,
    LineState,
    LineAction,
    LineQuality,
    DigitHeard,
    Voice,
    Echo,
    SoundHeard,
    SpeechStarted,
    TurnEnded,
    BargeIn,
    Transcript,
    CacheVerdict,
    BrainUse,
    Sentence,
    Speculated,
    LanguageSwitched,
    RecordingConsent,
    Spoken,
    ToolCalled,
    ReservationChanged,
    TurnLatency,
    FarEndTruth,
    CallClosed,
    OperatorAct,
    OperatorLeft,
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
        operator: str = "",
    ) -> None:
        """operator: who gives the commands, as the journals are to name them; "" = the system's user."""
        self.problem = ""  # why no engine can be found, when it is not simply absent
        self._state_dir = state_dir
        self._store = store
        self._now_us = now_us
        self._find = find
        self._intake = Intake(store)
        self._client: Client | None = None
        self._fetching: asyncio.Task[None] | None = None
        self._operator = store.me = operator or getpass.getuser()
        self._presence: Presence | None = None  # as it was told last
        self._present_us = 0
        self._ping: asyncio.Task[None] | None = None
        self._ping_us = 0
        self._pings: deque[float] = deque(maxlen=PINGS)

    async def watch(self) -> None:
        """Look for an engine while there is none, tell it of us while there is one; until cancelled."""
        while True:
            if self._store.link != "live":
                self._look()
            self._attend()
            await asyncio.sleep(FIND_EVERY_S)

    def _attend(self) -> None:
        """Say that an operator is here, once a second and when something of it has changed; measure the way."""
        client, now_us = self._client, self._now_us()
        if client is None or self._store.link != "live":
            self._presence = None
            return
        presence = Presence(readonly=self._store.readonly, listens_to=self._store.listens_to)
        if presence != self._presence or now_us - self._present_us >= PRESENT_EVERY_US:
            self._presence, self._present_us = presence, now_us
            client.send(presence)
        if self._ping is None:
            if now_us - self._ping_us >= PRESENT_EVERY_US:
                self._ping_us, self._ping = now_us, asyncio.create_task(self._measure(client))
        elif now_us - self._ping_us > SLOW_LINK_MS * 1000:  # no answer yet is an answer of its own
            self._store.round_trip_ms = max(self._store.round_trip_ms or 0.0, (now_us - self._ping_us) / 1000)

    async def _measure(self, client: Client) -> None:
        """One way there and back."""
        began_us = self._now_us()
        try:
            await client.request(Ping(), Accepted, timeout_s=PING_TIMEOUT_S)
        except CallRefused:
            pass  # of an older version, which does not know the question; its refusal took as long
        except NoEngine:
            return  # whether it is lost is told by its heartbeats
        finally:
            if client is self._client:
                self._ping = None
        self._pings.append((self._now_us() - began_us) / 1000)
        if client is self._client and self._store.link == "live":
            self._store.round_trip_ms = sorted(self._pings)[len(self._pings) // 2]

    def attach(self, state_dir: Path) -> None:
        """Watch the engine of another directory from here on, and forget what this one has said."""
        if state_dir == self._state_dir:
            return
        self._drop()
        self._state_dir, self._store.link, self._store.epoch = state_dir, "waiting", ""
        self._store.waiting_since_us = self._store.selected = None
        self._store.clear()
        self._look()

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
        self._client = Client(address, *HEARD, operator=self._operator)

    def drain(self) -> list[str]:
        """Take in what has arrived, without waiting; notices for the operator. Called once a frame."""
        client = self._client
        if client is not None:
            for header, message in client.drain(DRAIN_BUDGET_MS):
                self._intake.offer(header, message)
            if self._fetching is None and self._intake.wants_snapshot(self._now_us()):
                self._fetching = asyncio.create_task(self._fetch(client))
            if self._presence is not None and self._presence.listens_to != self._store.listens_to:
                self._attend()  # not only with the next second
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

    def listen(self, call: int) -> Sound:
        """What both ends of a call say, while `store.listens_to` names it. Close it when done. Raises NoEngine."""
        return self._there().listen(call)

    def _there(self) -> Client:
        if self._client is None or self._store.link != "live":
            raise NoEngine("No engine is listening, so nothing was sent. Start one: call-thing engine")
        return self._client

    def _drop(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            self._fetching = None
        if self._ping is not None:
            self._ping.cancel()
            self._ping = None
        self._pings.clear()
        self._store.round_trip_ms = None
        if self._client is not None:
            self._client.close()
            self._client = None

    def close(self) -> None:
        """Drop the connection; nothing is waited for."""
        self._drop()
