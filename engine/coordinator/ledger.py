"""The job store for an event loop: every step in one thread of its own, which is the only one that touches it.

What was heard of a call must reach the store: where it cannot be written it is tried again, as long as it takes.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from engine.errors import StateError
from engine.jobs.job import ACTIVE, Job
from engine.jobs.lifecycle import EngineLost, Event, NotDialled, Refusal, after
from engine.jobs.store import JobFilter, JobStore, StaleJob

log = logging.getLogger(__name__)
T = TypeVar("T")
PAGE = 500
RETRY_S = 1.0
LOOK_S = 0.5  # how soon the watch notices that it is to end


class Begun(NamedTuple):
    """A job that is ours to dial: that it is dialled is on the disk."""

    job: Job
    reserved_s: float  # monotonic time of the reservation


class NotBegun(StateError):
    """A job was claimed, and could not be written down as being dialled: it is not dialled."""

    def __init__(self, words: str, job: str) -> None:
        super().__init__(words)
        self.job = job


class Ledger:
    """Make it inside the running event loop."""

    def __init__(self, open_store: Callable[[], JobStore], trouble: Callable[[str], None]) -> None:
        """trouble: is told, in words, what could not be written and is tried again."""
        self._open, self._trouble = open_store, trouble
        self._thread = ThreadPoolExecutor(1, "jobs")
        self._loop = asyncio.get_running_loop()
        self._store: JobStore | None = None
        self._closing = threading.Event()
        self._watcher: threading.Thread | None = None

    async def open(self) -> None:
        """Raises StateError where the store cannot be used."""
        self._store = await self._in_thread(self._warmed)

    def _warmed(self) -> JobStore:
        store = self._open()
        store.warm()
        return store

    async def begin(self, engine: str, now: Callable[[], datetime]) -> Begun | None:
        """Claim the next job for an engine, and write down that it is about to be dialled. None: nothing may be now."""
        return await self._in_thread(lambda: self._begin(engine, now))

    def _begin(self, engine: str, now: Callable[[], datetime]) -> Begun | None:
        while (job := self._opened.claim(now(), engine)) is not None:
            reserved_s = self._loop.time()
            try:
                return Begun(self._opened.to_dialing(job, job.attempt + 1, now()), reserved_s)
            except StaleJob:  # somebody has called it off in this moment
                continue
            except StateError as error:
                raise NotBegun(str(error), job.id) from error
        return None

    async def put_back(self, job_id: str, now: Callable[[], datetime]) -> None:
        """A job that was claimed, and whose engine was never told, into the queue again."""
        await self._until_written(lambda: self._put_back(job_id, now()))

    def _put_back(self, job_id: str, now: datetime) -> None:
        job = self._opened.get(job_id)
        if job is not None and job.state == "reserved":
            self._settle(job_id, EngineLost("it could not be written down"), now)
        elif job is not None and job.state == "dialing":
            self._settle(job_id, NotDialled("its engine was never told to dial", now), now)

    async def settle(self, job_id: str, event: Event, now: Callable[[], datetime]) -> Job | None:
        """Write down what has happened to a job; the job after it, None where it comes too late.

        Does not return before it is written.
        """
        return await self._until_written(lambda: self._settle(job_id, event, now()))

    async def _until_written(self, step: Callable[[], T]) -> T:
        while True:
            try:
                return await self._in_thread(step)
            except StateError as error:
                self._trouble(str(error))
                await asyncio.sleep(RETRY_S)

    def _settle(self, job_id: str, event: Event, now: datetime) -> Job | None:
        while (job := self._opened.get(job_id)) is not None:
            changed = after(job, event, now)
            if isinstance(changed, Refusal):
                log.warning("%s", changed.reason)
                return None
            try:
                return self._opened.update(changed)
            except StaleJob:
                continue
        return None

    async def in_hand(self) -> list[Job]:
        """All jobs that an engine has, or had when somebody wrote last. Raises StateError."""
        return await self._in_thread(self._in_hand)

    def _in_hand(self) -> list[Job]:
        found: list[Job] = []
        last = ""
        while page := self._opened.list(JobFilter(states=ACTIVE, after=last, limit=PAGE)):
            found += page
            last = page[-1].id
        return found

    def watch(self, tell: Callable[[list[Job]], None]) -> None:
        """Tell every job, and then what changes, inside of the event loop."""
        self._watcher = threading.Thread(target=self._watch, args=(tell,), name="job watch", daemon=True)
        self._watcher.start()

    def _watch(self, tell: Callable[[list[Job]], None]) -> None:
        while not self._closing.is_set():
            try:
                store = self._open()
                watch = store.watch()
                try:
                    while not self._closing.is_set():
                        if (jobs := watch.next(LOOK_S)) and not self._closing.is_set():
                            self._loop.call_soon_threadsafe(tell, jobs)
                finally:
                    watch.close()
                    store.close()
            except StateError as error:
                self._loop.call_soon_threadsafe(self._trouble, str(error))
                self._closing.wait(RETRY_S)

    async def close(self) -> None:
        """Nothing is written from here on."""
        self._closing.set()
        if self._watcher is not None:
            await asyncio.to_thread(self._watcher.join, 2 * LOOK_S)
        if self._store is not None:
            await self._in_thread(self._store.close)
        self._thread.shutdown(wait=False)

    @property
    def _opened(self) -> JobStore:
        assert self._store is not None
        return self._store

    async def _in_thread(self, step: Callable[[], T]) -> T:
        return await self._loop.run_in_executor(self._thread, step)


def utc_now() -> datetime:
    """The wall clock, for the times that a store keeps."""
    return datetime.now(UTC)
