"""Each key, and that nothing dangerous happens by one key alone."""

from dataclasses import replace

import pytest
from textual.widgets import Input, OptionList, Static

from console.actions import ACTIONS, BY_ID, GROUPS
from console.key_table import ROOT, with_keys
from console.keymap import clashes, remapped
from console.screens.modals import DialModal, HangUpModal, HelpModal
from console.state.store import Store
from engine.settings import ConsoleSettings
from tests.console.support import live_store, paint, running, shown, toasts


async def test_arrows_and_letters_select_and_stop_at_the_ends():
    async with running(live_store()) as (app, pilot):
        for key, selected in (("k", 3), ("up", 2), ("j", 3), ("down", 4), ("down", 4)):
            await pilot.press(key)
            assert app.store.selected == selected


async def test_digits_go_to_calls_by_their_number():
    async with running(live_store()) as (app, pilot):
        await pilot.press("2")
        await paint(app, pilot)
        assert app.store.selected == 2 and "2 Casa Olivar" in shown(app)
        await pilot.press("9")
        assert app.store.selected == 2 and toasts(app) == ["There is no call 9."]


async def test_a_click_on_a_row_selects_its_call():
    async with running(live_store()) as (app, pilot):
        await pilot.click("#calls", offset=(10, 2))
        assert app.store.selected == 2


async def test_hanging_up_takes_a_capital_and_a_yes():
    async with running(live_store()) as (app, pilot):
        await pilot.press("x")
        assert not isinstance(app.screen, HangUpModal)
        await pilot.press("X")
        assert isinstance(app.screen, HangUpModal) and "The Copper Kettle" in shown(app)
        await pilot.press("enter", "space")
        assert isinstance(app.screen, HangUpModal) and app.link.hung_up == []
        await pilot.press("y")
        await pilot.pause()
        assert app.link.hung_up == [4]


@pytest.mark.parametrize("key", ["n", "escape"])
async def test_hanging_up_can_be_thought_better_of(key):
    async with running(live_store()) as (app, pilot):
        await pilot.press("X", key)
        assert app.screen is app.floor and app.link.hung_up == []


async def test_the_call_that_was_named_is_the_one_hung_up():
    async with running(live_store()) as (app, pilot):
        await pilot.press("X")
        app.store.select(2)  # as a placed call that arrives meanwhile would
        await pilot.press("y")
        await pilot.pause()
        assert app.link.hung_up == [4]


async def test_an_ended_call_is_not_hung_up():
    async with running(live_store()) as (app, pilot):
        await pilot.press("1", "X")
        assert app.screen is app.floor and toasts(app) == ["Call 1 has ended already."]


async def test_dialling_offers_the_last_scenario_and_enter_dials_it():
    store = live_store()
    store.calls[4].scenario = "/s/en/full.yaml"
    async with running(store) as (app, pilot):
        await pilot.press("d")
        assert isinstance(app.screen, DialModal)
        assert app.screen.query_one(OptionList).highlighted == 1
        await pilot.press("enter")
        await pilot.pause()
        assert app.link.placed == ["/s/en/full.yaml"]


async def test_dialling_filters_by_what_is_typed_and_picks_with_arrows():
    async with running(live_store()) as (app, pilot):
        await pilot.press("d", *"accepts", "down", "enter")
        await pilot.pause()
        assert app.link.placed == ["/s/de/accepts.yaml"]


async def test_dialling_takes_a_path_but_no_unknown_name():
    async with running(live_store()) as (app, pilot):
        await pilot.press("d", *"nosuch", "enter")
        assert isinstance(app.screen, DialModal) and "No scenario of that name" in shown(app)
        app.screen.query_one(Input).value = "mine/own.yaml"
        await pilot.press("enter")
        await pilot.pause()
        assert app.link.placed == ["mine/own.yaml"]


async def test_escape_leaves_the_dialling_box():
    async with running(live_store()) as (app, pilot):
        await pilot.press("d", "escape")
        assert app.screen is app.floor and app.link.placed == []


async def test_letters_typed_into_a_box_are_no_commands():
    async with running(live_store()) as (app, pilot):
        await pilot.press("d", "q", "X", "p")
        assert isinstance(app.screen, DialModal) and app.screen.query_one(Input).value == "qXp"
        assert not app.floor.transcript.frozen


async def test_the_engines_refusal_is_shown_in_its_words():
    async with running(live_store()) as (app, pilot):
        app.link.refuses = "calls are made 11:00 to 21:00"
        await pilot.press("d", "enter")
        await pilot.pause()
        assert toasts(app) == ["calls are made 11:00 to 21:00"]


async def test_freezing_holds_the_transcript_where_it_is():
    store = live_store(20_000)
    async with running(store, size=(80, 24), now_ms=20_000) as (app, pilot):
        await pilot.press("p")
        await paint(app, pilot)
        at = app.floor.transcript.scroll_offset.y
        later = live_store(33_600)
        store.calls[4].conversation = later.calls[4].conversation
        store.calls[4].conversation.version += 1000
        await paint(app, pilot)
        assert app.floor.transcript.scroll_offset.y == at and "frozen" in shown(app)
        await pilot.press("p")
        await paint(app, pilot)
        assert app.floor.transcript.scroll_offset.y == app.floor.transcript.max_scroll_y > at


async def test_scrolling_up_stops_following_and_the_end_takes_it_up_again():
    async with running(live_store(), size=(80, 24)) as (app, pilot):
        transcript = app.floor.transcript
        transcript.focus()
        await pilot.press("pageup")
        await paint(app, pilot)
        assert not transcript.following and "scrolled up" in shown(app)
        await pilot.press("end")
        await paint(app, pilot)
        assert transcript.following


async def test_tab_moves_the_focus_through_what_scrolls():
    async with running(live_store()) as (app, pilot):
        seen = [app.focused.id]
        for _ in range(4):
            await pilot.press("tab")
            seen.append(app.focused.id)
        assert seen == ["calls", "alerts", "rooms", "transcript", "latency"]
        await pilot.press("shift+tab")
        assert app.focused.id == "transcript"


async def test_v_goes_through_the_panes_where_one_fits():
    async with running(live_store(), size=(100, 30)) as (app, pilot):
        seen = []
        for _ in range(4):
            seen.append(app.floor.tab)
            await pilot.press("v")
            await paint(app, pilot)
            if app.floor.tab == "record":
                assert "Reservation" in shown(app) and "Latency" not in shown(app)
        assert seen == ["numbers", "record", "events", "rooms"] and app.floor.tab == "numbers"


async def test_help_lists_every_action():
    async with running(live_store()) as (app, pilot):
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpModal)
        text = " ".join(app.screen.query_one(Static).content.plain.split())
        assert all(action.help in text for action in ACTIONS) and all(
            title in text for title in GROUPS.values()
        )
        assert text.startswith("Calls Number, state, restaurant")  # the focused pane's own words first
        await pilot.press("escape")
        assert app.screen is app.floor


async def test_the_palette_offers_what_works_now():
    async with running(live_store()) as (app, pilot):
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert any("Hang up" in title for title in titles)
        app.store.link = "lost"
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert not any("Hang up" in title or "Dial" in title for title in titles)
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert app.screen is not app.floor


async def test_q_leaves_with_code_0():
    async with running(live_store()) as (app, pilot):
        await pilot.press("q")
        await pilot.pause()
    assert app.return_code == 0


async def test_a_key_in_the_key_bar_can_be_clicked():
    async with running(live_store()) as (app, pilot):
        at = shown(app).splitlines()[-1].index("hang up")
        await pilot.click("#keys", offset=(at, 0))
        await pilot.pause()
        assert isinstance(app.screen, HangUpModal)


@pytest.mark.parametrize("key", ["d", "X"])
async def test_commands_are_refused_when_they_cannot_be_given(key):
    for change, words in (("readonly", "read-only"), ("lost", "nothing was sent"), ("waiting", "No engine")):
        store = live_store()
        async with running(store) as (app, pilot):
            if change == "readonly":
                store.readonly = True
            else:
                store.link = change
            await pilot.press(key)
            assert app.screen is app.floor and words in toasts(app)[0], change


def test_every_action_has_a_key_an_id_and_a_help_text_of_its_own():
    assert len({action.id for action in ACTIONS}) == len({action.help for action in ACTIONS}) == len(ACTIONS)
    assert all(action.keys and action.shown and action.help and action.id and action.on for action in ACTIONS)


def test_no_key_means_two_things_in_the_same_place_and_situation():
    assert clashes(ACTIONS) == []
    both = (BY_ID["call.say"], replace(BY_ID["call.whisper"], keys="s"))
    assert [key for _, _, key in clashes(both)] == ["s"]


def test_what_cannot_be_undone_takes_a_capital():
    final = [action for action in ACTIONS if action.final]
    assert {"call.hang_up", "call.transfer", "mic.hand_back", "room.restart"} <= {
        action.id for action in final
    }
    assert all(key.isupper() for action in final for key in action.keys.split(","))


def test_no_key_that_terminals_and_their_multiplexers_take_for_themselves():
    taken = {f"ctrl+{letter}" for letter in "sqzhimba"}
    keys = {key for action in ACTIONS for key in action.keys.split(",")}
    assert not keys & taken and not any("alt" in key for key in keys)


async def test_every_action_has_its_handler():
    async with running(live_store()) as (app, _):
        assert set(app.handlers) == set(BY_ID)


async def test_other_keys_from_the_settings_stand_for_the_action_everywhere():
    async with running(live_store(), settings=ConsoleSettings(keys={"call.hang_up": "f4"})) as (app, pilot):
        assert "f4 hang up" in shown(app)
        await pilot.press("X")
        assert app.screen is app.floor
        await pilot.press("f4")
        assert isinstance(app.screen, HangUpModal)
        await pilot.press("escape", "question_mark")
        assert "f4" in shown(app) or "f4" in app.screen.query_one(Static).content.plain


async def test_keys_that_cannot_be_are_told_at_start_and_left_out():
    keys = {"call.hangup": "f4", "call.say": "m", "call.mute": "nokey", "call.mark": "3"}
    async with running(live_store(), settings=ConsoleSettings(keys=keys)) as (app, _):
        told = " ".join(toasts(app))
        for words in (
            'no action "call.hangup"',
            "m for call.say is call.mute already",
            '"nokey" for call.mute',
        ):
            assert words in told
        assert app.table == ACTIONS


def test_two_actions_may_change_keys():
    table, wrong = remapped({"call.say": "w", "call.whisper": "s"})
    assert wrong == [] and {entry.id: entry.keys for entry in table}["call.say"] == "w"


async def test_selecting_with_no_calls_is_harmless():
    store = Store()
    store.link = "live"
    async with running(store) as (app, pilot):
        await pilot.press("up", "j", "X")
        assert store.selected is None and toasts(app) == ["No call is selected."]


def test_the_readme_has_the_keys_as_they_are():
    page = (ROOT / "README.md").read_text("utf-8")
    assert page == with_keys(page), "write them again: make pictures"
    with pytest.raises(ValueError, match="lacks the marks"):
        with_keys("no marks")


def test_a_microphone_is_switched_off_by_its_own_keys_whatever_else_does_it():
    table, wrong = remapped({"mic.off": "f12"})
    assert not wrong
    assert next(entry for entry in table if entry.id == "mic.off").keys == "f12,f9,escape"
    for keys in ({"mic.off": "f12", "call.hang_up": "f9"}, {"call.hang_up": "f9", "mic.off": "f12"}):
        table, wrong = remapped(keys)
        assert len(wrong) == 1 and "call.hang_up keeps its own" in wrong[0]
        assert next(entry for entry in table if entry.id == "mic.off").keys == "f12,f9,escape"
