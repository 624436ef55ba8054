"""The selected call alone, with everything that is known of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.containers import Container, VerticalScroll
from textual.widget import Widget

from console.frame import Frame
from console.glyphs import Glyphs
from console.screens.main import MainScreen
from console.widgets.about import AboutPane
from console.widgets.decisions import DecisionsPane
from console.widgets.facts import ReservationPane
from console.widgets.latency import LatencyPane
from console.widgets.line import LinePane
from console.widgets.meters import Meters
from console.widgets.tools import CachePane, ToolsPane
from console.widgets.transcript import TranscriptPane


class CallScreen(MainScreen):
    """Follows the selection: another call is shown at once."""

    called = "call"
    CSS_PATH: ClassVar[list[str]] = ["../styles/base.tcss", "../styles/call.tcss"]

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        self.transcript = TranscriptPane(glyphs)
        self._talk, self._pair = Container(id="talk"), VerticalScroll(id="numbers", can_focus=False)
        self._left, self._right = Container(classes="column"), Container(classes="column")
        self._meters, self._line = Meters(glyphs), LinePane(glyphs)
        self._about, self._decisions = AboutPane(glyphs), DecisionsPane(glyphs)
        self._latency, self._reservation = LatencyPane(glyphs), ReservationPane(glyphs)
        self._tools, self._cache = ToolsPane(glyphs), CachePane(glyphs)

    def panes(self) -> Iterable[Widget]:
        with self._talk:
            yield self.transcript
            yield self._decisions
        with self._pair:
            with self._left:
                yield self._about
                yield self._meters
                yield self._latency
                yield self._line
                yield self._cache
            with self._right:
                yield self._reservation
                yield self._tools

    def on_mount(self) -> None:
        self.transcript.focus()

    def paint(self, frame: Frame) -> None:
        store = frame.store
        self.transcript.sync(store, frame.wall, frame.waiting)
        self._meters.sync(store)
        for pane in (
            self._about,
            self._latency,
            self._reservation,
            self._tools,
            self._cache,
            self._decisions,
        ):
            pane.sync(store)
        self._line.sync(store)
