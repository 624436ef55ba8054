"""What stands on the screen when there is nothing, when the engine is awaited, lost, or back."""

import pytest

from console.glyphs import ASCII, UNICODE
from console.state.numbers import Meter
from console.state.store import Store
from console.widgets.latency import history, milliseconds
from console.widgets.meters import bar, quantise
from console.widgets.pane import clip
from engine.protocol import Transcript, Voice
from tests.console.support import header, live_store, paint, running, shown, toasts
from tests.fakes.sample_call import house


def live_empty() -> Store:
    store = Store()
    store.link = "live"
    for at_ms, message in house(0):
        store.apply(header(message, 0, at_ms=at_ms), message)
    return store


async def test_without_an_engine_the_next_step_is_named():
    async with running(Store(), now_ms=0) as (app, pilot):
        app.clock.us = 12_000_000
        await paint(app, pilot)
        assert "Waiting for an engine in ~/.state (12 s)." in shown(app)
        assert "Start: call-thing engine" in shown(app) and "engine ○ waiting 12 s" in shown(app)


async def test_why_an_engine_cannot_be_read_is_said():
    async with running(Store()) as (app, pilot):
        app.link.problem = "engine.json: belongs to another account."
        await paint(app, pilot)
        assert "belongs to another account" in shown(app)


async def test_without_calls_the_way_to_one_is_named():
    async with running(live_empty(), now_ms=0) as (app, _):
        assert "No calls yet. d dials a scenario, i scenarios, r" in shown(app) and "rooms 7/7" in shown(app)


async def test_a_lost_engine_shows_what_was_last_known_and_no_meter():
    store = live_store()
    async with running(store) as (app, pilot):
        assert "p 0.94" in shown(app)
        app.clock.us += 4_000_000
        await paint(app, pilot)
        text = shown(app)
        assert "engine ✗ LOST 4 s" in text and "last known 18:40:07" in text
        assert "p 0.94" not in text and "The Copper Kettle" in text
        assert "hang up" not in text and "dial " not in text  # the key bar offers what works
        assert app.floor.has_class("-lost")


async def test_back_again_is_said_once():
    async with running(live_store()) as (app, pilot):
        app.link.notices.append("Engine back, 7 s missed, 2 calls ended meanwhile.")
        await paint(app, pilot)
        assert toasts(app) == ["Engine back, 7 s missed, 2 calls ended meanwhile."]
        assert not app.floor.has_class("-lost")


async def test_the_demo_call_is_placed_once_when_all_rooms_are_ready():
    store = live_empty()
    store.rooms.rooms["tts"].state = "starting"
    async with running(store, now_ms=0, demo="/s/en/accepts.yaml") as (app, pilot):
        assert app.link.placed == [] and "The engine is starting" in shown(app)
        store.rooms.rooms["tts"].state = "ready"
        await paint(app, pilot)
        await paint(app, pilot)
        assert app.link.placed == ["/s/en/accepts.yaml"]


@pytest.mark.parametrize("size", [(79, 24), (80, 23), (40, 10)])
async def test_a_terminal_that_is_too_small_is_told_so(size):
    async with running(live_store(), size=size) as (app, _):
        assert f"80x24 needed, this is {size[0]}x{size[1]}" in shown(app)
        assert "The Copper Kettle" in shown(app)


@pytest.mark.parametrize("size", [(160, 45), (140, 30), (120, 30), (100, 30), (100, 24), (80, 24), (200, 60)])
async def test_the_newest_words_are_in_sight_at_every_size(size):
    async with running(live_store(), size=size) as (app, _):
        assert "Yes, of course. See" in shown(app) and "The Copper Kettle" in shown(app)


async def test_resizing_wraps_anew_and_keeps_the_end_in_sight():
    async with running(live_store()) as (app, pilot):
        await pilot.resize_terminal(80, 24)
        await paint(app, pilot)
        assert "Yes, of course. See" in shown(app)
        await pilot.resize_terminal(160, 45)
        await paint(app, pilot)
        assert "Good evening, The Copper Kettle" in shown(app)


async def test_finals_are_wrapped_once_and_only_the_partial_again():
    store = live_store()
    async with running(store) as (app, pilot):
        before = app.floor.transcript.wrapped
        for words in ("Yes, of course. See you", "Yes, of course. See you then"):
            partial = Transcript(6, words, False, "en", 0.8, 0, 0)
            store.apply(header(partial, 4, 900, 33_600), partial)
            await paint(app, pilot)
        assert app.floor.transcript.wrapped == before + 2


async def test_a_level_that_looks_the_same_is_not_painted_again():
    store = live_store()
    async with running(store) as (app, pilot):
        before = app.floor.meters.painted
        for level in (-18.0, -18.02, -18.04):
            voice = Voice("far", 0, 0.94, level)
            store.apply(header(voice, 4, 900, 33_600), voice)
            await paint(app, pilot)
        assert app.floor.meters.painted == before


async def test_ascii_needs_no_sign_beyond_ascii():
    async with running(live_store(), glyphs=ASCII) as (app, pilot):
        app.clock.us += 4_000_000
        await paint(app, pilot)
        for keys in ([], ["question_mark"], ["escape", "d"]):
            await pilot.press(*keys)
            await paint(app, pilot)
            assert {sign for sign in shown(app) if ord(sign) > 127} == set(), keys


async def test_without_colour_everything_is_still_said(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(live_store(), size=(200, 60)) as (app, _):
        text = shown(app)
        assert app.no_color
        for word in ("listening", "booked", "[not heard:", "cuts in:", "cache hit 0.96", "miss", "ready"):
            assert word in text


def test_every_sign_is_one_cell_wide():
    from rich.cells import cell_len

    for glyphs in (UNICODE, ASCII):
        for name, sign in vars(glyphs).items():
            for one in sign:
                assert cell_len(one) == 1, name


def test_meters_are_quantised_to_what_can_be_seen():
    assert quantise(None, 10) is None
    assert quantise(Meter(-60.0, 0.0, 0), 10) == (0, -60, 0)
    assert quantise(Meter(0.0, 1.0, 0), 10) == (80, 0, 100)
    assert quantise(Meter(float("-inf"), 0.0, 0), 10) == (0, -60, 0)
    assert bar(12, 4, UNICODE) == "█▌  "


def test_numbers_over_their_budget_say_so_without_colour():
    assert milliseconds(1200.0, UNICODE, 1000.0) == (">1200", True)
    assert milliseconds(None, UNICODE) == ("–", False)


def test_the_usual_latency_is_low_in_the_history():
    assert history([], UNICODE) == ""
    assert history([100, 100, 300, 0], UNICODE) == "▃▃█▁"


def test_clipped_text_says_that_it_was_clipped():
    assert clip("Gasthaus Lindenhof", 8) == "Gasthau…"
    assert clip("short", 8) == "short   "


async def test_what_is_said_is_shown_and_never_obeyed():
    store = live_store()
    said = "\x1b]0;mine\x07 [bold]eight[/bold] [/nonsense] \u202e at"
    store.calls[4].restaurant = f"Chez [{said}"
    words = Transcript(6, said, True, "en", 0.8, 0, 0)
    store.apply(header(words, 4, 900, 33_600), words)
    async with running(store) as (app, pilot):
        app.link.notices.append(said)
        await pilot.press("X")
        await paint(app, pilot)
        assert "\x1b" not in shown(app) and "\u202e" not in shown(app)
        await pilot.press("n")
        await paint(app, pilot)
        assert "]0;mine [bold]eight[/bold] [/nonsense]" in shown(app)


async def test_a_frame_without_news_paints_nothing():
    async with running(live_store()) as (app, pilot):
        await pilot.pause()
        painted = []
        app.floor._compositor.render_update, real = (
            lambda *args, **more: painted.append(args) or real(*args, **more),
            app.floor._compositor.render_update,
        )
        for _ in range(5):
            app.frame()
            await pilot.pause()
        assert painted == []


async def test_a_room_that_is_restarted_is_seen_and_counted():
    from engine.protocol import EngineEvent, RoomStarted

    store = live_store()
    for message in (
        RoomStarted("tts", 2),
        EngineEvent("warning", "did not answer for 5 s; restarted", "tts"),
    ):
        store.apply(header(message, 0, 900, 33_600), message)
    async with running(store) as (app, _):
        text = shown(app)
        assert "rooms 6/7" in text and "tts        starting" in text and "back 1×" in text
        assert "tts is back (start 2)" in text and "tts: did not answer for 5 s; restarted" in text
