"""Engines as processes of this machine. They outlive the coordinator that started them, and are found by the next one.

Each is `python -m engine engine`, leader of a process group of its own, with no pipe to us. It is known by its folder
(engine_folders.py): alive while its lock is held, gone when the lock is free and nobody of its group is left.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from engine.client import EngineAddress
from engine.coordinator.spawner import Spawned, SpawnError
from engine.coordinator.spawners.asking import answers, drained, ended
from engine.coordinator.spawners.engine_folders import (
    ALONE_S,
    POLL_S,
    READY_TIMEOUT_S,
    EngineFolders,
    described,
    to_its_end,
)
from engine.coordinator.spawners.process_group import is_left, kill, leader
from engine.launch import STOP_TIMEOUT_S
from engine.settings import Settings
from engine.statedir import LOG, is_held

PROGRAM = (sys.executable, "-m", "engine", "engine")
KILL_S = 5.0  # after SIGKILL nothing is left but what the disk holds up


class LocalPool:
    """The spawner `local`; see engine/coordinator/spawner.py for what its methods promise."""

    kind = "local"

    def __init__(
        self,
        settings: Settings,
        arguments: list[str],
        program: Sequence[str] = PROGRAM,
        alone_s: int = ALONE_S,
        tied: bool = False,
    ) -> None:
        """arguments: flags that make an engine use the same settings. program: the engine, before its flags.

        tied: its engines end in order when this process ends, in whatever way that happens.
        """
        self._state = settings.state_path
        self._arguments = arguments
        self._program = program
        self._alone_s = alone_s
        self._tied = tied
        self._folders = EngineFolders(self._state, self.kind)
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    async def spawn(self, name: str) -> Spawned:
        folder = self._folders.make(name)
        try:
            await to_its_end(lambda: self._start(name, folder))
            return await self._ready(name, folder, self._started[name])
        except BaseException as error:
            if name in self._started:
                _kill_started(self._started[name])
                await self._ended(name, KILL_S)
            self._folders.remove(name, in_order=False)
            if isinstance(error, OSError):
                raise SpawnError(
                    f"No engine can be started: {error.strerror} ({self._program[0]})."
                ) from None
            raise

    def _start(self, name: str, folder: Path) -> None:
        flags = (
            "--engine-dir",
            str(folder),
            "--alone-s",
            str(self._alone_s),
            "--state-dir",
            str(self._state),
            *(["--with-parent"] if self._tied else []),
        )
        log = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            process = subprocess.Popen(
                [*self._program, *self._arguments, *flags],
                stdin=subprocess.PIPE if self._tied else subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,  # what ends us does not end it
            )
        finally:
            os.close(log)
        self._started[name] = process
        threading.Thread(target=process.wait, daemon=True).start()  # it leaves no zombie while we live

    async def _ready(self, name: str, folder: Path, process: subprocess.Popen[bytes]) -> Spawned:
        until_s = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < until_s:
            if process.returncode is not None:
                why = self._folders.last_words(name) or f"it said nothing (exit code {process.returncode})"
                raise SpawnError(f"The engine {name} ended while it started: {why}")
            address = await answers(self._folders, name, until_s)
            if address is not None:
                return self._described(name, address)
            await asyncio.sleep(POLL_S)
        raise SpawnError(
            f"The engine {name} was not ready within {READY_TIMEOUT_S:.0f} s. Is the machine overloaded? Its log: "
            f"{folder / LOG}"
        )

    async def running(self) -> list[Spawned]:
        return await asyncio.to_thread(self._running)

    def _running(self) -> list[Spawned]:
        there = ((name, self._folders.address(name)) for name in self._folders.names())
        return [self._described(name, address) for name, address in there if address is not None]

    def _described(self, name: str, address: EngineAddress) -> Spawned:
        return described(name, self._folders.path(name), address, f"process {address.pid}")

    async def is_gone(self, name: str) -> bool:
        return await asyncio.to_thread(self._is_gone, name)

    def _is_gone(self, name: str) -> bool:
        process = self._started.get(name)
        if process is not None and process.returncode is None:
            return False
        if not self._folders.is_ours(name):
            return True
        folder = self._folders.path(name)
        group = leader(folder)
        return not is_held(folder) and (group is None or not is_left(group))

    async def stop(self, name: str, grace_s: float) -> None:
        if not self._folders.is_ours(name):
            return
        in_order = await self._drained(name, grace_s) or await self._told_to_end(name)
        if not in_order:
            group = leader(self._folders.path(name))
            if group is not None:
                await asyncio.to_thread(kill, group)
            if name in self._started:
                _kill_started(self._started[name])
            if not await self._ended(name, KILL_S):
                raise SpawnError(
                    f"The engine {name} cannot be killed: it waits for a disk or a device. "
                    f"Its folder: {self._folders.path(name)}"
                )
        self._started.pop(name, None)
        self._folders.remove(name, in_order)

    async def _drained(self, name: str, grace_s: float) -> bool:
        return await drained(self._folders.address(name), grace_s, lambda: self.is_gone(name), POLL_S)

    async def _told_to_end(self, name: str) -> bool:
        """Whether it has ended in order when it was told to: its calls are hung up."""
        group = leader(self._folders.path(name))
        if group is None or not is_held(self._folders.path(name)):
            return False  # none of ours, or it has ended in its own way, and what is left of it is killed
        with contextlib.suppress(ProcessLookupError):
            os.kill(group.pid, signal.SIGTERM)
        return await self._ended(name, STOP_TIMEOUT_S)

    async def _ended(self, name: str, within_s: float) -> bool:
        return await ended(lambda: self.is_gone(name), within_s, POLL_S)

    async def close(self) -> None:
        """Nothing is held that they would miss."""


def _kill_started(process: subprocess.Popen[bytes]) -> None:
    """One of our own that may not have taken its lock yet, and all of its group."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
