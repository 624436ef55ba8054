"""The folder of an engine on this machine: made before it starts, looked into while it lives, removed afterwards.

    <state directory>/engines/NAME/     spawner: which spawner's it is; engine.lock, engine.json; cache/; logs/

Journals, reservations and what was dialled are those of the state directory itself. What is left of an engine that did
not end in order is its log; the oldest of those go when there are many.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from engine.client import EngineAddress
from engine.coordinator.spawner import Spawned, SpawnError
from engine.errors import CallThingError
from engine.launch import address_of
from engine.statedir import ADVICE, ENGINES, LOG, is_held

T = TypeVar("T")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}")
MARK = "spawner"
READY_TIMEOUT_S = 60.0
POLL_S = 0.02
LOGS_KEPT = 20
ALONE_S = 600  # an engine whose coordinator does not come back ends itself; one with a call stays until that is over
WORDS = 600  # characters of an engine's last ones, for people


class EngineFolders:
    """Of one spawner on one state directory."""

    def __init__(self, state: Path, kind: str) -> None:
        """kind: the spawner's; the engines of others are none of its business."""
        self.root = state / ENGINES
        self._kind = kind

    def path(self, name: str) -> Path:
        return self.root / name

    def make(self, name: str) -> Path:
        """For an engine that is about to be started. Raises SpawnError."""
        if not NAME.fullmatch(name):
            raise SpawnError(
                f"{name!r} is no name of an engine. Use letters, digits and hyphens, at most 63."
            )
        path = self.path(name)
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.mkdir(mode=0o700)
            (path / LOG).parent.mkdir(mode=0o700)
            (path / MARK).write_text(self._kind, "ascii")
        except FileExistsError:
            raise SpawnError(f"{path}: an engine had this name before. Choose another one.") from None
        except OSError as error:
            raise SpawnError(f"{path}: cannot be made ({error.strerror}). {ADVICE}") from None
        self._forget_old_logs()
        return path

    def is_ours(self, name: str) -> bool:
        """Whether there is a folder of this name, made by a spawner of our kind."""
        if not NAME.fullmatch(name):
            return False
        try:
            return (self.path(name) / MARK).read_text("ascii") == self._kind
        except (OSError, ValueError):
            return False

    def names(self) -> list[str]:
        """All that are ours, dead or alive."""
        with contextlib.suppress(OSError):
            return sorted(each.name for each in self.root.iterdir() if self.is_ours(each.name))
        return []

    def address(self, name: str) -> EngineAddress | None:
        """Where an engine says it is; None while it starts, when it has ended, or where that cannot be read."""
        try:
            return address_of(self.path(name))
        except CallThingError:
            return None

    def last_words(self, name: str) -> str:
        """The end of its log, on one line; "" where it said nothing."""
        try:
            lines = (self.path(name) / LOG).read_bytes()[-4096:].decode("utf-8", "replace").splitlines()
        except OSError:
            return ""
        said = [line.strip() for line in lines if line.strip()]
        return said[-1].removeprefix("call-thing: ")[-WORDS:] if said else ""

    def remove(self, name: str, in_order: bool) -> None:
        """An engine has ended; where it did not do so in order, its log stays."""
        path = self.path(name)
        if in_order or not self.last_words(name):
            shutil.rmtree(path, ignore_errors=True)
            return
        for entry in path.iterdir():
            if entry.name not in (LOG.parts[0], MARK):
                shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink(missing_ok=True)

    def _forget_old_logs(self) -> None:
        dead = [self.path(name) for name in self.names() if not is_held(self.path(name))]
        left = [path for path in dead if (path / LOG).exists()]  # one that is just made has none yet
        with contextlib.suppress(OSError):
            for path in sorted(left, key=lambda each: each.stat().st_mtime)[:-LOGS_KEPT]:
                shutil.rmtree(path, ignore_errors=True)


def described(name: str, folder: Path, address: EngineAddress, where: str) -> Spawned:
    """An engine that is there, as coordinators know it."""
    try:
        started_at = (folder / "engine.lock").stat().st_mtime
    except OSError:
        started_at = time.time()
    return Spawned(name=name, address=address, where=where, started_at=started_at)


async def to_its_end(work: Callable[[], T]) -> T:
    """In a thread. Who gives up waiting waits until it is done all the same: what was begun can then be undone."""
    working = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait([working])
        raise
