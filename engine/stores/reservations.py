"""Reservations in SQLite: one row per call, and under it every change with its source and the words that confirmed it.

Every save is one transaction: after a crash, a lock or a full disk either all of it is there or none.
The database is in WAL mode, so that a console or script may read while the engine writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from engine.errors import StateError
from engine.protocol import Outcome, Reservation, Task
from engine.stores.explained import BUSY_TIMEOUT_S, explanation

FIRST_SCHEMA = """
CREATE TABLE calls (
    call_id     TEXT PRIMARY KEY,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL,
    task        TEXT NOT NULL,              -- JSON, as protocol.Task
    reservation TEXT NOT NULL,              -- JSON, as protocol.Reservation
    outcome     TEXT NOT NULL DEFAULT '',   -- empty while the call goes on
    journal     TEXT NOT NULL DEFAULT ''    -- folder of the call's journal
);
CREATE TABLE changes (
    call_id     TEXT NOT NULL REFERENCES calls(call_id),
    number      INTEGER NOT NULL,           -- from 1, per call
    changed_at  TEXT NOT NULL,
    source      TEXT NOT NULL,              -- the tool, or "operator"
    words       TEXT NOT NULL,              -- what the far end said that led to it
    reservation TEXT NOT NULL,              -- as it was after this change
    PRIMARY KEY (call_id, number)
);
"""
UPGRADES = (  # from version 1, 2, …: a new file gets them all, an old one those it lacks
    """
ALTER TABLE changes ADD COLUMN made_by TEXT NOT NULL DEFAULT 'agent' /* agent, operator or rule */;
ALTER TABLE changes ADD COLUMN turn INTEGER NOT NULL DEFAULT 0 /* of the far end's, in the journal; 0 = none */;
UPDATE changes SET made_by = CASE
    WHEN source = 'operator' THEN 'operator'
    WHEN source IN ('book', 'change', 'cancel', 'decline') THEN 'agent'
    ELSE 'rule' END;
""",
)
SCHEMA_VERSION = 1 + len(UPGRADES)
TOOLS = ("book", "change", "cancel", "decline", "call_back")
MadeBy = Literal["agent", "operator", "rule"]


def made_by(source: str) -> MadeBy:
    """Who is behind a change: the agent, which used a tool; an operator; or a rule of the engine."""
    return "operator" if source == "operator" else "agent" if source in TOOLS else "rule"


class Change(msgspec.Struct, frozen=True):
    """One change of a reservation."""

    number: int
    changed_at: str  # ISO, UTC
    source: str  # the tool, "operator", or the rule's name
    words: str  # said last before it
    reservation: Reservation  # as it was after it
    made_by: MadeBy = "agent"
    turn: int = 0  # of the far end's, in the call's journal; 0 = none


class Record(msgspec.Struct, frozen=True):
    """One call's row, with all that happened to its reservation, oldest first."""

    call_id: str
    created_at: str  # ISO, UTC
    updated_at: str
    task: Task
    reservation: Reservation
    outcome: str
    journal: str
    changes: tuple[Change, ...]


class ReservationStore:
    """The reservations of one state directory. For one thread; any number of processes may read beside it.

    Every method raises StateError, which names the file and the next step, when the database cannot do its part.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._explained():
            if not path.exists():
                path.touch(
                    mode=0o600
                )  # names and phone numbers; SQLite's own files beside it inherit the mode
            self._database = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        try:
            self._prepare()
        except StateError:
            self._database.close()
            raise

    def save(self, call_id: str, task: Task, reservation: Reservation, source: str, words: str = "") -> None:
        """Write the reservation of a call as it is now; a change of it becomes an entry of its history.

        source: the tool that changed it, or "operator". words: the far end's words behind the change.
        Saving the same reservation twice adds no entry.
        """
        now, record = _now(), _json(reservation)
        with self._explained(), self._transaction() as database:
            last = database.execute(
                "SELECT number, reservation FROM changes WHERE call_id = ? ORDER BY number DESC LIMIT 1",
                (call_id,),
            ).fetchone()
            database.execute(
                """
                INSERT INTO calls (call_id, created_at, updated_at, task, reservation) VALUES (?1, ?2, ?2, ?3, ?4)
                ON CONFLICT (call_id) DO UPDATE SET updated_at = ?2, task = ?3, reservation = ?4
                """,
                (call_id, now, _json(task), record),
            )
            if last is None or last[1] != record:
                number = 1 if last is None else last[0] + 1
                database.execute(
                    """
                    INSERT INTO changes (call_id, number, changed_at, source, words, reservation, made_by, turn)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                    (
                        call_id,
                        number,
                        now,
                        source,
                        words,
                        record,
                        made_by(source),
                        reservation.confirmed_turn,
                    ),
                )

    def finish(self, call_id: str, task: Task, outcome: Outcome, journal: str) -> None:
        """Write how a call ended and the folder of its journal, also for a call in which nothing was saved."""
        with self._explained(), self._transaction() as database:
            database.execute(
                """
                INSERT INTO calls VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6)
                ON CONFLICT (call_id) DO UPDATE SET updated_at = ?2, outcome = ?5, journal = ?6
                """,
                (call_id, _now(), _json(task), _json(Reservation()), outcome, journal),
            )

    def get(self, call_id: str) -> Record | None:
        """The record of one call, or None when the call is not known."""
        with self._explained():
            row = self._database.execute("SELECT * FROM calls WHERE call_id = ?", (call_id,)).fetchone()
            return None if row is None else self._record(row)

    def listing(self) -> list[Record]:
        """All records, the latest call first."""
        with self._explained():
            rows = self._database.execute(
                "SELECT * FROM calls ORDER BY created_at DESC, rowid DESC"
            ).fetchall()
            return [self._record(row) for row in rows]

    def close(self) -> None:
        """Write what is in the log into the database file, and close it."""
        self._database.close()

    def _record(self, row: tuple[str, ...]) -> Record:
        call_id, created_at, updated_at, task, reservation, outcome, journal = row
        changes = self._database.execute(
            """
            SELECT number, changed_at, source, words, reservation, made_by, turn
            FROM changes WHERE call_id = ? ORDER BY number
            """,
            (call_id,),
        )
        return Record(
            call_id=call_id,
            created_at=created_at,
            updated_at=updated_at,
            task=msgspec.json.decode(task, type=Task),
            reservation=msgspec.json.decode(reservation, type=Reservation),
            outcome=outcome,
            journal=journal,
            changes=tuple(
                Change(
                    number, at, source, words, msgspec.json.decode(reservation, type=Reservation), by, turn
                )
                for number, at, source, words, reservation, by, turn in changes
            ),
        )

    def _prepare(self) -> None:
        """Bring the schema into a new database, or up to date; refuse one that a later version has written."""
        with self._explained():
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")  # a booking outlives a power cut
            self._database.execute("PRAGMA foreign_keys = ON")
            version = self._version()
            if version < SCHEMA_VERSION:
                with self._transaction() as database:
                    version = self._version()  # somebody else may have been faster
                    for step in (FIRST_SCHEMA, *UPGRADES)[version:]:
                        for statement in filter(str.strip, step.split(";\n")):
                            database.execute(statement)
                    database.execute(f"PRAGMA user_version = {max(version, SCHEMA_VERSION)}")
            elif version > SCHEMA_VERSION:
                raise StateError(
                    f"{self.path}: written by a later version of call-thing (schema {version}, this one knows "
                    f"{SCHEMA_VERSION}). Upgrade, or name another directory with --state-dir."
                )

    def _version(self) -> int:
        return int(self._database.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._database.execute("BEGIN IMMEDIATE")  # take the write lock now, not half-way
        try:
            yield self._database
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:  # SQLite itself rolls back when the disk is full
                self._database.execute("ROLLBACK")
            raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what SQLite and the decoder raise into a StateError with the next step."""
        try:
            yield
        except (sqlite3.Error, msgspec.MsgspecError, OSError) as error:
            raise StateError(f"{self.path}: {explanation(error, self.path)}") from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _json(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()
