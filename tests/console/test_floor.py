"""The floor and the screen of one call: who needs you, jumping, filtering, what is painted and what is not."""

import pytest

from console.actions import ACTIONS
from console.app import FPS_SLOW
from console.glyphs import UNICODE
from console.screens.call import CallScreen
from console.screens.log import LogScreen
from console.state.store import Store
from console.widgets.alerts import alert_line
from console.widgets.bars import header_text, keys_text
from console.widgets.call_list import LEVELS_EVERY
from console.widgets.pane import harmless
from engine.protocol import Alert, CallClosed, TurnLatency, Voice
from tests.console.support import (
    WALL,
    busy_store,
    header,
    live_store,
    paint,
    running,
    shown,
    sip_store,
    toasts,
)
from tests.fakes.sip_call import NOW_MS


async def test_who_needs_you_stands_in_header_list_and_alerts():
    async with running(busy_store()) as (app, _):
        text = shown(app)
        rows = text.splitlines()
        assert "! 3 NEED YOU (n)" in rows[0] and "with ben" in rows[0] and "12 ms" in rows[0]
        assert any("! 5  NEEDS YOU" in row and "approve 0:12" in row for row in rows)
        assert any("! call 5  book waits for your word" in row and "0:12" in row for row in rows)
        assert any("seen by ben: on hold" in row for row in rows)
        assert any("● 6  LIVE" in row and "by ben" in row for row in rows)
        assert any("◇ 8  muted" in row for row in rows)


async def test_n_goes_through_the_calls_that_need_somebody_the_most_urgent_first():
    async with running(busy_store()) as (app, pilot):
        app.store.select(1)
        seen = []
        for _ in range(4):
            await pilot.press("n")
            seen.append(app.store.selected)
        assert seen == [4, 5, 11, 4]


async def test_n_says_so_when_nobody_needs_you():
    async with running(live_store()) as (app, pilot):
        await pilot.press("n")
        assert toasts(app) == ["No call needs you."] and app.store.selected == 4


async def test_a_click_on_an_alert_goes_to_its_call():
    async with running(busy_store()) as (app, pilot):
        await pilot.click("#alerts", offset=(10, 2))
        assert app.store.selected == 5


@pytest.mark.parametrize("size", [(160, 45), (100, 30), (80, 24)])
async def test_what_needs_you_is_in_sight_at_every_size(size):
    async with running(busy_store(), size=size) as (app, _):
        text = shown(app)
        assert "3 NEED YOU" in text and "asks about the te" in text and "0:09" in text and "a approve" in text


async def test_alerts_never_move_the_focus_or_open_anything():
    store = live_store()
    async with running(store) as (app, pilot):
        focused, screens = app.focused, list(app.screen_stack)
        alert = Alert(1, "wants_person", "asks for a human being")
        store.apply(header(alert, 2), alert)
        await paint(app, pilot)
        assert (app.focused, list(app.screen_stack)) == (focused, screens) and app.store.selected == 4
        assert toasts(app) == []


async def test_zoom_shows_one_call_and_follows_the_selection():
    async with running(busy_store()) as (app, pilot):
        await pilot.press("z")
        await paint(app, pilot)
        assert isinstance(app.screen, CallScreen)
        text = shown(app)
        for words in ("Decisions", "turn 5 over after 352 ms of 350 ms", "cut: 224 ms", "cost", "hear it"):
            assert words in text
        await pilot.press("2")
        await paint(app, pilot)
        assert "2 Casa Olivar" in shown(app)
        await pilot.press("escape")
        assert app.screen is app.floor


async def test_enter_in_the_list_zooms_as_well():
    async with running(live_store()) as (app, pilot):
        await pilot.press("enter")
        assert isinstance(app.screen, CallScreen)


async def test_screens_do_not_pile_up():
    async with running(live_store()) as (app, pilot):
        await pilot.press("z", "L", "L")
        assert isinstance(app.screen, LogScreen) and len(app.screen_stack) == 3  # the default one, floor, log
        await pilot.press("escape", "escape", "escape")
        assert app.screen is app.floor and app.is_running


async def test_jumping_puts_a_letter_on_each_pane_and_the_focus_where_it_is_pressed():
    async with running(busy_store()) as (app, pilot):
        panes = app.floor.places()
        await pilot.press("ctrl+o")
        await paint(app, pilot)
        letters = "asdfghjkl"[: len(panes)]
        assert all(f" {letter} " in shown(app) for letter in letters)
        await pilot.press("g")
        assert app.screen is app.floor and app.focused is panes[letters.index("g")]
        await pilot.press("ctrl+o", "escape")
        assert app.screen is app.floor and app.focused is panes[letters.index("g")]


async def test_the_filter_leaves_calls_and_events_with_all_words():
    async with running(busy_store()) as (app, pilot):
        await pilot.press("slash", *"hold")
        await paint(app, pilot)
        assert "Bar Marisol" in shown(app) and "Bistro Nord" not in shown(app)
        await pilot.press("enter")
        await paint(app, pilot)
        assert app.screen is app.floor and app.store.filter == "hold" and "1 of 11" in shown(app)
        await pilot.press("slash", "escape")
        await paint(app, pilot)
        assert app.store.filter == "" and "Bistro Nord" in shown(app)


async def test_only_the_screen_on_top_is_painted_and_the_one_under_a_box():
    async with running(live_store()) as (app, pilot):
        painted = []
        real = app.floor.sync
        app.floor.sync = lambda frame: painted.append("floor") or real(frame)
        await pilot.press("d")
        app.frame()
        assert painted == ["floor"]
        await pilot.press("escape", "L")
        painted.clear()
        app.frame()
        assert painted == []


async def test_a_slow_link_is_shown_and_gets_fewer_frames():
    store = live_store()
    store.round_trip_ms = 640.0
    async with running(store) as (app, _):
        assert "engine ◐ 640 ms" in shown(app)
        app._fps = 15
        app._keep_pace()
        assert app._pace[0] == FPS_SLOW
        store.round_trip_ms = 20.0
        app._keep_pace()
        assert app._pace[0] == 15
        app._pace[1].stop()


async def test_q_is_refused_while_the_microphone_is_held():
    async with running(live_store()) as (app, pilot):
        app.store.mic.stage, app.store.mic.call = "armed", 4
        await pilot.press("q")
        assert app.is_running and app.return_code is None and "still held" in toasts(app)[-1]


def live_microphone(store: Store) -> Store:
    store.mic.stage, store.mic.call, store.mic.talking = "live", 4, True
    return store


def test_while_live_the_key_bar_begins_with_what_ends_it():
    row = keys_text(live_microphone(live_store()), 160, UNICODE).plain
    assert row.index("esc MIC OFF") < row.index("s say")
    assert "p freeze" not in row and "esc MIC OFF" in row and "H hand back" in row
    assert "t take" not in row


@pytest.mark.parametrize("width", [160, 120, 100, 80])
def test_the_header_leaves_out_what_has_no_room_and_cuts_nothing(width):
    store = live_microphone(busy_store())
    row = header_text(store, WALL, width, UNICODE).plain
    assert len(row) == width and "3 NEED YOU (n)" in row and "mic ● LIVE call 4" in row and "18:40" in row
    assert ("rooms" in row) == ("rooms 7/7" in row) and ("calls" in row) == ("calls 9 live" in row)


@pytest.mark.parametrize("width", [160, 140, 120, 100, 80])
def test_no_key_of_the_bar_is_cut_in_two(width):
    for store in (live_store(), busy_store(), live_microphone(busy_store())):
        row = keys_text(store, width, UNICODE)
        assert row.cell_len <= width
        labels = {entry.label for entry in ACTIONS if entry.label} | {"unmute"}
        told = [part for part in row.plain.split("  ") if part.strip()]
        assert all(any(part.strip().endswith(label) for label in labels) for part in told)


async def test_every_key_in_the_bar_is_a_target_for_the_mouse():
    async with running(busy_store()) as (app, pilot):
        row = shown(app).splitlines()[-1]
        for words, check in (("L ", None), ("z zoom", CallScreen), ("^p menu", None)):
            if words not in row:
                continue
            await pilot.click("#keys", offset=(row.index(words), 0))
            await pilot.pause()
            assert app.screen is not app.floor
            assert check is None or isinstance(app.screen, check)
            await pilot.press("escape")
            await pilot.pause()


def test_percentiles_are_of_the_last_twenty_turns_only():
    from console.widgets.bars import last_turns

    store = Store()
    for turn, whole in enumerate([5000.0] * 30 + [500.0] * 20):
        message = TurnLatency(turn, 0, 0, 0, 0, 0, 0, whole, whole)
        store.apply(header(message, 1, turn), message)
        if turn == 18:
            assert last_turns(store.latency, "voice_to_voice", 0.95) is None
    assert last_turns(store.latency, "voice_to_voice", 0.95) == 500.0


def test_the_time_left_of_an_alert_is_never_cut():
    store = busy_store()
    for alert in store.open_alerts():
        line = alert_line(alert, store.now_us, 24, UNICODE)
        assert (line.cell_len == 24 and line.plain[-5:].strip()[-3] == ":") or line.plain[-3] == ":"


async def test_a_level_in_the_list_paints_only_its_row():
    store = busy_store()
    async with running(store) as (app, _):
        calls = app.floor._calls
        before = calls.painted
        app.frame()
        assert calls.painted == before
        voice = Voice("far", 0, 0.9, -3.0)
        store.apply(header(voice, 5, 900, 33_600), voice)
        app.frame()
        assert calls.painted == before  # it needs somebody: that stands in the place of the levels
        store.apply(header(voice, 8, 900, 33_600), voice)
        for _ in range(LEVELS_EVERY):  # among many calls a level may wait for the next frame
            app.frame()
        assert calls.painted == before + 1


async def test_a_call_that_ends_keeps_its_row():
    store = busy_store()
    async with running(store) as (app, pilot):
        closed = CallClosed("no_answer")
        store.apply(header(closed, 10, 900, 33_600), closed)
        await paint(app, pilot)
        assert any("✗ 10 no answer" in row for row in shown(app).splitlines())


async def test_the_line_has_a_place_on_the_screen_of_its_call():
    async with running(sip_store(), now_ms=NOW_MS) as (app, pilot):
        await pilot.press("z")
        await paint(app, pilot)
        assert "Line  opus 48 kHz" in shown(app) and "re-anchored" in shown(app)


def test_what_a_far_end_says_ends_no_line_and_steers_no_terminal():
    assert harmless("a\u2028b\u2029c\nd\x1b[2Je\u202ef") == "a b c d[2Jef"
