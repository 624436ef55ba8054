"""What is particular to jobs in SQLite: the file, its indexes, what waits for the disk, what is said of a bad file."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import pytest

from engine.errors import StateError
from engine.jobs.job import Job
from engine.jobs.lifecycle import Cancel, Ended, after
from engine.jobs.sqlite_disk import LOG_PAGES, PAGE_BYTES
from engine.jobs.sqlite_store import CANDIDATES, SqliteJobStore
from engine.jobs.store import JobFilter
from tests.fakes.jobs import NOON, a_job, became


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "jobs.db"


def test_the_file_is_the_owners_alone_and_its_folder_is_made(path: Path):
    SqliteJobStore(path).close()
    assert path.stat().st_mode & 0o077 == 0 and path.parent.stat().st_mode & 0o077 == 0


def test_a_claim_looks_into_indexes_alone_however_many_jobs_there_are(path: Path):
    store = SqliteJobStore(path)
    store.add([a_job()])
    store.close()
    database = sqlite3.connect(path)
    moments = {"now": "2026", "unknown_since": "2026"}
    plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {CANDIDATES}", moments)]
    database.close()
    steps = [step for step in plan if step.startswith(("SEARCH", "SCAN", "USE TEMP"))]
    assert [step.split()[0] for step in steps] == ["SEARCH", "SEARCH"], plan
    assert "jobs_by_turn (state=?)" in steps[0]
    assert "jobs_by_number (number=? AND state=?)" in steps[1]


def test_a_dialling_waits_for_the_disk_also_after_a_claim_that_did_not(path: Path):
    store = SqliteJobStore(path)
    store.add([a_job()])
    said: list[str] = []
    store._database.set_trace_callback(said.append)
    job = store.claim(NOON, "one")
    assert job is not None
    store.to_dialing(job, 1, NOON)
    modes = [
        text for text in said if "synchronous" in text or text.startswith(("INSERT INTO dialings", "COMMIT"))
    ]
    assert modes[0].endswith("NORMAL") and modes[1].startswith("COMMIT") and modes[2].endswith("FULL")
    assert modes[3].startswith("INSERT INTO dialings") and modes[4].startswith("COMMIT")
    assert store._database.execute("PRAGMA synchronous").fetchone() == (2,)
    store.close()


def test_the_disk_is_waited_for_again_when_a_claim_has_failed(path: Path):
    store = SqliteJobStore(path)
    other = sqlite3.connect(path, isolation_level=None)
    store._database.execute("PRAGMA busy_timeout = 10")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StateError, match="another process has held the jobs"):
        store.claim(NOON, "one")
    other.close()
    assert store._database.execute("PRAGMA synchronous").fetchone() == (2,)
    store.close()


def log_of(path: Path) -> int:
    """Bytes of the log."""
    return path.with_name(f"{path.name}-wal").stat().st_size


def test_a_store_that_was_warmed_has_room_for_its_log_and_holds_no_more_than_before(path: Path):
    store = SqliteJobStore(path)
    store.add([a_job(1)])
    watch = store.watch()
    assert watch.next(0.0) == [a_job(1)]
    store.warm()
    length = log_of(path)
    assert length > LOG_PAGES * PAGE_BYTES
    assert watch.next(0.0) == [] and store.list(JobFilter()) == [a_job(1)]
    watch.close()
    store.add([a_job(2)])
    store.close()
    again = SqliteJobStore(path)
    assert again.list(JobFilter()) == [a_job(1), a_job(2)]
    tables = again._database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    assert {name for (name,) in tables} == {"jobs", "dialings"}
    again.close()


def test_a_store_that_cannot_be_warmed_is_used_as_it_is(path: Path):
    store = SqliteJobStore(path)
    other = sqlite3.connect(path, isolation_level=None)
    store._database.execute("PRAGMA busy_timeout = 10")
    other.execute("BEGIN IMMEDIATE")
    store.warm()
    other.close()
    store.add([a_job()])
    assert store.list(JobFilter()) == [a_job()]
    store.close()


def test_the_log_is_never_brought_in_while_a_call_is_placed_and_never_grows_beyond_its_room(path: Path):
    store = SqliteJobStore(path)
    store.warm()
    length = log_of(path)
    brought_in = []

    def pages_brought_in() -> int:
        """Of the whole log, as SQLite's own index of it says beside it."""
        index = path.with_name(f"{path.name}-shm").read_bytes()
        return int.from_bytes(index[96:100], sys.byteorder)  # nBackfill, see SQLite's "WAL-Index Header"

    for count in range(80):
        store.add([a_job(count)])
        before = pages_brought_in()
        job = store.claim(NOON, "one")
        assert job is not None
        dialing = store.to_dialing(job, 1, NOON)
        assert pages_brought_in() in (before, 0), "0: it begins anew"
        ended = after(dialing, Ended(1, "booked", "booked"), NOON)
        assert isinstance(ended, Job)
        store.update(ended)
        brought_in.append(pages_brought_in())
    assert max(brought_in) >= LOG_PAGES and log_of(path) == length
    store.close()


def test_jobs_of_a_later_version_are_left_alone(path: Path):
    SqliteJobStore(path).close()
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.commit()
    database.close()
    with pytest.raises(StateError, match="later version"):
        SqliteJobStore(path)


def test_a_file_that_is_none_and_a_folder_that_cannot_be_used_are_named(path: Path):
    path.parent.mkdir()
    path.write_text("these are no jobs, and there are more than a hundred bytes of them. " * 5)
    with pytest.raises(StateError, match=r"jobs\.db: the jobs are damaged"):
        SqliteJobStore(path)
    with pytest.raises(StateError, match="cannot be opened"):
        SqliteJobStore(path / "under" / "jobs.db")


def test_a_watch_hears_of_a_change_by_this_very_process(path: Path):
    store = SqliteJobStore(path)
    watch = store.watch()
    assert watch.next(0.0) == []
    store.add([a_job()])
    assert watch.next(1.0) == [a_job()]
    store.update(became(a_job(), Cancel()))
    [job] = watch.next(1.0)
    assert job.state == "cancelled" and store.list(JobFilter()) == [job]
    watch.close()
    store.close()
