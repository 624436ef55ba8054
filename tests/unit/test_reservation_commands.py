"""`call-thing reservations`: what came of the calls, for people, programs and calendars; old files are upgraded."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from engine.__main__ import app
from engine.errors import SettingsError, StateError
from engine.protocol import Reservation, Task
from engine.reservation_commands import told
from engine.reservation_export import as_csv, as_icalendar
from engine.stores.reservations import SCHEMA_VERSION, ReservationStore

FIRST_VERSION = Path(__file__).with_name("reservations_v1.sql")
TASK = Task(restaurant="Zur Linde", language="de", today="2026-03-02", date="2026-03-06", time="19:00", party_size=4,
            name="Mason", accept_until="20:00", accept_dates=("2026-03-07",))  # fmt: skip
BOOKED = Reservation(status="booked", date="2026-03-06", time="19:30", party_size=4, name="Mason", reference="K7",
                     confirmed_by={"time": "halb acht geht"}, confirmed_turn=3)  # fmt: skip


@pytest.fixture
def state(tmp_path: Path) -> Path:
    store = ReservationStore(tmp_path / "reservations.db")
    store.save("20260302-100000-1", TASK, BOOKED, "book", "ja, ist notiert")
    store.save(
        "20260302-100000-1", TASK, msgspec.structs.replace(BOOKED, time="20:00"), "operator", "acht Uhr"
    )
    store.finish("20260302-100000-1", TASK, "booked", "/j/1")
    english = msgspec.structs.replace(TASK, language="en", restaurant="The Oak")
    store.save("20260302-110000-2", english, Reservation(status="declined"), "end of call")
    store.close()
    return tmp_path


def run(*arguments: str):
    return CliRunner().invoke(app, ["reservations", *arguments], env={"COLUMNS": "200"})


def test_the_list_has_the_latest_call_first(state):
    result = run("list", "--state-dir", str(state))
    titles, first, second = result.stdout.splitlines()
    assert titles.split()[:4] == ["call", "status", "date", "time"]
    assert "declined" in first and "The Oak" in first
    assert all(part in second for part in ("booked", "2026-03-06", "20:00", "4", "Zur Linde"))


@pytest.mark.parametrize(
    ("filters", "calls"),
    [
        ([], 2),
        (["--status", "booked"], 1),
        (["--language", "en"], 1),
        (["--since", "2000-01-01"], 2),
        (["--since", "2999-01-01"], 0),
        (["--status", "booked", "--language", "en"], 0),
    ],
)
def test_the_list_is_filtered(state, filters, calls):
    rows = json.loads(run("list", "--json", "--state-dir", str(state), *filters).stdout)
    assert len(rows) == calls


@pytest.mark.parametrize("filters", [["--status", "eaten"], ["--since", "yesterday"], ["--language", "fr"]])
def test_a_filter_that_is_none_is_explained(state, filters):
    result = run("list", "--state-dir", str(state), *filters)
    assert isinstance(result.exception, SettingsError) and filters[0] in str(result.exception)


def test_without_any_call_it_says_so_and_makes_no_file(tmp_path):
    result = run("list", "--state-dir", str(tmp_path / "none"))
    assert result.exit_code == 0 and result.stdout == ""
    assert json.loads(run("list", "--json", "--state-dir", str(tmp_path / "none")).stdout) == []
    assert isinstance(run("show", "2026", "--state-dir", str(tmp_path / "none")).exception, SettingsError)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("below", ["", "state"])
def test_a_file_in_place_of_the_state_directory_is_named(tmp_path, below):
    file = tmp_path / "file"
    file.write_text("precious")
    for command in (["list"], ["show", "2026"]):
        refused = run(*command, "--state-dir", str(file / below)).exception
        assert isinstance(refused, StateError) and f"{file}: is a file" in str(refused)
    assert file.read_text() == "precious"


def test_a_call_is_found_by_the_beginning_of_its_id(state):
    assert run("show", "20260302-10", "--state-dir", str(state)).stdout.startswith(
        "call        20260302-100000-1"
    )
    several = run("show", "20260302", "--state-dir", str(state)).exception
    assert isinstance(several, SettingsError) and "2 calls" in str(several)
    assert "list" in str(run("show", "x", "--state-dir", str(state)).exception)


def test_show_has_goal_limits_and_every_change_with_its_source_turn_and_words(state):
    store = ReservationStore(state / "reservations.db")
    record = store.get("20260302-100000-1")
    store.close()
    assert record is not None
    text = "\n".join(told(record))
    for part in (
        "book: 2026-03-06 19:00, 4 people, name Mason", "19:00 to 20:00, on 2026-03-07", "reference K7", "/j/1",
        "by agent (book), turn 3 of the journal", "by operator", 'said last: "ja, ist notiert"',
        'time 19:30: "halb acht geht"', 'said last: "acht Uhr"',
    ):  # fmt: skip
        assert part in text, part
    values = json.loads(run("show", "20260302-10", "--json", "--state-dir", str(state)).stdout)
    assert [c["made_by"] for c in values["changes"]] == ["agent", "operator"]


def test_what_they_said_does_not_steer_a_terminal(state):
    store = ReservationStore(state / "reservations.db")
    evil = msgspec.structs.replace(TASK, restaurant="\x1b[2J\x07Evil\u202e")
    store.save("evil", evil, BOOKED, "book", "\x1b]0;owned\x07 ja\r\nchange 9")
    store.close()
    for arguments in (["list"], ["show", "evil"]):
        text = run(*arguments, "--state-dir", str(state)).stdout
        assert "Evil" in text and all(line.isprintable() for line in text.splitlines())


def test_it_works_while_an_engine_writes(state):
    engine = ReservationStore(state / "reservations.db")
    try:
        engine.save("20260302-120000-3", TASK, BOOKED, "book", "ja")
        assert len(json.loads(run("list", "--json", "--state-dir", str(state)).stdout)) == 3
        engine.save("20260302-120000-4", TASK, BOOKED, "book", "ja")
    finally:
        engine.close()


@pytest.mark.parametrize("ending", ["csv", "json", "ics"])
def test_an_export_is_for_its_owner_alone_and_replaces_nothing_unasked(state, tmp_path, ending):
    file = tmp_path / f"out.{ending}"
    assert run("export", str(file), "--state-dir", str(state)).exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600 and "Zur Linde" in file.read_text()
    assert isinstance(run("export", str(file), "--state-dir", str(state)).exception, StateError)
    assert (
        run("export", str(file), "--force", "--status", "declined", "--state-dir", str(state)).exit_code == 0
    )
    assert "Zur Linde" not in file.read_text()


def test_an_export_by_an_unknown_name_is_explained(state, tmp_path):
    assert ".csv" in str(run("export", str(tmp_path / "out.xls"), "--state-dir", str(state)).exception)


def test_a_table_has_no_cell_that_a_spreadsheet_would_compute(tmp_path):
    store = ReservationStore(tmp_path / "r.db")
    evil = msgspec.structs.replace(TASK, restaurant='=HYPERLINK("x")')
    store.save("c", evil, msgspec.structs.replace(BOOKED, reference="@SUM(1)"), "book", "ja")
    (row,) = csv.DictReader(io.StringIO(as_csv(store.listing())))
    store.close()
    assert (row["restaurant"][0], row["reference"][0]) == ("'", "'")


def test_a_calendar_has_tables_in_lines_that_every_calendar_reads(tmp_path):
    store = ReservationStore(tmp_path / "r.db")
    long = msgspec.structs.replace(TASK, restaurant="Zur schönen, alten; Linde " * 5 + "\nBEGIN:VEVENT")
    store.save("c", long, BOOKED, "book", "ja")
    store.save("d", TASK, Reservation(status="declined"), "decline", "nein")
    store.save("e", TASK, msgspec.structs.replace(BOOKED, status="cancelled"), "cancel", "gut")
    text = as_icalendar(store.listing())
    store.close()
    lines = text.split("\r\n")
    assert all(len(line.encode()) <= 75 and "\n" not in line for line in lines) and lines[-1] == ""
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 2
    whole = text.replace("\r\n ", "")
    assert "DTSTART:20260306T193000\r\nDTEND:20260306T213000" in whole and "UID:c@call-thing" in whole
    assert r"Zur schönen\, alten\; Linde" in whole and r"\nBEGIN:VEVENT" in whole
    assert whole.count("STATUS:CONFIRMED") == whole.count("STATUS:CANCELLED") == 1


def test_a_file_of_the_first_version_is_upgraded_in_place(tmp_path):
    path = tmp_path / "reservations.db"
    old = sqlite3.connect(path)
    old.executescript(FIRST_VERSION.read_text(encoding="utf-8"))
    old.close()
    store = ReservationStore(path)
    records = {record.call_id: record for record in store.listing()}
    store.save("c1", TASK, BOOKED, "book", "doch halb acht")
    again = store.get("c1")
    store.close()
    changes = [change for record in records.values() for change in record.changes]
    assert {c.source: c.made_by for c in changes} == {
        "book": "agent",
        "operator": "operator",
        "end of call": "rule",
    }
    assert (
        len(records) == 3
        and records["c1"].reservation.time == "20:00"
        and records["c3"].outcome == "no_answer"
    )
    assert again is not None and (again.changes[-1].number, again.changes[-1].turn) == (3, 3)
    new = sqlite3.connect(path)
    assert new.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    new.close()


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "reservations.db"
    old = sqlite3.connect(path)
    old.executescript(FIRST_VERSION.read_text(encoding="utf-8"))
    old.execute("ALTER TABLE changes ADD COLUMN turn")  # the upgrade's second step will fail
    old.close()
    with pytest.raises(StateError, match=r"reservations\.db"):
        ReservationStore(path)
    kept = sqlite3.connect(path)
    assert kept.execute("PRAGMA user_version").fetchone() == (1,)
    assert "made_by" not in {column[1] for column in kept.execute("PRAGMA table_info(changes)")}
    kept.close()
