"""Jobs in SQLite: a row each, with the job as JSON and beside it what it is looked up by. For one machine.

Every step is one transaction that takes the write lock first, in WAL mode and with full synchronisation: when a method
returns, a power cut changes nothing of what it wrote. Any number of processes may use the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from engine.errors import JobError, StateError
from engine.jobs.job import ACTIVE, Job, State, decode, decoded, encode
from engine.jobs.lifecycle import Claimed, Dialing, Expired, Refusal, after
from engine.jobs.rules import DAY, LONGEST_CALL, next_dial
from engine.jobs.sqlite_disk import careful, tidying, transaction, unhurried, warm
from engine.jobs.sqlite_watch import SqliteWatch
from engine.jobs.store import JobFilter, StaleJob, check_dialing, check_update
from engine.stores.explained import explanation

BUSY_TIMEOUT_S = (
    10.0  # of many writers each has a few milliseconds; a machine that is short of them takes longer
)
LOOKED_AT = 50  # candidates in one transaction: more would keep the others waiting
SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE jobs (
    id          TEXT PRIMARY KEY,
    state       TEXT NOT NULL,
    due         TEXT NOT NULL,              -- ISO, UTC
    priority    INTEGER NOT NULL,
    number      TEXT NOT NULL,              -- what calls are counted by; '' = not counted
    batch       TEXT NOT NULL,
    language    TEXT NOT NULL,
    since       TEXT NOT NULL,              -- ISO, UTC: when it came into this state
    revision    INTEGER NOT NULL,
    changed     INTEGER NOT NULL,           -- counts the changes of the whole table
    job         TEXT NOT NULL               -- JSON, as job.Job
) WITHOUT ROWID;
CREATE INDEX jobs_by_turn ON jobs (state, priority DESC, due, id);
CREATE INDEX jobs_by_number ON jobs (number, state);
CREATE INDEX jobs_by_change ON jobs (changed);
CREATE TABLE dialings (
    job_id      TEXT NOT NULL REFERENCES jobs(id),
    attempt     INTEGER NOT NULL,
    number      TEXT NOT NULL,
    dialed_at   TEXT NOT NULL,              -- ISO, UTC: committed before anything is sent
    PRIMARY KEY (job_id, attempt)
) WITHOUT ROWID;
CREATE INDEX dialings_by_number ON dialings (number, dialed_at)
"""
HOLDING = ", ".join(f"'{state}'" for state in (*ACTIVE, "unknown"))
IS_HELD = f"""  -- a call to the same number is, or may be, going on
    c.number <> '' AND EXISTS (
        SELECT 1 FROM jobs o INDEXED BY jobs_by_number
        WHERE o.number = c.number AND o.state IN ({HOLDING}) AND (o.state <> 'unknown' OR o.since > :unknown_since)
    )
"""
CANDIDATES = f"""
    SELECT c.job FROM jobs c INDEXED BY jobs_by_turn WHERE c.state = 'queued' AND c.due <= :now AND NOT ({IS_HELD})
    ORDER BY c.priority DESC, c.due, c.id LIMIT {LOOKED_AT}
"""


class SqliteJobStore:
    """The jobs of one state directory; see JobStore for what each method does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._explained():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.exists():
                path.touch(mode=0o600)  # names and numbers; SQLite's own files beside it inherit the mode
            self._database = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        try:
            self._prepare()
        except BaseException:
            self._database.close()
            raise

    def add(self, jobs: Sequence[Job]) -> None:
        with self._explained(), tidying(self._database), transaction(self._database):
            changed = self._next_change()
            for number, job in enumerate(jobs):
                try:
                    self._database.execute(
                        "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        _row(job, changed + number),
                    )
                except sqlite3.IntegrityError:
                    raise JobError(
                        f"There is a job {job.id} already. Nothing was added; try again."
                    ) from None

    def get(self, job_id: str) -> Job | None:
        with self._explained():
            row = self._database.execute("SELECT job FROM jobs WHERE id = ?", (job_id,)).fetchone()
            return None if row is None else decode(row[0])

    def list(self, wanted: JobFilter) -> list[Job]:
        wheres, values = ["id > ?"], [wanted.after]
        for column in ("batch", "language", "number"):
            if value := getattr(wanted, column):
                wheres.append(f"{column} = ?")
                values.append(value)
        if wanted.states:
            wheres.append(f"state IN ({', '.join('?' * len(wanted.states))})")
            values += wanted.states
        query = f"SELECT job FROM jobs WHERE {' AND '.join(wheres)} ORDER BY id LIMIT {int(wanted.limit)}"
        with self._explained():
            return decoded(row[0] for row in self._database.execute(query, values))

    def counts(self, batch: str = "") -> dict[State, int]:
        query = "SELECT state, COUNT(*) FROM jobs WHERE ?1 IN ('', batch) GROUP BY state"
        with self._explained():
            return dict(self._database.execute(query, (batch,)).fetchall())

    def claim(self, now: datetime, engine: str) -> Job | None:
        moments = {"now": _iso(now), "unknown_since": _iso(now - LONGEST_CALL)}
        while True:
            # a reservation that a power cut undoes is a job that is in the queue again, and that becomes of it anyway
            # when whoever held it is gone; the next to_dialing has it on the disk too
            with self._explained(), unhurried(self._database), transaction(self._database):
                rows = self._database.execute(CANDIDATES, moments).fetchall()
                if not rows:
                    return None
                for (text,) in rows:
                    job = self._tried(decode(text), now, engine)
                    if job is not None:
                        return job

    def to_dialing(self, job: Job, attempt: int, now: datetime) -> Job:
        with self._explained(), transaction(self._database):
            old = self._read(job.id)
            check_dialing(old, job, attempt)
            dialing = after(job, Dialing(attempt), now)
            if isinstance(dialing, Refusal):
                raise StaleJob(dialing.reason)
            try:
                self._database.execute(
                    "INSERT INTO dialings VALUES (?, ?, ?, ?)", (job.id, attempt, job.number, _iso(now))
                )
            except sqlite3.IntegrityError:
                raise StaleJob(f"Attempt {attempt} of job {job.id} was dialled already.") from None
            return self._write(dialing)

    def update(self, job: Job) -> Job:
        with self._explained(), tidying(self._database), transaction(self._database):
            old = self._read(job.id)
            if old is None:
                raise StaleJob(f"There is no job {job.id} in {self.path}.")
            check_update(old, job)
            return self._write(job)

    def warm(self) -> None:
        warm(self._database)

    def watch(self) -> SqliteWatch:
        with self._explained():
            return SqliteWatch(self.path)

    def close(self) -> None:
        self._database.close()

    def _tried(self, job: Job, now: datetime, engine: str) -> Job | None:
        """The job, reserved; or None, after it was put off, or given up, by what is known of its number."""
        moment = next_dial(job, now, self._dialled(job.number, now))
        if moment is not None and moment > now:
            self._write(msgspec.structs.replace(job, due=moment))
            return None
        changed = after(job, Expired() if moment is None else Claimed(engine), now)
        if isinstance(changed, Refusal):  # cannot be: it is queued and due
            raise JobError(changed.reason)
        written = self._write(changed)
        return written if written.state == "reserved" else None

    def _dialled(self, number: str, now: datetime) -> Sequence[datetime]:
        if not number:
            return ()
        query = "SELECT dialed_at FROM dialings WHERE number = ? AND dialed_at > ?"
        rows = self._database.execute(query, (number, _iso(now - DAY)))
        return [datetime.fromisoformat(at) for (at,) in rows]

    def _read(self, job_id: str) -> Job | None:
        row = self._database.execute("SELECT job FROM jobs WHERE id = ?", (job_id,)).fetchone()
        return None if row is None else decode(row[0])

    def _write(self, job: Job) -> Job:
        """The job with its next revision, on its way to the disk; inside of a transaction alone."""
        job = msgspec.structs.replace(job, revision=job.revision + 1)
        self._database.execute(
            "REPLACE INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _row(job, self._next_change())
        )
        return job

    def _next_change(self) -> int:
        [last] = self._database.execute("SELECT IFNULL(MAX(changed), 0) FROM jobs").fetchone()
        return int(last) + 1

    def _prepare(self) -> None:
        with self._explained():
            careful(self._database)
            if self._version() == 0:
                with transaction(self._database):
                    if self._version() == 0:  # nobody else was faster
                        for statement in SCHEMA.split(";\n"):
                            self._database.execute(statement)
                        self._database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            if (version := self._version()) > SCHEMA_VERSION:
                raise StateError(
                    f"{self.path}: written by a later version of call-thing (schema {version}, this one knows "
                    f"{SCHEMA_VERSION}). Upgrade, or name another directory with --state-dir."
                )

    def _version(self) -> int:
        return int(self._database.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what SQLite and the decoder raise into a StateError with the next step."""
        try:
            yield
        except (sqlite3.Error, msgspec.MsgspecError, OSError) as error:
            raise StateError(f"{self.path}: {explanation(error, self.path, 'the jobs')}") from error


def _row(job: Job, changed: int) -> tuple[object, ...]:
    since = job.history[-1].at if job.history else job.created_at
    return (
        job.id, job.state, _iso(job.due), job.priority, job.number, job.batch, job.task.language, _iso(since),
        job.revision, changed, encode(job).decode(),
    )  # fmt: skip


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
