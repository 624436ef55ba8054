"""A scenario as text: what is wanted, what the restaurant will do, under which conditions."""

from __future__ import annotations

from itertools import groupby

from rich.text import Text

from console import theme
from console.glyphs import Glyphs
from console.scenario_files import Preview
from console.widgets.pane import harmless

_NAMES = {"en": "English", "de": "German", "es": "Spanish", "nl": "Dutch"}


def languages(names: list[str]) -> list[tuple[str, list[str]]]:
    """Names such as `en/accepts`, grouped by their language, each group with its heading."""
    grouped = groupby(names, lambda name: name.partition("/")[0] if "/" in name else "")
    return [(_NAMES.get(code, code or "others"), list(group)) for code, group in grouped]


def preview_text(preview: Preview, glyphs: Glyphs) -> Text:
    """All there is to know before dialling."""
    if preview.problem:
        text = Text("This scenario cannot be dialled.\n\n", theme.ALERT)
        return text.append(harmless(preview.problem), theme.WARN)
    text = Text(style=theme.TEXT)
    for line in preview.goal:
        text.append(f"{harmless(line)}\n", theme.AGENT)
    text.append(f"should end as: {preview.expected}\n\n", theme.GREY)
    for step, lines in preview.plot:
        text.append(f"{harmless(step)}\n", theme.STRONG)
        for line in lines:
            words, arrow, goes_to = harmless(line).partition(" -> ")
            text.append(f"  {words}", theme.FAR if words.startswith("says ") else theme.TEXT)
            text.append(f" {glyphs.arrow} {goes_to}" if arrow else "", theme.STRONG).append("\n")
    if preview.plot:
        text.append("\n")
    text.append("Conditions\n", theme.GREY)
    for line in preview.conditions:
        text.append(f"  {harmless(line)}\n")
    return text
