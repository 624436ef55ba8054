"""From a lossy stream to a whole picture."""

from hypothesis import given, settings, strategies as st

from console.state.entries import AgentEntry, FarEntry
from console.state.intake import RETRY_US, Intake
from console.state.store import Store
from engine.protocol import (
    CallClosed,
    EngineEvent,
    Header,
    Heartbeat,
    Message,
    RoomStarted,
    Snapshot,
    SpeechStarted,
    Voice,
    pack,
)
from tests.console.support import header, state
from tests.fakes.sample_call import Numbering, conversation

BEAT = Heartbeat("supervisor", 0, 1, True)


def numbered(steps: list[tuple[int, Message]], call: int = 1) -> list[tuple[Header, Message]]:
    numbering = Numbering()
    return [(numbering.header(message, call, at_ms), message) for at_ms, message in steps]


def snapshot_of(events: list[tuple[Header, Message]], epoch: str = "e1") -> Snapshot:
    frames = tuple(pack(message, head.call, head.sequence, head.time_us) for head, message in events)
    return Snapshot(epoch, True, {}, frames)


def picture(store: Store) -> object:
    call = store.calls.get(1)
    if call is None:
        return None
    words = [
        (entry.spoken, entry.unspoken, entry.cut)
        if isinstance(entry, AgentEntry)
        else getattr(entry, "text", "")
        for entry in call.conversation.entries
    ]
    numbers = (call.cache.hits, call.cache.lookups, len(call.latency.turns))
    return words, call.state, call.outcome, call.reservation, numbers


def test_nothing_is_shown_before_the_snapshot_and_nothing_twice_after_it():
    events = numbered(conversation())
    intake = Intake(Store())
    intake.connecting()
    assert not intake.wants_snapshot(0)  # nothing heard: the subscription may not be in force yet
    for head, message in events[:40]:
        intake.offer(head, message)
    assert intake.store.calls == {} and intake.wants_snapshot(0)
    intake.snapshot(snapshot_of(events[:30]), now_us=0)
    for head, message in events[40:]:
        intake.offer(head, message)
    whole = Store()
    for head, message in events:
        whole.apply(head, message)
    assert picture(intake.store) == picture(whole)
    assert intake.store.link == "live" and intake.gaps == 0


def test_a_gap_asks_for_a_snapshot_once_a_second():
    intake = live_intake()
    for sequence in (0, 1, 3):
        event = EngineEvent("info", str(sequence))
        intake.offer(header(event, 0, sequence), event)
    assert intake.gaps == 1
    assert intake.wants_snapshot(0) and not intake.wants_snapshot(RETRY_US // 2)
    assert intake.wants_snapshot(RETRY_US)


def test_meters_and_heartbeats_may_be_lost():
    intake = live_intake()
    for sequence in (0, 7, 9):
        for message in (Voice("far", 0, 0.5, -30.0), BEAT):
            intake.offer(header(message, 1, sequence), message)
    assert intake.gaps == 0 and not intake.wants_snapshot(0)


def test_sequence_wraps_without_a_gap():
    intake = live_intake()
    for sequence in (65_535, 0, 1):
        event = EngineEvent("info", "x")
        intake.offer(header(event, 0, sequence, at_ms=sequence), event)
    assert intake.gaps == 0


def test_a_sender_that_counts_from_zero_again_is_heard():
    old = (header(SpeechStarted(1, 0), 1, 0, at_ms=1000), SpeechStarted(1, 0))
    intake = live_intake([(header(state(), 1, 0, 0), state()), old])
    again = SpeechStarted(2, 0)
    intake.offer(header(again, 1, 0, at_ms=5000), again)
    turns = [e.turn for e in intake.store.calls[1].conversation.entries if isinstance(e, FarEntry)]
    assert turns == [1, 2]


def test_an_engine_that_comes_back_says_what_was_missed():
    intake = live_intake([(header(state(), 1, 0, 0), state())])
    intake.store.tick(7_000_000)
    assert intake.store.lost
    intake.offer(header(BEAT, 0, 9, at_ms=7000), BEAT)
    assert intake.store.lost and intake.wants_snapshot(7_000_000)  # until it is caught up with
    ended = CallClosed("booked")
    events = [(header(state(), 1, 0, 0), state()), (header(ended, 1, 0, 5000), ended)]
    intake.snapshot(snapshot_of(events), 7_000_000)
    assert intake.store.link == "live"
    assert intake.notices == ["Engine back, 7 s missed, 1 call ended meanwhile."]


def test_a_new_epoch_is_said():
    intake = live_intake([(header(state(), 1, 0, 0), state())])
    intake.store.tick(7_000_000)
    intake.connecting()
    intake.offer(header(BEAT, 0, 0, at_ms=7000), BEAT)
    intake.snapshot(snapshot_of([], epoch="e2"), 7_000_000)
    assert "restarted" in intake.notices[0] and intake.store.calls == {}


@settings(max_examples=30, deadline=None)
@given(lost=st.sets(st.integers(10, 60), max_size=8))
def test_whatever_is_lost_the_next_snapshot_makes_whole(lost):
    events = numbered(conversation())
    intake = live_intake(events[:10])
    now_us = 0
    for index, (head, message) in enumerate(events):
        if index < 10 or index in lost:
            continue
        now_us += RETRY_US
        intake.offer(head, message)
        if intake.wants_snapshot(now_us):
            intake.snapshot(snapshot_of(events[: index + 1]), now_us)
    intake.snapshot(snapshot_of(events), now_us)
    whole = Store()
    for head, message in events:
        whole.apply(head, message)
    assert picture(intake.store) == picture(whole)


def live_intake(events: list[tuple[Header, Message]] | None = None) -> Intake:
    intake = Intake(Store())
    intake.connecting()
    intake.offer(header(BEAT, 0, 0), BEAT)
    assert intake.wants_snapshot(0)
    intake.snapshot(snapshot_of(events or []), 0)
    intake._asked_us = None
    return intake


def test_the_engines_own_events_and_restarts_outlive_a_snapshot_without_them():
    intake = live_intake([(header(state(), 1, 0, 0), state())])
    for sequence, message in enumerate((RoomStarted("tts", 1), RoomStarted("tts", 2))):
        intake.offer(header(message, 0, sequence, at_ms=sequence), message)
    ended = CallClosed("booked")
    events = [(header(state(), 1, 0, 0), state()), (header(ended, 1, 0, 5000), ended)]
    intake.snapshot(snapshot_of(events), 6_000_000)
    assert [event.topic for event in intake.store.events] == ["room", "room", "call"]
    assert intake.store.rooms.rooms["tts"].restarts == 1
    intake.snapshot(snapshot_of(events, epoch="e2"), 7_000_000)
    assert [event.topic for event in intake.store.events] == ["call"]
    assert intake.store.rooms.rooms["tts"].restarts == 0
