"""The calls, one row each, in the order of their numbers: a row never moves by itself.

One widget for all: a row is drawn, and painted, only when what can be seen of it differs. So 32 calls with their
meters cost a few percent of a core.
"""

from __future__ import annotations

from typing import NamedTuple

from rich.style import Style
from rich.text import Text
from textual.events import Click
from textual.geometry import Region
from textual.strip import Strip

from console import theme
from console.glyphs import Glyphs, call_look
from console.state.alerts import AlertView
from console.state.call import Call
from console.state.store import Store
from console.widgets.alerts import KINDS, countdown
from console.widgets.meters import FLOOR_DBFS
from console.widgets.pane import Pane, clip, to_strip
from console.widgets.picked import Picked

WORD_CELLS = 10  # "call back" and "dialling" fit; "far end hung up" is shortened
SHORT = {
    "transferred": "passed on",
    "unavailable": "away",
    "unreachable": "no contact",
    "network away": "no network",
}  # for the narrow list
MIDDLE_CELLS = 32  # from here on there is room for the time
WIDE_CELLS = 44  # and from here on for the language and the probability of speech
LEVELS_CELLS, WIDE_LEVELS_CELLS = 4, 9
MAX_DRAWN = 2_000
MANY_ROWS = 6  # from so many on, one region around all of them is painted sooner than each
WIDEST_CELLS = 60  # and for the time beside what a call needs


def clock_of(seconds: int) -> str:
    """Minutes and seconds, 01:07."""
    return f"{seconds // 60:02d}:{seconds % 60:02d}"


class Row(NamedTuple):
    """What can be seen of a call but for its levels: equal ones need no painting."""

    glyph: str
    word: str
    style: Style
    number: int
    name: str
    language: str
    seconds: int
    live: bool
    tail: str  # who is live, or what it needs
    wait: str  # how long that can wait
    urgent: bool
    selected: bool
    colours: int

    @property
    def measured(self) -> bool:
        """Whether there is a place for its levels."""
        return self.live and not self.tail


class Levels(NamedTuple):
    """How loud both sides are: eighths, and percent; None = nothing was measured lately."""

    far: int | None = None
    agent: int | None = None
    percent: int | None = None  # probability of speech, of the far end
    listened: bool = False


def eighths(level_dbfs: float) -> int:
    """How high a level stands, 0 to 7."""
    return max(0, min(7, int((1 - level_dbfs / FLOOR_DBFS) * 8)))


def row_of(call: Call, store: Store, alert: AlertView | None, glyphs: Glyphs) -> Row:
    """A call as it is now."""
    look = call_look(call, glyphs)
    tail = wait = ""
    taken = call.mic.mode in ("ptt", "full")
    if taken:
        tail = f"by {call.mic.operator or 'somebody'}" + ("" if call.mic.operator != store.me else " (you)")
    elif alert is not None and call.live:
        tail, wait = KINDS[alert.kind], countdown(alert, store.known_us)
    elif call.mic.mode == "armed":
        tail = f"armed {call.mic.operator}"
    return Row(
        look.glyph,
        look.word,
        look.style,
        call.number,
        call.restaurant,
        call.language,
        call.seconds(store.known_us),
        call.live,
        tail,
        wait,
        taken or call.standing == "needs_human",
        call.number == store.selected,
        theme.version,
    )


def levels_of(call: Call, store: Store) -> Levels:
    """How loud it is now."""
    far = None if store.lost else call.meter("far", store.now_us)
    agent = None if store.lost else call.meter("agent", store.now_us)
    return Levels(
        None if far is None else eighths(far.level_dbfs),
        None if agent is None else eighths(agent.level_dbfs),
        None if far is None else round(far.probability * 20) * 5,
        store.listens_to == call.number,
    )


def draw(row: Row, width: int, glyphs: Glyphs) -> Text:
    """Sign, number, state, restaurant, language, time, and what it needs; room for the levels, where they are shown."""
    wide = width >= WIDE_CELLS
    if row.measured:
        width -= WIDE_LEVELS_CELLS if wide else LEVELS_CELLS
    strong = theme.STRONG if row.selected else theme.TEXT
    line = Text().append(f"{row.glyph} ", row.style)
    line.append(f"{row.number:<2} ", strong)
    word_cells = WORD_CELLS + 2 if wide else WORD_CELLS
    word = row.word if wide else SHORT.get(row.word, row.word)
    if row.wait and row.urgent and not wide:
        word = row.tail  # the reason says that it needs somebody
    line.append(clip(word, word_cells, glyphs.ellipsis), row.style).append(" ")
    right = _right(row, wide, width)
    name = clip(row.name, max(0, width - line.cell_len - right.cell_len), glyphs.ellipsis)
    line.append(name, strong).append(right)
    if row.selected:
        line.stylize_before(theme.SELECTED)
    return line


def _right(row: Row, wide: bool, width: int) -> Text:
    plain = theme.TEXT if row.live else theme.GREY
    right = Text().append(f" {row.language:<2}" if wide else "", plain)
    if width >= MIDDLE_CELLS - LEVELS_CELLS and (not row.tail or width >= WIDEST_CELLS):
        right.append(f" {clock_of(row.seconds)}", plain)
    if row.tail:
        words = row.wait if row.wait and row.urgent and not wide else f"{row.tail} {row.wait}".rstrip()
        right.append(f" {words}", theme.ALERT if row.urgent else theme.WARN)
    return right


def draw_levels(levels: Levels, wide: bool, selected: bool, glyphs: Glyphs) -> Text:
    """The restaurant's level, then the agent's; and how likely the restaurant speaks."""
    text = Text().append(" e" if levels.listened else "  ", theme.STRONG)
    if levels.far is None and levels.agent is None:
        text.append(f" {glyphs.none}", theme.GREY)
    else:
        for level, hue in ((levels.far, theme.FAR), (levels.agent, theme.AGENT)):
            text.append(glyphs.none if level is None else glyphs.levels[level], hue)
    if wide:
        shown = glyphs.none.rjust(5) if levels.percent is None else f"{levels.percent / 100:5.2f}"
        text.append(shown, theme.GREY)
    if selected:
        text.stylize_before(theme.SELECTED)
    return text


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
        changed = []
        for at, (row, level) in enumerate(zip(rows, levels, strict=True)):
            if row != self._rows[at]:
                self._rows[at] = row
                self._fixed[at] = to_strip(draw(row, width, self._glyphs))
            elif level == self._levels[at] or not row.measured:
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
        cost = (
            ""
            if call is None
            else f"cost {self._glyphs.none if call.cost_usd is None else f'${call.cost_usd:.2f}'}"
        )
        below = (call.line, call.scenario, cost) if call else ()
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
