"""What the store has told of its jobs: how many stand where, what is due, what is to be hung up. Pure."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from engine.jobs.job import Job, State


class Waiting:
    """The latest of every job that was told."""

    def __init__(self) -> None:
        self.counts: Counter[State] = Counter()
        self._known: dict[str, tuple[int, State]] = {}  # revision and state
        self._due: set[str] = set()  # queued, and their time has come
        self._later: list[
            tuple[datetime, str, int]
        ] = []  # heap; what is not at that revision any more is old

    def take(self, jobs: Iterable[Job], now: datetime) -> list[Job]:
        """The jobs among these that are news, the latest of each."""
        news = []
        for job in jobs:
            revision, state = self._known.get(job.id, (-1, None))
            if revision >= job.revision:
                continue
            if state is not None:
                self.counts[state] -= 1
            self.counts[job.state] += 1
            self._known[job.id] = job.revision, job.state
            self._due.discard(job.id)
            if job.state == "queued":
                heapq.heappush(self._later, (job.due, job.id, job.revision))
            news.append(job)
        self._ripen(now)
        return news

    def due(self, now: datetime) -> int:
        """How many jobs are queued and due."""
        self._ripen(now)
        return len(self._due)

    def next_due(self) -> datetime | None:
        """When the next of those that are not due yet will be."""
        self._forget()
        return self._later[0][0] if self._later else None

    def first_due(self, now: datetime) -> datetime | None:
        """When the first of all queued jobs is due: now, later, or None."""
        return now if self.due(now) else self.next_due()

    def _ripen(self, now: datetime) -> None:
        while self._later and self._later[0][0] <= now:
            _, job, revision = heapq.heappop(self._later)
            if self._known[job] == (revision, "queued"):
                self._due.add(job)

    def _forget(self) -> None:
        while self._later and self._known[self._later[0][1]] != (self._later[0][2], "queued"):
            heapq.heappop(self._later)
