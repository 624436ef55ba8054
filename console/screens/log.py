"""Every event of all calls and of the engine, with milliseconds, a filter and a level."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget

from console.frame import Frame
from console.glyphs import Glyphs
from console.screens.main import MainScreen
from console.widgets.events import EventsPane


class LogScreen(MainScreen):
    """Follows its end unless somebody scrolls up."""

    called = "log"
    CSS_PATH: ClassVar[list[str]] = ["../styles/base.tcss", "../styles/log.tcss"]

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        self.events = EventsPane(glyphs, title="Log", millis=True)

    def panes(self) -> Iterable[Widget]:
        yield self.events

    def on_mount(self) -> None:
        self.events.focus()

    def next_level(self) -> None:
        """Show from the next level on."""
        self.events.next_level()

    def labels(self) -> dict[str, str]:
        return {"log.level": f"from {self.events.level}"}

    def paint(self, frame: Frame) -> None:
        self.events.sync(frame.store, frame.wall, frame.log)
