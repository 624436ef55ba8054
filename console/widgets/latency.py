"""The last turn's waterfall: each part now, median, 95th percentile, and a small history."""

from __future__ import annotations

from statistics import median

from rich.text import Text

from console import theme
from console.glyphs import Glyphs
from console.state.call import Call
from console.state.numbers import BUDGET_MS, MIN_SAMPLES, PARTS, Latency
from console.state.store import Store
from console.widgets.pane import Pane

NAMES = {part: part for part in PARTS} | {"voice_to_voice": "voice→voice"}
MEASURED = {"truth": "to the true end", "wire": "at the wire", "detector": "by the detector"}
FULL_ROWS = 9  # a header and eight parts; with less the parts stand side by side
HISTORY_FROM = 30  # cells before the history


def milliseconds(value: float | None, glyphs: Glyphs, budget_ms: float | None = None) -> tuple[str, bool]:
    """A number as shown and whether it is over its budget."""
    if value is None:
        return glyphs.none, False
    over = budget_ms is not None and value > budget_ms
    digits = 1 if value < 9.95 else 0
    return f"{'>' if over else ''}{value:.{digits}f}", over


def history(values: list[float], glyphs: Glyphs) -> str:
    """Values as small columns: the usual one is low, so that the unusual one stands out."""
    top = 3 * median(values) if values else 0.0
    return "".join(glyphs.levels[min(7, int(value / (top or 1.0) * 8))] for value in values)


def _cell(value: float | None, part: str, glyphs: Glyphs, cells: int) -> Text:
    text, over = milliseconds(value, glyphs, BUDGET_MS if part == "voice_to_voice" else None)
    return Text(text.rjust(cells), theme.WARN if over else theme.TEXT if value is not None else theme.GREY)


def table(last: Latency | None, all_calls: Latency, width: int, glyphs: Glyphs) -> list[Text]:
    """A header, then a row per part."""
    lines = [Text(f"{'':11}{'now':>6}{'p50':>6}{'p95':>6}  last turns", theme.GREY)]
    for part in PARTS:
        whole = part == "voice_to_voice"
        line = Text(f"{NAMES[part].replace('→', glyphs.arrow):<11}", theme.STRONG if whole else theme.TEXT)
        line += _cell(last.now(part) if last else None, part, glyphs, 6)
        line += _cell(all_calls.percentile(part, 0.5), part, glyphs, 6)
        line += _cell(all_calls.percentile(part, 0.95), part, glyphs, 6)
        if last:
            line.append(" " + history(last.history(part, max(0, width - HISTORY_FROM)), glyphs), theme.AGENT)
        lines.append(line)
    return lines


def brief(last: Latency | None, all_calls: Latency, glyphs: Glyphs) -> list[Text]:
    """The same in five rows: the whole first, then the parts two by two."""
    name = f"voice{glyphs.arrow}voice"
    first = Text(f"{name} ", theme.STRONG) + _cell(
        last.now("voice_to_voice") if last else None, "voice_to_voice", glyphs, 0
    )
    for label, share in (("p50", 0.5), ("p95", 0.95)):
        first.append(f" {label} ", theme.GREY)
        first += _cell(all_calls.percentile("voice_to_voice", share), "voice_to_voice", glyphs, 0)
    lines = [first]
    parts = PARTS[:-1]
    for start in range(0, len(parts), 2):
        line = Text()
        for part in parts[start : start + 2]:
            line.append(f"{part:<9}", theme.GREY)
            line += _cell(last.now(part) if last else None, part, glyphs, 5)
            line.append("   ")
        lines.append(line)
    return lines


class LatencyPane(Pane):
    """Now: the selected call. Percentiles: all turns of this engine that were measured alike."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("Latency ms", id="latency")
        self._glyphs = glyphs
        self._key: tuple[object, ...] = ()

    def sync(self, store: Store) -> None:
        call: Call | None = store.call
        width, height = self.scrollable_content_region.size
        version = call.latency.version if call else 0
        key = (store.generation, store.selected, version, store.latency.version, width, height)
        if key == self._key:
            return
        self._key = key
        last = call.latency if call else None
        alike, how = store.latency, ""
        if last and last.measured:
            how = last.measured[-1]
            alike = store.latency.only(how)
        turns = len(alike.turns)
        told = (
            f"p50, p95 from {MIN_SAMPLES} turns, {turns} so far" if turns < MIN_SAMPLES else f"{turns} turns"
        )
        self.set_titles(f"Latency ms  {MEASURED.get(how, how)}".rstrip(), told)
        full = height >= FULL_ROWS
        self.set_lines(table(last, alike, width, self._glyphs) if full else brief(last, alike, self._glyphs))
