"""Where a replay stands: a line of time with its marks, speed, turn, sound."""

from __future__ import annotations

from dataclasses import replace

from rich.text import Text
from textual.widgets import Static

from console import theme
from console.glyphs import ASCII, Glyphs
from console.state.playhead import ReplayView

LEAST_CELLS = 12  # of the line; figures are left out before it gets shorter
_SIGNS = {False: ("━", "╸", "─", "▮▮"), True: ("=", ">", "-", "||")}  # past, now, to come, paused; in ASCII


def clock_words(us: int, hundredths: bool = False) -> str:
    """01:12.40"""
    seconds = us // 1_000_000
    words = f"{seconds // 60:02d}:{seconds % 60:02d}"
    return f"{words}.{us // 10_000 % 100:02d}" if hundredths else words


def timeline(view: ReplayView, cells: int, glyphs: Glyphs) -> Text:
    """The call as a line, with the position and the marks on it."""
    past, now, to_come, _ = _SIGNS[glyphs is ASCII]
    share = view.position_us / view.length_us if view.length_us else 0.0
    at = min(cells - 1, int(share * cells))
    signs = [past] * at + [now] + [to_come] * (cells - at - 1)
    text = Text()
    marked = {min(cells - 1, at_us * cells // max(1, view.length_us)) for at_us in view.marks_us}
    for cell, sign in enumerate(signs):
        if cell in marked:
            text.append(glyphs.mark, theme.STRONG)
        else:
            text.append(sign, theme.AGENT if cell <= at else theme.FAINT)
    return text


def bar_text(view: ReplayView, width: int, glyphs: Glyphs) -> Text:
    """One line; where it is narrow, figures are left out from the end."""
    sign = glyphs.speaking if view.playing else _SIGNS[glyphs is ASCII][3]
    text = Text(f"{sign:<2} ", theme.GOOD if view.playing else theme.WARN)
    text.append(clock_words(view.position_us, hundredths=True) + " ", theme.STRONG)
    after = [
        (f" {clock_words(view.length_us)}", theme.TEXT),
        (f" {glyphs.times}{view.speed:g}", theme.STRONG if view.speed != 1 else theme.GREY),
        (f"  turn {view.turn}/{view.turns}", theme.TEXT),
        (f"  {glyphs.mark}{len(view.marks_us)}", theme.STRONG if view.marks_us else theme.GREY),
        (f"  {view.sound}".replace("×", glyphs.times), theme.GREY),
        (f"  event {view.stop}/{view.stops}", theme.GREY),
    ]
    while len(after) > 2 and width - text.cell_len - sum(len(words) for words, _ in after) < LEAST_CELLS:
        after.pop()
    cells = max(1, width - text.cell_len - sum(len(words) for words, _ in after))
    text += timeline(view, cells, glyphs)
    for words, style in after:
        text.append(words, style)
    return text


def troubles(view: ReplayView) -> str:
    """What is wrong with the journal; "" when it is whole."""
    words = [] if view.finished else ["the record was cut off here"]
    if view.unreadable:
        words.append(f"{view.unreadable} line{'s' if view.unreadable > 1 else ''} could not be read")
    return ", ".join(words)


class ReplayBar(Static):
    """The line in its box; painted when what can be seen of it has changed."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("", id="replay-bar")
        self._glyphs = glyphs
        self._key: tuple[object, ...] = ()

    def sync(self, view: ReplayView, hint: str = "") -> None:
        """hint: stands in the border where nothing is wrong with the journal."""
        width = self.scrollable_content_region.width
        seen = replace(view, position_us=view.position_us // 10_000 * 10_000)
        if (seen, width, hint) == self._key:
            return
        self._key = (seen, width, hint)
        self.border_title = Text(f"Replay of call {view.number}  {view.began:%Y-%m-%d %H:%M:%S}")
        wrong = troubles(view)
        self.border_subtitle = Text(wrong or hint, theme.WARN if wrong else theme.GREY)
        self.update(bar_text(seen, width, self._glyphs))
