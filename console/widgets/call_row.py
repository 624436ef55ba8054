"""One call as a row: what can be seen of it as values, and how that is drawn."""

from __future__ import annotations

from typing import NamedTuple

from rich.style import Style
from rich.text import Text

from console import theme
from console.glyphs import Glyphs, call_look
from console.state.alerts import AlertView
from console.state.call import Call
from console.state.store import Store
from console.widgets.alerts import KINDS, countdown
from console.widgets.meters import FLOOR_DBFS
from console.widgets.pane import clip

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
