"""What is done with calls that have ended, by a process beside the engine: no call waits for that."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

log = logging.getLogger(__name__)
MOST_AT_ONCE = 100  # folders that one process is given


class Beside:
    """Of one engine: one process at a time, while there is something to do."""

    def __init__(self, command: Callable[[Sequence[Path]], list[str]] | None, without: str) -> None:
        """command: does it with these folders; None = nothing is wanted. without: what it means that it cannot start.

        Needs a running loop from the first `add` on.
        """
        self._command, self._without = command, without
        self._waiting: deque[Path] = deque()
        self._work: asyncio.Task[None] | None = None

    def add(self, *folders: Path) -> None:
        """These calls have ended."""
        if self._command is None:
            return
        self._waiting += folders
        if self._waiting and self._work is None:
            self._work = asyncio.create_task(self._work_off(self._command))

    async def _work_off(self, command: Callable[[Sequence[Path]], list[str]]) -> None:
        try:
            while self._waiting:
                count = min(MOST_AT_ONCE, len(self._waiting))
                await self._run(command([self._waiting.popleft() for _ in range(count)]))
        finally:
            self._work = None

    async def _run(self, command: Sequence[str]) -> None:
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            log.warning("%s, for no process can be started (%s)", self._without, error.strerror)
            return
        try:
            _, said = await process.communicate()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            raise
        for line in said.decode(errors="replace").splitlines()[-3:]:
            log.warning("%s", line)

    async def stop(self, grace_s: float) -> None:
        """Wait for what is being done, at most so long; the rest is left undone."""
        work = self._work
        if work is None:
            return
        await asyncio.wait([work], timeout=grace_s)
        if not work.done():
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
