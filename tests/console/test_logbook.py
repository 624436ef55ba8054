"""Every event with its time on the wall, kept over snapshots, and quick to look through."""

import time
from datetime import datetime, timedelta

from console.state.logbook import MAX_LINES, LogBook
from console.state.store import Store
from engine.protocol import EngineEvent
from tests.console.support import header, paint, running, shown

WALL = datetime(2026, 5, 11, 18, 0, 0)


def say(store: Store, at_ms: int, text: str, level: str = "info", call: int = 0) -> None:
    event = EngineEvent(level, text, "tts")  # type: ignore[arg-type]
    store.apply(header(event, call, at_ms=at_ms), event)


def texts(book: LogBook) -> list[str]:
    return [line.event.text for line in book.lines]


def test_new_events_are_added_with_the_time_at_which_they_were():
    store, book = Store(), LogBook()
    say(store, 1_000, "one")
    store.tick(3_000_000)
    book.take(store, WALL)
    say(store, 4_000, "two")
    store.tick(4_000_000)
    book.take(store, WALL + timedelta(seconds=1))
    book.take(store, WALL + timedelta(seconds=2))
    assert texts(book) == ["tts: one", "tts: two"]
    assert [line.wall for line in book.lines] == [WALL - timedelta(seconds=2), WALL + timedelta(seconds=1)]


def test_the_time_stays_right_when_the_clock_of_the_headers_has_begun_anew():
    store, book = Store(), LogBook()
    say(store, 1_000, "one")
    store.tick(1_000_000)
    book.take(store, WALL)
    store.tick(5_000_000_000)  # 83 minutes later
    book.take(store, WALL + timedelta(minutes=83))
    assert book.lines[0].wall == WALL


def test_a_snapshot_adds_only_what_is_new():
    store, book = Store(), LogBook()
    say(store, 1_000, "one")
    book.take(store, WALL)
    store.clear()
    say(store, 1_000, "one")
    say(store, 2_000, "two")
    book.take(store, WALL)
    assert texts(book) == ["tts: one", "tts: two"]


def test_a_book_of_a_recording_follows_it_backwards():
    store, book = Store(), LogBook(over_snapshots=False)
    say(store, 1_000, "one")
    say(store, 2_000, "two")
    book.take(store, WALL)
    store.clear()
    say(store, 1_000, "one")
    book.take(store, WALL)
    assert texts(book) == ["tts: one"]


def test_the_oldest_go_first():
    store, book = Store(), LogBook()
    for number in range(MAX_LINES + 10):
        say(store, number, f"number {number}")
        if number % 100 == 0:
            book.take(store, WALL)
    book.take(store, WALL)
    assert len(book.lines) == MAX_LINES and texts(book)[0] == "tts: number 10"


async def test_the_log_shows_filters_and_follows():
    store = Store()
    store.link = "live"
    for number in range(200):
        say(store, number, f"number {number}", "warning" if number % 50 == 0 else "info")
    async with running(store, size=(100, 30), now_ms=200) as (app, pilot):
        await pilot.press("L")
        await paint(app, pilot)
        assert "number 199" in shown(app) and "number 5 " not in shown(app)
        await pilot.press("l")
        await paint(app, pilot)
        assert "number 150" in shown(app) and "number 199" not in shown(app) and "from warning" in shown(app)
        await pilot.press("l", "l", "slash", *"19", "enter")
        await paint(app, pilot)
        assert "number 119" in shown(app) and "number 150" not in shown(app) and "/ 19" in shown(app)
        await pilot.press("slash", "escape")
        await paint(app, pilot)
        app.screen.query_one("#events").focus()
        await pilot.press("home")
        await paint(app, pilot)
        assert "number 0" in shown(app) and "scrolled up" in shown(app)
        say(store, 201, "the newest")
        await paint(app, pilot)
        assert "the newest" not in shown(app)
        await pilot.press("end")
        await paint(app, pilot)
        assert "the newest" in shown(app)
        await pilot.press("escape")
        assert app.screen is app.floor


async def test_ten_thousand_lines_cost_a_frame_no_more_than_ten():
    store = Store()
    store.link = "live"
    async with running(store, size=(160, 45)) as (app, pilot):
        for number in range(MAX_LINES):
            say(store, number, f"number {number}")
            if number % 100 == 0:
                app.log_book.take(store, WALL)
        await pilot.press("L")
        await paint(app, pilot)
        began = time.process_time()
        for number in range(20):
            say(store, MAX_LINES + number, f"and {number}")
            app.frame()
        assert (time.process_time() - began) / 20 < 0.01
        await paint(app, pilot)
        assert "and 19" in shown(app)
