"""One call as the supervisor keeps it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from engine.catch_up import KEPT_EVENTS
from engine.errors import StateError
from engine.journal import EVENTS, SUMMARY
from engine.lines.placing import Placement
from engine.live_call import LiveCall
from engine.protocol import (
    AgentFrame,
    AgentSilenced,
    Checkpoint,
    EndCall,
    Flag,
    Header,
    LineState,
    Reservation,
    ReservationChanged,
    Spoken,
    Task,
    ToolPending,
    Transcript,
    Voice,
)
from engine.stores.reservations import ReservationStore

TASK = Task(
    restaurant="La Luna", today="2025-06-02", date="2025-06-06", time="19:00", party_size=2, name="Anna Berg"
)
PLACED = Placement(TASK, "en/accepts", record=True)
FRAME = AgentFrame(pcm=bytes(1920))


def header(sequence: int = 0, us: int = 0) -> Header:
    return Header(0, 1, Flag.NONE, sequence, us)


@pytest.fixture
def call(tmp_path):
    return LiveCall(1, "call-1", "simulated", PLACED, tmp_path, 0)


def test_a_call_that_cannot_be_recorded_is_no_call(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="journal cannot be written"):
        LiveCall(1, "call-1", "simulated", PLACED, tmp_path / "file", 0)


@pytest.mark.parametrize("job", ["", "20260511-183901120-00a1b2"])
def test_a_journal_names_the_job_that_its_call_is_made_for_where_there_is_one(tmp_path, job):
    live = LiveCall(1, "call-1", "simulated", replace(PLACED, job=job), tmp_path, 0)
    first = json.loads((live.journal.folder / EVENTS).read_text("utf-8").splitlines()[0])
    assert first.get("job") == (job or None)


def test_the_outcome_is_in_the_summary(call, tmp_path):
    call.take(header(), ReservationChanged(Reservation("booked", "2025-06-06"), "book"))
    call.take(header(), EndCall("booked", "all agreed"))
    call.take(header(us=5), EndCall("failed"))
    call.take(header(us=9), LineState("ended", "near_end"))
    call.settle()
    assert call.describe().outcome == "booked"
    assert call.close() is None
    summary = json.loads((call.journal.folder / SUMMARY).read_text("utf-8"))
    assert (summary["outcome"], summary["reason"], summary["reservation"]["status"]) == (
        "booked",
        "all agreed",
        "booked",
    )


def test_a_recording_that_fails_does_not_take_the_summary_with_it(call, tmp_path, monkeypatch):
    def full():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(call.sound.recorder, "close", full)
    trouble = call.close()
    assert trouble is not None
    assert "No space left" in trouble.text
    assert (call.journal.folder / SUMMARY).exists()


def test_the_end_of_the_line_is_told_once_with_its_outcome(call):
    follows = call.take(header(), LineState("answered"))
    assert [state.state for state in follows] == ["listening"]
    assert call.take(header(), LineState("ended", "far_end")) == []
    for _ in range(2):
        call.settle()
        assert (call.describe().state, call.describe().outcome) == ("ended", "far_end_hung_up")


def test_the_last_checkpoint_of_each_room_is_kept(call):
    for state in (b"old", b"new"):
        assert call.take(header(), Checkpoint("agent", state)) == []
    call.take(header(), Checkpoint("vad", b"other"))
    assert call.checkpoints == {"agent": b"new", "vad": b"other"}


def test_frames_of_our_voice_that_did_not_arrive_are_counted(call):
    for sequence in (0, 1, 4, 65_535 + 1, 0, 1):  # the room was restarted at the second 0
        call.frame(header(sequence % 65_536), FRAME)
    assert call.sound.lost_frames == 2


def test_what_is_kept_for_late_consoles_is_bounded_and_holds_no_meters(call):
    for number in range(KEPT_EVENTS + 10):
        call.kept.add((b"%d" % number, b""), LineState("ringing"))
    call.kept.add((b"meter", b""), Voice("far", 0, 0.1, -60.0))
    kept = list(call.kept)
    assert len(kept) == KEPT_EVENTS
    assert kept[-1][0] == b"%d" % (KEPT_EVENTS + 9)


def test_what_waits_for_an_operator_is_not_pushed_out_by_what_was_said_since(call):
    call.kept.add((b"first", b""), LineState("ringing"))
    call.kept.add((b"pending", b""), ToolPending(1, "approval", "book", 0, "it is refused"))
    for number in range(KEPT_EVENTS):
        call.kept.add((b"%d" % number, b""), LineState("ringing"))
    assert [head for head, _ in list(call.kept)[:2]] == [b"pending", b"0"]


def test_a_room_that_comes_back_is_given_its_own_checkpoint_and_the_call_as_it_is(call):
    call.take(header(), Checkpoint("agent", b"memory"))
    call.take(header(), LineState("answered"))
    call.silenced = AgentSilenced("muted", "anna")
    opened = call.opened("agent")
    assert (opened.room, opened.checkpoint, opened.answered) == ("agent", b"memory", True)
    assert opened.silenced == "muted"
    assert call.opened().checkpoint == b""


def test_a_recording_that_cannot_be_begun_leaves_no_half_of_a_call(tmp_path, monkeypatch):
    def full(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.call_sound.Recorder", full)
    with pytest.raises(StateError, match="recording cannot be begun"):
        LiveCall(1, "call-1", "simulated", PLACED, tmp_path, 0)
    assert list(tmp_path.iterdir()) == []


def final(turn: int, text: str) -> Transcript:
    return Transcript(turn, text, True, "en", 0.9, 0, 900)


def test_a_call_that_is_refused_quotes_the_last_announcement(call):
    call.take(header(), LineState("early_media"))
    for turn, text in enumerate(("welcome", "the number is not in service", ""), 1):
        call.take(header(), final(turn, text))
    call.take(header(), LineState("ended", "unavailable", "480 Temporarily Unavailable"))
    call.settle()
    assert call.outcome == (
        "unavailable",
        '480 Temporarily Unavailable; before the answer they said: "the number is not in service"',
    )


def test_what_was_heard_before_the_answer_is_no_reason_once_somebody_has_picked_up(call):
    for message in (
        LineState("early_media"), final(1, "please wait"), LineState("answered"), final(2, "hello"),
        LineState("ended", "far_end"),
    ):  # fmt: skip
        call.take(header(), message)
    call.settle()
    assert call.outcome == ("far_end_hung_up", "the far end hung up")


def test_a_line_that_is_gone_without_a_word_is_lost(call):
    call.settle()
    assert call.outcome == ("line_lost", "the line was lost")


def test_a_call_on_hold_is_shown_as_such(call):
    follows = [
        state.state
        for message in (LineState("answered"), LineState("held", "far_end"), LineState("resumed", "far_end"))
        for state in call.take(header(), message)
    ]
    assert follows == ["listening", "on_hold", "listening"]


def test_the_recording_is_told_of_a_cut_and_not_of_one_that_is_told_again(call, monkeypatch):
    told = []
    monkeypatch.setattr(call.sound.recorder, "cut", told.append)
    for flags in (Flag.CUT, Flag.AGAIN):
        call.take(Header(0, 1, flags, 0, 77), Spoken(1, 0, "Hel", True, True, cut=True))
    call.take(header(us=99), Spoken(2, 0, "Hello.", True, True))
    assert told == [77]


def test_a_call_that_was_waited_for_is_picked_up_once_and_its_length_counts_from_there(tmp_path):
    call = LiveCall(1, "call-1", "sip", Placement(TASK, wait_s=60), tmp_path, 1_000)
    assert call.describe().state == "waiting"
    ring = LineState("ringing")
    for us, state, rings in ((5_000, LineState("waiting"), False), (9_000, ring, True)):
        assert call.rings(state) is rings
        call.take(header(us=us), state)
        assert call.since_us == us
    call.take(header(us=12_000), LineState("answered"))
    assert (call.since_us, call.state) == (12_000, "listening")
    call.take(header(us=15_000), LineState("resumed"))
    assert (call.since_us, call.rings(ring)) == (12_000, False)


def test_a_call_that_is_dialled_is_not_picked_up_and_counts_from_its_beginning(call):
    assert not call.rings(LineState("ringing"))
    call.take(header(us=9_000), LineState("answered"))
    assert call.since_us == call.started_us


def test_nothing_is_picked_up_once_we_have_hung_up(tmp_path):
    call = LiveCall(1, "call-1", "sip", Placement(TASK, wait_s=60), tmp_path, 0)
    call.hanging_up_since_us = 5
    assert not call.rings(LineState("ringing"))


def test_while_an_operator_speaks_the_call_becomes_no_longer(call):
    assert call.lasted_s(10_000_000) == 10
    call.lease.grant("anna", 7, 10_000_000)
    assert call.lasted_s(12_000_000) == 12, "an armed microphone is no take-over"
    call.lease.go_live(7, "full", 12_000_000)
    for now_s in range(13, 400, 3):
        assert call.lasted_s(now_s * 1_000_000) == 12
    call.lease.hand_back(7, "")
    assert call.lasted_s(405_000_000) == 20


def test_an_operator_does_not_keep_a_call_beyond_what_the_clock_of_the_record_holds(call):
    call.lease.grant("anna", 7, 0)
    call.lease.go_live(7, "full", 0)
    for now_s in range(0, 2130, 10):
        lasted_s = call.lasted_s(now_s * 1_000_000)
        assert lasted_s == (now_s if now_s >= 2100 else 0)


def test_the_record_of_reservations_learns_how_it_ended(call, tmp_path):
    store = ReservationStore(tmp_path / "reservations.db")
    call.take(header(), ReservationChanged(Reservation("booked", "2025-06-06"), "book"))
    call.take(header(), LineState("ended", "far_end"))
    call.settle()
    call.enter(store)
    row = store.get("call-1")
    store.close()
    assert row is not None
    assert (row.outcome, row.reservation.status) == ("booked", "booked")
