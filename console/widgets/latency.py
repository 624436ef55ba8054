"""The last turn's waterfall: each part now, median, 95th percentile, and a small history."""

from __future__ import annotations

from statistics import median

from rich.style import Style
from rich.text import Text

from console import theme
from console.glyphs import Glyphs
from console.state.call import Call
from console.state.numbers import BUDGET_MS, MIN_SAMPLES, PARTS, Latency
from console.state.store import Store
from console.widgets.bars import last_turns
from console.widgets.pane import Pane

NAMES = {part: part for part in PARTS} | {"voice_to_voice": "voice→voice"}
OWNERS = {
    "endpoint": "vad",
    "asr": "recogniser",
    "cache": "cache",
    "llm": "brain",
    "tts": "voice",
    "playback": "engine",
    "hops": "engine",
    "voice_to_voice": "",
}
OWNED_CELLS = 44  # from here on there is room for the owners
MEASURED = {"truth": "to the true end", "wire": "at the wire", "detector": "by the detector"}
FULL_ROWS = 9  # a header and eight parts; with less the parts stand side by side


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


def table(last: Latency | None, alike: Latency, width: int, glyphs: Glyphs) -> list[Text]:
    """A header, a row per part, and the last turn as one bar of its parts."""
    owned = width >= OWNED_CELLS
    name_cells = 20 if owned else 11
    head = f"{'':9}{'owner':11}" if owned else " " * name_cells
    lines = [Text(f"{head}{'now':>5}{'p50':>5}{'p95':>6} turns", theme.GREY)]
    for part in PARTS:
        whole = part == "voice_to_voice"
        name = NAMES[part].replace("→", glyphs.arrow)
        line = Text(f"{name:<9}" if owned and not whole else f"{name:<{name_cells}}", _part_style(part))
        line.append(f"{OWNERS[part]:<11}" if owned and not whole else "", theme.GREY)
        line += _cell(last.now(part) if last else None, part, glyphs, 5)
        line += _cell(last_turns(alike, part, 0.5), part, glyphs, 5)
        line += _cell(last_turns(alike, part, 0.95), part, glyphs, 6)
        if last:
            room = max(0, width - line.cell_len - 1)
            line.append(" " + history(last.history(part, min(MIN_SAMPLES, room)), glyphs), theme.AGENT)
        lines.append(line)
    lines.append(waterfall(last, width, glyphs))
    return lines


def _part_style(part: str) -> Style:
    """The parts by who owns them: turns yellow, words purple, voice blue."""
    if part == "voice_to_voice":
        return theme.STRONG
    hues = {"endpoint": theme.FAR, "llm": theme.TOOL, "cache": theme.GOOD, "tts": theme.AGENT}
    return hues.get(part, theme.TEXT)


def waterfall(last: Latency | None, width: int, glyphs: Glyphs) -> Text:
    """The last turn from left to right, each part as long as it took, with the letter it begins with."""
    whole = last.now("voice_to_voice") if last else None
    if last is None or not whole:
        return Text()
    bar, at_ms = Text(), 0.0
    for part in PARTS[:-1]:
        begin = round(at_ms / whole * width)
        at_ms += last.now(part) or 0.0
        cells = min(width, round(at_ms / whole * width)) - begin
        if cells > 0:
            name = NAMES[part] if cells > len(NAMES[part]) else part[0]
            fill = glyphs.eighths[7] * max(0, cells - len(name))
            bar.append(name, _part_style(part)).append(fill, _part_style(part))
    return bar


def brief(last: Latency | None, alike: Latency, glyphs: Glyphs) -> list[Text]:
    """The same in five rows: the whole first, then the parts two by two."""
    name = f"voice{glyphs.arrow}voice"
    first = Text(f"{name} ", theme.STRONG) + _cell(
        last.now("voice_to_voice") if last else None, "voice_to_voice", glyphs, 0
    )
    for label, share in (("p50", 0.5), ("p95", 0.95)):
        first.append(f" {label} ", theme.GREY)
        first += _cell(last_turns(alike, "voice_to_voice", share), "voice_to_voice", glyphs, 0)
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
    """Now: the selected call. Percentiles: the last twenty turns of this engine that were measured alike."""

    help_text = (
        "From the end of their speech to our first sound, in ms, by parts that sum to the whole, and whose each part "
        "is. p50 and p95 are of the last twenty turns. > is over the budget of one second. Prepared: answers that were "
        "ready before it was known whether the turn was over, and how many of them were said."
    )

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("Latency ms", id="latency")
        self._glyphs = glyphs

    def sync(self, store: Store) -> None:
        call: Call | None = store.call
        version = call.latency.version if call else 0
        prepared = call.prepared.words() if call else ""
        if not self.differs(store.generation, store.selected, version, store.latency.version, prepared):
            return
        width, height = self.scrollable_content_region.size
        last = call.latency if call else None
        alike, how = store.latency, ""
        if last and last.measured:
            how = last.measured[-1]
            alike = store.latency.only(how)
        turns = len(alike.turns)
        few = f"p50 p95 from {MIN_SAMPLES} turns, {turns} so far"
        told = few if turns < MIN_SAMPLES else f"p50 p95 of the last {MIN_SAMPLES} turns"
        self.set_titles(f"Latency ms  {MEASURED.get(how, how)}".rstrip(), told)
        full = height >= FULL_ROWS
        lines = table(last, alike, width, self._glyphs) if full else brief(last, alike, self._glyphs)
        if prepared and len(lines) < height:
            lines.append(Text(prepared[:width], theme.GREY))
        self.set_lines(lines)
