"""What was dialled, and when: a row for each attempt, committed before anything is sent.

A crash after the commit is a call that may have been made, and counts as one: nobody is called twice for a doubt. The
table lies in the database of the reservations, which is the person's own (mode 0600); numbers stay as they are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.errors import StateError
from engine.stores.explained import BUSY_TIMEOUT_S, explanation

DAY = timedelta(hours=24)
SCHEMA = """
CREATE TABLE IF NOT EXISTS dialled (
    dialled_at  TEXT NOT NULL,              -- ISO, UTC
    address     TEXT NOT NULL               -- what calls are counted by: +COUNTRY NUMBER, or user@host
)
"""
INDEX = "CREATE INDEX IF NOT EXISTS dialled_by_address ON dialled (address, dialled_at)"


class DialledStore:
    """What was dialled from one state directory. Every method raises StateError, naming the file and the next step."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._explained():
            if not path.exists():
                path.touch(mode=0o600)
            self._database = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
            try:
                self._database.execute("PRAGMA journal_mode = WAL")
                self._database.execute("PRAGMA synchronous = FULL")  # an attempt outlives a power cut
                self._database.execute(SCHEMA)
                self._database.execute(INDEX)
            except BaseException:
                self._database.close()
                raise

    def within_a_day(self, address: str, now: datetime) -> int:
        """How often an address was dialled in the 24 hours before `now`, which has a time zone.

        Attempts of the future count too: a clock that was set back makes nobody be called more often.
        """
        with self._explained():
            [count] = self._database.execute(
                "SELECT COUNT(*) FROM dialled WHERE address = ? AND dialled_at > ?",
                (address, _iso(now - DAY)),
            ).fetchone()
        return int(count)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else writes to the database meanwhile; on the disk at the end, or nothing is where it raises."""
        with self._explained():
            self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.rollback()
            raise
        with self._explained():
            self._database.commit()

    def add(self, address: str, now: datetime) -> None:
        """An address is about to be dialled. It is on the disk when this returns, or when `alone` does."""
        with self._explained():
            self._database.execute("INSERT INTO dialled VALUES (?, ?)", (_iso(now), address))

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StateError(f"{self.path}: {explanation(error, self.path)}") from error


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
