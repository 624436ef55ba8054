"""Everything that spawns engines, with light engines to spawn (spawned_engine.py): for the suite that all of them pass.

A house is one state directory. Each spawner that it makes is another coordinator's.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import psutil

from engine.coordinator.spawner import Spawned, Spawner
from engine.coordinator.spawners.container import ContainerSpawner
from engine.coordinator.spawners.local import LocalPool
from engine.coordinator.spawners.ray import RaySpawner
from engine.coordinator.spawners.ray_cluster import RayCluster
from engine.settings import ContainerSettings, CoordinatorSettings, RaySettings, Settings
from tests.fakes.container_service import ContainerService
from tests.fakes.container_tool import NOBODY, ContainerTool
from tests.fakes.little_ray import LittleCluster, LittleRay

LIGHT = (sys.executable, "-m", "tests.fakes.spawned_engine")


def settings_of(folder: Path, **coordinator: Any) -> Settings:
    return Settings(state_dir=str(folder / "state"), coordinator=CoordinatorSettings(**coordinator))


async def until_gone(spawner: Spawner, name: str) -> None:
    for _ in range(1000):
        if await spawner.is_gone(name):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{name} never went")


class House(Protocol):
    def spawner(self) -> Spawner: ...

    def processes(self, engine: Spawned) -> list[int]:
        """Their numbers on this machine, of all that answers for the engine."""
        ...

    async def close(self) -> None:
        """Whatever was started is ended."""
        ...


class LocalHouse:
    """Processes of this machine."""

    def __init__(self, folder: Path) -> None:
        self.settings = settings_of(folder)
        self._made: list[LocalPool] = []

    def spawner(self, *flags: str, alone_s: int = 60) -> LocalPool:
        self._made.append(LocalPool(self.settings, [], (*LIGHT, *flags), alone_s))
        return self._made[-1]

    def processes(self, engine: Spawned) -> list[int]:
        return [engine.address.pid]

    async def close(self) -> None:
        for each in self._made:
            for name in each._folders.names():
                await each.stop(name, 0)


class ContainerHouse:
    """Containers that a stand-in for Docker keeps."""

    def __init__(self, folder: Path) -> None:
        self._service = ContainerService(folder / "service.sock")
        user = NOBODY if os.geteuid() == 0 else ""
        container = ContainerSettings(socket=str(self._service.path), user=user)
        self._settings = settings_of(folder, container=container)

    def spawner(self) -> ContainerSpawner:
        return ContainerSpawner(self._settings, [], {})

    def processes(self, engine: Spawned) -> list[int]:
        return [engine.address.pid]

    async def close(self) -> None:
        self._service.close()


class PodmanHouse:
    """Real containers."""

    def __init__(self, folder: Path, tool: ContainerTool, image: str, service: Path) -> None:
        self._tool = tool
        user = NOBODY if os.geteuid() == 0 else ""
        container = ContainerSettings(image=image, socket=str(service), user=user)
        self._settings = settings_of(folder, container=container)

    def spawner(self) -> ContainerSpawner:
        return ContainerSpawner(self._settings, [], {})

    def processes(self, engine: Spawned) -> list[int]:
        state = self._tool.inspect(engine.where.removeprefix("container "), "container")["State"]
        first = psutil.Process(state["Pid"])
        return [each.pid for each in (first, *first.children(recursive=True))]

    async def close(self) -> None:
        spawner = self.spawner()
        for name in spawner._folders.names():
            await spawner.stop(name, 0)


class RayHouse:
    """Actors of a Ray cluster, the real one or the little one. ray: what a spawner imports; None = the real one."""

    def __init__(self, folder: Path, ray: Callable[[], Any] | None, **wanted: Any) -> None:
        self._ray = ray
        chosen = {"namespace": folder.name, "folder": str(folder / "node"), "cpus": 0.01, **wanted}
        self.settings = settings_of(folder, ray=RaySettings(**chosen))
        self._made: list[RaySpawner] = []

    def spawner(self) -> RaySpawner:
        self._made.append(RaySpawner(self.settings, [], list(LIGHT)))
        self._made[-1]._cluster = RayCluster(self.settings.coordinator.ray, self._ray)
        return self._made[-1]

    def processes(self, engine: Spawned) -> list[int]:
        return [engine.address.pid]

    async def close(self) -> None:
        last = self.spawner()
        for each in await last.running():
            await last.stop(each.name, 0)
        for made in self._made:
            await made.close()


class LittleRayHouse(RayHouse):
    """The little one."""

    def __init__(self, folder: Path, **wanted: Any) -> None:
        self.cluster = LittleCluster()
        super().__init__(folder, lambda: LittleRay(self.cluster), **wanted)

    async def close(self) -> None:
        await super().close()
        self.cluster.close()
