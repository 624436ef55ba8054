"""Colours, after Okabe and Ito: told apart by every kind of colour vision. Colour never stands alone."""

from __future__ import annotations

from rich.style import Style
from textual.theme import Theme

AGENT_HUE = "#56b4e9"
FAR_HUE = "#f0e442"
TOOL_HUE = "#cc79a7"
WARN_HUE = "#e69f00"
ALERT_HUE = "#d55e00"
GOOD_HUE = "#00b383"  # Okabe-Ito's #009e73, lighter: 4.5:1 and more on the raised background
GREY_HUE = "#9aa4b2"
TEXT_HUE = "#e4e8ee"

TEXT = Style(color=TEXT_HUE)
STRONG = Style(color="#ffffff", bold=True)
AGENT = Style(color=AGENT_HUE)
FAR = Style(color=FAR_HUE)
TOOL = Style(color=TOOL_HUE)
WARN = Style(color=WARN_HUE)
ALERT = Style(color=ALERT_HUE, bold=True)
NEEDS_YOU = Style(color=ALERT_HUE, bold=True, reverse=True)
GOOD = Style(color=GOOD_HUE)
GREY = Style(color=GREY_HUE)
FAINT = Style(color="#7b8594")
NOT_HEARD = Style(color="#9aa4b2", strike=True)
SELECTED = Style(bgcolor="#2b3949")

CALL_THING = Theme(
    name="call-thing",
    primary=AGENT_HUE,
    secondary=TOOL_HUE,
    accent=FAR_HUE,
    warning=WARN_HUE,
    error=ALERT_HUE,
    success=GOOD_HUE,
    foreground=TEXT_HUE,
    background="#0d1117",
    surface="#0d1117",
    panel="#1a212b",
    dark=True,
    variables={"border-blurred": "#3d4856", "block-cursor-background": "#2b3949"},
)
