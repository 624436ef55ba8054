"""The line an operator types to a call: spoken or whispered, kept when it is left, never sent elsewhere."""

from textual.widgets import Input

from console.screens.modals import SayModal
from console.screens.modals.box import PAUSE_US
from console.widgets.say_box import History, SayBox
from engine.protocol import SayLine, Whisper
from tests.console.acting import commands, ends, later, settle
from tests.console.support import feed, live_store, paint, running, shown, state, toasts


async def test_what_is_typed_is_said_in_the_call_that_the_title_names():
    async with running(live_store(), size=(100, 30)) as (app, pilot):
        await pilot.press("s")
        await paint(app, pilot)
        assert "SAY to call 4 The Copper Kettle" in shown(app)
        await pilot.press(*"hello", "enter")
        await settle(pilot)
        assert commands(app) == [(SayLine("hello"), 4)]
        assert app.screen is app.floor and toasts(app) == ["The agent says it in call 4."]


async def test_tab_makes_a_whisper_of_it_in_word_and_colour_and_back():
    async with running(live_store(), size=(100, 30)) as (app, pilot):
        await pilot.press("s", *"wait", "tab")
        await paint(app, pilot)
        assert "WHISPER to call 4" in shown(app) and "SAY to" not in shown(app)
        colour = app.screen.query_one(SayBox).styles.border_top[1]
        await pilot.press("tab")
        await paint(app, pilot)
        assert "SAY to call 4" in shown(app)
        assert app.screen.query_one(SayBox).styles.border_top[1] != colour
        await pilot.press("tab", "enter")
        await settle(pilot)
        assert commands(app) == [(Whisper("wait"), 4)] and toasts(app) == ["The agent of call 4 knows."]


async def test_w_begins_as_a_whisper():
    async with running(live_store()) as (app, pilot):
        await pilot.press("w", *"psst", "enter")
        await settle(pilot)
        assert commands(app) == [(Whisper("psst"), 4)]


async def test_an_empty_line_sends_nothing_and_stays():
    async with running(live_store()) as (app, pilot):
        await pilot.press("s", "enter", "space", "space", "enter")
        await settle(pilot)
        assert isinstance(app.screen, SayModal) and commands(app) == []


async def test_what_is_left_is_kept_for_its_call_and_for_no_other():
    async with running(live_store()) as (app, pilot):
        await pilot.press("s", *"one moment"[:3], "escape")
        app.store.select(2)
        await pilot.press("s")
        assert app.screen.query_one(Input).value == ""
        await pilot.press("escape")
        app.store.select(4)
        await pilot.press("w")
        assert app.screen.query_one(Input).value == "one" and commands(app) == []


async def test_what_the_engine_refused_is_kept():
    async with running(live_store()) as (app, pilot):
        app.link.refuses = "Nobody has picked up yet."
        await pilot.press("s", *"hello", "enter")
        await settle(pilot)
        assert toasts(app) == ["Nobody has picked up yet."]
        await pilot.press("s")
        assert app.screen.query_one(Input).value == "hello"


async def test_what_could_not_be_sent_because_the_engine_was_lost_is_kept():
    async with running(live_store()) as (app, pilot):
        await pilot.press("s", *"hello")
        app.store.link = "lost"
        await pilot.press("enter")
        await settle(pilot)
        assert "nothing was sent" in toasts(app)[0] and "kept" in toasts(app)[0]
        app.store.link = "live"
        await pilot.press("s")
        assert app.screen.query_one(Input).value == "hello"


async def test_words_for_a_call_that_ends_are_told_to_be_unsent_and_not_kept_for_the_next_of_its_number():
    async with running(live_store()) as (app, pilot):
        await pilot.press("s", *"draft", "escape", "s")
        ends(app.store)
        await later(app, pilot)
        assert toasts(app) == ["Call 4 has ended. What you were writing was not sent."]
        await later(app, pilot, PAUSE_US)
        feed(app.store, [(33_700, state("dialling", restaurant="Blue Anchor"))], 4)
        await paint(app, pilot)
        await pilot.press("s")
        assert app.screen.query_one(Input).value == "" and commands(app) == []


async def test_up_and_down_go_through_what_was_sent_and_back_to_what_is_written():
    async with running(live_store()) as (app, pilot):
        for line in ("one", "two"):
            await pilot.press("s", *line, "enter")
            await settle(pilot)
        await pilot.press("s", *"new")
        line, seen = app.screen.query_one(Input), []
        for key in ("up", "up", "up", "down", "down", "down"):
            await pilot.press(key)
            seen.append(line.value)
        assert seen == ["two", "one", "one", "two", "new", "new"]


def test_history_keeps_what_is_written_at_each_line():
    history = History(["one", "two"], "draft")
    assert history.line == "draft"
    assert history.step(-1, "draft!") == "two"
    assert history.step(-1, "two, please") == "one"
    assert history.step(1, "one") == "two, please"
    assert history.step(1, "two, please") == "draft!"
    assert History([]).step(-1, "x") == "x"


async def test_letters_in_the_box_are_no_commands_and_the_transcript_goes_on_above_it():
    async with running(live_store(20_000), size=(100, 30), now_ms=20_000) as (app, pilot):
        await pilot.press("s", *"mXaqR")
        later_store = live_store(33_600)
        app.store.calls[4].conversation = later_store.calls[4].conversation
        app.store.calls[4].conversation.version += 1000
        await paint(app, pilot)
        assert isinstance(app.screen, SayModal) and app.screen.query_one(Input).value == "mXaqR"
        assert commands(app) == [] and app.floor.transcript.virtual_size.height > 10
