"""The boxes by themselves: approvals and their seconds, keys of a telephone, injections; and how each looks."""

from types import SimpleNamespace

import pytest
from textual.widgets import Input

from console.glyphs import ASCII
from console.screens.modals import (
    ApprovalModal,
    DigitsModal,
    InjectModal,
    LanguageModal,
    MarkModal,
    TransferModal,
)
from console.screens.modals.arguments import meant, written
from console.screens.modals.box import PAUSE_US, Leftover
from console.screens.modals.inject import number
from console.state.deadline import seconds_left
from engine.errors import CallRefused
from engine.protocol import (
    CacheVerdict,
    DecideTool,
    ForceLanguage,
    InjectEvent,
    MarkMoment,
    SendDigits,
    ToolDecided,
    TransferLine,
)
from tests.console.acting import (
    APPROVAL,
    DEADLINE_US,
    HASTE_US,
    NOW_US,
    QUESTION,
    alone,
    commands,
    later,
    settle,
    waits,
)
from tests.console.support import feed, live_store, make_app, paint, running, shown, sip_store, toasts
from tests.fakes.sip_call import NOW_MS

SECOND_US = 1_000_000


# --- approvals --------------------------------------------------------------------------------------------


async def test_an_approval_shows_what_where_why_and_until_when():
    async with running(waits(live_store(), APPROVAL), size=(80, 24)) as (app, pilot):
        await pilot.press("a")
        await paint(app, pilot)
        screen = shown(app)
        for words in ("call 4", "The Copper Kettle", "book", "party_size", "2026-05-15", "20:00", "Brandt"):
            assert words in screen, words
        assert '"Half past seven is full, I could do eight."' in screen and "(nothing they said)" in screen
        assert " 12 s " in screen and "at 0: the agent says that it will call back." in screen


async def test_the_seconds_count_down():
    async with running(waits(live_store(), APPROVAL)) as (app, pilot):
        await pilot.press("a")
        await later(app, pilot, 9 * SECOND_US)
        assert " 3 s " in shown(app)


def test_seconds_are_rounded_up_and_end_at_0_across_the_clocks_wrap():
    assert seconds_left(10_000_001, 9_000_000) == 2 and seconds_left(10_000_000, 9_999_999) == 1
    assert seconds_left(10_000_000, 10_000_000) == 0 and seconds_left(5, 10_000_000) == 0
    assert seconds_left(2_000_000, 2**32 - 1_000_000) == 3


async def test_keys_typed_before_the_box_was_there_decide_nothing():
    async with running(waits(live_store(), APPROVAL)) as (app, pilot):
        await pilot.press("a", "y", "n", "e")
        await later(app, pilot, 399_999)
        await pilot.press("y")
        assert isinstance(app.screen, ApprovalModal) and commands(app) == []
        await later(app, pilot, 1)
        await pilot.press("y")
        await settle(pilot)
        assert commands(app) == [(DecideTool(1, True), 4)] and toasts(app) == ["book is approved in call 4."]


async def test_enter_space_and_tab_are_not_yes():
    async with running(waits(live_store(), APPROVAL)) as (app, pilot):
        await pilot.press("a")
        await later(app, pilot)
        assert app.focused is None
        await pilot.press("enter", "space", "tab", "enter")
        await settle(pilot)
        assert isinstance(app.screen, ApprovalModal) and commands(app) == []


async def test_denying_asks_for_the_reason():
    async with running(waits(live_store(), APPROVAL)) as (app, pilot):
        await pilot.press("a")
        await later(app, pilot)
        await pilot.press("n", *"too late", "enter")
        await settle(pilot)
        assert commands(app) == [(DecideTool(1, False, words="too late"), 4)]


async def test_escape_goes_back_from_the_reason_and_then_leaves_it_undecided():
    async with running(waits(live_store(), APPROVAL)) as (app, pilot):
        await pilot.press("a")
        await later(app, pilot)
        await pilot.press("n", *"no", "escape")
        assert isinstance(app.screen, ApprovalModal)
        await pilot.press("escape")
        assert app.screen is app.floor and commands(app) == []


async def test_edited_fields_are_sent_as_what_they_are():
    async with running(waits(live_store(), APPROVAL)) as (app, pilot):
        await pilot.press("a")
        await later(app, pilot)
        await pilot.press("e", "tab", "tab")
        app.focused.value = "six"
        await pilot.press("enter")
        await paint(app, pilot)
        assert "party_size: six will not do. Write it as 4." in shown(app) and commands(app) == []
        app.focused.value = "5"
        await pilot.press("enter")
        await settle(pilot)
        edited = {**APPROVAL.arguments, "party_size": 5}
        assert commands(app) == [(DecideTool(1, True, edited), 4)]


async def test_an_edit_that_changes_nothing_is_an_approval_as_it_was():
    async with running(waits(live_store(), APPROVAL)) as (app, pilot):
        await pilot.press("a")
        await later(app, pilot)
        await pilot.press("e", "enter")
        await settle(pilot)
        assert commands(app) == [(DecideTool(1, True), 4)]


@pytest.mark.parametrize(("key", "yes"), [("y", True), ("n", False)])
async def test_a_question_is_answered_with_words_if_need_be(key, yes):
    async with running(waits(live_store(), QUESTION)) as (app, pilot):
        await pilot.press("a")
        await later(app, pilot)
        assert "Would that do?" in shown(app) and "21:30" in shown(app) and "edit" not in shown(app)
        await pilot.press("e", key, *"at the bar", "enter")
        await settle(pilot)
        assert commands(app) == [(DecideTool(2, yes, words="at the bar"), 4)]
        assert toasts(app) == [f"Call 4 is told {'yes' if yes else 'no'}."]


async def test_of_several_the_nearest_deadline_comes_first():
    async with running(waits(live_store(), QUESTION, APPROVAL)) as (app, pilot):
        await pilot.press("a")
        assert app.screen.asked.request == 1
        await pilot.press("escape")
        feed(app.store, [(33_600, ToolDecided(1, False))], 4)
        await pilot.press("a")
        assert app.screen.asked.request == 2


async def test_where_nothing_waits_it_says_so_and_where_something_does():
    store = waits(live_store(), APPROVAL, call=2)
    async with running(store) as (app, pilot):
        await pilot.press("a")
        expected = "Nothing waits for your word in call 4. Call 2 asks: 2 goes there."
        assert app.screen is app.floor and toasts(app) == [expected]


async def test_at_0_the_box_goes_with_a_notice_of_what_happens():
    async with running(waits(live_store(), APPROVAL)) as (app, pilot):
        await pilot.press("a")
        await later(app, pilot, DEADLINE_US - NOW_US)
        assert app.screen is app.floor
        assert toasts(app) == ["Too late for call 4: the agent says that it will call back."]
        await later(app, pilot, PAUSE_US)
        await pilot.press("a")
        assert app.screen is app.floor and commands(app) == []


async def test_the_rest_of_a_reason_does_nothing_when_the_box_has_gone_at_0():
    async with running(waits(live_store(), APPROVAL)) as (app, pilot):
        await pilot.press("a")
        await later(app, pilot)
        await pilot.press("n", "t", "o", "o")
        await later(app, pilot, DEADLINE_US - NOW_US - HASTE_US)
        assert app.screen is app.floor
        await pilot.press("m", "q", "i")
        await later(app, pilot, PAUSE_US - 1)  # they are slow, but go on
        await pilot.press("d", "m", "enter")
        await later(app, pilot, PAUSE_US - 1)
        await pilot.press("L")
        assert app.screen is app.floor and commands(app) == [] and app.return_code is None


async def test_keys_count_again_once_nobody_types_any_more():
    async with running(waits(live_store(), APPROVAL)) as (app, pilot):
        await pilot.press("a")
        await later(app, pilot, DEADLINE_US - NOW_US)
        await pilot.press("x")
        await later(app, pilot, PAUSE_US)
        await pilot.press("z")
        await paint(app, pilot)
        assert app.main.called == "call"


def test_what_stops_things_is_never_taken_for_the_rest_of_a_word():
    now = [0]
    leftover = Leftover(lambda: now[0])
    assert not leftover.takes("m", True)
    leftover.closed()
    assert leftover.takes("m", True) and leftover.takes("enter", False)
    assert not any(leftover.takes(key, False) for key in ("escape", "f9", "ctrl+c", "up"))


async def test_a_screen_that_is_opened_while_a_box_goes_is_painted():
    async with running(waits(live_store(), APPROVAL)) as (app, pilot):
        await pilot.press("a")
        app.clock.us = DEADLINE_US
        app.store.heard_us = DEADLINE_US
        app.frame()
        app.handlers["call.zoom"]()  # in the same instant
        await paint(app, pilot)
        await paint(app, pilot)
        assert app.main.called == "call" and "The Copper Kettle" in shown(app)
        assert not app.screen._layout_required and not app.screen._repaint_required


async def test_what_another_operator_has_decided_is_not_decided_twice():
    async with running(waits(live_store(), APPROVAL)) as (app, pilot):
        await pilot.press("a")
        feed(app.store, [(33_600, ToolDecided(1, True, "ben"))], 4)
        await later(app, pilot)
        assert app.screen is app.floor and toasts(app) == [
            "What call 4 asked is decided already; nothing was sent."
        ]


def test_arguments_come_back_as_the_kind_they_were():
    for value in ("20:00", 4, 2.5, True, None, {"date": "on Friday"}, ["a"]):
        assert meant(written(value), value) == value
    assert meant(" 5 ", 4) == 5 and meant("3", 2.5) == 3.0 and meant("12", "x") == "12"
    for text, before in (("six", 4), ("", 4), ("4.5", 4), ("true", 4), ("1", True), ("[]", {}), ("x", {})):
        with pytest.raises(ValueError, match="will not do"):
            meant(text, before)


# --- keys of a telephone --------------------------------------------------------------------------------------


async def test_each_key_is_sent_in_its_order_and_shown_once_it_is():
    async with running(sip_store(), now_ms=NOW_MS) as (app, pilot):
        await pilot.press("D", "1", "2", "asterisk", "number_sign", "x", "A")
        await settle(pilot)
        digits = "".join(command.digits for command, _ in commands(app))
        assert digits == "12*#A" and {call for _, call in commands(app)} == {4}
        await paint(app, pilot)
        assert "sent  12*#A" in shown(app) and isinstance(app.screen, DigitsModal)


async def test_a_refused_key_is_not_shown_as_sent():
    async with running(live_store()) as (app, pilot):
        app.link.refuses = "A simulated line cannot press keys; a line sip can."
        await pilot.press("D", "5")
        await settle(pilot)
        await paint(app, pilot)
        assert "sent  5" not in shown(app) and "cannot press keys" in shown(app)


async def test_keys_behind_a_refused_one_are_not_sent_after_it():
    async with running(live_store()) as (app, pilot):
        await pilot.press("D")

        async def refuse(command, call=0, answer=None):
            app.link.asked.append((command, call))
            raise CallRefused("no")

        app.link.request = refuse
        box = app.screen
        for key in "12":  # both before the first is answered
            box.on_key(SimpleNamespace(character=key, stop=lambda: None))
        await settle(pilot)
        assert len([command for command, _ in commands(app) if isinstance(command, SendDigits)]) == 1


# --- injections ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "event"),
    [
        (["tab"], InjectEvent("noise", seconds=3.0, level_dbfs=-30.0)),
        (["down"], InjectEvent("silence", seconds=3.0)),
        (["down", "down", *"we are full"], InjectEvent("say", "we are full")),
        (["down"] * 3, InjectEvent("hang_up")),
        (["down"] * 4, InjectEvent("fail", seconds=10.0, room="transcribe")),
        (["down"] * 6, InjectEvent("fail", seconds=10.0, room="agent")),
        (["down"] * 9, InjectEvent("fail", seconds=10.0, room="tts")),
    ],
)
async def test_each_thing_that_can_be_injected(keys, event):
    async with running(live_store()) as (app, pilot):
        await pilot.press("I", *keys, "enter")
        await settle(pilot)
        assert commands(app) == [(event, 4)]


async def test_level_and_length_are_taken_as_typed():
    async with running(live_store()) as (app, pilot):
        await pilot.press("I")
        app.focused.value = "-12,5"
        await pilot.press("tab")
        app.focused.value = "x"
        await pilot.press("enter")
        await paint(app, pilot)
        assert "seconds: x will not do. Write it as 3." in shown(app) and commands(app) == []
        app.focused.value = "1.5"
        await pilot.press("enter")
        await settle(pilot)
        assert commands(app) == [(InjectEvent("noise", seconds=1.5, level_dbfs=-12.5), 4)]


async def test_nothing_is_said_by_a_restaurant_without_words():
    async with running(live_store()) as (app, pilot):
        await pilot.press("I", "down", "down", "enter")
        await paint(app, pilot)
        assert isinstance(app.screen, InjectModal) and "words: nothing will not do" in shown(app)


async def test_on_a_real_line_only_providers_can_fail_and_the_rest_says_why():
    async with running(sip_store(), now_ms=NOW_MS) as (app, pilot):
        await pilot.press("I")
        await paint(app, pilot)
        assert shown(app).count("not on a real line") == 4
        await pilot.press("up", "up", "up", "enter")
        await settle(pilot)
        assert commands(app) == [(InjectEvent("fail", seconds=10.0, room="transcribe"), 4)]


async def test_a_click_in_a_menu_picks_and_does_nothing_else():
    async with running(live_store()) as (app, pilot):
        await pilot.press("I")
        await paint(app, pilot)
        await pilot.click("#pick", offset=(4, 3))
        await settle(pilot)
        assert isinstance(app.screen, InjectModal) and commands(app) == []
        await pilot.press("enter")
        await settle(pilot)
        assert commands(app) == [(InjectEvent("hang_up"), 4)]


def test_numbers_as_people_type_them():
    assert (number("3"), number(" -12,5 "), number("\u22123")) == (3.0, -12.5, -3.0)
    assert [number(text) for text in ("", "x", "nan", "inf", "1e9")] == [None] * 5


# --- language, transfer, mark -------------------------------------------------------------------------------


async def test_the_language_that_is_spoken_cannot_be_picked():
    async with running(live_store()) as (app, pilot):
        await pilot.press("l", "1")
        assert isinstance(app.screen, LanguageModal) and commands(app) == []
        await pilot.press("down", "enter")
        await settle(pilot)
        assert commands(app) == [(ForceLanguage("es"), 4)]
        assert toasts(app) == ["Call 4 goes on in Spanish."]


async def test_a_transfer_is_blind_or_attended_and_needs_an_address():
    async with running(sip_store(), now_ms=NOW_MS) as (app, pilot):
        await pilot.press("F", "enter")
        await paint(app, pilot)
        assert isinstance(app.screen, TransferModal) and "BLIND" in shown(app)
        assert "No address yet" in shown(app)
        await pilot.press("tab", *"anna@example.org")
        await paint(app, pilot)
        assert "ATTENDED" in shown(app)
        await pilot.press("enter")
        await settle(pilot)
        assert commands(app) == [(TransferLine("anna@example.org", True), 4)]


async def test_a_mark_is_of_the_moment_of_the_key_not_of_enter():
    async with running(live_store()) as (app, pilot):
        await pilot.press("b")
        await later(app, pilot, 7 * SECOND_US)
        await pilot.press("enter")
        await settle(pilot)
        assert commands(app) == [(MarkMoment("", NOW_US), 4)]


async def test_escape_drops_a_mark():
    async with running(live_store()) as (app, pilot):
        await pilot.press("b", *"odd")
        assert isinstance(app.screen, MarkModal) and app.screen.query_one(Input).value == "odd"
        await pilot.press("escape")
        assert app.screen is app.floor and commands(app) == []


# --- how they look -------------------------------------------------------------------------------------------

VERDICT = CacheVerdict(3, True, 0.96, "For {party_size} people.", source="r-17", nearest="How many people?")
LOOKS = {
    "approve": ("a",),
    "approve-deny": ("a", "WAIT", "n", *"too late for her"),
    "approve-edit": ("a", "WAIT", "e"),
    "question": ("QUESTION", "a"),
    "question-yes": ("QUESTION", "a", "WAIT", "y"),
    "digits": ("D", "1", "asterisk"),
    "language": ("l",),
    "inject": ("I",),
    "inject-say": ("I", "down", "down"),
    "transfer": ("F", "tab"),
    "hang-up": ("X",),
    "mark": ("b",),
    "forget": ("C",),
    "restart": ("R",),
    "dial": ("d",),
    "dial-real": ("d", "tab"),
    "say": ("s", *"One moment, please."),
    "whisper": ("w",),
}


def looking(keys: tuple[str, ...]):
    async def before(pilot) -> None:
        app = pilot.app
        feed(app.store, [(33_000, VERDICT)], 4)
        waits(app.store, QUESTION if "QUESTION" in keys else APPROVAL)
        await paint(app, pilot)
        for key in keys:
            if key == "WAIT":
                await later(app, pilot)
            elif key != "QUESTION":
                await pilot.press({" ": "space", ",": "comma", ".": "full_stop"}.get(key, key))
        await settle(pilot)
        alone(app)
        await paint(app, pilot)

    return before


@pytest.mark.parametrize("size", [(80, 24), (160, 45)], ids=["80x24", "160x45"])
@pytest.mark.parametrize("look", LOOKS)
def test_how_a_box_looks(snap_compare, look, size):
    app = make_app(live_store(), accounts=("work", "home"))
    assert snap_compare(app, terminal_size=size, run_before=looking(LOOKS[look]))


def test_how_an_injection_into_a_real_line_looks(snap_compare):
    app = make_app(sip_store(), now_ms=NOW_MS)

    async def before(pilot) -> None:
        await paint(app, pilot)
        await pilot.press("I")
        alone(pilot.app)
        await paint(app, pilot)

    assert snap_compare(app, terminal_size=(80, 24), run_before=before)


@pytest.mark.parametrize("look", [*LOOKS])
async def test_ascii_boxes_need_no_sign_beyond_ascii(look):
    async with running(live_store(), size=(100, 30), glyphs=ASCII, accounts=("work",)) as (app, pilot):
        await looking(LOOKS[look])(pilot)
        assert {sign for sign in shown(app) if ord(sign) > 127} == set()
