"""The line above and the line below: how the engine is, and what the keys do now."""

from __future__ import annotations

from datetime import datetime

from rich.style import Style
from rich.text import Text
from textual.widgets import Static

from console import theme
from console.actions import ACTIONS, belongs, refusal
from console.glyphs import Glyphs
from console.state.numbers import BUDGET_MS
from console.state.store import Store

NARROW = 100  # columns below which some words are left out
ROOMY = 120  # columns from which the key bar has room for all of them


def engine_words(store: Store, glyphs: Glyphs) -> tuple[str, Style]:
    """The engine's state."""
    seconds = store.silent_us // 1_000_000
    if store.link == "lost":
        return f"{glyphs.down} LOST {seconds} s", theme.ALERT
    if store.link == "live":
        return f"{glyphs.ready} live", theme.GOOD
    if store.link == "connecting":
        return f"{glyphs.starting} connecting", theme.WARN
    return f"{glyphs.waiting} waiting {seconds} s", theme.WARN


def header_text(store: Store, wall: datetime, width: int, glyphs: Glyphs) -> Text:
    """Engine, rooms, calls, 95th percentile; the clock at the right end."""
    text = Text(" CALL-THING  " if width >= NARROW else " ", theme.STRONG)
    words, style = engine_words(store, glyphs)
    text.append("engine ", theme.GREY)
    text.append(words, style)
    if store.link in ("live", "lost"):
        ready, rooms = store.rooms.ready, len(store.rooms.rooms)
        known = theme.GREY if store.lost else theme.TEXT
        text.append("   rooms ", theme.GREY)
        text.append(f"{ready}/{rooms}", known if ready == rooms or store.lost else theme.WARN)
        live = sum(call.live for call in store.calls.values())
        text.append("   calls ", theme.GREY)
        text.append(f"{live} live", known)
        p95 = store.latency.percentile("voice_to_voice", 0.95)
        over = p95 is not None and p95 > BUDGET_MS
        text.append("   p95 v2v ", theme.GREY)
        shown = glyphs.none if p95 is None else f"{'>' if over else ''}{p95:.0f} ms"
        text.append(shown, theme.WARN if over else known)
    right = Text("read-only  " if store.readonly else "", theme.WARN)
    right.append(f"{wall:%H:%M:%S} ", theme.TEXT)
    text.append(" " * max(1, width - text.cell_len - right.cell_len))
    return text + right


def keys_text(store: Store, width: int, glyphs: Glyphs, next_pane: str, screen: str = "floor") -> Text:
    """The keys that do something now; each can be clicked."""
    left, right = Text(" "), Text()
    gap = "  " if width < ROOMY else "   "
    if store.calls:
        left.append("jk 1-9 ", theme.STRONG)
        left.append("call" + gap, theme.GREY)
    for action in ACTIONS:
        if not belongs(action, screen, store):
            continue
        if not action.label or refusal(action, store) or (width < ROOMY and not action.narrow):
            continue
        if action.id == "pane.next" and width >= 140:
            continue
        target = right if action.id in ("help", "palette", "quit") else left
        click = Style(meta={"@click": f"app.act('{action.id}')"})
        target.append(f"{action.shown} ", theme.STRONG + click)
        label = next_pane if action.id == "pane.next" else action.label
        target.append(f"{label}", theme.GREY + click)
        target.append(gap)
    right.rstrip()
    right.append(" ")
    left.append(" " * max(1, width - left.cell_len - right.cell_len))
    return left + right


class Bar(Static):
    """One line of text, painted when it differs."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__("", id=id)
        self._text = Text()

    def show(self, text: Text) -> None:
        if text != self._text or text.spans != self._text.spans:
            self._text = text
            self.update(text, layout=False)
