"""The calls, one row each, in the order of their numbers: a row never moves by itself."""

from __future__ import annotations

from rich.text import Text
from textual.events import Click
from textual.message import Message

from console import theme
from console.glyphs import Glyphs, call_look
from console.state.call import Call
from console.state.store import Store
from console.widgets.pane import Pane, clip

WORD_CELLS = 10  # "call back" and "dialling" fit; "far end hung up" is shortened
SHORT = {
    "transferred": "passed on",
    "unavailable": "away",
    "unreachable": "no contact",
    "network away": "no network",
}  # for the narrow list
WIDE_CELLS = 44  # from here on there is room for the language


def clock_of(seconds: int) -> str:
    """Minutes and seconds, 01:07."""
    return f"{seconds // 60:02d}:{seconds % 60:02d}"


def row(call: Call, now_us: int, width: int, glyphs: Glyphs, selected: bool) -> Text:
    """One call: sign, number, state, restaurant, language, time."""
    look = call_look(call, glyphs)
    wide = width >= WIDE_CELLS
    word_cells = WORD_CELLS + 2 if wide else WORD_CELLS
    line = Text()
    line.append(f"{look.glyph} ", look.style)
    line.append(f"{call.number:<2} ", theme.STRONG if selected else theme.TEXT)
    word = look.word if wide else SHORT.get(look.word, look.word)
    line.append(clip(word, word_cells, glyphs.ellipsis) + " ", look.style)
    tail = f" {call.language:<2}" if wide else ""
    tail += f" {clock_of(call.seconds(now_us))}"
    name = clip(call.restaurant, width - line.cell_len - len(tail), glyphs.ellipsis)
    line.append(name, theme.STRONG if selected else theme.TEXT)
    line.append(tail, theme.TEXT if call.live else theme.GREY)
    if selected:
        line.stylize_before(theme.SELECTED)
    return line


class CallList(Pane, inherit_bindings=False):
    """Rows of calls; ↑ and ↓ select, wherever the focus is."""

    class Picked(Message):
        """A row was clicked."""

        def __init__(self, call: int) -> None:
            self.call = call
            super().__init__()

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("Calls", id="calls", focus=True)
        self._glyphs = glyphs
        self._numbers: list[int] = []
        self._shown: tuple[int | None, int] = (None, 0)

    def sync(self, store: Store) -> None:
        calls = store.ordered()
        self._numbers = [call.number for call in calls]
        width = self.scrollable_content_region.width
        rows = [
            row(call, store.known_us, width, self._glyphs, call.number == store.selected) for call in calls
        ]
        self.set_lines(rows or [Text(" none yet", theme.GREY)])
        live = sum(call.live for call in calls)
        title = f"Calls  {live} live {self._glyphs.dot} {len(calls)} in all" if calls else "Calls"
        line = store.call.line if store.call else ""
        scenario = store.call.scenario if store.call else ""
        self.set_titles(title, f" {self._glyphs.dot} ".join(filter(None, (line, scenario))))
        shown = (store.selected, self.scrollable_content_region.height)
        if shown != self._shown and store.selected in self._numbers:
            self._shown = shown
            self.call_after_refresh(self._reveal, self._numbers.index(store.selected))

    def _reveal(self, index: int) -> None:
        height, top = self.scrollable_content_region.height, self.scroll_offset.y
        if index < top:
            self.scroll_to(y=index, animate=False)
        elif index >= top + height:
            self.scroll_to(y=index - height + 1, animate=False)

    def on_click(self, event: Click) -> None:
        index = event.get_content_offset_capture(self).y + self.scroll_offset.y
        if 0 <= index < len(self._numbers):
            self.post_message(self.Picked(self._numbers[index]))
