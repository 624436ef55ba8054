"""The floor: all calls, one of them in detail. The narrower widths show one pane of numbers at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.containers import Container
from textual.widget import Widget

from console.frame import Frame
from console.glyphs import Glyphs
from console.screens.main import MainScreen
from console.widgets.alerts import AlertsPane
from console.widgets.call_list import CallList
from console.widgets.events import EventsPane
from console.widgets.facts import ReservationPane, RoomsPane
from console.widgets.latency import LatencyPane
from console.widgets.line import LinePane
from console.widgets.meters import Meters
from console.widgets.tools import CachePane, ToolsPane
from console.widgets.transcript import TranscriptPane

TABS = ("numbers", "record", "events", "rooms")  # what `v` goes through
WIDE_COLUMNS = 140
MIDDLE_COLUMNS, MIDDLE_ROWS = 100, 28  # below, alerts stand in the place of the line while there are any


class Floor(MainScreen):
    """The screen that everything comes back to."""

    called = "floor"
    CSS_PATH: ClassVar[list[str]] = ["../styles/base.tcss", "../styles/floor.tcss"]

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        self._left, self._side = Container(id="left"), Container(id="side")
        self._calls, self._alerts = CallList(glyphs), AlertsPane(glyphs)
        self._line = LinePane(glyphs)
        self._rooms = (RoomsPane(glyphs), RoomsPane(glyphs, id="rooms-tab"))  # below the calls, or a tab
        self.transcript = TranscriptPane(glyphs)
        self.meters = Meters(glyphs)
        self._latency = LatencyPane(glyphs)
        self._reservation = ReservationPane(glyphs)
        self._tools, self._cache = ToolsPane(glyphs), CachePane(glyphs)
        self._events = EventsPane(glyphs)
        self.tab = TABS[0]

    def panes(self) -> Iterable[Widget]:
        with self._left:
            yield self._calls
            yield self._alerts
            yield self._line
            yield self._rooms[0]
        yield self.transcript
        with self._side:
            yield self.meters
            yield self._latency
            yield self._reservation
            yield self._tools
            yield self._cache
        yield self._rooms[1]
        yield self._events

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

    def labels(self) -> dict[str, str]:
        return {"pane.next": "" if self.size.width >= WIDE_COLUMNS else self._next_tab}

    def paint(self, frame: Frame) -> None:
        store = frame.store
        self._calls.sync(store)
        self._alerts.sync(store)
        self._line.sync(store)
        cramped = self.size.width < MIDDLE_COLUMNS or self.size.height < MIDDLE_ROWS
        alerts = bool(store.open_alerts())
        self._alerts.display = alerts or self.size.width >= WIDE_COLUMNS
        self._line.display = self._line.display and not (cramped and alerts)
        self.transcript.sync(store, frame.wall, frame.waiting)
        self.meters.sync(store)
        for pane in (self._latency, self._reservation, self._tools, self._cache, *self._rooms):
            if pane.size:  # else it is hidden
                pane.sync(store)
        self._events.sync(store, frame.wall, frame.log)
