"""Decisions with their reasons, tools, restarts, the engine's own words: newest at the bottom."""

from __future__ import annotations

from datetime import datetime

from rich.text import Text

from console import theme
from console.clock import wall_of
from console.glyphs import Glyphs
from console.state.events import Event
from console.state.store import Store
from console.widgets.pane import TailPane

_STYLE = {"warning": theme.WARN, "error": theme.ALERT}
_TOPIC = {"tool": theme.TOOL, "turn": theme.FAR, "barge-in": theme.FAR, "cache": theme.GOOD}


def line(event: Event, now_us: int, wall: datetime, of_selected: bool) -> Text:
    """One event."""
    text = Text(f"{wall_of(event.at_us, now_us, wall):%H:%M:%S} ", theme.FAINT)
    who = f"call {event.call}" if event.call else "engine"
    text.append(f"{who:<8}", theme.TEXT if of_selected else theme.FAINT)
    text.append(f"{event.topic:<9}", _TOPIC.get(event.topic, theme.GREY))
    plain = theme.TEXT if of_selected or not event.call else theme.GREY
    text.append(event.text, _STYLE.get(event.level, plain))
    return text


class EventsPane(TailPane):
    """Events of all calls, those of the selected one brighter."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("Events", id="events", focus=True)
        self._key: tuple[object, ...] = ()

    def sync(self, store: Store, wall: datetime) -> None:
        key = (
            store.generation,
            store.events_version,
            store.selected,
            self.size,
        )  # a pane that is shown again stands at its top
        if key == self._key:
            return
        self._key = key
        lines = [line(event, store.now_us, wall, event.call == store.selected) for event in store.events]
        self.set_lines(lines or [Text("nothing yet", theme.GREY)])
        if self.following:
            self.to_end()
