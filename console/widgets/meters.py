"""Who is heard how loud: a bar, dBFS and the probability of speech for each side, one row per side."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from console import theme
from console.glyphs import Glyphs
from console.state.numbers import Meter
from console.state.store import Store

FLOOR_DBFS = -60.0
SIDES = ("far", "agent")
TEXT_CELLS = 8 + 8 + 8  # name, dB, p; the bar takes the rest

Quantised = tuple[int, int, int]  # eighths of a cell, dB, percent


def quantise(meter: Meter | None, bar_cells: int) -> Quantised | None:
    """What of a level can be seen; equal values need no painting."""
    if meter is None:
        return None
    share = min(1.0, max(0.0, 1 - meter.level_dbfs / FLOOR_DBFS))
    level = max(FLOOR_DBFS, min(0.0, meter.level_dbfs))
    return round(share * bar_cells * 8), round(level), round(meter.probability * 100)


def bar(eighths: int, cells: int, glyphs: Glyphs) -> str:
    """A horizontal bar of eighths of cells."""
    full, part = divmod(eighths, 8)
    return (glyphs.eighths[8] * full + (glyphs.eighths[part] if part else "")).ljust(cells)[:cells]


class Meters(Widget):
    """Two rows; a row is painted only when what can be seen of it has changed."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(id="meters")
        self.border_title = "Audio"
        self._glyphs = glyphs
        self._values: list[Quantised | None] = [None, None]
        self.painted = 0  # rows asked to be painted so far

    @property
    def bar_cells(self) -> int:
        return max(4, self.size.width - TEXT_CELLS)

    def sync(self, store: Store) -> None:
        for number, side in enumerate(SIDES):
            call = None if store.lost else store.call
            value = quantise(call.meter(side, store.now_us) if call else None, self.bar_cells)
            if value != self._values[number]:
                self._values[number] = value
                self.painted += 1
                self.refresh(Region(0, number, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        if y >= len(SIDES):
            return Strip.blank(self.size.width, base)
        side, value, glyphs = SIDES[y], self._values[y], self._glyphs
        hue = theme.FAR if side == "far" else theme.AGENT
        name = f"{glyphs.listening} rest  " if side == "far" else f"{glyphs.speaking} agent "
        segments = [Segment(name, hue)]
        if value is None:
            segments.append(Segment(glyphs.none, theme.GREY))
        else:
            eighths, level, percent = value
            speaks = percent >= 50
            shown: Style = hue if speaks else theme.FAINT
            segments.append(Segment(bar(eighths, self.bar_cells, glyphs), shown))
            segments.append(
                Segment(f"{glyphs.minus}{-level:>2} dB".rjust(8), theme.TEXT if speaks else theme.GREY)
            )
            segments.append(
                Segment(f"p {percent / 100:.2f}".rjust(8), hue + theme.STRONG if speaks else theme.GREY)
            )
        return Strip(segments).crop_extend(0, self.size.width, base).apply_style(base)
