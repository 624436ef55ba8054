"""What a coordinator before this one has left: its engines go on here with their calls, its claims are queued again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine.coordinator.engine_link import EngineLink
from engine.coordinator.engines import ASK_AGAIN_S, Engines
from engine.coordinator.events import EngineReady
from engine.coordinator.frame import Frame
from engine.coordinator.one_call import Means, what_is_left
from engine.coordinator.spawner import Spawned, SpawnError
from engine.errors import NoEngine
from engine.jobs.job import Job
from engine.jobs.lifecycle import EngineLost

LATE_S, LATE_LOOK_S = 60.0, 5.0  # for engines that were being started when a coordinator ended


class TakingOver:
    """Once, as a coordinator begins: `await begin()`. What takes longer than that goes on beside."""

    def __init__(
        self, frame: Frame, engines: Engines, means: Means, adopt: Callable[[Job, EngineLink], None]
    ) -> None:
        """adopt: goes on with the call of a job in hand, which an engine may have been told to place."""
        self._frame, self._engines, self._means, self._adopt = frame, engines, means, adopt
        self._orphaned: set[str] = set()  # engines that are looked for, since they have jobs in hand

    async def begin(self) -> None:
        """Engines go on here, with their calls; what nobody dialled is queued again. Raises StateError."""
        found = {spawned.name: spawned for spawned in await self._engines.spawner.running()}
        jobs = await self._means.ledger.in_hand()
        mine = {job.engine for job in jobs}
        never_dialled = EngineLost("its coordinator ended before it was dialled")
        for job in [job for job in jobs if job.state == "reserved"]:
            await self._means.ledger.settle(job.id, never_dialled, self._means.now)
        jobs = [job for job in jobs if job.state != "reserved"]
        await asyncio.gather(*(self._found_again(spawned, jobs) for spawned in found.values()))
        self._frame.also(self._adopt_latecomers())
        for name in mine - set(found):
            left = [job for job in jobs if job.engine == name]
            if left:
                self._frame.also(self._without_engine(name, left))

    async def _adopt_latecomers(self) -> None:
        """Engines that were being started when their coordinator ended."""
        until_s = asyncio.get_running_loop().time() + LATE_S
        while asyncio.get_running_loop().time() < until_s:
            await asyncio.sleep(LATE_LOOK_S)
            for spawned in await self._engines.spawner.running():
                if not self._engines.known(spawned.name) and spawned.name not in self._orphaned:
                    await self._found_again(spawned, [])

    async def _found_again(self, spawned: Spawned, jobs: list[Job]) -> None:
        name = spawned.name
        mine = [job for job in jobs if job.engine == name]
        try:
            await self._engines.linked(spawned)
        except (NoEngine, SpawnError) as error:
            self._frame.trouble(str(error))
            self._frame.also(self._without_engine(name, mine))
            return
        self._frame.happened(EngineReady(name, tuple(job.id for job in mine)))
        for job in mine:
            self._adopt(job, self._engines.links[name])

    async def _without_engine(self, name: str, jobs: list[Job]) -> None:
        """Jobs whose engine is not to be found: nothing is done with them before it is surely gone."""
        self._orphaned.add(name)
        while not await self._engines.spawner.is_gone(name):
            self._frame.report.problem(
                f"engine {name} of an earlier coordinator does not answer, and is not gone"
            )
            for spawned in await self._engines.spawner.running():
                if spawned.name == name and name not in self._engines.links:
                    await self._found_again(spawned, jobs)
                    return
            await asyncio.sleep(ASK_AGAIN_S)
        for job in jobs:
            event = await what_is_left(job, self._means.settings.state_path)
            await self._means.ledger.settle(job.id, event, self._means.now)
