"""Journals of engines elsewhere: which leave when, how they arrive, and what is refused."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import msgspec
import pytest

from engine.bus import now_us
from engine.coordinator.spawners.journals_fetched import JournalsFetched
from engine.coordinator.spawners.journals_home import MARK, journals_of, packed, remove, shares, unpack
from engine.errors import StateError
from engine.journal import JournalWriter, read
from engine.protocol import CallClosed, Flag, Header, LineState
from engine.statedir import number_of
from engine.stores.reservations import ReservationStore
from tests.fakes.jobs import TASK

NOW_S = 1_800_000_000.0
BOOKED = {"status": "booked", "date": "2026-06-05", "time": "19:00", "party_size": 4}


def a_call(state: Path, engine: str = "one", number: int = 1, ended: bool = True, age_s: float = 60.0) -> str:
    """A journal in a state directory."""
    call = f"20260603-120000-{number_of(engine)}-{number}"
    about = {"call": call, "task": msgspec.to_builtins(TASK)}
    journal = JournalWriter(state / "journals" / call, about, now_us())
    header = Header(0, 1, Flag.NONE, 0, now_us() % (1 << 32))
    journal.append(header, LineState("answered"))
    if ended:
        journal.close({"outcome": "booked", "reservation": BOOKED}, (header, CallClosed("booked")))
        os.utime(state / "journals" / call / "summary.json", (NOW_S - age_s, NOW_S - age_s))
    return call


def test_calls_that_have_ended_leave_and_those_that_go_on_stay(tmp_path):
    over, _ = a_call(tmp_path), a_call(tmp_path, number=2, ended=False)
    assert journals_of(tmp_path, "one", ended=False, now_s=NOW_S) == [over]


def test_of_an_engine_that_has_ended_all_calls_leave_and_none_of_others(tmp_path):
    calls = [a_call(tmp_path), a_call(tmp_path, number=2, ended=False)]
    a_call(tmp_path, engine="two")
    assert journals_of(tmp_path, "one", ended=True, now_s=NOW_S) == calls


def test_a_recording_is_waited_for_but_not_for_ever(tmp_path):
    call = a_call(tmp_path, age_s=60)
    (tmp_path / "journals" / call / "audio.wav").write_bytes(b"RIFF")
    assert journals_of(tmp_path, "one", ended=False, now_s=NOW_S) == []
    assert journals_of(tmp_path, "one", ended=False, now_s=NOW_S + 120) == [call]


def test_a_journal_arrives_whole_with_its_reservation_and_for_its_owner_alone(tmp_path):
    there, home = tmp_path / "there", tmp_path / "home"
    call = a_call(there)
    home.mkdir()
    unpack(home, call, packed(there, call, ended=False))
    folder = home / "journals" / call
    before = {path.name: path.read_bytes() for path in (there / "journals" / call).iterdir()}
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert isinstance(list(read(folder))[-1][2], CallClosed)
    assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {"0o600"}
    assert oct(folder.stat().st_mode & 0o777) == oct(folder.parent.stat().st_mode & 0o777) == "0o700"
    store = ReservationStore(home / "reservations.db")
    record = store.get(call)
    store.close()
    assert record is not None and record.reservation.status == "booked" and record.outcome == "booked"
    assert record.journal == str(folder)


def test_a_journal_that_arrives_twice_is_there_once(tmp_path):
    there, home = tmp_path / "there", tmp_path / "home"
    call = a_call(there)
    home.mkdir()
    tar = packed(there, call, ended=False)
    (home / "journals" / f".coming-{call}").mkdir(parents=True)  # whoever fetched it before was killed
    unpack(home, call, tar)
    unpack(home, call, tar)
    assert [path.name for path in (home / "journals").iterdir()] == [call]


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", ".hidden", "a/b"])
def test_a_file_that_would_lie_elsewhere_is_refused(tmp_path, name):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    with pytest.raises(StateError, match="not unpacked"):
        unpack(tmp_path, "20260603-120000-1-1", buffer.getvalue())


def test_a_link_is_refused(tmp_path):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        link = tarfile.TarInfo("events.jsonl")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(StateError, match="not unpacked"):
        unpack(tmp_path, "20260603-120000-1-1", buffer.getvalue())


@pytest.mark.parametrize("call", ["../x", "/x", "", ".x", "a/b"])
def test_a_call_that_is_no_folder_among_the_journals_is_refused(tmp_path, call):
    for work in (lambda: unpack(tmp_path, call, b""), lambda: remove(tmp_path, call)):
        with pytest.raises(StateError, match="is no name"):
            work()


class Node:
    """A machine with a state directory, asked as the spawner asks."""

    def __init__(self, state: Path) -> None:
        self.state = state

    async def __call__(self, what: str, *arguments: object) -> object:
        match what, arguments:
            case "journals", (str(name), str(word), bool(ended)):
                return [] if shares(self.state, word) else journals_of(self.state, name, ended, NOW_S)
            case "packed", (str(call), bool(ended)):
                return packed(self.state, call, ended)
            case "remove", (str(call),):
                return remove(self.state, call)
        raise AssertionError(what)


async def fetched(home: Path, node: Node) -> None:
    fetcher = JournalsFetched(home)
    await fetcher.begin(dict)
    await fetcher.fetch("one", node, ended=True)
    await fetcher.close()


async def test_what_came_home_is_removed_where_it_came_from(tmp_path):
    there, home = tmp_path / "there", tmp_path / "home"
    call = a_call(there)
    await fetched(home, Node(there))
    assert list((there / "journals").iterdir()) == []
    assert (home / "journals" / call / "summary.json").exists()


async def test_what_the_disk_at_home_refuses_stays_where_it_is(tmp_path):
    there, home = tmp_path / "there", tmp_path / "home"
    call = a_call(there)
    home.mkdir()
    (home / "journals").write_text("a file")
    await fetched(home, Node(there))
    assert (there / "journals" / call / "summary.json").exists()


async def test_from_a_folder_that_is_home_nothing_is_carried_or_removed(tmp_path):
    call = a_call(tmp_path)
    await fetched(tmp_path, Node(tmp_path))
    assert (tmp_path / MARK).exists() and (tmp_path / "journals" / call / "summary.json").exists()
