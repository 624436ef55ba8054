"""The calls, one row each, in the order of their numbers: a row never moves by itself.

One widget for all: a row is drawn, and painted, only when what can be seen of it differs. So 32 calls with their
meters cost a few percent of a core.
"""

from __future__ import annotations

from rich.text import Text
from textual.events import Click
from textual.geometry import Region
from textual.strip import Strip

from console import theme
from console.glyphs import Glyphs
from console.state.alerts import AlertView
from console.state.store import Store
from console.widgets.call_row import WIDE_CELLS, Levels, Row, draw, draw_levels, levels_of, row_of
from console.widgets.pane import Pane, to_strip
from console.widgets.picked import Picked
from console.widgets.spending import money

MAX_DRAWN = 2_000
MANY_ROWS = 6  # from so many on, one region around all of them is painted sooner than each
LEVELS_EVERY = 3  # frames; the levels of many calls move more slowly than those of the selected one


class CallList(Pane, inherit_bindings=False):
    """Rows of calls; ↑ and ↓ select, wherever the focus is."""

    help_text = (
        "Number, state, restaurant, language, time; then how loud the restaurant and the agent are and how likely "
        "the restaurant speaks, or what the call needs from you and how long that can wait."
    )

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("Calls", id="calls", focus=True)
        self._glyphs = glyphs
        self._rows: list[Row] = []
        self._levels: list[Levels] = []
        self._fixed: list[Strip] = []  # the rows without their levels
        self._drawn_levels: dict[tuple[object, ...], Strip] = {}
        self._width = 0
        self._shown: tuple[int | None, int] = (None, 0)
        self._frames = 0
        self.painted = 0  # rows asked to be painted so far

    def sync(self, store: Store) -> None:
        calls = store.shown()
        urgent: dict[int, AlertView] = {}
        for alert in store.open_alerts():
            urgent.setdefault(alert.call, alert)
        rows = [row_of(call, store, urgent.get(call.number), self._glyphs) for call in calls]
        self._put(rows, [levels_of(call, store) for call in calls], store.filter)
        self._tell_titles(store, len(calls))
        shown = (store.selected, self.scrollable_content_region.height)
        numbers = [row.number for row in rows]
        if shown != self._shown and store.selected in numbers:
            self._shown = shown
            self.call_after_refresh(self._reveal, numbers.index(store.selected))

    def _put(self, rows: list[Row], levels: list[Levels], filtered: str) -> None:
        width = self.scrollable_content_region.width
        if not rows:
            self._rows = []
            self.set_lines([Text("none has these words" if filtered else "none yet", theme.GREY)])
            return
        if width != self._width or len(rows) != len(self._rows):
            self._width, self._rows, self._levels, self._lines = width, rows, levels, []
            self._fixed = [to_strip(draw(row, width, self._glyphs)) for row in rows]
            self.set_strips([self._whole(at) for at in range(len(rows))])
            self.painted += len(rows)
            return
        self._frames += 1
        skips_levels = len(rows) > MANY_ROWS and self._frames % LEVELS_EVERY
        changed = []
        for at, (row, level) in enumerate(zip(rows, levels, strict=True)):
            if row != self._rows[at]:
                self._rows[at] = row
                self._fixed[at] = to_strip(draw(row, width, self._glyphs))
            elif skips_levels or level == self._levels[at] or not row.measured:
                continue
            self._levels[at] = level
            self._strips[at] = self._whole(at)
            changed.append(at)
        self._paint(changed)

    def _whole(self, at: int) -> Strip:
        """A row with its levels, of which there are not many different ones."""
        row, wide = self._rows[at], self._width >= WIDE_CELLS
        if not row.measured:
            return self._fixed[at]
        key = (self._levels[at], wide, row.selected, theme.version)
        strip = self._drawn_levels.get(key)
        if strip is None:
            if len(self._drawn_levels) > MAX_DRAWN:
                self._drawn_levels.clear()
            text = draw_levels(self._levels[at], wide, row.selected, self._glyphs)
            strip = self._drawn_levels[key] = to_strip(text)
        return Strip.join([self._fixed[at], strip])

    def _paint(self, changed: list[int]) -> None:
        self.painted += len(changed)
        top, width = self.scroll_offset.y, self.size.width
        if len(changed) >= MANY_ROWS:
            self.refresh(Region(0, changed[0] - top, width, changed[-1] - changed[0] + 1))
            return
        for at in changed:
            self.refresh(Region(0, at - top, width, 1))

    def _tell_titles(self, store: Store, shown: int) -> None:
        live = sum(call.live for call in store.calls.values())
        dot = self._glyphs.dot
        needing = len(store.needing_you())
        parts = [f"{live} live", f"{needing} need{'s' if needing == 1 else ''} you" if needing else ""]
        parts.append(f"{shown} of {len(store.calls)}" if store.filter else f"{len(store.calls)} in all")
        title = f"Calls  {f' {dot} '.join(filter(None, parts))}" if store.calls else "Calls"
        call = store.call
        cost = "" if call is None else f"cost {money(call.brain, self._glyphs)}"
        below = (call.line, call.scenario, cost) if call else ()
        if call is not None and call.brain.turns:  # it costs something: that is not what is cut off
            below = (cost, call.scenario, call.line)
        self.set_titles(title, f"/ {store.filter}" if store.filter else f" {dot} ".join(filter(None, below)))

    def _reveal(self, index: int) -> None:
        height, top = self.scrollable_content_region.height, self.scroll_offset.y
        if index < top:
            self.scroll_to(y=index, animate=False)
        elif index >= top + height:
            self.scroll_to(y=index - height + 1, animate=False)

    def on_click(self, event: Click) -> None:
        index = event.get_content_offset_capture(self).y + self.scroll_offset.y
        if 0 <= index < len(self._rows):
            self.post_message(Picked(self._rows[index].number))
