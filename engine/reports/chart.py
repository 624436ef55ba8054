"""Small pictures that need no script: the waterfall of an answer as SVG. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from engine.reports.markup import Markup, joined, tag
from engine.reports.parts import Latency, Turn

PART_WORDS = {
    "endpoint": "is the turn over?",
    "asr": "recognising",
    "cache": "cache",
    "llm": "deciding what to say",
    "tts": "voice",
    "playback": "playback",
    "hops": "between rooms",
}
ROW_PX, WIDTH_PX, LABEL_PX, VALUE_PX = 24, 720, 84, 76


def legend() -> Markup:
    """The colours of the parts."""
    items = [
        tag("li", tag("span", class_=f"swatch part-{part}"), words) for part, words in PART_WORDS.items()
    ]
    return tag("ul", *items, class_="legend")


def waterfalls(turns: Sequence[Turn]) -> Markup:
    """Every answered turn as a bar of its parts, one below the other, on one scale."""
    answered = [(turn.number, turn.latency) for turn in turns if turn.latency is not None]
    longest = max((latency.whole_ms for _, latency in answered), default=0.0)
    if longest <= 0:
        return Markup("")
    bar_px = WIDTH_PX - LABEL_PX - VALUE_PX
    rows = []
    for place, (number, latency) in enumerate(answered):
        top = place * ROW_PX
        label = tag("text", f"turn {number}", x=0, y=top + 16, class_="row-label")
        bar = _bar(latency, LABEL_PX, top + 4, bar_px / longest)
        value_x = f"{LABEL_PX + latency.whole_ms * bar_px / longest + 6:.1f}"
        value = tag("text", f"{latency.whole_ms:.0f} ms", x=value_x, y=top + 16, class_="row-value")
        rows.append(tag("g", label, bar, value, data_item=f"turn:{number}", class_="waterfall"))
    height = len(answered) * ROW_PX
    return tag(
        "svg", *rows, viewBox=f"0 0 {WIDTH_PX} {height}", role="img", aria_label="Latency of each answer",
        class_="chart waterfalls",
    )  # fmt: skip


def _bar(latency: Latency, left: float, top: float, px_per_ms: float) -> Markup:
    pieces, at = [], left
    for part, ms in latency.parts:
        width = max(0.0, ms) * px_per_ms
        if width >= 0.2:
            told = tag("title", f"{PART_WORDS.get(part, part)}: {ms:.0f} ms")
            place = {"x": f"{at:.1f}", "y": top, "width": f"{width:.1f}", "height": ROW_PX - 8}
            pieces.append(tag("rect", told, class_=f"part-{part}", **place))
        at += width
    return joined(*pieces)
