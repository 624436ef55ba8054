"""Fetches the journals of engines that do not share our state directory: of calls, and of engines, that have ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from engine.coordinator.spawner import SpawnError
from engine.coordinator.spawners.journals_home import MARK, unpack
from engine.errors import StateError

log = logging.getLogger(__name__)
COLLECT_S = 5.0
Ask = Callable[..., Awaitable[Any]]
"""Asks a machine for one of the functions of journals_home.py: its name and what it is given, but for the folder."""


class JournalsFetched:
    """For one event loop, and one state directory: the home."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._word = ""
        self._carrying = asyncio.Lock()
        self._collector: asyncio.Task[None] | None = None

    async def begin(self, engines: Callable[[], Mapping[str, Ask]]) -> None:
        """Collect from now on, of the engines that there are at the time; does nothing the second time."""
        if self._collector is None:
            self._word = await asyncio.to_thread(_marked, self._home)
            self._collector = asyncio.create_task(self._collect(engines))

    async def _collect(self, engines: Callable[[], Mapping[str, Ask]]) -> None:
        while True:
            await asyncio.sleep(COLLECT_S)
            for name, ask in engines().items():
                try:
                    await self.fetch(name, ask, ended=False)
                except SpawnError as error:  # tried again, and when the engine has ended
                    log.info("%s: %s", name, error)

    async def fetch(self, name: str, ask: Ask, ended: bool) -> None:
        """Bring home the calls of an engine, all of them where it has ended.

        Raises what `ask` raises. What the disk here refuses stays there.
        """
        async with self._carrying:
            for call in await ask("journals", name, self._word, ended):
                tar = await ask("packed", call, ended)
                try:
                    if tar:
                        await asyncio.to_thread(unpack, self._home, call, tar)
                except StateError as error:
                    log.error("%s", error)
                    continue
                await ask("remove", call)

    async def close(self) -> None:
        """Fetch no more; what is left is fetched by who comes next."""
        if self._collector is not None:
            self._collector.cancel()
            await asyncio.gather(self._collector, return_exceptions=True)


def _marked(home: Path) -> str:
    """Leave a word in the state directory, by which another machine knows that it shares it. Raises StateError."""
    mark = home / MARK
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            file = os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(file, secrets.token_hex(16).encode())
            os.close(file)
        return mark.read_text("ascii")
    except OSError as error:
        raise StateError(f"{mark}: cannot be written ({error.strerror}).") from None
