"""The store: what each message does to it, and what it never grows beyond."""

from console.state import store as store_module
from console.state.numbers import MIN_SAMPLES, percentile
from console.state.store import MAX_EVENTS, Store
from engine.protocol import (
    CacheVerdict,
    CallClosed,
    EngineEvent,
    Heartbeat,
    LineState,
    RoomStarted,
    Snapshot,
    Voice,
    pack,
)
from tests.console.support import feed, header, state
from tests.fakes.sample_call import RESTAURANT, conversation, house, turn_latency


def test_a_call_begins_with_its_first_message_and_ends_with_its_outcome():
    store = Store()
    feed(store, conversation())
    call = store.calls[1]
    assert (call.restaurant, call.live, call.outcome, call.standing) == (RESTAURANT, False, "booked", "good")
    assert call.seconds(now_us=99_000_000) == 36
    assert call.reservation.confirmed_by["date"] == "Yes, of course."
    assert (call.cache.hits, call.cache.lookups) == (1, 6)


def test_the_first_call_is_selected_and_stays_selected():
    store = Store()
    store.apply(header(state(), 3), state())
    store.apply(header(state(), 5), state())
    assert store.selected == 3


def test_a_call_that_was_asked_for_is_selected_when_it_comes():
    store = Store()
    store.apply(header(state(), 3), state())
    store.want(5)
    assert store.selected == 3
    store.apply(header(state(), 5), state())
    assert store.selected == 5


def test_a_late_state_does_not_bring_an_ended_call_back():
    store = Store()
    feed(store, [(0, state()), (5000, CallClosed("booked")), (5001, state("speaking"))])
    assert not store.calls[1].live


def test_a_number_used_anew_is_a_new_call():
    store = Store()
    feed(store, [(0, state()), (5000, CallClosed("booked")), (9000, state(restaurant="Another"))])
    assert store.calls[1].live and store.calls[1].restaurant == "Another"


def test_time_runs_across_the_wrap_of_the_header_clock():
    store = Store()
    start_us = (1 << 32) - 2_000_000
    message = state()
    store.apply(header(message)._replace(time_us=start_us), message)
    assert store.calls[1].seconds(now_us=3_000_000) == 5


def test_meters_go_to_nothing_when_no_level_comes():
    store = Store()
    feed(store, [(0, state()), (100, Voice("far", 100, 0.9, -20.0))])
    assert store.calls[1].meter("far", 200_000).level_dbfs == -20.0
    assert store.calls[1].meter("far", 700_000) is None
    assert store.calls[1].meter("agent", 200_000) is None


def test_no_heartbeat_for_a_second_is_a_lost_engine():
    store = Store()
    store.link = "live"
    for at_ms, message in house(1000):
        store.apply(header(message, 0, at_ms=at_ms), message)
    store.tick(1_900_000)
    assert store.link == "live"
    store.tick(2_100_000)
    assert store.lost and store.silent_us == 1_100_000


def test_a_silent_room_is_down_and_a_started_one_is_starting():
    store = Store()
    store.link = "live"
    for at_ms, message in house(0):
        store.apply(header(message, 0, at_ms=at_ms), message)
    assert store.rooms.ready == 7
    again = RoomStarted("tts", 2)
    store.apply(header(again, 0), again)
    assert store.rooms.rooms["tts"].state == "starting" and store.rooms.rooms["tts"].restarts == 1
    store.heard_us = 2_000_000  # the supervisor still speaks
    store.tick(2_000_000)
    assert store.rooms.rooms["vad"].state == "down"


def test_the_last_words_of_a_replaced_room_change_nothing():
    store = Store()
    for incarnation, ready in ((2, False), (1, True)):
        beat = Heartbeat("tts", incarnation, 1, ready)
        store.apply(header(beat, 0), beat)
    assert store.rooms.rooms["tts"].state == "starting"


def test_percentiles_need_twenty_turns():
    assert percentile([5.0] * (MIN_SAMPLES - 1), 0.95) is None
    values = [float(n) for n in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.95)) == (50.0, 95.0)


def test_latency_of_all_calls_is_kept_apart_from_that_of_one():
    store = Store()
    feed(store, [(0, state()), (1, turn_latency(1, asr=50, cache=2, llm=30, tts=40))], call=1)
    feed(store, [(0, state()), (1, turn_latency(1, asr=90, cache=2, llm=30, tts=40))], call=2)
    assert len(store.latency.turns) == 2
    assert store.calls[1].latency.now("asr") == 50 and store.calls[2].latency.now("asr") == 90


def test_events_keep_their_reasons_and_are_bounded():
    store = Store()
    for number in range(MAX_EVENTS + 50):
        event = EngineEvent("warning", f"number {number}", "tts")
        store.apply(header(event, 0), event)
    assert len(store.events) == MAX_EVENTS
    assert store.events[-1].text == f"tts: number {MAX_EVENTS + 49}"
    assert store.events[-1].level == "warning"


def test_old_ended_calls_make_room_and_live_ones_stay(monkeypatch):
    monkeypatch.setattr(store_module, "MAX_CALLS", 3)
    store = Store()
    for number in (1, 2, 3, 4):
        feed(store, [(0, state())], number)
        if number == 2:
            feed(store, [(1, LineState("ended")), (2, CallClosed("booked"))], number)
    assert sorted(store.calls) == [1, 3, 4]


def test_selection_steps_stop_at_the_ends():
    store = Store()
    for number in (2, 5, 7):
        feed(store, [(0, state())], number)
    store.step(-1)
    assert store.selected == 2
    store.step(1)
    store.step(1)
    store.step(1)
    assert store.selected == 7
    assert not store.select(3) and store.selected == 7


def test_a_snapshot_replaces_everything_and_keeps_the_selection():
    store = Store()
    feed(store, conversation(), call=1)
    feed(store, [(0, state())], call=2)
    store.select(2)
    verdict = CacheVerdict(1, True, 0.97)
    events = (pack(state("listening"), 2, 0, 0), pack(verdict, 2, 0, 5), (b"garbage", b""))
    store.load(Snapshot("e1", True, {"tts": "starting"}, events))
    assert list(store.calls) == [2] and store.selected == 2
    assert store.calls[2].cache.hits == 1
    assert store.rooms.rooms["tts"].state == "starting"
    store.load(Snapshot("e2", True, {}, (pack(state(), 8, 0, 0),)))
    assert store.selected == 8


def test_what_is_said_to_the_engine_and_to_a_call_is_shown_once():
    store = Store()
    feed(store, [(0, state())])
    event = EngineEvent("warning", "room tts ended (signal 9)", "tts")
    for call in (0, 1):
        store.apply(header(event, call, at_ms=5), event)
    assert [(e.call, e.topic) for e in store.events] == [(0, "engine")]
    store.apply(header(event, 1, at_ms=9000), event)
    assert len(store.events) == 2  # a second time, later


def test_a_call_that_is_wanted_is_selected_when_it_comes_also_behind_others():
    store = Store()
    store.want(3)
    for number in (1, 2, 3, 4):
        feed(store, [(number, state())], call=number)
    assert store.selected == 3
