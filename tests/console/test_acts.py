"""What an operator does to a call: each command, each refusal, and that it reaches the call that was named."""

import pytest

from console.control.toggle import Toggle
from console.control.trials import to_forget
from console.screens.modals import (
    ApprovalModal,
    Box,
    DialModal,
    DigitsModal,
    ForgetModal,
    InjectModal,
    LanguageModal,
    MarkModal,
    RestartModal,
    SayModal,
    TransferModal,
)
from console.state.named import Named
from engine.protocol import (
    AcknowledgeAlert,
    AgentSilenced,
    Alert,
    CacheVerdict,
    DecideTool,
    ForceLanguage,
    ForgetReply,
    HangUp,
    HoldLine,
    InjectEvent,
    LineState,
    MarkMoment,
    MuteAgent,
    PlaceCall,
    RestartRoom,
    SayLine,
    SendDigits,
    TransferLine,
    Whisper,
)
from tests.console.acting import APPROVAL, NOW_US, commands, ends, later, placed, settle, waits
from tests.console.support import feed, live_store, paint, running, shown, sip_store, state, toasts
from tests.fakes.sip_call import NOW_MS

VERDICT = CacheVerdict(3, True, 0.96, "For {party_size} people.", source="r-17", nearest="How many people?")
WAITS = {"call.approve"}  # boxes that open only where something waits

# keys that open a box about the selected call, its class, keys that decide, and the command that is sent
BOXES = [
    ("s", SayModal, [*"hello", "enter"], SayLine("hello")),
    ("w", SayModal, [*"hush", "enter"], Whisper("hush")),
    ("b", MarkModal, [*"odd", "enter"], MarkMoment("odd", NOW_US)),
    ("l", LanguageModal, ["2"], ForceLanguage("de")),
    ("I", InjectModal, ["enter"], InjectEvent("noise", seconds=3.0, level_dbfs=-30.0)),
    ("F", TransferModal, [*"sip:anna@example.org", "enter"], TransferLine("sip:anna@example.org")),
    ("D", DigitsModal, ["1"], SendDigits("1")),
    ("a", ApprovalModal, ["y"], DecideTool(1, True)),
    ("X", Box, ["y"], HangUp()),
]
NAMED = [key for key, *_ in BOXES]


@pytest.mark.parametrize(("key", "box", "keys", "command"), BOXES, ids=NAMED)
async def test_a_box_sends_to_the_call_it_named_whatever_is_selected_meanwhile(key, box, keys, command):
    async with running(waits(live_store(), APPROVAL)) as (app, pilot):
        await pilot.press(key)
        assert isinstance(app.screen, box)
        app.store.select(2)
        await later(app, pilot)
        assert "4" in shown(app)
        await pilot.press(*keys)
        await settle(pilot)
        assert commands(app) == [(command, 4)]


@pytest.mark.parametrize(("key", "box", "keys", "command"), BOXES, ids=NAMED)
async def test_a_box_closes_with_a_notice_when_its_call_ends(key, box, keys, command):
    async with running(waits(live_store(), APPROVAL)) as (app, pilot):
        await pilot.press(key)
        ends(app.store)
        await later(app, pilot)
        if key == "b":  # the moment was held fast, and may be marked still
            await pilot.press("enter")
            await settle(pilot)
            assert commands(app) == [(MarkMoment("", NOW_US), 4)]
            return
        assert app.screen is app.floor and toasts(app) == ["Call 4 has ended."]
        await pilot.press(*[k for k in keys if k not in "lLsw2"])
        await settle(pilot)
        assert [c for c, number in commands(app) if number == 4] == []


@pytest.mark.parametrize("key", NAMED)
async def test_a_box_does_not_take_another_call_that_has_got_the_number(key):
    async with running(waits(live_store(), APPROVAL)) as (app, pilot):
        await pilot.press(key)
        box = app.screen
        ends(app.store)
        feed(app.store, [(33_600, state("dialling", restaurant="Blue Anchor"))], 4)
        await later(app, pilot)
        assert app.screen is not box or key == "b"


async def test_a_call_told_anew_by_a_snapshot_is_the_same_call():
    store, again = live_store(), live_store()
    named = Named.of(store, store.calls[4])
    assert named.over(again) == ""
    again.epoch = "another engine"
    assert named.over(again) == "Call 4 is gone."


@pytest.mark.parametrize(("key", "box", "keys", "command"), BOXES, ids=NAMED)
@pytest.mark.parametrize(
    ("change", "words"), [("readonly", "read-only"), ("lost", "nothing was sent"), ("waiting", "No engine")]
)
async def test_no_box_opens_where_nothing_can_be_asked(key, box, keys, command, change, words):
    store = waits(live_store(), APPROVAL)
    async with running(store) as (app, pilot):
        if change == "readonly":
            store.readonly = True
        else:
            store.link = change
        await pilot.press(key)
        assert app.screen is app.floor and words in toasts(app)[0] and commands(app) == []


@pytest.mark.parametrize("key", [*NAMED, "m", "o"])
async def test_ended_and_absent_calls_are_not_acted_on(key):
    async with running(live_store()) as (app, pilot):
        await pilot.press("1", key)
        app.store.selected = None
        await pilot.press(key)
        assert app.screen is app.floor and commands(app) == []
        assert toasts(app) == ["Call 1 has ended already.", "No call is selected."]


@pytest.mark.parametrize(("key", "box", "keys", "command"), BOXES, ids=NAMED)
async def test_an_engine_lost_while_a_box_is_open_is_sent_nothing(key, box, keys, command):
    async with running(waits(live_store(), APPROVAL)) as (app, pilot):
        await pilot.press(key)
        await later(app, pilot)
        app.store.link = "lost"
        await pilot.press(*keys)
        await settle(pilot)
        assert commands(app) == []
        assert "nothing was sent" in (toasts(app) or [shown(app)])[0]


@pytest.mark.parametrize(("key", "box", "keys", "command"), BOXES, ids=NAMED)
async def test_the_engines_refusal_is_told_in_its_words(key, box, keys, command):
    async with running(waits(live_store(), APPROVAL)) as (app, pilot):
        app.link.refuses = "the agent is asleep"
        await pilot.press(key)
        await later(app, pilot)
        await pilot.press(*keys)
        await settle(pilot)
        assert toasts(app) == ["the agent is asleep"]


# --- what needs no box ------------------------------------------------------------------------------------


async def test_m_mutes_at_once_and_m_again_lets_the_agent_speak():
    async with running(live_store()) as (app, pilot):
        await pilot.press("m")
        await settle(pilot)
        assert commands(app) == [(MuteAgent(True), 4)] and app.screen is app.floor
        feed(app.store, [(33_600, AgentSilenced("muted", "anna"))], 4)
        await pilot.press("m")
        await settle(pilot)
        assert commands(app)[1:] == [(MuteAgent(False), 4)]
        assert toasts(app) == [
            "The agent is muted in call 4. m lets it speak.",
            "The agent speaks in call 4.",
        ]


async def test_m_twice_before_the_engine_has_told_anything_mutes_and_unmutes():
    async with running(live_store()) as (app, pilot):
        await pilot.press("m", "m")
        await settle(pilot)
        assert [command for command, _ in commands(app)] == [MuteAgent(True), MuteAgent(False)]


async def test_a_refused_mute_is_asked_for_again_by_the_next_m():
    async with running(live_store()) as (app, pilot):
        app.link.refuses = "not now"
        await pilot.press("m")
        await settle(pilot)
        app.link.refuses = ""
        await pilot.press("m")
        await settle(pilot)
        assert commands(app) == [(MuteAgent(True), 4)]


async def test_a_call_that_is_taken_over_is_not_muted_as_well():
    async with running(live_store()) as (app, pilot):
        feed(app.store, [(33_600, AgentSilenced("operator", "ben"))], 4)
        await pilot.press("m")
        assert commands(app) == [] and "taken over" in toasts(app)[0]


def test_a_toggle_believes_what_it_is_told_last():
    toggle = Toggle()
    assert toggle.flip(1, False) is True
    assert toggle.flip(1, True) is False  # the engine has told; off again
    assert toggle.flip(1, True) is True  # not told yet: on again
    assert toggle.flip(2, False) is True  # another call
    toggle.failed(2)
    assert toggle.flip(2, False) is True


async def test_o_holds_and_takes_back():
    async with running(sip_store(), now_ms=NOW_MS) as (app, pilot):
        await pilot.press("o")
        await settle(pilot)
        feed(app.store, [(NOW_MS, LineState("held", "near_end"))], 4)
        await pilot.press("o")
        await settle(pilot)
        assert commands(app) == [(HoldLine(True), 4), (HoldLine(False), 4)]


async def test_a_hold_of_the_restaurants_own_is_not_taken_back_by_us():
    async with running(live_store()) as (app, pilot):
        feed(app.store, [(33_600, LineState("held", "far_end"))], 4)
        await pilot.press("o")
        await settle(pilot)
        assert commands(app) == [(HoldLine(True), 4)]


# --- alerts, rooms, stored replies ---------------------------------------------------------------------------


def alerted(*alerts: tuple[int, int]):
    """A store with alerts, each (number, call)."""
    store = live_store()
    for number, call in alerts:
        feed(store, [(33_000, Alert(number, "silence", "nobody speaks"))], call)
    return store


async def test_a_capital_a_acknowledges_the_alerts_of_the_selected_call_alone():
    async with running(alerted((7, 4), (8, 2), (9, 4))) as (app, pilot):
        await pilot.press("A")
        await settle(pilot)
        assert sorted(command.alert for command, call in commands(app) if call == 4) == [7, 9]
        assert len(commands(app)) == 2 and toasts(app) == ["2 alerts of call 4 acknowledged."]


async def test_without_any_of_its_own_those_of_the_engine_are_acknowledged():
    async with running(alerted((3, 0), (8, 2))) as (app, pilot):
        await pilot.press("A")
        await settle(pilot)
        assert commands(app) == [(AcknowledgeAlert(3), 0)]


async def test_where_no_alert_waits_it_says_so():
    async with running(alerted((8, 2))) as (app, pilot):
        await pilot.press("A")
        assert commands(app) == [] and toasts(app) == ["No alert waits to be acknowledged in call 4."]


async def test_an_alert_that_is_refused_does_not_keep_the_others_from_being_acknowledged():
    async with running(alerted((7, 4), (9, 4))) as (app, pilot):
        app.link.refuses = "Alert 7 is not open any more."
        await pilot.press("A")
        await settle(pilot)
        assert toasts(app) == ["Alert 7 is not open any more."]


async def test_restarting_a_room_names_it_and_takes_y():
    async with running(live_store()) as (app, pilot):
        await pilot.press("R", "down", "down", "enter", "space")
        assert isinstance(app.screen, RestartModal) and commands(app) == []
        await pilot.press("y")
        await settle(pilot)
        assert commands(app) == [(RestartRoom("transcribe"), 0)]
        assert toasts(app) == ["Room transcribe is being restarted."]


async def test_forgetting_names_the_reply_that_was_served_and_takes_a_y_that_was_meant():
    store = live_store()
    feed(store, [(33_000, VERDICT), (33_100, CacheVerdict(4, False, 0.4, source="r-2"))], 4)
    async with running(store) as (app, pilot):
        await pilot.press("C", "y")
        assert isinstance(app.screen, ForgetModal) and "How many people?" in shown(app)
        await later(app, pilot)
        await pilot.press("y")
        await settle(pilot)
        assert commands(app) == [(ForgetReply("r-17"), 4)]


async def test_a_reply_of_a_call_that_has_ended_can_be_forgotten():
    store = live_store()
    feed(store, [(33_000, VERDICT)], 4)
    ends(store)
    async with running(store) as (app, pilot):
        await pilot.press("C")
        await later(app, pilot)
        await pilot.press("y")
        await settle(pilot)
        assert commands(app) == [(ForgetReply("r-17"), 4)]


def test_of_the_verdicts_the_last_served_one_is_forgotten_else_the_nearest():
    near, none = CacheVerdict(5, False, 0.6, source="r-9"), CacheVerdict(6, False)
    assert to_forget([VERDICT, near, none]) is VERDICT
    assert to_forget([near, none]) is near
    assert to_forget([none]) is None and to_forget([]) is None


async def test_where_nothing_is_stored_forgetting_says_so():
    async with running(live_store()) as (app, pilot):
        app.store.calls[4].cache.verdicts.clear()
        await pilot.press("C")
        assert app.screen is app.floor and "has not met a stored reply" in toasts(app)[0]


@pytest.mark.parametrize("key", ["A", "R", "C", "d"])
async def test_what_is_asked_of_the_engine_is_refused_like_all_else(key):
    for change, words in (("readonly", "read-only"), ("lost", "nothing was sent")):
        store = alerted((7, 4))
        async with running(store) as (app, pilot):
            store.readonly = change == "readonly"
            store.link = "lost" if change == "lost" else "live"
            await pilot.press(key)
            assert app.screen is app.floor and words in toasts(app)[0] and commands(app) == []


# --- slips ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", ["hello", "yes", "day", "fly", "please hold on", "buy", "army", "lay", "one moment"]
)
async def test_words_typed_on_the_list_do_nothing_that_cannot_be_undone(words):
    store = waits(live_store(), APPROVAL)
    feed(store, [(33_000, VERDICT)], 4)
    async with running(store) as (app, pilot):
        await pilot.press(*("space" if letter == " " else letter for letter in words))
        await settle(pilot)
        assert [c for c, _ in commands(app) if not isinstance(c, MuteAgent | HoldLine)] == []


async def test_keys_of_the_floor_mean_nothing_in_a_box():
    async with running(live_store()) as (app, pilot):
        await pilot.press("l", "X", "m", "y", "A", "R")
        await settle(pilot)
        assert isinstance(app.screen, LanguageModal) and commands(app) == []


# --- dialling ---------------------------------------------------------------------------------------------


async def test_a_real_line_is_offered_only_where_there_is_an_account():
    async with running(live_store()) as (app, pilot):
        await pilot.press("d", "tab")
        assert "REAL" not in shown(app) and "real line" not in shown(app)


async def test_a_real_restaurant_is_called_at_the_address_that_was_typed():
    async with running(live_store(), accounts=("work", "home")) as (app, pilot):
        await pilot.press("d", *"en/full", "tab")
        await paint(app, pilot)
        assert "REAL line, account work" in shown(app)
        await pilot.press("enter")
        assert isinstance(app.screen, DialModal) and "No address to call yet" in shown(app)
        await pilot.press("ctrl+t", *"sip:kitchen@example.org", "enter")
        await settle(pilot)
        wanted = PlaceCall("/s/en/full.yaml", line="sip", to="sip:kitchen@example.org", account="home")
        assert placed(app) == [wanted]


async def test_the_dial_guards_refusal_is_told_in_its_words():
    async with running(live_store(), accounts=("work",)) as (app, pilot):
        app.link.refuses = "sip:kitchen@example.org is not allowed; add it under dial.allowed"
        await pilot.press("d", "tab", *"sip:kitchen@example.org", "enter")
        await settle(pilot)
        assert toasts(app) == [app.link.refuses]


async def test_back_on_the_simulated_line_the_address_is_not_dialled():
    async with running(live_store(), accounts=("work",)) as (app, pilot):
        await pilot.press("d", "tab", *"sip:kitchen@example.org", "tab", "enter")
        await settle(pilot)
        assert placed(app) == [PlaceCall("/s/en/accepts.yaml")]
