"""The engines of a coordinator: started, linked, listened to for signs of life, ended, forgotten.

hears  signs of life   from the engines; asks the spawner about those that give none
says   EngineReady, SpawnFailed, EngineSilent, EngineHeard, EngineGone   to deciding.py, through the frame
"""

from __future__ import annotations

import asyncio
import contextlib

from engine.coordinator.deciding import House
from engine.coordinator.engine_link import EngineLink
from engine.coordinator.events import EngineGone, EngineHeard, EngineReady, EngineSilent, SpawnFailed
from engine.coordinator.frame import Frame
from engine.coordinator.spawner import Spawned, Spawner, SpawnError
from engine.errors import CallThingError, NoEngine

LOOK_S = 0.1  # at engines: whether they still give signs of life
ASK_AGAIN_S = 0.5  # whether one that gives none is gone


class Engines:
    """Of one coordinator."""

    def __init__(self, frame: Frame, house: House, spawner: Spawner, silent_s: float) -> None:
        """house: only read here. silent_s: after so long without a sign of life an engine counts as silent."""
        self.links: dict[str, EngineLink] = {}  # by the engine's name
        self.spawner = spawner
        self._frame, self._house, self._silent_s = frame, house, silent_s

    def known(self, name: str) -> bool:
        """Whether something is decided about this engine; it may be starting."""
        return name in self._house.engines

    async def spawn(self, name: str) -> None:
        """Start one."""
        began_s = asyncio.get_running_loop().time()
        try:
            spawned = await self.spawner.spawn(name)
            await self.linked(spawned, asyncio.get_running_loop().time() - began_s)
        except (SpawnError, NoEngine) as error:
            self._frame.report.spawns_failed += 1
            self._frame.trouble(str(error))
            self._frame.happened(SpawnFailed(name))
            return
        self._frame.happened(EngineReady(name))

    async def linked(self, spawned: Spawned, ready_s: float | None = None) -> None:
        """From here on nothing that the engine says is missed. Raises NoEngine; the engine is ended then.

        ready_s: how long it took to answer, where we have started it.
        """
        link = EngineLink(spawned)
        try:
            await link.heard()
        except BaseException as error:
            link.close()
            if isinstance(error, NoEngine):
                await self.spawner.stop(spawned.name, 0.0)
            raise
        if self._frame.ended:  # a cancellation that was lost on the way, see Frame.end
            link.close()
            raise asyncio.CancelledError
        if (before := self.links.get(spawned.name)) is not None:
            before.close()
        self.links[spawned.name] = link
        self._frame.report.engine(spawned, ready_s)
        self._frame.also(self._look_after(link))

    async def _look_after(self, link: EngineLink) -> None:
        """Whether it gives signs of life; where it gives none, whether it is gone."""
        name, silent = link.spawned.name, False
        while not link.gone.is_set():
            await asyncio.sleep(ASK_AGAIN_S if silent else LOOK_S)
            if self._is_stopping(name):
                continue
            if silent != (link.silent_s > self._silent_s):
                silent = not silent
                self._frame.happened(EngineSilent(name) if silent else EngineHeard(name))
            if silent and not link.gone.is_set() and await self.spawner.is_gone(name):
                await self._lost(name)
                return

    def _is_stopping(self, name: str) -> bool:
        engine = self._house.engines.get(name)
        return engine is None or engine.phase == "stopping"

    async def _lost(self, name: str) -> None:
        self._frame.report.engines_lost += 1
        self._frame.trouble(f"engine {name} is gone")
        with contextlib.suppress(CallThingError):
            await self.spawner.stop(name, 0.0)  # what it has left behind
        self._frame.happened(EngineGone(name))

    async def stop(self, name: str, grace_s: float) -> None:
        """End one; see Spawner.stop."""
        while True:
            try:
                await self.spawner.stop(name, grace_s)
                break
            except CallThingError as error:  # it may be alive: nothing is known of its calls
                self._frame.trouble(str(error))
                await asyncio.sleep(ASK_AGAIN_S)
                if await self.spawner.is_gone(name):
                    break
        self._frame.happened(EngineGone(name))

    def forget(self, name: str) -> EngineLink | None:
        """One has surely ended. The link that there was to it, closed by now."""
        link = self.links.pop(name, None)
        if link is not None:
            link.close()
            self._frame.report.forget(name)
        return link

    def close(self) -> None:
        """Hear and say nothing more; the engines go on."""
        for link in self.links.values():
            link.close()
