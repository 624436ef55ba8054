"""Engines as containers of this machine, through the Docker-compatible API of Docker or Podman.

A container shares this machine's network, because an engine listens on loopback alone; its address and keys lie in its
folder (engine_folders.py), which is mounted. It outlives the coordinator, and its labels tell the next one whose it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
import zlib
from collections.abc import Mapping
from pathlib import Path

from engine.coordinator.spawner import Spawned, SpawnError
from engine.coordinator.spawners.asking import answers, drained
from engine.coordinator.spawners.container_api import ContainerApi, NoContainer, NoImage, socket_path
from engine.coordinator.spawners.container_plan import (
    NAME_LABEL,
    STATE_LABEL,
    Owner,
    Place,
    body,
    named_files,
    owner,
    settings_file,
)
from engine.coordinator.spawners.engine_folders import (
    ALONE_S,
    POLL_S,
    READY_TIMEOUT_S,
    EngineFolders,
    described,
    to_its_end,
)
from engine.launch import STOP_TIMEOUT_S
from engine.settings import Settings
from engine.statedir import LOG

CONTAINER = "call-thing-"  # before a mark of the state directory and the engine's name
ENDED = ("exited", "dead", "stopped")
LOOK_S = 0.2  # between two questions whether it has ended; each is a request


class ContainerSpawner:
    """The spawner `container`; see engine/coordinator/spawner.py for what its methods promise."""

    kind = "container"

    def __init__(
        self, settings: Settings, arguments: list[str], environment: Mapping[str, str] | None = None
    ) -> None:
        """arguments: flags that make an engine use the same settings. Raises SpawnError where nobody listens."""
        self._settings = settings
        self._environment = dict(os.environ if environment is None else environment)
        self._file = settings_file(arguments, Path.cwd())
        self._state = settings.state_path
        self._mark = zlib.crc32(str(self._state).encode())
        self._folders = EngineFolders(self._state, self.kind)
        self._created: set[str] = set()
        self._api = ContainerApi(socket_path(settings.coordinator.container.socket, self._environment))

    async def spawn(self, name: str) -> Spawned:
        runs_as = self._owner()
        folder = self._folders.make(name)
        _give(folder, runs_as)
        files = tuple(path for path in named_files(self._settings, self._environment) if path.exists())
        place = Place(name, self._state, folder, ALONE_S, self._file, files)
        wanted = body(self._settings, place, runs_as, self._environment)
        try:
            await to_its_end(lambda: self._create(name, wanted))
            return await self._ready(name)
        except BaseException:
            with contextlib.suppress(SpawnError):
                await to_its_end(lambda: self._remove(name))
            self._folders.remove(name, in_order=False)
            raise

    def _owner(self) -> Owner:
        self._state.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self._state.stat()
        return owner(self._settings.coordinator.container.user, found.st_uid, found.st_gid)

    def _create(self, name: str, wanted: Mapping[str, object]) -> None:
        try:
            self._api.create(self._container(name), wanted)
        except NoImage:
            image = self._settings.coordinator.container.image
            raise SpawnError(
                f"There is no image {image} on this machine. Build it (make image), or name another one: "
                "coordinator.container.image."
            ) from None
        self._created.add(name)
        self._api.start(self._container(name))

    def _remove(self, name: str) -> None:
        """What `_create` has made; a container that had this name before is somebody else's."""
        if name in self._created:
            self._api.remove(self._container(name))

    async def _ready(self, name: str) -> Spawned:
        until_s, look_at_s = time.monotonic() + READY_TIMEOUT_S, 0.0
        while time.monotonic() < until_s:
            address = await answers(self._folders, name, until_s)
            if address is not None:
                return self._described(name)
            if time.monotonic() >= look_at_s:
                look_at_s = time.monotonic() + LOOK_S
                if await self.is_gone(name):
                    why = await to_its_end(lambda: self._words(name))
                    raise SpawnError(f"The engine {name} ended while it started: {why}")
            await asyncio.sleep(POLL_S)
        raise SpawnError(
            f"The engine {name} was not ready within {READY_TIMEOUT_S:.0f} s. Is the machine overloaded?"
        )

    def _words(self, name: str) -> str:
        """What an engine that has ended said at last; kept as its log."""
        log = self._api.log(self._container(name))
        with contextlib.suppress(OSError):
            (self._folders.path(name) / LOG).write_text(log, "utf-8")
        return self._folders.last_words(name) or "it said nothing"

    async def running(self) -> list[Spawned]:
        there = await to_its_end(lambda: self._api.labelled({STATE_LABEL: str(self._state)}))
        names = sorted(str(each.get("Labels", {}).get(NAME_LABEL, "")) for each in there)
        found = [name for name in names if self._folders.is_ours(name) and self._folders.address(name)]
        return [self._described(name) for name in found]

    def _described(self, name: str) -> Spawned:
        address = self._folders.address(name)
        if address is None:
            raise SpawnError(f"The engine {name} has ended just now. Try again.")
        return described(name, self._folders.path(name), address, f"container {self._container(name)}")

    async def is_gone(self, name: str) -> bool:
        if not self._folders.is_ours(name):
            return True
        try:
            state = await to_its_end(lambda: self._api.state(self._container(name)))
        except NoContainer:
            return True
        except SpawnError:
            return False  # nobody answers: who knows
        return not state.get("Running") and str(state.get("Status")) in ENDED

    async def stop(self, name: str, grace_s: float) -> None:
        if not self._folders.is_ours(name):
            return
        address = self._folders.address(name)
        in_order = await drained(address, grace_s, lambda: self.is_gone(name), LOOK_S)
        if not await self.is_gone(name):
            await to_its_end(lambda: self._api.stop(self._container(name), int(STOP_TIMEOUT_S)))
        if not in_order:
            with contextlib.suppress(SpawnError):
                await to_its_end(lambda: self._words(name))
        await to_its_end(lambda: self._api.remove(self._container(name)))
        self._folders.remove(name, in_order)

    def _container(self, name: str) -> str:
        """Two state directories may have engines of one name."""
        return f"{CONTAINER}{self._mark:08x}-{name}"

    async def close(self) -> None:
        """Every request has a connection of its own; nothing is held."""


def _give(folder: Path, to: Owner) -> None:
    """What root has made is the engine's to write."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, to.uid, to.gid)
        os.chown(folder.parent, to.uid, to.gid)
