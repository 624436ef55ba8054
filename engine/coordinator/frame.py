"""What the parts of a coordinator have in common: what has happened, what went wrong, what goes on beside."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine

from engine.coordinator.events import Event, Tick
from engine.coordinator.reporting import Report
from engine.errors import CallThingError, EngineError

log = logging.getLogger(__name__)
AGAIN_S = 0.2  # a task that has not heard that it is to end is told again


class Frame:
    """Of one coordinator."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.changed = asyncio.Event()  # it stands otherwise than was told
        self.failure: BaseException | None = None
        self.ended = False
        self._tasks: set[asyncio.Task[None]] = set()

    def happened(self, event: Event) -> None:
        """It is decided about in its turn."""
        self.events.put_nowait(event)

    def trouble(self, words: str) -> None:
        """Something that a person should know of."""
        log.warning("%s", words)
        self.report.problem(words)
        self.changed.set()

    def also(self, work: Coroutine[None, None, None]) -> None:
        """Do it beside everything else."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_ended)

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        """A part that fails takes the coordinator down: the next one finds engines and calls as they are."""
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the coordinator failed", exc_info=error)
            fault = EngineError(f"The coordinator failed ({error!r}). This is a fault of the program.")
            self.failure = error if isinstance(error, CallThingError) else fault
            self.happened(Tick())

    async def end(self) -> None:
        """Nothing goes on any more when this returns."""
        self.ended = True
        while self._tasks:  # wait_for of Python 3.11 loses a cancellation that comes together with its answer
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=AGAIN_S)
