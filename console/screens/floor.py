"""The floor: all calls, one of them in detail. The narrower widths show one pane of numbers at a time."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Static

from console import theme
from console.frame import Frame
from console.glyphs import Glyphs, call_look
from console.state.store import Store
from console.widgets.bars import Bar, header_text, keys_text
from console.widgets.call_list import CallList
from console.widgets.events import EventsPane
from console.widgets.facts import CachePane, ReservationPane, RoomsPane
from console.widgets.latency import LatencyPane
from console.widgets.line import LinePane
from console.widgets.meters import Meters
from console.widgets.transcript import TranscriptPane

TABS = ("numbers", "record", "events", "rooms")  # what `v` goes through
MIN_COLUMNS, MIN_ROWS = 80, 24


class Floor(Screen[None]):
    """Told everything by `sync`; knows no engine."""

    called = "floor"

    CSS_PATH = "../styles/floor.tcss"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - declared so by Textual
        (0, "-min"),
        (100, "-std"),
        (140, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (28, "-tall")]  # noqa: RUF012

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._header = Bar(id="header")
        self._keys = Bar(id="keys")
        self._too_small = Static("", id="too-small")
        self._body = Container(id="body")
        self._left = Container(id="left")
        self._side = Container(id="side")
        self._calls = CallList(glyphs)
        self._line = LinePane(glyphs)
        self.transcript = TranscriptPane(glyphs)
        self.meters = Meters(glyphs)
        self._latency = LatencyPane(glyphs)
        self._cache = CachePane(glyphs)
        self._reservation = ReservationPane(glyphs)
        self._rooms = RoomsPane(glyphs)
        self._events = EventsPane(glyphs)
        self.tab = TABS[0]

    def compose(self) -> ComposeResult:
        yield self._header
        with self._body:
            with self._left:
                yield self._calls
                yield self._line
            yield self.transcript
            with self._side:
                yield self.meters
                yield self._latency
                yield self._cache
                yield self._reservation
            yield self._rooms
            yield self._events
        yield self._too_small
        yield self._keys

    def on_mount(self) -> None:
        self.add_class(f"tab-{self.tab}")
        self._calls.focus()

    @property
    def _next_tab(self) -> str:
        return TABS[(TABS.index(self.tab) + 1) % len(TABS)]

    def next_pane(self) -> None:
        """Show the next pane of numbers, where only one fits."""
        self.remove_class(f"tab-{self.tab}")
        self.tab = self._next_tab
        self.add_class(f"tab-{self.tab}")

    def sync(self, frame: Frame) -> None:
        """Show the store as it is now."""
        store, wall, waiting = frame.store, frame.wall, frame.waiting
        width, height = self.size
        self.set_class(store.lost, "-lost")
        self.set_class(store.call is None, "-empty")
        self._header.show(header_text(store, wall, width, self._glyphs))
        self._keys.show(keys_text(store, width, self._glyphs, self._next_tab))
        small = width < MIN_COLUMNS or height < MIN_ROWS
        self._too_small.display, self._body.display = small, not small
        if small:
            self._too_small.update(self._small_text(store, width, height))
            return
        self._calls.sync(store)
        self._line.sync(store)
        self.transcript.sync(store, wall, waiting)
        self.meters.sync(store)
        self._latency.sync(store)
        self._cache.sync(store)
        self._reservation.sync(store)
        self._rooms.sync(store)
        self._events.sync(store, wall)

    def _small_text(self, store: Store, width: int, height: int) -> Text:
        text = Text(f"{MIN_COLUMNS}x{MIN_ROWS} needed, this is {width}x{height}.\n\n", theme.WARN)
        if store.call is not None:
            look = call_look(store.call, self._glyphs)
            text.append(
                f"{look.glyph} {store.call.number} {look.word}  {store.call.restaurant}\n", look.style
            )
        text.append("X hang up   ? help   q quit", theme.GREY)
        return text
