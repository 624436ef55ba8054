"""When the file of jobs waits for the disk, and when not: what a call waits for is short, the rest is done beside it.

SQLite writes into a log, and brings that into the tables once it has LOG_PAGES: two waits for the disk more.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

LOG_PAGES = 1000  # SQLite's own default
PAGE_BYTES = 4096
SPARE = 1.1  # the transaction that makes the log too long is in it as well


def careful(database: sqlite3.Connection) -> None:
    """From here on what is committed outlives a power cut, and the log is brought in by `tidying` alone."""
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA wal_autocheckpoint = 0")


def warm(database: sqlite3.Connection) -> None:
    """Let the log have the length that it comes to have, with nothing in it that counts.

    While it grows, the disk has to write down its length with every commit, which takes as long again as the rest.
    """
    [pages] = database.execute("PRAGMA cache_size").fetchone()
    database.execute(
        "PRAGMA cache_size = 1"
    )  # what does not fit into memory goes into the log before it is committed
    with contextlib.suppress(sqlite3.Error):  # then it grows with the first calls
        database.execute("BEGIN IMMEDIATE")
        try:
            database.execute("CREATE TABLE room (taken BLOB)")
            database.execute(f"INSERT INTO room VALUES (zeroblob({int(SPARE * LOG_PAGES * PAGE_BYTES)}))")
        finally:
            database.execute("ROLLBACK")
    database.execute(f"PRAGMA cache_size = {pages}")


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing; others wait."""
    database.execute("BEGIN IMMEDIATE")  # take the write lock now, not half-way
    try:
        yield
        database.execute("COMMIT")
    finally:
        if database.in_transaction:  # SQLite itself rolls back when the disk is full
            database.execute("ROLLBACK")


@contextmanager
def unhurried(database: sqlite3.Connection) -> Iterator[None]:
    """Without waiting for the disk: what a power cut may undo."""
    database.execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        database.execute("PRAGMA synchronous = FULL")


@contextmanager
def tidying(database: sqlite3.Connection) -> Iterator[None]:
    """A log that is too long is brought in with this step: nobody waits for it, as a call does for the others."""
    database.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
    try:
        yield
    finally:
        database.execute("PRAGMA wal_autocheckpoint = 0")
