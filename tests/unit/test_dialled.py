"""What was dialled is on the disk before anything is sent, and counts for a day."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.dialling import let_out
from engine.errors import CallRefused, StateError
from engine.lines.sip_address import SipAddress
from engine.protocol import Task
from engine.settings import DialSettings
from engine.stores import dialled
from engine.stores.dialled import DialledStore
from engine.stores.reservations import ReservationStore

NOON = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)
NUMBER = SipAddress("+49301234567", "sip.example.net")
TASK = Task(
    restaurant="Zur Linde", today="2026-03-02", date="2026-03-06", time="19:00", party_size=4, name="Mason"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reservations.db"


def rows(path: Path) -> list[tuple[str, ...]]:
    database = sqlite3.connect(path)
    try:
        return database.execute("SELECT * FROM dialled").fetchall()
    finally:
        database.close()


def test_attempts_of_the_last_24_hours_count(path: Path):
    store = DialledStore(path)
    for hours in (0, 1, 23, 24, 48):
        store.add("+49301234567", NOON - timedelta(hours=hours))
    store.add("+49309999999", NOON)
    assert store.within_a_day("+49301234567", NOON) == 3
    assert store.within_a_day("+49308888888", NOON) == 0
    store.close()
    assert path.stat().st_mode & 0o077 == 0


def test_a_clock_that_was_set_back_makes_nobody_be_called_more_often(path: Path):
    store = DialledStore(path)
    store.add("a@b", NOON)
    assert store.within_a_day("a@b", NOON - timedelta(days=30)) == 1
    store.close()


def test_an_attempt_is_written_when_the_guard_lets_it_out_and_only_then(path: Path):
    rules = DialSettings(calls_per_day=2)
    for _ in range(2):
        let_out(NUMBER, NOON, rules, path)
    assert rows(path) == [("2026-06-03T12:00:00.000+00:00", "+49301234567")] * 2
    with pytest.raises(CallRefused, match="2 times within 24 hours"):
        let_out(NUMBER, NOON, rules, path)
    with pytest.raises(CallRefused, match="emergency"):
        let_out(SipAddress("112", "example.org"), NOON, rules, path)
    assert len(rows(path)) == 2
    let_out(NUMBER, NOON + timedelta(hours=25), rules, path)


def test_reservations_live_in_the_same_database_whoever_came_first(tmp_path: Path):
    for order in ("dialled first", "reservations first"):
        path = tmp_path / f"{order}.db"
        if order == "dialled first":
            let_out(NUMBER, NOON, DialSettings(), path)
        store = ReservationStore(path)
        store.finish("c1", TASK, "no_answer", "/j")
        let_out(NUMBER, NOON, DialSettings(), path)
        assert store.get("c1") is not None
        store.close()
        again = ReservationStore(path)
        assert len(again.listing()) == 1
        again.close()


def test_a_locked_database_refuses_the_call(path: Path, monkeypatch):
    monkeypatch.setattr(dialled, "BUSY_TIMEOUT_S", 0.1)
    let_out(NUMBER, NOON, DialSettings(), path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StateError, match=r"reservations\.db: another process has held"):
        let_out(NUMBER, NOON, DialSettings(), path)
    holder.close()
    assert len(rows(path)) == 1


def test_a_full_disk_refuses_the_call(path: Path):
    store = DialledStore(path)
    store._database.execute("PRAGMA max_page_count = 1")
    with pytest.raises(StateError, match="Is the disk full"):
        store.add("+49301234567" * 10_000, NOON)
    store.close()


def test_a_file_that_is_no_database_refuses_the_call(path: Path):
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StateError, match="damaged"):
        let_out(NUMBER, NOON, DialSettings(), path)


def test_a_directory_that_cannot_be_written_refuses_the_call(tmp_path: Path):
    with pytest.raises(StateError, match="cannot be opened"):
        let_out(NUMBER, NOON, DialSettings(), tmp_path / "none" / "reservations.db")


def test_it_may_be_used_from_any_thread(path: Path):
    threads = [
        threading.Thread(target=let_out, args=(NUMBER, NOON, DialSettings(calls_per_day=9), path))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows(path)) == 4


def test_two_engines_never_let_out_the_last_call_of_the_day_both(path: Path):
    rules, verdicts = DialSettings(calls_per_day=1), []

    def other_engine() -> None:
        try:
            let_out(NUMBER, NOON, rules, path)
            verdicts.append("dialled")
        except CallRefused:
            verdicts.append("refused")

    ours = DialledStore(path)
    engine = threading.Thread(target=other_engine)
    with ours.alone():
        engine.start()
        engine.join(0.2)  # it counts only when we have said what we do
        assert verdicts == []
        ours.add("+49301234567", NOON)
    engine.join(5)
    ours.close()
    assert verdicts == ["refused"] and len(rows(path)) == 1


def test_what_is_given_up_in_between_was_not_dialled(path: Path):
    store = DialledStore(path)
    with suppress(RuntimeError), store.alone():
        store.add("+49301234567", NOON)
        raise RuntimeError
    assert store.within_a_day("+49301234567", NOON) == 0
    store.close()
