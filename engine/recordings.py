"""Recordings of calls that have ended, made FLAC by a process beside the engine: no call waits for that."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

log = logging.getLogger(__name__)
MOST_AT_ONCE = 100  # folders that one process is given
MODULE = "engine.records.finishing"


def finisher(folders: Sequence[Path]) -> list[str]:
    """The command that finishes these."""
    return [sys.executable, "-m", MODULE, *map(str, folders)]


class Recordings:
    """Of one engine: one process at a time, at low priority, while there is something to do."""

    def __init__(self, form: str, command: Callable[[Sequence[Path]], list[str]] = finisher) -> None:
        """form: "flac"; with "wav" they stay as they are. Needs a running loop from the first `add` on."""
        self._wanted = form == "flac"
        self._command = command
        self._waiting: deque[Path] = deque()
        self._work: asyncio.Task[None] | None = None

    def add(self, *folders: Path) -> None:
        """These calls have ended."""
        if not self._wanted:
            return
        self._waiting += folders
        if self._waiting and self._work is None:
            self._work = asyncio.create_task(self._finish())

    async def _finish(self) -> None:
        try:
            while self._waiting:
                count = min(MOST_AT_ONCE, len(self._waiting))
                await self._run([self._waiting.popleft() for _ in range(count)])
        finally:
            self._work = None

    async def _run(self, folders: Sequence[Path]) -> None:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command(folders),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            log.warning("recordings stay WAV, for no process can be started (%s)", error.strerror)
            return
        try:
            _, said = await process.communicate()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()  # nothing is lost: the next engine does it again
            await process.wait()
            raise
        for line in said.decode(errors="replace").splitlines()[-3:]:
            log.warning("%s", line)

    async def stop(self, grace_s: float) -> None:
        """Wait for what is being done, at most so long; the rest is left to the next engine."""
        work = self._work
        if work is None:
            return
        await asyncio.wait([work], timeout=grace_s)
        if not work.done():
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
