"""What the store makes of an operator's acts: entries, states, alerts, and who is asked for what."""

from console.glyphs import UNICODE
from console.state.call import Call
from console.state.entries import AgentEntry, MarkEntry, NoteEntry, OperatorEntry, ToolEntry, WhisperEntry
from console.state.operator_words import act_words
from console.state.store import Store
from console.widgets.bars import keys_text
from console.widgets.facts import reservation_lines
from console.widgets.transcript import body, remark
from engine.protocol import (
    AgentSilenced,
    Alert,
    BrainUse,
    CallClosed,
    CallTask,
    MicState,
    OperatorAct,
    OperatorLeft,
    Operators,
    ReplyForgotten,
    Reservation,
    ReservationChanged,
    Snapshot,
    ToolCalled,
    ToolDecided,
    ToolPending,
    pack,
)
from tests.console.support import feed, header, state
from tests.fakes.sample_call import TASK
from tests.fakes.taken_over_call import (
    BACK_MS,
    BOOKING,
    DECIDED_MS,
    END_MS,
    LIVE_MS,
    ME,
    PENDING_MS,
    SAID,
    numbered,
    operated,
)


def store_at(until_ms: int) -> Store:
    store = Store()
    store.link = "live"
    for head, message in numbered(1, [step for step in operated() if step[0] <= until_ms]):
        store.apply(head, message)
    store.heard_us = until_ms * 1000
    store.tick(until_ms * 1000)
    return store


def entries(store: Store, kind: type) -> list:
    return [entry for entry in store.calls[1].conversation.entries if isinstance(entry, kind)]


def topics(store: Store) -> list[tuple[str, str]]:
    return [(event.topic, event.text) for event in store.events]


def test_whisper_mark_and_typed_line_stand_in_the_conversation():
    store = store_at(20_000)
    (whisper,) = entries(store, WhisperEntry)
    (mark,) = entries(store, MarkEntry)
    assert (whisper.by, whisper.text) == (ME, "ask for a high chair")
    assert (mark.by, mark.note, mark.about_us, mark.began_us) == (
        ME,
        "check the spelling",
        11_800_000,
        12_000_000,
    )
    typed = [entry for entry in entries(store, AgentEntry) if entry.by]
    assert [(entry.by, entry.spoken) for entry in typed] == [(ME, SAID)]


def test_the_transcript_tells_of_take_overs_and_mutes_once_and_not_of_each_talk():
    store = Store()
    steps = [
        state("talking"),
        AgentSilenced("muted", "ben"),
        AgentSilenced("muted", "ben"),
        AgentSilenced(""),
        AgentSilenced("operator", "anna"),
        MicState("armed", "anna"),
        MicState("ptt", "anna"),
        MicState("ptt", "anna", True),
        MicState("full", "anna", True),
        OperatorLeft("booked for four", by="anna"),
        AgentSilenced(""),
        MicState("off", "anna", why="handed back"),
        MicState("ptt", "ben"),
        OperatorLeft(lost=True, by="ben"),
        MicState("off", "ben"),
    ]
    feed(store, [(1_000 * at, step) for at, step in enumerate(steps, 1)])
    assert [note.text for note in entries(store, NoteEntry)] == [
        "muted by ben",
        "the agent may speak again",
        "anna took over",
        "handed back: booked for four",
        "ben took over",
        "take-over lost",
    ]


def test_a_refused_act_is_told_and_changes_nothing():
    store = store_at(END_MS)
    refused = [event for event in store.events if event.topic == "operator" and event.level == "warning"]
    assert [event.text for event in refused] == [
        "anna: transfer “to the office”, refused: (hidden) is not on the allow list"
    ]


def test_a_pending_tool_waits_is_decided_and_runs_as_one_entry():
    store = store_at(PENDING_MS + 500)
    call = store.calls[1]
    (tool,) = call.tools
    assert (tool.state, tool.values, call.pending[1].tool) == ("pending", BOOKING, "book")
    store = store_at(DECIDED_MS + 5)
    (tool,) = store.calls[1].tools
    assert (tool.state, tool.decided_by, tool.ended_us) == ("approved", ME, None)
    assert store.calls[1].pending == {}
    store = store_at(END_MS)
    (tool,) = entries(store, ToolEntry)
    assert (tool.state, tool.result, tool.refused, tool.decided_by) == ("ran", "L-77", False, ME)
    assert tool is store.calls[1].tools[0]


def test_a_denied_tool_stays_denied_when_the_agent_tells_its_refusal():
    store = Store()
    pending = ToolPending(3, "approval", "book", 0, "calls back")
    feed(store, [(0, state()), (1, pending), (2, pending)])
    feed(store, [(3, ToolDecided(3, False, words="too late")), (4, ToolCalled("book", {}, "denied", True))])
    (tool,) = store.calls[1].tools
    assert (tool.state, tool.refused, tool.decided_by, tool.decided_words) == ("denied", True, "", "too late")
    feed(store, [(5, ToolCalled("book", {"time": "20:00"}, "K-1"))])
    assert [tool.state for tool in store.calls[1].tools] == ["denied", "ran"]


def test_what_waits_when_a_call_ends_waits_no_longer():
    store = Store()
    feed(
        store,
        [(0, state()), (1, ToolPending(3, "approval", "book", 0, "calls back")), (2, CallClosed("booked"))],
    )
    call = store.calls[1]
    assert call.pending == {} and call.tools[0].state == "denied"


def test_a_take_over_is_known_by_its_microphone_its_silence_and_its_words():
    store = store_at(LIVE_MS + 4_000)
    call = store.calls[1]
    assert (call.mic.mode, call.mic.operator, call.mic.talking, call.silenced) == (
        "full",
        ME,
        True,
        "operator",
    )
    (words,) = entries(store, OperatorEntry)
    assert (words.by, words.text, words.confidence) == (ME, "Hello, Anna here, one high chair please.", 0.88)
    store = store_at(BACK_MS + 100)
    call = store.calls[1]
    assert (call.mic.mode, call.silenced) == ("off", "")
    assert ("mic", "off by anna: handed back") in topics(store)


def test_alerts_open_by_deadline_then_age_and_name_the_calls_that_need_somebody():
    store = Store()
    feed(store, [(0, state())], 1)
    feed(store, [(0, state())], 2)
    feed(store, [(0, state())], 3)
    for number, (call, at_ms, deadline_us) in enumerate(
        [(1, 10, 0), (2, 20, 60_000_000), (3, 30, 40_000_000), (2, 5, 0)], 1
    ):
        alert = Alert(number, "silence", f"alert {number}", deadline_us=deadline_us)
        store.apply(header(alert, call, number, at_ms), alert)
    assert [alert.alert for alert in store.open_alerts()] == [3, 2, 4, 1]
    assert store.needing_you() == [3, 2, 1]
    assert (store.calls[2].needs, store.calls[2].standing) == ("alert 2", "needs_human")
    for number in (2, 4):
        seen = Alert(number, "silence", f"alert {number}", "acknowledged", by=ME)
        store.apply(header(seen, 2, 9 + number), seen)
    assert store.needing_you() == [3, 1]
    call = store.calls[2]
    assert (call.needs, call.needs_seen, call.standing) == ("alert 2", True, "waiting")
    assert store.alerts[2].by == ME and store.alerts[2].deadline_us == 60_000_000
    over = Alert(3, "silence", "alert 3", "over")
    store.apply(header(over, 3, 20), over)
    assert store.needing_you() == [1] and store.calls[3].needs == ""


def test_an_alert_tells_how_long_is_left():
    store = store_at(PENDING_MS + 500)
    (alert,) = store.open_alerts()
    assert alert.left_us(store.now_us) == 19_500_000
    assert store.needing_you() == [1]
    store = store_at(DECIDED_MS - 100)
    assert store.open_alerts() and store.needing_you() == []


def test_changes_of_the_reservation_say_what_changed_and_why():
    changes = store_at(END_MS).calls[1].changes
    assert [(c.field, c.old, c.new, c.source) for c in changes if c.field in ("status", "reference")] == [
        ("status", "open", "booked", "book"),
        ("reference", "", "L-77", "book"),
    ]
    time = next(change for change in changes if change.field == "time")
    assert (time.old, time.new, time.words, time.at_us) == ("", "20:00", "Eight is fine.", 10_240_000)


def test_decisions_are_kept_with_their_reasons():
    decisions = store_at(END_MS).calls[1].decisions
    assert {event.topic for event in decisions} == {"turn", "barge-in"}
    assert any("sentence complete" in event.text for event in decisions)


def test_operators_are_known_and_outlive_a_snapshot_of_the_same_engine():
    store = store_at(5_000)
    there = Operators((ME, "ben"), {"ben": 1})
    store.apply(header(there, 0), there)
    store.load(Snapshot("e1", True, {}, (pack(state(), 1, 0, 0),)), same_engine=True)
    assert store.operators == (ME, "ben") and store.listening == {"ben": 1}
    nobody = Snapshot("e1", True, {}, (pack(Operators(), 0, 0, 0),))
    store.load(nobody, same_engine=True)
    assert store.operators == ()
    store.apply(header(there, 0), there)
    store.load(Snapshot("e2", True, {}, ()))
    assert store.operators == () and store.listening == {}


def test_a_forgotten_reply_is_remembered_as_such():
    store = store_at(5_000)
    feed(store, [(6_000, ReplyForgotten("en-0041", True)), (6_001, ReplyForgotten("en-0042", False))])
    assert store.calls[1].cache.forgotten == {"en-0041"}
    assert store.events[-1].level == "warning"


def test_cost_that_nobody_told_is_not_known():
    assert store_at(END_MS).calls[1].cost_usd is None


def test_the_cost_of_a_call_is_the_sum_of_what_is_known():
    store = store_at(5_000)
    feed(
        store,
        [(6_000, BrainUse("m")), (6_001, BrainUse("m", 10, 5, 0.25)), (6_002, BrainUse("m", 10, 5, 0.5))],
    )
    assert store.calls[1].cost_usd == 0.75


def test_the_filter_takes_words_in_any_order_and_hides_no_call_for_good():
    store = Store()
    feed(store, [(0, state("listening", "Casa Olivar"))], 1)
    feed(store, [(0, state("dialling", "The Copper Kettle"))], 2)
    store.filter = "OLIVAR listen"
    assert [call.number for call in store.shown()] == [1]
    store.select(2)
    store.step(1)
    assert store.selected == 1
    assert [call.number for call in store.ordered()] == [1, 2]


def pending_entry(**more) -> ToolEntry:
    return ToolEntry(1, 0, 1, tool="book", request=1, **more)


def test_a_refusal_is_said_once():
    late = "no operator said yes in time"
    entry = pending_entry(
        state="denied", refused=True, decided_us=5, decided_words=late, result=f"refused: {late}"
    )
    assert body(entry, UNICODE)[3].plain == f"book() denied: {late}"
    by_ben = pending_entry(state="denied", refused=True, decided_us=5, decided_by="ben", decided_words="no")
    assert body(by_ben, UNICODE)[3].plain == "book() denied by ben “no”"


def test_a_read_only_console_asks_for_nobodys_word():
    entry = pending_entry(state="pending")
    assert remark(entry, UNICODE).plain == " waits for your word: a "
    assert remark(entry, UNICODE, readonly=True).plain == " waits for an operator "


def test_a_dialled_call_is_told_as_people_say_it():
    act = OperatorAct("anna", "place", "en/accepts (simulated)")
    assert act_words(act)[1] == "anna: dialled en/accepts (simulated)"


def test_the_key_bar_offers_only_what_does_something_now():
    store = Store()
    store.link, store.me = "live", "anna"
    bar = keys_text(store, 200, UNICODE).plain
    assert "e listen" not in bar and "z zoom" not in bar and "d dial" in bar
    feed(store, [(0, state("talking"))])
    store.select(1)
    bar = keys_text(store, 200, UNICODE).plain
    assert "e listen" in bar and "z zoom" in bar and "t take" in bar
    feed(store, [(100, MicState("ptt", "ben"))])
    assert "t take" not in keys_text(store, 200, UNICODE).plain
    store.mic.stage, store.mic.mode, store.mic.call = "live", "ptt", 1
    bar = keys_text(store, 100, UNICODE).plain
    assert "space talk" in bar and "push to talk" not in bar
    store.mic.mode = "full"
    assert "p push to talk" in keys_text(store, 200, UNICODE).plain


def test_until_something_is_agreed_the_reservation_tells_what_is_wanted_and_what_else_would_do():
    call = Call(4, 0)
    call.apply(CallTask(TASK), 0)
    rows = [line.plain for line in reservation_lines(call, 60, 12, UNICODE)]
    assert rows[0] == "open"
    assert "time  wants 19:30, 18:30-20:30" in rows and "date  wants Fri 15 May" in rows
    assert "party wants 4" in rows and "phone –" in rows
    call.apply(
        ReservationChanged(Reservation("booked", "2026-05-15", "20:00", 4, "Brandt"), "book", "yes"), 1
    )
    rows = [line.plain for line in reservation_lines(call, 60, 12, UNICODE)]
    assert "time  20:00" in rows and not any("wants" in row for row in rows)
