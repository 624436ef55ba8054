"""The line above and the line below: how the engine is, and what the keys do now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from rich.style import Style
from rich.text import Text
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from console import theme
from console.actions import ACTIONS, Action
from console.available import belongs, refusal
from console.glyphs import Glyphs
from console.state.numbers import BUDGET_MS, MIN_SAMPLES, Latency, percentile
from console.state.store import Store
from console.widgets.pane import harmless

NARROW = 100  # columns below which some words are left out
AT_THE_END = ("help", "palette", "quit")
WHEN_CALLED = ("alert.next", "call.approve")  # shown while there is something to go to
ROOMY = 120  # columns from which the key bar has room for all of them


def engine_words(store: Store, glyphs: Glyphs) -> tuple[str, Style]:
    """The engine's state."""
    seconds = store.silent_us // 1_000_000
    if store.link == "lost":
        return f"{glyphs.down} LOST {seconds} s", theme.ALERT
    if store.link == "live":
        if store.round_trip_ms is None:
            return f"{glyphs.ready} live", theme.GOOD
        trip = f"{store.round_trip_ms:.0f} ms"
        return (f"{glyphs.slow} {trip}", theme.WARN) if store.slow else (f"{glyphs.ready} {trip}", theme.GOOD)
    if store.link == "recording":
        return f"{glyphs.on_hold} recording", theme.TOOL
    if store.link == "connecting":
        return f"{glyphs.starting} connecting", theme.WARN
    return f"{glyphs.waiting} waiting {seconds} s", theme.WARN


def header_text(store: Store, wall: datetime, width: int, glyphs: Glyphs) -> Text:
    """Engine, who needs you, calls, rooms, 95th percentile; microphone, language and clock at the right end."""
    wide = width >= ROOMY
    text = Text(" CALL-THING  " if width >= NARROW else " ", theme.STRONG)
    words, style = engine_words(store, glyphs)
    text.append("engine ", theme.GREY)
    text.append(words, style)
    right = Text("read-only  " if store.readonly else "", theme.WARN)
    if wide and store.operators:
        others = [name for name in store.operators if name != store.me]
        right.append(f"with {harmless(', '.join(others))}  " if others else "", theme.GREY)
    right.append(mic_words(store, glyphs)).append("  ")
    if width >= NARROW and store.call is not None and store.call.language:
        right.append(f"{store.call.language}  ", theme.TEXT)
    right.append(f"{wall:%H:%M:%S} " if width >= NARROW else f"{wall:%H:%M} ", theme.TEXT)
    if store.link in ("live", "lost"):
        gap = "   " if wide else "  "
        for part in (needs_words(store, glyphs), *_figures(store, width, glyphs)):
            if part.plain and text.cell_len + len(gap) + part.cell_len + right.cell_len < width:
                text.append(gap).append(part)
    text.truncate(max(0, width - right.cell_len - 1))
    text.append(" " * max(1, width - text.cell_len - right.cell_len))
    return text + right


def needs_words(store: Store, glyphs: Glyphs) -> Text:
    """How many calls need an operator, and the key that goes there."""
    needing = len(store.needing_you())
    if needing:
        return Text(f"{glyphs.alert} {needing} NEED{'S' if needing == 1 else ''} YOU (n)", theme.NEEDS_YOU)
    of_house = sum(alert.state == "raised" and not alert.call for alert in store.open_alerts())
    if of_house:
        return Text(f"{glyphs.alert} engine", theme.ALERT)
    return Text()


def mic_words(store: Store, glyphs: Glyphs) -> Text:
    """The microphone of this console: one of the places where "live" is shown."""
    mic = store.mic
    if mic.stage == "off":
        return Text("mic OFF", theme.GREY)
    if mic.stage in ("arming", "armed"):
        return Text(f"mic ARMED call {mic.call}", theme.WARN)
    muted = "" if mic.talking else " muted"
    return Text(f" mic {glyphs.live} LIVE{muted} call {mic.call} ", theme.NEEDS_YOU)


def _figures(store: Store, width: int, glyphs: Glyphs) -> list[Text]:
    known = theme.GREY if store.lost else theme.TEXT
    live, ready, rooms = (
        sum(call.live for call in store.calls.values()),
        store.rooms.ready,
        len(store.rooms.rooms),
    )
    parts = []
    if width >= NARROW or ready == rooms:
        parts.append(Text("calls ", theme.GREY).append(f"{live} live", known))
    if width >= NARROW or ready < rooms:
        style = known if ready == rooms or store.lost else theme.WARN
        parts.append(Text("rooms ", theme.GREY).append(f"{ready}/{rooms}", style))
    if width >= ROOMY:
        p95 = last_turns(store.latency, "voice_to_voice", 0.95)
        over = p95 is not None and p95 > BUDGET_MS
        shown = glyphs.none if p95 is None else f"{'>' if over else ''}{p95:.0f} ms"
        parts.append(Text("p95 v2v ", theme.GREY).append(shown, theme.WARN if over else known))
    return parts


def last_turns(latency: Latency, part: str, share: float) -> float | None:
    """Percentile of the last twenty turns; None below twenty."""
    return percentile(latency.history(part, MIN_SAMPLES), share)


def keys_text(
    store: Store,
    width: int,
    glyphs: Glyphs,
    screen: str = "floor",
    table: tuple[Action, ...] = ACTIONS,
    labels: Mapping[str, str] = MappingProxyType({}),
) -> Text:
    """The keys that do something now; each can be clicked. labels: of this moment, by action; "" leaves it out."""
    here = [
        entry
        for entry in table
        if labels.get(entry.id, entry.label)
        and belongs(entry, screen, store)
        and not refusal(entry, store)
        and not _is_idle(entry, store)
    ]
    if width < NARROW:
        here = [entry for entry in here if entry.id not in AT_THE_END[1:]]
    gap = "  " if width < ROOMY else "   "
    right = Text()
    for entry in here:
        if entry.id in AT_THE_END:
            right.append(_key(entry, store, labels, glyphs)).append(gap)
    right.rstrip()
    right.append(" ")
    left = Text(" ")
    for entry in sorted(here, key=lambda entry: _weight(entry)):
        words = _key(entry, store, labels, glyphs)
        if entry.id in AT_THE_END or (entry.id in WHEN_CALLED and not _is_called(entry, store)):
            continue
        if left.cell_len + words.cell_len + len(gap) + right.cell_len <= width:
            left.append(words).append(gap)
    left.append(" " * max(0, width - left.cell_len - right.cell_len))
    return left + right


def _is_idle(entry: Action, store: Store) -> bool:
    """Whether it would do nothing now: there is no call to look at, or the microphone is so already, or another's."""
    call, mic = store.call, store.mic
    match entry.id:
        case "call.listen" | "call.zoom":
            return call is None
        case "screen.coordinator":
            return not store.coordinated
        case "mic.arm":
            return call is not None and call.mic.mode != "off" and call.mic.operator != store.me
        case "mic.push_to_talk":
            return mic.stage == "live" and mic.mode == "ptt"
        case "mic.full":
            return mic.stage == "live" and mic.mode == "full"
        case "mic.talk":
            return mic.stage != "live"
        case _:
            return False


def _is_called(entry: Action, store: Store) -> bool:
    """Whether there is something for it to be done with."""
    if entry.id == "call.approve":
        return store.call is not None and bool(store.call.pending)
    return bool(store.needing_you())


def _weight(entry: Action) -> int:
    """What comes first where not all fit: what ends a take-over, what waits for a word, then by rank."""
    if entry.id in ("mic.off", "mic.hand_back"):
        return -1
    return 0 if entry.id in WHEN_CALLED or entry.id == "mic.talk" else entry.rank


def _key(entry: Action, store: Store, labels: Mapping[str, str], glyphs: Glyphs) -> Text:
    click = Style(meta={"act": entry.id})
    held = entry.mic in ("open", "held", "live") or entry.id in WHEN_CALLED
    text = Text(f"{key_sign(entry.shown.split()[0], glyphs)} ", theme.STRONG + click)
    label = labels.get(entry.id, entry.label)
    if entry.id == "call.mute" and store.call is not None and store.call.silenced == "muted":
        label = "unmute"
    return text.append(label, (theme.ALERT if held else theme.GREY) + click)


def key_sign(shown: str, glyphs: Glyphs) -> str:
    """A key in the signs that this terminal has."""
    return shown.replace("↑", glyphs.up).replace("↓", glyphs.down_key)


class Bar(Static):
    """One line of text, painted when it differs."""

    class Asked(Message):
        """A key was clicked."""

        def __init__(self, action: str) -> None:
            self.action = action
            super().__init__()

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__("", id=id)
        self._text = (0, Text())

    def show(self, text: Text) -> None:
        if (theme.version, text) != self._text or text.spans != self._text[1].spans:
            self._text = (theme.version, text)
            self.update(text, layout=False)

    def on_click(self, event: Click) -> None:
        action = event.style.meta.get("act")
        if action is not None:
            self.post_message(self.Asked(action))
