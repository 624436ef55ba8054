"""A spawner whose engines live in the test's own event loop: they can be silenced, refuse, vanish, or not start."""

from __future__ import annotations

import time
from pathlib import Path

from engine.coordinator.spawner import Spawned, SpawnError
from engine.protocol import Outcome
from tests.fakes.light_engine import LightEngine


class LightPool:
    """See Spawner."""

    kind = "light"

    def __init__(self, state: Path) -> None:
        self.engines: dict[str, LightEngine] = {}
        self.fails = 0  # so many engines do not start
        self.refuses = ""  # of engines that are started from here on
        self.outcomes: tuple[Outcome, ...] = ("booked",)  # and so are these
        self.stopped: list[tuple[str, float]] = []
        self.gone: set[str] = set()
        self._state = state

    async def spawn(self, name: str) -> Spawned:
        if self.fails:
            self.fails -= 1
            raise SpawnError("no engine today. Try again tomorrow.")
        engine = self.engines[name] = LightEngine(self._state, name)
        engine.refuses, engine.outcomes = self.refuses, self.outcomes
        engine.start()
        return self._described(name)

    def _described(self, name: str) -> Spawned:
        return Spawned(name=name, address=self.engines[name].address, where="here", started_at=time.time())

    async def running(self) -> list[Spawned]:
        return [self._described(name) for name in self.engines if name not in self.gone]

    async def is_gone(self, name: str) -> bool:
        return name in self.gone or name not in self.engines

    async def vanish(self, name: str) -> None:
        """As a killed process does."""
        await self.engines[name].close()
        self.gone.add(name)

    async def stop(self, name: str, grace_s: float) -> None:
        self.stopped.append((name, grace_s))
        if name in self.engines and name not in self.gone:
            await self.vanish(name)

    async def close(self) -> None: ...

    async def end(self) -> None:
        """Leave nothing behind."""
        for name in set(self.engines) - self.gone:
            await self.vanish(name)
