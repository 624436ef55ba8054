"""Decisions with their reasons, tools, alerts, acts, restarts, the engine's own words: newest at the bottom.

Ten thousand lines are only numbers here until they are seen: a line is drawn when it comes into sight.
"""

from __future__ import annotations

from datetime import datetime

from rich.style import Style
from rich.text import Text
from textual.geometry import Size
from textual.strip import Strip

from console import theme
from console.glyphs import Glyphs
from console.state.logbook import LEVELS, MAX_LINES, LogBook, LogLine
from console.state.store import Store
from console.widgets.pane import TailPane, to_strip

MAX_DRAWN = 400  # strips kept; several screens of them
WIDEST = 400  # cells a line may have; beyond that it is cut


def topic_style(topic: str) -> Style:
    """The hue of what an event is about."""
    return {
        "tool": theme.TOOL,
        "turn": theme.FAR,
        "barge-in": theme.FAR,
        "cache": theme.GOOD,
        "operator": theme.OPERATOR,
        "mic": theme.OPERATOR,
        "mute": theme.OPERATOR,
        "alert": theme.WARN,
    }.get(topic, theme.GREY)


def draw(line: LogLine, of_selected: bool, millis: bool) -> Text:
    """One event."""
    event = line.event
    clock = f"{line.wall:%H:%M:%S.%f}"[:-3] if millis else f"{line.wall:%H:%M:%S}"
    text = Text(f"{clock} ", theme.FAINT)
    who = f"call {event.call}" if event.call else "engine"
    text.append(f"{who:<9}", theme.TEXT if of_selected else theme.FAINT)
    text.append(f"{event.topic:<9}", topic_style(event.topic))
    levels = {"warning": theme.WARN, "error": theme.ALERT}
    plain = theme.TEXT if of_selected or not event.call else theme.GREY
    text.append("! " if event.level == "error" else "", theme.ALERT)
    text.append(event.text, levels.get(event.level, plain))
    return text


class EventsPane(TailPane):
    """Events of all calls, those of the selected one brighter. Keeps a book of its own where it is given none."""

    help_text = (
        "Ends of turns and interruptions with their reasons, tools, acts of operators. / filters, L opens all of "
        "them."
    )

    def __init__(self, glyphs: Glyphs, *, title: str = "Events", millis: bool = False) -> None:
        super().__init__(title, id="events")
        self._glyphs, self._title, self._millis = glyphs, title, millis
        self._own = LogBook(over_snapshots=False)
        self._found: list[LogLine] = []
        self._drawn: dict[tuple[int, bool], Strip] = {}
        self._selected: int | None = None
        self._asked: tuple[object, ...] = ()
        self._read = -1  # number of the newest line that was looked at
        self.level = LEVELS[0]

    def next_level(self) -> None:
        """Show from the next level on, then all again."""
        self.level = LEVELS[(LEVELS.index(self.level) + 1) % len(LEVELS)]

    def sync(self, store: Store, wall: datetime, book: LogBook | None = None) -> None:
        if book is None:
            book = self._own
            book.take(store, wall)
        key = (book.version, store.filter, self.level, store.selected, self.following)
        if not self.differs(*key):
            return
        asked = (id(book), book.began, store.filter, self.level)
        if asked != self._asked:
            self._asked, self._found, self._read = asked, [], -1
            self._drawn.clear()
        if store.selected != self._selected or len(self._drawn) > MAX_DRAWN:
            self._drawn.clear()
        self._selected = store.selected
        self._look_at(book, store.filter.casefold().split())
        self._tell_titles(store, book)
        size = Size(self.scrollable_content_region.width, len(self._found))
        if size != self.virtual_size:
            self.virtual_size = size
        if self.following:
            self.to_end()
        self.refresh()

    def _look_at(self, book: LogBook, words: list[str]) -> None:
        new = []
        for line in reversed(book.lines):
            if line.number <= self._read:
                break
            if line.shown(words, self.level):
                new.append(line)
        if book.lines:
            self._read = book.lines[-1].number
        self._found += reversed(new)
        if len(self._found) > MAX_LINES:
            del self._found[: len(self._found) - MAX_LINES]

    def _tell_titles(self, store: Store, book: LogBook) -> None:
        dot = self._glyphs.dot
        parts = [f"{len(self._found)} of {len(book.lines)}" if len(self._found) < len(book.lines) else ""]
        parts += [
            f"from {self.level}" if self.level != LEVELS[0] else "",
            f"/ {store.filter}" if store.filter else "",
        ]
        self.set_titles(
            f"{self._title}  {f' {dot} '.join(filter(None, parts))}".rstrip(),
            "" if self.following else "scrolled up, end follows",
        )

    def notify_style_update(self) -> None:
        self._drawn.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        top, width, base = self.scroll_offset.y, self.size.width, self.ground
        row = y + top
        if row >= len(self._found):
            words = "nothing yet" if row == 0 else ""
            return to_strip(Text(words, theme.GREY)).crop_extend(0, width, base).apply_style(base)
        line = self._found[row]
        of_selected = line.event.call == self._selected
        strip = self._drawn.get((line.number, of_selected))
        if strip is None:
            strip = self._drawn[line.number, of_selected] = to_strip(draw(line, of_selected, self._millis))
        return strip.crop_extend(0, width, base).apply_style(base)
