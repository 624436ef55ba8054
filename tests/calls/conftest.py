"""Real engines for real calls: seven rooms, a simulated restaurant, audio in real time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.client import Client, EngineAddress
from engine.follow import as_json, follow
from engine.launch import EngineProcess
from engine.scenario import find, load
from engine.settings import Settings


class RunningEngine:
    """An engine process in a state directory of its own."""

    def __init__(self, state: Path, *arguments: str) -> None:
        """arguments: further flags for the engine."""
        self.state = state
        self.process = EngineProcess(Settings(state_dir=str(state)), ["--state-dir", str(state), *arguments])
        self.address: EngineAddress = asyncio.run(self.process.ready())

    def rooms(self) -> dict[str, psutil.Process]:
        """The child processes, by room; a line as "line"."""
        return {process.cmdline()[-1]: process for process in psutil.Process(self.address.pid).children()}

    async def call(self, scenario: str | Path) -> dict[str, Any]:
        """Place one call and stay to its end; the object of `call-thing call --json`."""
        path = scenario if isinstance(scenario, Path) else find(scenario)
        client = Client(self.address)
        try:
            await asyncio.sleep(0.5)  # a subscription takes effect a moment after it was made
            followed = await follow(client, path)
        finally:
            client.close()
        return as_json(str(scenario), load(path), followed)

    def log(self) -> str:
        """The engine's own words."""
        return (self.state / "logs" / "engine.log").read_text("utf-8")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    """One engine for all calls of a test file."""
    running = RunningEngine(tmp_path_factory.mktemp("state"))
    yield running
    running.process.stop()
