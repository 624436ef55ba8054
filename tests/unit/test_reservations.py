"""Reservations survive what happens to databases: locks, full disks, damage, crashes, other processes."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import msgspec
import pytest

from engine.errors import StateError
from engine.protocol import Reservation, Task
from engine.stores.explained import explanation
from engine.stores.reservations import ReservationStore

TASK = Task(
    restaurant="Zur Linde", today="2026-03-02", date="2026-03-06", time="19:00", party_size=4, name="Mason"
)
OPEN = Reservation()
BOOKED = Reservation(
    status="booked",
    date="2026-03-06",
    time="19:30",
    party_size=4,
    name="Mason",
    confirmed_by={"time": "half past"},
)


@pytest.fixture
def store(tmp_path: Path):
    store = ReservationStore(tmp_path / "reservations.db")
    yield store
    store.close()


def test_record_comes_back_as_it_was_saved(store: ReservationStore):
    store.save("c1", TASK, BOOKED, "book", "half past seven is fine")
    store.finish("c1", TASK, "booked", "/j/c1")
    record = store.get("c1")
    assert record is not None
    assert (record.task, record.reservation) == (TASK, BOOKED)
    assert (record.outcome, record.journal) == ("booked", "/j/c1")


def test_every_change_is_kept_with_its_source_and_words(store: ReservationStore):
    store.save("c1", TASK, OPEN, "start")
    store.save("c1", TASK, BOOKED, "book", "half past seven is fine")
    later = msgspec.structs.replace(BOOKED, time="20:00")
    store.save("c1", TASK, later, "operator", "sorry, eight")
    record = store.get("c1")
    assert record is not None
    assert [(c.number, c.source, c.words, c.reservation) for c in record.changes] == [
        (1, "start", "", OPEN),
        (2, "book", "half past seven is fine", BOOKED),
        (3, "operator", "sorry, eight", later),
    ]
    assert record.reservation == later


def test_saving_the_same_reservation_again_adds_no_change(store: ReservationStore):
    store.save("c1", TASK, BOOKED, "book", "fine")
    store.save("c1", TASK, BOOKED, "book", "fine, then")
    record = store.get("c1")
    assert record is not None
    assert [c.words for c in record.changes] == ["fine"]


def test_call_in_which_nothing_was_said_has_an_outcome_too(store: ReservationStore):
    store.finish("c1", TASK, "no_answer", "/j/c1")
    record = store.get("c1")
    assert record is not None
    assert (record.reservation, record.outcome, record.changes) == (OPEN, "no_answer", ())


def test_correction_after_the_end_keeps_the_outcome(store: ReservationStore):
    store.finish("c1", TASK, "booked", "/j/c1")
    store.save("c1", TASK, BOOKED, "operator")
    record = store.get("c1")
    assert record is not None
    assert (record.reservation, record.outcome, record.journal) == (BOOKED, "booked", "/j/c1")


def test_listing_has_the_latest_call_first(store: ReservationStore):
    for call_id in ("c1", "c2", "c3"):
        store.save(call_id, TASK, OPEN, "start")
    store.save("c1", TASK, BOOKED, "book")
    assert [record.call_id for record in store.listing()] == ["c3", "c2", "c1"]


def test_no_other_account_may_read_names_and_numbers(store: ReservationStore):
    store.save("c1", TASK, BOOKED, "book")
    assert {file.stat().st_mode & 0o077 for file in store.path.parent.iterdir()} == {0}


def test_unknown_call_is_none(store: ReservationStore):
    assert store.get("nobody") is None
    assert store.listing() == []


def test_names_with_quotes_and_umlauts_stay_whole(store: ReservationStore):
    task = msgspec.structs.replace(TASK, name="O'Brien; DROP TABLE calls;--", restaurant="Grüner Öchsle 🍷")
    store.save("c'1", task, OPEN, "start", words='"ja"')
    record = store.get("c'1")
    assert record is not None and record.task == task


def test_records_are_there_for_the_next_engine(tmp_path: Path):
    store = ReservationStore(tmp_path / "r.db")
    store.save("c1", TASK, BOOKED, "book")
    store.close()
    store = ReservationStore(tmp_path / "r.db")
    assert [record.call_id for record in store.listing()] == ["c1"]
    store.close()


def run(code: str, *arguments: str, **options) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *arguments], stdout=subprocess.PIPE, **options
    )


def test_lock_of_another_process_is_named_after_the_wait(store: ReservationStore, monkeypatch):
    store.save("c1", TASK, OPEN, "start")
    store._database.execute("PRAGMA busy_timeout = 100")
    locker = run(
        """
        import sqlite3, sys
        database = sqlite3.connect(sys.argv[1], isolation_level=None)
        database.execute("BEGIN IMMEDIATE")
        print(flush=True)
        sys.stdin.read()
        """,
        str(store.path),
        stdin=subprocess.PIPE,
    )
    try:
        assert locker.stdout is not None
        locker.stdout.readline()
        with pytest.raises(StateError, match="another process has held the reservations") as refused:
            store.save("c1", TASK, BOOKED, "book")
        assert str(store.path) in str(refused.value)
        record = store.get("c1")  # reading goes on
        assert record is not None and record.reservation == OPEN
    finally:
        locker.communicate()
    store.save("c1", TASK, BOOKED, "book")  # and so does writing, once the lock is gone


def test_locked_database_is_waited_for_two_seconds(store: ReservationStore):
    locker = sqlite3.connect(store.path, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    with pytest.raises(StateError):
        store.save("c1", TASK, OPEN, "start")
    assert 1.9 < time.monotonic() - started < 10
    locker.close()


def test_killed_writer_leaves_all_or_nothing(tmp_path: Path):
    writer = run(
        """
        import sys
        from pathlib import Path
        from engine.protocol import Reservation, Task
        from engine.stores.reservations import ReservationStore
        store = ReservationStore(Path(sys.argv[1]))
        task = Task(restaurant="r", today="", date="", time="", party_size=1, name="n")
        print(flush=True)
        for n in range(1_000_000):
            store.save("c1", task, Reservation(party_size=n), "book", str(n))
        """,
        str(tmp_path / "r.db"),
    )
    assert writer.stdout is not None
    writer.stdout.readline()
    time.sleep(0.15)  # somewhere in the middle of many transactions
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    store = ReservationStore(tmp_path / "r.db")
    record = store.get("c1")
    assert record is not None
    assert record.reservation == record.changes[-1].reservation  # row and history are of one transaction
    assert [c.number for c in record.changes] == list(range(1, len(record.changes) + 1))
    store.close()


def test_file_that_is_no_database_is_reported_and_left_alone(tmp_path: Path):
    path = tmp_path / "r.db"
    path.write_bytes(b"my shopping list, not a database\n" * 100)
    before = path.read_bytes()
    with pytest.raises(StateError, match="damaged") as refused:
        ReservationStore(path)
    assert "Move the file away" in str(refused.value)
    assert path.read_bytes() == before


def test_damaged_page_is_reported(tmp_path: Path):
    path = tmp_path / "r.db"
    store = ReservationStore(path)
    for n in range(200):
        store.save(f"c{n}", TASK, BOOKED, "book", "words " * 20)
    store.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(8 * 4096))
    with pytest.raises(StateError, match="damaged"):  # noqa: PT012 - on opening or on reading, both will do
        store = ReservationStore(path)
        store.listing()


def test_garbage_in_a_row_is_reported(store: ReservationStore):
    store.save("c1", TASK, OPEN, "start")
    store._database.execute("UPDATE calls SET task = '{'")
    with pytest.raises(StateError, match="cannot be used"):
        store.get("c1")


def test_database_of_a_later_version_is_refused(tmp_path: Path):
    store = ReservationStore(tmp_path / "r.db")
    store._database.execute("PRAGMA user_version = 99")
    store.close()
    with pytest.raises(StateError, match="later version"):
        ReservationStore(tmp_path / "r.db")


def test_missing_directory_is_reported(tmp_path: Path):
    with pytest.raises(StateError, match="cannot be opened for writing"):
        ReservationStore(tmp_path / "nowhere" / "r.db")


LIMITED = """
    import resource, signal, sys
    from pathlib import Path
    from engine.errors import StateError
    from engine.protocol import Reservation, Task
    from engine.stores.reservations import ReservationStore
    store = ReservationStore(Path(sys.argv[1]))
    task = Task(restaurant="r", today="", date="", time="", party_size=1, name="n")
    if sys.argv[2] == "limit":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    for n in range(100_000):
        try:
            store.save(f"c{n}", task, Reservation(party_size=n), "book", "words " * 300)
        except StateError as error:
            print(n, error, flush=True)
            break
    print(len(store.listing()), flush=True)  # the store lives on
"""


def check_full_disk(output: bytes, path: Path) -> None:
    told, alive = output.decode().splitlines()
    saved = int(told.split()[0])
    assert "Is the disk full?" in told, told
    assert saved > 0
    assert int(alive) == saved
    store = ReservationStore(path)
    assert len(store.listing()) == saved
    store.save("after", TASK, BOOKED, "book")
    assert store.get("after") is not None
    store.close()


def test_file_size_limit_loses_nothing_that_was_saved(tmp_path: Path):
    output, _ = run(LIMITED, str(tmp_path / "r.db"), "limit").communicate(timeout=30)
    check_full_disk(output, tmp_path / "r.db")


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("mount") is None, reason="only root can mount a small disk"
)
def test_full_disk_loses_nothing_that_was_saved(tmp_path: Path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], capture_output=True
    ).returncode:
        pytest.skip("no right to mount here")
    try:
        output, _ = run(LIMITED, str(disk / "r.db"), "").communicate(timeout=30)
        subprocess.run(["mount", "-o", "remount,size=2m", str(disk)], check=True)
        check_full_disk(output, disk / "r.db")
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")
def test_read_only_directory_is_reported(tmp_path: Path):
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if str(folder) not in ("/", "/tmp"):
            folder.chmod(0o755)
    output, _ = run(
        """
        import os, sys
        from pathlib import Path
        from engine.errors import StateError
        from engine.stores.reservations import ReservationStore
        os.setgroups([]); os.setgid(65534); os.setuid(65534)
        try:
            ReservationStore(Path(sys.argv[1]))
        except StateError as error:
            print(error)
        """,
        str(tmp_path / "r.db"),
    ).communicate(timeout=20)
    assert b"cannot be opened for writing" in output
    assert b"--state-dir" in output


def test_reader_of_another_process_sees_what_was_saved(store: ReservationStore):
    store.save("c1", TASK, BOOKED, "book", "fine")
    reader = sqlite3.connect(f"file:{store.path}?mode=ro", uri=True)
    assert reader.execute("SELECT source, words FROM changes").fetchall() == [("book", "fine")]
    reader.close()


def test_explanation_names_the_codes_next_step():
    plain = explanation(sqlite3.OperationalError("strange"), Path("r.db"))
    assert "strange" in plain and "Move the file away" in plain
