"""The signs on the screen, with an ASCII twin for terminals and fonts that lack them. No emoji."""

from __future__ import annotations

from dataclasses import dataclass

from rich.style import Style

from console import theme
from console.state.call import Call
from console.state.sound_words import STATES


@dataclass(frozen=True)
class Glyphs:
    """One sign per meaning; every one is a single cell wide."""

    ready: str = "●"
    starting: str = "◌"
    waiting: str = "○"
    down: str = "✗"
    slow: str = "◐"
    live: str = "●"
    muted: str = "◇"
    whisper: str = "✎"
    mark: str = "⚑"
    waits: str = "?"
    dialling: str = "◌"
    ringing: str = "◍"
    speaking: str = "▶"
    listening: str = "◀"
    thinking: str = "…"
    on_hold: str = "‖"
    line: str = "∼"
    tool: str = "◆"
    good: str = "✓"
    refused: str = "∅"
    ended: str = "·"
    alert: str = "!"
    none: str = "–"
    caret: str = "▌"
    up: str = "↑"
    down_key: str = "↓"
    times: str = "×"
    minus: str = "−"
    arrow: str = "→"
    dot: str = "·"
    quote: tuple[str, str] = ("“", "”")
    eighths: str = " ▏▎▍▌▋▊▉█"
    levels: str = "▁▂▃▄▅▆▇█"
    ellipsis: str = "…"


UNICODE = Glyphs()
ASCII = Glyphs(
    ready="*",
    starting="~",
    waiting="o",
    down="x",
    slow="%",
    live="*",
    muted="m",
    whisper="w",
    mark="#",
    dialling="o",
    ringing="r",
    speaking=">",
    listening="<",
    thinking="~",
    on_hold="=",
    line="~",
    tool="+",
    good="v",
    refused="0",
    ended=".",
    none="-",
    caret="_",
    up="^",
    down_key="v",
    times="x",
    minus="-",
    arrow=">",
    dot="|",
    quote=('"', '"'),
    eighths="    -####",
    levels="__..-=+#",
    ellipsis="~",
)


@dataclass(frozen=True)
class Look:
    """How a state is drawn: sign, word, colour."""

    glyph: str
    word: str
    style: Style


def call_look(call: Call, glyphs: Glyphs) -> Look:
    """Where a call stands, or how it ended. Who is live on it comes before what it needs."""
    if call.mic.mode in ("ptt", "full"):
        return Look(glyphs.live, "LIVE", theme.NEEDS_YOU)
    if call.standing == "needs_human":
        return Look(glyphs.alert, "NEEDS YOU", theme.NEEDS_YOU)
    if not call.live:
        word = (call.outcome or "ended").replace("_", " ").replace("far end ", "they ")
        if call.standing == "good":
            return Look(glyphs.good, word, theme.GOOD)
        if call.standing == "bad":
            return Look(glyphs.down, word, theme.ALERT)
        return Look(_sign_of(call.outcome, glyphs), word, theme.GREY)
    if call.silenced == "muted":
        return Look(glyphs.muted, "muted", theme.WARN)
    match call.state:
        case "listening" if call.sound in STATES:
            return Look(glyphs.on_hold, STATES[call.sound], theme.WARN)
        case "listening":
            return Look(glyphs.listening, "listening", theme.FAR)
        case "thinking":
            return Look(glyphs.thinking, "thinking", theme.TOOL)
        case "speaking":
            return Look(glyphs.speaking, "speaking", theme.AGENT)
        case "on_hold":
            return Look(glyphs.on_hold, "on hold", theme.WARN)
        case "waiting":
            return Look(glyphs.waiting, "waiting", theme.GREY)
        case "dialling":
            return Look(glyphs.dialling, "dialling", theme.GREY)
        case "ringing":
            return Look(glyphs.ringing, "ringing", theme.GREY)
        case "ending":
            return Look(glyphs.ended, "ending", theme.GREY)
    return Look(glyphs.none, call.state.replace("_", " "), theme.GREY)


def _sign_of(outcome: str, glyphs: Glyphs) -> str:
    """The sign of an end that is neither good nor bad."""
    if outcome in ("no_table", "closed", "declined"):
        return glyphs.refused
    return glyphs.arrow if outcome == "transferred" else glyphs.ended


def room_look(state: str, glyphs: Glyphs) -> Look:
    """How a room is."""
    return {
        "ready": Look(glyphs.ready, "ready", theme.GOOD),
        "starting": Look(glyphs.starting, "starting", theme.WARN),
        "down": Look(glyphs.down, "down", theme.ALERT),
    }.get(state, Look(glyphs.waiting, "unknown", theme.GREY))
