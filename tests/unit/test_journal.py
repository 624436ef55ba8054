"""The record of a call: readable after any crash, whole lines or none, errors that say what to do."""

from __future__ import annotations

import json
import resource
import stat

import pytest

from engine.errors import ExitCode, StateError
from engine.journal import EVENTS, SUMMARY, JournalWriter, read
from engine.protocol import (
    CLOCK_MODULUS_US,
    EndCall,
    Flag,
    Header,
    LineState,
    Reservation,
    ReservationChanged,
    SpeechStarted,
    ToolCalled,
    Voice,
)

STARTED_US = 5 * CLOCK_MODULUS_US + 1000
EVENTS_OF_A_CALL = [
    LineState("ringing"),
    SpeechStarted(1, 20),
    Voice("far", 32, 0.9, -25.0),
    ToolCalled("book", {"date": "2025-06-06", "nested": {"a": [1, None, "ü"]}}),
    ReservationChanged(
        Reservation("booked", "2025-06-06", confirmed_by={"time": "um \n sieben\u2028"}), "book"
    ),
    EndCall("booked"),
]


def header(us: int, flags: Flag = Flag.NONE) -> Header:
    return Header(0, 1, flags, 0, (STARTED_US + us) % CLOCK_MODULUS_US)


@pytest.fixture
def writer(tmp_path):
    return JournalWriter(tmp_path / "journals" / "call-1", {"call": "call-1"}, STARTED_US)


def write_all(writer: JournalWriter) -> None:
    for number, message in enumerate(EVENTS_OF_A_CALL):
        writer.append(header(number * 1000, Flag(number)), message)


def test_what_is_written_is_read(writer):
    write_all(writer)
    assert list(read(writer.folder)) == [
        (n * 1000, Flag(n), message) for n, message in enumerate(EVENTS_OF_A_CALL)
    ]


def test_every_event_is_one_line_of_json_with_number_and_time(writer):
    write_all(writer)
    first, *events = [
        json.loads(line) for line in (writer.folder / EVENTS).read_text("utf-8").split("\n")[:-1]
    ]
    assert first["journal"] == 2
    assert first["call"] == "call-1"
    assert first["wall"].endswith("+00:00")
    assert [event["n"] for event in events] == [1, 2, 3, 4, 5, 6]
    assert all(len(event.pop("hash")) == 64 for event in events)
    assert events[1] == {
        "n": 2,
        "us": 1000,
        "kind": "SpeechStarted",
        "flags": 1,
        "data": {"turn": 1, "start_ms": 20},
    }


def test_an_event_is_on_disk_before_the_next_thing_happens(writer):
    writer.append(header(0), LineState("ringing"))
    assert len(list(read(writer.folder))) == 1  # the writer is neither closed nor flushed


def test_the_folder_is_nobody_else_s_business(writer):
    assert stat.S_IMODE(writer.folder.stat().st_mode) == 0o700


def test_a_last_line_cut_anywhere_by_a_crash_is_left_out(writer):
    write_all(writer)
    path = writer.folder / EVENTS
    whole = path.read_bytes()
    last = whole[:-1].rindex(b"\n") + 1
    for end in range(last, len(whole) - 1):
        path.write_bytes(whole[:end])
        assert len(list(read(writer.folder))) == len(EVENTS_OF_A_CALL) - 1


@pytest.mark.parametrize(
    "line",
    [
        b'{"n":9,"us":1,"kind":"FromTheFuture","flags":0,"data":{}}',
        b'{"n":9,"us":1,"kind":"SpeechStarted","flags":0,"data":{"turn":"x"}}',
        b'{"n":9,"us":1,"kind":"SpeechStarted","flags":"x","data":{"turn":1,"start_ms":0}}',
        b'{"n":9,"kind":"SpeechStarted","flags":0,"data":{"turn":1,"start_ms":0}}',
        b"null",
        b"7",
        b"[]",
        b'{"kind":[]}',
        b"\xff\xfe\x00",
        b"",
    ],
)
def test_lines_that_this_version_cannot_read_are_skipped(writer, line):
    write_all(writer)
    with (writer.folder / EVENTS).open("ab") as file:
        file.write(line + b"\n")
    writer.append(header(99_000), LineState("ended"))
    assert [message for _, _, message in read(writer.folder)] == [*EVENTS_OF_A_CALL, LineState("ended")]


def test_an_empty_journal_has_no_events(writer):
    assert list(read(writer.folder)) == []
    (writer.folder / EVENTS).write_bytes(b"")
    assert list(read(writer.folder)) == []


def test_where_there_is_no_journal_the_folder_is_named(tmp_path):
    with pytest.raises(StateError, match="nowhere"):
        list(read(tmp_path / "nowhere"))


def test_a_call_s_folder_is_never_used_twice(writer):
    with pytest.raises(StateError, match="File exists"):
        JournalWriter(writer.folder, {}, 0)


def test_a_place_that_cannot_be_written_is_told_with_what_to_do(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match=r"journal cannot be written .*--state-dir") as caught:
        JournalWriter(tmp_path / "file" / "call-1", {}, 0)
    assert caught.value.exit_code == ExitCode.STATE


@pytest.fixture
def file_size_limit():
    """Sets how large a file of this process may grow; a full disk, as far as write() can tell."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size: int | None) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft if size is None else size, hard))

    yield limit
    limit(None)


def test_a_disk_that_fills_up_is_told_and_leaves_whole_lines(writer, file_size_limit):
    write_all(writer)
    size = (writer.folder / EVENTS).stat().st_size
    file_size_limit(size + 20)  # a part of the next line would fit
    with pytest.raises(StateError, match="Make room"):
        writer.append(header(7000), EndCall("failed"))
    with pytest.raises(StateError):
        writer.append(header(7000), EndCall("failed"))
    file_size_limit(None)
    assert (writer.folder / EVENTS).stat().st_size == size
    writer.append(header(8000), LineState("ended"))
    assert [message for _, _, message in read(writer.folder)] == [*EVENTS_OF_A_CALL, LineState("ended")]


@pytest.mark.parametrize("room", [0, 20])
def test_a_journal_that_cannot_be_begun_leaves_nothing(tmp_path, file_size_limit, room):
    file_size_limit(room)
    with pytest.raises(StateError, match="Make room"):
        JournalWriter(tmp_path / "call-1", {"call": "call-1"}, STARTED_US)
    file_size_limit(None)
    assert list(tmp_path.iterdir()) == []


def test_the_summary_is_whole_or_not_there(writer, file_size_limit):
    write_all(writer)
    file_size_limit(10)
    with pytest.raises(StateError):
        writer.close({"outcome": "booked", "reason": "x" * 100})
    file_size_limit(None)
    assert not (writer.folder / SUMMARY).exists()
    assert len(list(read(writer.folder))) == len(EVENTS_OF_A_CALL)


def test_the_summary_stands_beside_the_events(writer):
    writer.close({"outcome": "booked", "reason": "für zwei"})
    summary = json.loads((writer.folder / SUMMARY).read_text("utf-8"))
    first = json.loads((writer.folder / EVENTS).read_text("utf-8"))
    assert len(summary.pop("hash")) == 64
    assert summary == {
        "outcome": "booked",
        "reason": "für zwei",
        "seconds": 0.0,
        "marks": 0,
        "events": 0,
        "chain": first["hash"],
    }
    assert sorted(path.name for path in writer.folder.iterdir()) == [EVENTS, SUMMARY]
