"""One recorded call, as the floor shows a live one, and the line of its time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import ClassVar, Protocol

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget

from console import theme
from console.frame import Frame
from console.glyphs import Glyphs
from console.screens.main import MainScreen
from console.state.playhead import ReplayView
from console.state.store import Store
from console.widgets.events import EventsPane
from console.widgets.facts import ReservationPane
from console.widgets.latency import LatencyPane
from console.widgets.meters import Meters
from console.widgets.replay_bar import ReplayBar
from console.widgets.tools import CachePane, ToolsPane
from console.widgets.transcript import TranscriptPane

TABS = ("numbers", "record", "tools", "events")  # what `v` goes through where one fits


class Replayed(Protocol):
    """A recording that brings a store of its own to where it stands."""

    store: Store

    def drain(self) -> list[str]:
        """Let time pass. Called once a frame."""
        ...

    def view(self) -> ReplayView: ...


class ReplayScreen(MainScreen):
    """The header tells of the engine, all the rest of the recording."""

    called = "replay"
    CSS_PATH: ClassVar[list[str]] = ["../styles/base.tcss", "../styles/replay.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [Binding("v", "next_pane", "view", show=False)]

    def __init__(self, glyphs: Glyphs, replayed: Replayed, left: Callable[[], None]) -> None:
        """left: called once when the screen has gone."""
        super().__init__(glyphs)
        self._replayed, self._left = replayed, left
        self.transcript = TranscriptPane(glyphs)
        self._meters, self._latency = Meters(glyphs), LatencyPane(glyphs)
        self._cache, self._tools = CachePane(glyphs), ToolsPane(glyphs)
        self._reservation, self._events = ReservationPane(glyphs), EventsPane(glyphs)
        self._bar = ReplayBar(glyphs)
        self.tab = TABS[0]

    def panes(self) -> Iterable[Widget]:
        with Container(id="replay-body"):
            yield self.transcript
            with Container(id="replay-side"):
                yield self._meters
                yield self._latency
                yield self._cache
                yield self._reservation
            yield self._tools
            yield self._events
        yield self._bar

    def on_mount(self) -> None:
        self.add_class(f"tab-{self.tab}")
        self.transcript.focus()

    def on_unmount(self) -> None:
        self._left()

    @property
    def _next_tab(self) -> str:
        return TABS[(TABS.index(self.tab) + 1) % len(TABS)]

    def action_next_pane(self) -> None:
        """The next pane of numbers, where only one fits."""
        self.remove_class(f"tab-{self.tab}")
        self.tab = self._next_tab
        self.add_class(f"tab-{self.tab}")

    def paint(self, frame: Frame) -> None:
        """Show the recording where it stands now; the frame's own store is the engine's."""
        self._replayed.drain()
        store, view = self._replayed.store, self._replayed.view()
        wall = view.began + timedelta(microseconds=view.position_us)
        self.transcript.sync(store, wall, [Text("Before the first word of the record.", theme.GREY)])
        self._meters.sync(store)
        self._latency.sync(store)
        self._cache.sync(store)
        self._reservation.sync(store)
        self._tools.sync(store)
        self._events.sync(store, wall)
        self._bar.sync(view, "" if self.has_class("-wide") else f"v {self._next_tab}")
