"""Colours, after Okabe and Ito: told apart by every kind of colour vision. Colour never stands alone.

The names below are the styles of the palette in use; `use` binds them anew. Whoever keeps something painted in them
keeps `version` with it, and paints again when that has grown.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.style import Style
from textual.theme import Theme


@dataclass(frozen=True)
class Palette:
    """One set of hues. Each can be read on every ground: 4.5:1 and more, see tests/console/test_theme.py."""

    name: str
    dark: bool
    background: str
    panel: str
    header: str
    selected: str
    border: str
    text: str
    strong: str
    agent: str
    far: str
    tool: str
    warn: str
    alert: str
    good: str
    grey: str
    faint: str

    @property
    def grounds(self) -> tuple[str, ...]:
        """What text stands on."""
        return self.background, self.panel, self.header, self.selected

    @property
    def inks(self) -> dict[str, str]:
        """What text is written in."""
        names = ("text", "strong", "agent", "far", "tool", "warn", "alert", "good", "grey", "faint")
        return {name: getattr(self, name) for name in names}


DARK = Palette(
    name="dark",
    dark=True,
    background="#0d1117",
    panel="#1a212b",
    header="#1a212b",
    selected="#202c3a",
    border="#3d4856",
    text="#e4e8ee",
    strong="#ffffff",
    agent="#56b4e9",
    far="#f0e442",
    tool="#d48bb2",  # Okabe-Ito's #cc79a7, lighter
    warn="#e69f00",
    alert="#f0702a",  # #d55e00, lighter: it has to be read on the raised grounds as well
    good="#00b98a",  # #009e73, lighter
    grey="#a3adba",
    faint="#929cab",
)
LIGHT = Palette(
    name="light",
    dark=False,
    background="#ffffff",
    panel="#eceff3",
    header="#dfe5ec",
    selected="#d3e2f2",
    border="#a9b4c0",
    text="#1b222c",
    strong="#000000",
    agent="#005f94",
    far="#6b5c00",  # yellow cannot be read on white: its darker twin
    tool="#95366b",
    warn="#7d4e00",
    alert="#a43d00",
    good="#00664a",
    grey="#4a5461",
    faint="#525c69",
)
PRODUCTION = Palette(**{**vars(DARK), "name": "production", "header": "#5a1010"})
PALETTES = {palette.name: palette for palette in (DARK, LIGHT, PRODUCTION)}

TEXT: Style
STRONG: Style
AGENT: Style
FAR: Style
TOOL: Style
WARN: Style
ALERT: Style
OPERATOR: Style  # what operators say and do
NEEDS_YOU: Style  # the one thing in reverse: somebody is needed, or is live
GOOD: Style
GREY: Style
FAINT: Style
NOT_HEARD: Style
SELECTED: Style
version = 0
current = DARK


def use(name: str) -> None:
    """Paint with this palette from now on. Raises KeyError."""
    palette = PALETTES[name]
    styles = {
        "TEXT": Style(color=palette.text),
        "STRONG": Style(color=palette.strong, bold=True),
        "AGENT": Style(color=palette.agent),
        "FAR": Style(color=palette.far),
        "TOOL": Style(color=palette.tool),
        "WARN": Style(color=palette.warn),
        "ALERT": Style(color=palette.alert, bold=True),
        "OPERATOR": Style(color=palette.alert),
        "NEEDS_YOU": Style(color=palette.alert, bgcolor=palette.background, bold=True, reverse=True),
        "GOOD": Style(color=palette.good),
        "GREY": Style(color=palette.grey),
        "FAINT": Style(color=palette.faint),
        "NOT_HEARD": Style(color=palette.grey, strike=True),
        "SELECTED": Style(bgcolor=palette.selected),
    }
    globals().update(styles, current=palette, version=version + 1)


def textual_theme(palette: Palette) -> Theme:
    """The same for what Textual paints: borders, grounds, inputs, toasts."""
    return Theme(
        name=f"call-thing-{palette.name}",
        primary=palette.agent,
        secondary=palette.tool,
        accent=palette.far,
        warning=palette.warn,
        error=palette.alert,
        success=palette.good,
        foreground=palette.text,
        background=palette.background,
        surface=palette.background,
        panel=palette.panel,
        dark=palette.dark,
        variables={
            "border-blurred": palette.border,
            "block-cursor-background": palette.selected,
            **variables(palette),
        },
    )


def variables(palette: Palette) -> dict[str, str]:
    """Names of our own in the style sheets."""
    return {"header": palette.header, "grey": palette.grey, "faint": palette.faint}


use("dark")
