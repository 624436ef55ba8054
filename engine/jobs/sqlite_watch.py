"""What changes in a SQLite file of jobs, also by other processes: the file says by a number that it has changed."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import msgspec

from engine.errors import StateError
from engine.jobs.job import Job, decoded
from engine.stores.explained import BUSY_TIMEOUT_S, explanation

LOOK_S = 0.02  # PRAGMA data_version costs some microseconds: it reads no table


class SqliteWatch:
    """See store.Watch. Has a connection of its own: data_version tells only what others have committed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        self._version = -1
        self._seen = 0

    def next(self, timeout_s: float) -> list[Job]:
        """Raises StateError where the file cannot be read."""
        until = time.monotonic() + timeout_s
        try:
            while True:
                [version] = self._database.execute("PRAGMA data_version").fetchone()
                if version != self._version:
                    self._version = version
                    if jobs := self._changed():
                        return jobs
                if time.monotonic() >= until:
                    return []
                time.sleep(min(LOOK_S, max(0.0, until - time.monotonic())))
        except (sqlite3.Error, msgspec.MsgspecError) as error:
            raise StateError(f"{self._path}: {explanation(error, self._path, 'the jobs')}") from error

    def close(self) -> None:
        self._database.close()

    def _changed(self) -> list[Job]:
        rows = self._database.execute(
            "SELECT changed, job FROM jobs WHERE changed > ? ORDER BY changed", (self._seen,)
        ).fetchall()
        if rows:
            self._seen = rows[-1][0]
        return decoded(text for _, text in rows)
