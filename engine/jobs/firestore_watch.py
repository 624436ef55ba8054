"""What Firestore tells of its jobs by itself, in threads of its library."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from engine.jobs.job import Job, decode

FIRST_S = 10.0  # until the first answer of a watch; then what is there is known


class FirestoreWatch:
    """See store.Watch."""

    def __init__(self, jobs: Any) -> None:
        """jobs: the collection."""
        self._news: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
        self._subscription = jobs.on_snapshot(self._told)

    def next(self, timeout_s: float) -> list[Job]:
        try:
            texts = self._news.get(timeout=timeout_s) if timeout_s > 0 else self._news.get_nowait()
        except queue.Empty:
            return []
        while not self._news.empty():
            texts += self._news.get_nowait()
        latest = {job.id: job for job in map(decode, texts)}  # the order is that of their changes
        return list(latest.values())

    def close(self) -> None:
        self._subscription.unsubscribe()

    def _told(self, documents: Iterable[Any], changes: Iterable[Any], read_at: Any) -> None:
        if texts := [change.document.get("job") for change in changes if change.type.name != "REMOVED"]:
            self._news.put(texts)


class Waiting:
    """The queued jobs as far as a watch has told, with what this process wrote itself. For any number of threads."""

    def __init__(self, queued: Any) -> None:
        """queued: the query of the queued jobs."""
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._revisions: dict[str, int] = {}  # of what is known from elsewhere: what is older is no news
        self._known = threading.Event()
        self._subscription = queued.on_snapshot(self._told)
        self._known.wait(FIRST_S)

    def due(self, now: datetime) -> list[Job]:
        """The jobs that are due: the highest priority first, then the longest due."""
        with self._lock:
            jobs = [job for job in self._jobs.values() if job.due <= now]
        return sorted(jobs, key=lambda job: (-job.priority, job.due, job.id))

    def take(self, job_id: str, job: Job | None) -> None:
        """What a transaction has read or written just now; None: the job is gone."""
        with self._lock:
            self._revisions[job_id] = job.revision if job is not None else self._revisions.get(job_id, 0)
            if job is not None and job.state == "queued":
                self._jobs[job_id] = job
            else:
                self._jobs.pop(job_id, None)

    def close(self) -> None:
        self._subscription.unsubscribe()

    def _told(self, documents: Iterable[Any], changes: Iterable[Any], read_at: Any) -> None:
        with self._lock:
            for change in changes:
                job = decode(change.document.get("job"))
                if change.type.name == "REMOVED":  # it is no longer queued; the document is as it was before
                    known = self._jobs.get(job.id)
                    if known is not None and known.revision <= job.revision:
                        del self._jobs[job.id]
                elif job.revision >= self._revisions.get(job.id, 0):
                    self._revisions[job.id] = job.revision
                    self._jobs[job.id] = job
        self._known.set()
