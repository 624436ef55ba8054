"""Calls to an engine with stub services: placed, waited for, and what passed over each one's line."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from benchmarks.stub_engine import StubEngine
from benchmarks.stub_plan import StubPlan
from benchmarks.stub_services import NOT_FOUND, tone
from benchmarks.turn_figures import Heard, Played
from benchmarks.turn_inputs import InputFile
from engine.client import Client, EngineAddress
from engine.errors import EngineError
from engine.journal import EVENTS
from engine.lines.audio_file import line_audio
from engine.protocol import (
    LINE_RATE_HZ,
    Accepted,
    CallClosed,
    CallState,
    Header,
    Message,
    PlaceCall,
    Task,
    elapsed_us,
)

LINE = "recorded"
END_S = 20.0  # after a file's own length: until its call has been wound up
NOTES_S = 5.0
SETTLE_S = 2.0  # after the engine is ready: the cache opens its store
POLL_S = 0.05


class Ended(NamedTuple):
    """One call that has ended."""

    played: Played
    late_ms: float  # the latest frame of the file: above 20 the load generator itself was late
    journal: Path


class StubHouse:
    """An engine that runs, and a client of it."""

    def __init__(self, plan: StubPlan, client: Client) -> None:
        self.client = client
        self._heard = Path(plan.heard)
        self._long_s = tone(plan.long_answer, long=True).size / LINE_RATE_HZ
        self._closed: set[int] = set()
        self._journals: dict[int, Path] = {}

    async def call(self, caller: InputFile) -> Ended:
        """Play one file to the engine, to its end. Raises EngineError when the call does not end."""
        task = Task(
            restaurant="Benchmark", language=caller.language, today="2025-06-02", date="2025-06-06", time="19:00",
            party_size=4, name="Anna Berg",
        )  # fmt: skip
        placed = PlaceCall(task=task, line=LINE, recording=str(caller.path))
        call = (await self.client.request(placed, Accepted)).call
        until = time.monotonic() + END_S + _seconds(caller)
        while call not in self._closed:
            if time.monotonic() > until:
                raise EngineError(f"The call with {caller.name} did not end.")
            await asyncio.sleep(POLL_S)
        return self._ended(call, caller, await self._notes(call))

    async def watch(self) -> None:
        """Take the engine's events for as long as calls go on."""
        while True:
            for header, message in self.client.drain():
                self._take(header, message)
            await asyncio.sleep(POLL_S)

    def _take(self, header: Header, message: Message) -> None:
        match message:
            case CallClosed():
                self._closed.add(header.call)
            case CallState(journal=journal):
                self._journals[header.call] = Path(journal)

    async def _notes(self, call: int) -> dict[str, Any]:
        path, until = self._heard / f"{call}.json", time.monotonic() + NOTES_S
        while not path.exists():
            if time.monotonic() > until:
                raise EngineError(f"The line of call {call} has left no notes.")
            await asyncio.sleep(POLL_S)
        notes: dict[str, Any] = json.loads(path.read_text())
        path.unlink()
        return notes

    def _ended(self, call: int, caller: InputFile, notes: dict[str, Any]) -> Ended:
        journal = self._journals[call]
        voice = [Heard(*(each / 1000 for each in piece)) for piece in notes["voice_ms"]]
        decided = _times_of("TurnEnded", journal, notes["begins_us"])
        return Ended(Played(caller, voice, decided, self._long_s), notes["late_ms"], journal)


def _times_of(kind: str, journal: Path, begins_us: int) -> list[float]:
    """When messages of a kind were sent, in seconds into the file."""
    events = [json.loads(line) for line in (journal / EVENTS).read_bytes().splitlines()]
    clock_us = events[0]["clock_us"]
    return [
        elapsed_us(begins_us, (clock_us + event["us"]) % (1 << 32)) / 1e6
        for event in events[1:]
        if event["kind"] == kind
    ]


def _seconds(caller: InputFile) -> float:
    return line_audio(caller.path, 0).size / LINE_RATE_HZ


@contextlib.asynccontextmanager
async def stub_house(
    callers: list[InputFile], folder: Path, settings: dict[str, Any] | None = None
) -> AsyncIterator[tuple[StubHouse, EngineAddress]]:
    """An engine with stubs that know these callers, until the block ends."""
    heard = folder / "heard"
    heard.mkdir(parents=True, exist_ok=True)
    plan = StubPlan.of(callers, heard)
    engine = StubEngine(folder, plan, settings)
    try:
        address = engine.ready()
        client = Client(address, CallClosed, CallState)
        house = StubHouse(plan, client)
        watching = asyncio.create_task(house.watch())
        await asyncio.sleep(SETTLE_S)
        try:
            yield house, address
        finally:
            watching.cancel()
            client.close()
    finally:
        engine.stop()
        lost = engine.times(NOT_FOUND)
        if lost:
            print(f"  {lost} times the stub recogniser was given {NOT_FOUND}", file=sys.stderr)


class EngineLoad:
    """CPU of an engine's processes without its lines, which are the load generator, and of those."""

    def __init__(self, address: EngineAddress) -> None:
        self._engine = psutil.Process(address.pid)
        self._before = self._seconds()
        self._since = time.monotonic()

    def _seconds(self) -> dict[str, float]:
        found = {"supervisor": sum(self._engine.cpu_times()[:2])}
        for process in self._engine.children():
            with contextlib.suppress(psutil.Error, IndexError):
                name = process.cmdline()[-1]
                found[name] = found.get(name, 0.0) + sum(process.cpu_times()[:2])
        return found

    def percent(self) -> dict[str, float]:
        """Of one core, by room, since this was made."""
        wall, now = time.monotonic() - self._since, self._seconds()
        return {name: round(100 * (now[name] - self._before.get(name, 0.0)) / wall, 1) for name in now}
