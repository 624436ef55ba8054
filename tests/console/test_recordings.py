"""The list of recorded calls, and the journals behind it, whole, cut and damaged."""

import json
import time
from pathlib import Path

import pytest

from console.link.recordings import recordings
from console.link.replay import ReplayLink
from console.link.tape import read_tape
from console.state.store import Store
from engine.errors import CallRefused, StateError
from engine.protocol import CallClosed, HangUp, Voice
from tests.console.journals import sample_journal
from tests.fakes.taken_over_call import END_MS, RESTAURANT, numbered, operated


def test_calls_are_listed_newest_first_with_what_they_came_to(tmp_path):
    sample_journal(tmp_path, "20260511-184012-77-1", sound=True)
    sample_journal(tmp_path, "20260512-090000-77-2", until_ms=20_000)
    newest, oldest = recordings(tmp_path)
    assert (newest.outcome, newest.seconds, newest.sound, newest.marks) == ("", 19.005, False, None)
    assert (oldest.restaurant, oldest.language, oldest.outcome) == (RESTAURANT, "en", "booked")
    assert (oldest.seconds, oldest.sound, oldest.marks, oldest.problem) == (47.0, True, 1, "")


def test_a_directory_without_journals_is_an_empty_list(tmp_path):
    assert list(recordings(tmp_path / "nothing")) == []


def test_a_place_that_is_no_directory_is_told(tmp_path):
    (tmp_path / "journals").write_text("")
    with pytest.raises(StateError, match="cannot be listed"):
        list(recordings(tmp_path / "journals"))


def test_damaged_journals_are_rows_that_say_what_is_wrong(tmp_path):
    (tmp_path / "20260101-000000-1-1").mkdir()
    garbage = tmp_path / "20260102-000000-1-1"
    garbage.mkdir()
    (garbage / "events.jsonl").write_bytes(b"\x00\xff\n{]\n")
    halved = sample_journal(tmp_path, "20260103-000000-1-1")
    (halved / "summary.json").write_text('{"outcome": "boo')
    problems = [row.problem for row in recordings(tmp_path)]
    assert problems[0] == "summary.json is damaged; the call itself can be replayed"
    assert "does not begin as a journal" in problems[1]
    assert "No such file" in problems[2]


def test_hundreds_of_journals_are_listed_without_reading_them(tmp_path):
    big = sample_journal(tmp_path, "20260103-000000-1-1")
    with (big / "events.jsonl").open("ab") as file:
        file.write(b"x" * 20_000_000)
    for number in range(2, 300):
        sample_journal(tmp_path, f"20260103-000000-1-{number}", until_ms=500, summary=True)
    began = time.perf_counter()
    assert len(list(recordings(tmp_path))) == 299
    assert time.perf_counter() - began < 1.5


def test_a_replay_ends_where_the_live_call_ended(tmp_path):
    link = ReplayLink(read_tape(sample_journal(tmp_path)), lambda: 0)
    link.playhead.go_to(link.tape.length_us)
    link.bring()
    live = Store()
    start_us = link.tape.clock_us
    for head, message in numbered(7, operated(start_us), start_us):
        live.apply(head, message)
    was, now = live.calls[7], link.store.calls[7]
    assert now.outcome == was.outcome == "booked"
    assert list(now.conversation.entries) == list(was.conversation.entries)
    assert now.tools == was.tools and now.changes == was.changes and now.decisions == was.decisions
    assert now.reservation == was.reservation and now.seconds(0) == was.seconds(0)
    assert link.store.alerts == live.alerts
    assert link.store.link == "recording"


def test_every_step_shows_the_same_forwards_and_back(tmp_path):
    link = ReplayLink(read_tape(sample_journal(tmp_path)), lambda: 0)

    def picture() -> object:
        link.bring()
        call = link.store.calls.get(7)
        return link.playhead.applied, call and [str(entry) for entry in call.conversation.entries]

    forwards = [picture()]
    while link.playhead.next_stop():
        forwards.append(picture())
    assert len(forwards) == link.playhead.stops + 1 > 40
    back = [picture()]
    while link.playhead.previous_stop():
        back.append(picture())
    assert back[::-1] == forwards


def test_deadlines_and_marks_are_told_in_the_recordings_own_time(tmp_path):
    tape = read_tape(sample_journal(tmp_path))
    assert [(mark.at_us, mark.by, mark.note) for mark in tape.marks] == [
        (11_800_000, "anna", "check the spelling")
    ]
    link = ReplayLink(tape, lambda: 0)
    assert link.go_to("0:20") == ""
    link.bring()
    (alert,) = link.store.open_alerts()
    assert alert.left_us(link.store.now_us) == 19_000_000
    assert link.view().position_us == 20_000_000 and link.view().began == tape.began


def test_levels_are_those_of_the_moment_and_go_when_it_has_passed(tmp_path):
    link = ReplayLink(read_tape(sample_journal(tmp_path, voices=True)), lambda: 0)
    link.playhead.go_to(2_000_000)
    link.bring()
    call = link.store.calls[7]
    assert call.meter("far", link.store.now_us) is not None
    applied = [m for _, m in link.tape.events[: link.playhead.applied] if isinstance(m, Voice)]
    assert len(applied) > 100


def test_time_is_taken_from_the_watchers_clock(tmp_path):
    clock = [5_000_000]
    link = ReplayLink(read_tape(sample_journal(tmp_path)), lambda: clock[0])
    link.toggle()
    clock[0] += 12_500_000
    link.drain()
    assert link.playhead.position_us == 12_500_000 and link.store.calls[7].seconds(link.store.now_us) == 12
    link.toggle()
    clock[0] += 9_000_000
    link.drain()
    assert link.playhead.position_us == 12_500_000


def test_a_journal_that_was_cut_is_played_to_where_it_was_cut(tmp_path):
    folder = sample_journal(tmp_path)
    events = folder / "events.jsonl"
    raw = events.read_bytes()
    events.write_bytes(raw[: len(raw) // 2])
    tape = read_tape(folder)
    assert not tape.finished and tape.unreadable == 1 and 0 < tape.length_us < END_MS * 1000


def test_unknown_kinds_and_garbage_are_left_out_and_counted(tmp_path):
    folder = sample_journal(tmp_path)
    lines = (folder / "events.jsonl").read_bytes().splitlines()
    lines[5:5] = [
        b'{"n":1,"us":1,"kind":"FromTheFuture","flags":0,"data":{}}',
        b"\xff\xfe not json",
        b'{"n":1,"us":1,"kind":"Spoken","flags":0,"data":{"utterance":"x"}}',
        b"[]",
        b'{"n":1,"us":"soon","kind":"CallClosed","flags":0,"data":{"outcome":"booked"}}',
    ]
    (folder / "events.jsonl").write_bytes(b"\n".join(lines))
    tape = read_tape(folder)
    assert tape.unreadable == 5 and tape.finished and tape.length_us == END_MS * 1000


def test_a_journal_of_nothing_readable_is_refused_with_the_reason(tmp_path):
    folder = tmp_path / "20260101-000000-1-1"
    folder.mkdir()
    with pytest.raises(StateError, match="no journal can be read"):
        read_tape(folder)
    (folder / "events.jsonl").write_bytes(b"\x00\n\x00\n")
    with pytest.raises(StateError, match="nothing in its journal"):
        read_tape(folder)


def test_a_call_longer_than_the_clock_can_tell_apart_goes_on(tmp_path):
    folder = sample_journal(tmp_path, until_ms=2_000)
    lines = (folder / "events.jsonl").read_bytes().splitlines()
    for minutes in range(10, 61, 10):
        us = (minutes * 60_000_000 + (1 << 31)) % (1 << 32) - (1 << 31)  # as elapsed_us tells it
        event = {"n": 1, "us": us, "kind": "BargeIn", "flags": 0, "data": {"action": "duck", "at_ms": 1}}
        lines.append(json.dumps(event).encode())
    (folder / "events.jsonl").write_bytes(b"\n".join(lines))
    assert read_tape(folder).length_us == 3_600_000_000


def test_going_back_in_a_long_call_is_instant(tmp_path):
    """Ten minutes with all meters: 37,500 levels, and partials and sentences as they come in a busy call."""
    tape = read_tape(sample_journal(tmp_path, voices=True))
    round_us = tape.length_us + 1_000_000
    events, times = list(tape.events), list(tape.times_us)
    for lap in range(1, 13):
        for (head, message), at_us in zip(events, times, strict=True):
            if isinstance(message, CallClosed):
                continue
            tape.events.append((head._replace(time_us=(head.time_us + lap * round_us) % (1 << 32)), message))
            tape.times_us.append(at_us + lap * round_us)
            if not isinstance(message, Voice):
                tape.stops.append(len(tape.events) - 1)
    link = ReplayLink(tape, lambda: 0)
    link.playhead.go_to(tape.length_us)
    link.bring()
    began = time.perf_counter()
    for _ in range(10):
        assert link.playhead.previous_stop()
        link.bring()
    assert link.rebuilds == 10
    assert (time.perf_counter() - began) / 10 < 0.1


async def test_nothing_can_be_asked_of_a_recording(tmp_path):
    link = ReplayLink(read_tape(sample_journal(tmp_path)), lambda: 0)
    with pytest.raises(CallRefused, match="This is a recording"):
        await link.request(HangUp(), 7)
    link.send(HangUp())
    await link.watch()
    link.close()
    assert link.store.readonly


def test_the_number_is_that_of_the_call_in_its_engine(tmp_path):
    assert read_tape(sample_journal(tmp_path, "20260511-184012-77-12")).number == 12
    old = sample_journal(tmp_path, "20260511-184012-en-accepts-1-31832")
    assert read_tape(Path(old)).number == 1
