"""How calls ended, into the database: in threads, since another process may hold its lock."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from engine.errors import StateError
from engine.live_call import LiveCall
from engine.stores.reservations import ReservationStore

log = logging.getLogger(__name__)


class CallEnds:
    """Of one engine."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._tasks: set[asyncio.Task[None]] = set()

    def enter(self, live: LiveCall) -> None:
        """A call has been settled. What the disk refuses goes to the log: the call has its journal."""
        task = asyncio.create_task(asyncio.to_thread(self._enter, live))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _enter(self, live: LiveCall) -> None:
        try:
            store = ReservationStore(self._database)
            try:
                live.enter(store)
            finally:
                store.close()
        except StateError as error:
            log.error("%s", error)

    async def wait(self, grace_s: float) -> None:
        """Until all are written, at most so long."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)
