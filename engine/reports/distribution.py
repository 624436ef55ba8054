"""How values are spread: a histogram, and the share of them up to each value, as SVG. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.report import percentile
from engine.reports.markup import Markup, tag

WIDTH_PX, HEIGHT_PX = 560, 220
LEFT_PX, RIGHT_PX, TOP_PX, BOTTOM_PX = 44, 44, 32, 26
MOST_BINS = 30
TICKS = 6


def distribution(values: Sequence[float], unit: str, label: str) -> Markup:
    """Bars: how many values lie where. Line: which share of them is below. Empty for no values."""
    if not values:
        return Markup("")
    step = bin_width(values)
    first = math.floor(min(values) / step) * step
    counts = histogram(values, first, step)
    scale = _Scale(first, first + step * len(counts), max(counts))
    return tag(
        "svg",
        *_axes(scale, unit),
        *(_bar(scale, first + place * step, step, count, unit) for place, count in enumerate(counts)),
        tag("path", d=_ecdf(scale, sorted(values)), class_="ecdf"),
        *_percentiles(scale, list(values), unit),
        viewBox=f"0 0 {WIDTH_PX} {HEIGHT_PX}",
        role="img",
        aria_label=label,
        class_="chart",
    )


def bin_width(values: Sequence[float]) -> float:
    """A round one (1, 2, 5, 10, …) at which there are enough bars to see the shape, and not too many."""
    spread = max(values) - min(values)
    wanted = spread / min(MOST_BINS, max(5.0, 2 * math.sqrt(len(values)))) or max(abs(max(values)), 1.0) / 10
    return round_up(wanted)


def histogram(values: Sequence[float], first: float, step: float) -> list[int]:
    """How many values are in each bin; the first begins at `first`."""
    places = [int((value - first) / step + 1e-9) for value in values]
    counts = [0] * (max(places) + 1)
    for place in places:
        counts[place] += 1
    return counts


class _Scale:
    """From values to places in the picture."""

    def __init__(self, low: float, high: float, most: int) -> None:
        self.low, self.high, self.most = low, high, most

    def x(self, value: float) -> float:
        return round(
            LEFT_PX + (value - self.low) / (self.high - self.low) * (WIDTH_PX - LEFT_PX - RIGHT_PX), 1
        )

    def y(self, share: float) -> float:
        return round(HEIGHT_PX - BOTTOM_PX - share * (HEIGHT_PX - TOP_PX - BOTTOM_PX), 1)


def _bar(scale: _Scale, low: float, step: float, count: int, unit: str) -> Markup:
    top, bottom = scale.y(count / scale.most), scale.y(0)
    told = tag("title", f"{low:g} to {low + step:g} {unit}: {count}")
    width = max(0.5, scale.x(low + step) - scale.x(low) - 1)
    return tag(
        "rect", told, x=scale.x(low), y=top, width=f"{width:.1f}", height=f"{bottom - top:.1f}", class_="hist"
    )


def _ecdf(scale: _Scale, ordered: Sequence[float]) -> str:
    """A staircase from none to all. Of many values only some steps are drawn: more than pixels nobody sees."""
    pieces, stride = [f"M{scale.x(scale.low)} {scale.y(0)}"], max(1, len(ordered) // 1000)
    for number, value in enumerate(ordered, 1):
        if number % stride == 0 or number == len(ordered):
            pieces.append(f"H{scale.x(value)}V{scale.y(number / len(ordered))}")
    return "".join([*pieces, f"H{scale.x(scale.high)}"])


def ticks(low: float, high: float) -> list[float]:
    """Round values on an axis, a handful of them."""
    step = round_up((high - low) / TICKS)
    first = math.ceil(low / step - 1e-9)
    return [place * step for place in range(first, math.floor(high / step + 1e-9) + 1)]


def round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, …"""
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= value * 0.999)


def _axes(scale: _Scale, unit: str) -> list[Markup]:
    bottom, parts = scale.y(0), []
    for value in ticks(scale.low, scale.high):
        words = f"{value:.10g}"
        parts.append(tag("text", words, x=scale.x(value), y=bottom + 16, text_anchor="middle", class_="tick"))
    for share in (0.0, 0.5, 1.0):
        place_y = scale.y(share)
        parts.append(tag("line", x1=LEFT_PX, x2=WIDTH_PX - RIGHT_PX, y1=place_y, y2=place_y, class_="axis"))
        count = f"{scale.most * share:g}"
        parts.append(tag("text", count, x=LEFT_PX - 6, y=place_y + 4, text_anchor="end", class_="tick"))
        parts.append(tag("text", f"{share:.0%}", x=WIDTH_PX - RIGHT_PX + 6, y=place_y + 4, class_="tick"))
    parts.append(tag("text", unit, x=WIDTH_PX - RIGHT_PX + 6, y=bottom + 16, class_="tick"))
    return parts


def _percentiles(scale: _Scale, values: list[float], unit: str) -> list[Markup]:
    """Lines at p50 and p95, with their words above: one to the left, one to the right, so that they never meet."""
    middle, high = percentile(values, 0.5) or 0.0, percentile(values, 0.95) or 0.0
    if middle == high:
        return _marked(scale, middle, f"p50, p95 {_shown(middle)} {unit}", "start")
    return [
        *_marked(scale, middle, f"p50 {_shown(middle)} {unit}", "end"),
        *_marked(scale, high, f"p95 {_shown(high)} {unit}", "start"),
    ]


def _marked(scale: _Scale, value: float, words: str, anchor: str) -> list[Markup]:
    x = scale.x(value)
    line = tag("line", x1=x, x2=x, y1=TOP_PX - 18, y2=scale.y(0), class_="p")
    inside = max(x - 4, 90.0) if anchor == "end" else min(x + 4, WIDTH_PX - 110.0)
    return [line, tag("text", words, x=inside, y=TOP_PX - 12, text_anchor=anchor)]


def _shown(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"
