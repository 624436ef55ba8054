"""What all main screens have: header, panes, the microphone's bar, key bar; too small a terminal is told so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from console import theme
from console.available import situation
from console.frame import Frame
from console.glyphs import Glyphs, call_look
from console.state.store import Store
from console.widgets.alerts import alert_line
from console.widgets.bars import Bar, header_text, keys_text
from console.widgets.mic_bar import MicBar
from console.widgets.pane import Pane, harmless, to_strip

MIN_COLUMNS, MIN_ROWS = 80, 24


class MainScreen(Screen[None]):
    """Told everything by `sync`; knows no engine."""

    called: ClassVar[str] = ""
    CSS_PATH: ClassVar[list[str]] = ["../styles/base.tcss"]  # type: ignore[assignment]
    HORIZONTAL_BREAKPOINTS = [(0, "-min"), (100, "-std"), (140, "-wide")]  # noqa: RUF012 - declared so by Textual
    VERTICAL_BREAKPOINTS = [(0, "-short"), (28, "-tall")]  # noqa: RUF012

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._header, self._keys, self._mic = Bar(id="header"), Bar(id="keys"), MicBar(glyphs)
        self._too_small = Static("", id="too-small")
        self._body = Container(id="body")
        self._keys_for: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        yield self._header
        with self._body:
            yield from self.panes()
        yield self._too_small
        yield self._mic
        yield self._keys

    def panes(self) -> Iterable[Widget]:
        """What stands between header and bars."""
        raise NotImplementedError

    def paint(self, frame: Frame) -> None:
        """Show the frame in the panes."""
        raise NotImplementedError

    def labels(self) -> dict[str, str]:
        """Words of the key bar that change: action → label."""
        return {}

    def sync(self, frame: Frame) -> None:
        """Show the store as it is now."""
        store = frame.store
        width, height = self.size
        self.set_class(store.lost, "-lost")
        self.set_class(store.call is None, "-empty")
        self._header.show(header_text(store, frame.wall, width, self._glyphs))
        self._mic.sync(store, width)
        self._show_keys(frame, width)
        small = width < MIN_COLUMNS or height < MIN_ROWS
        self._too_small.display, self._body.display = small, not small
        if small:
            self._too_small.update(small_text(store, width, height, self._glyphs))
        else:
            self.paint(frame)

    def _show_keys(self, frame: Frame, width: int) -> None:
        """The key bar, built anew only when something that it hangs on differs."""
        store, call, labels = frame.store, frame.store.call, self.labels()
        of_call = (call.live, call.silenced, bool(call.pending), call.mic) if call else ()
        mic = (situation(store.mic), store.mic.stage, store.mic.mode)
        of_store = (store.link, store.readonly, store.coordinated, mic, bool(store.needing_you()))
        key = (theme.version, width, labels, of_call, of_store)
        if key != self._keys_for:
            self._keys_for = key
            self._keys.show(keys_text(store, width, self._glyphs, self.called, frame.table, labels))

    def places(self) -> list[Pane]:
        """The panes that can be seen now, in reading order."""
        seen = [pane for pane in self.query(Pane) if pane.is_on_screen and pane.size]
        return sorted(seen, key=lambda pane: (pane.region.x, pane.region.y))


def small_text(store: Store, width: int, height: int, glyphs: Glyphs) -> Text:
    """What cannot wait for a larger terminal: who needs you, the selected call, the two keys that stop things."""
    text = Text(f"{MIN_COLUMNS}x{MIN_ROWS} needed, this is {width}x{height}.\n\n", theme.WARN)
    for alert in store.open_alerts()[:3]:
        for piece in to_strip(alert_line(alert, store.known_us, width - 4, glyphs)):
            text.append(piece.text, piece.style)
        text.append("\n")
    if store.call is not None:
        look = call_look(store.call, glyphs)
        text.append(f"{look.glyph} {store.call.number} {look.word}", look.style)
        text.append(f"  {harmless(store.call.restaurant)}\n", theme.TEXT)
    for key, words in (("m", "mute"), ("X", "hang up"), ("n", "next alert"), ("?", "help"), ("q", "quit")):
        text.append(key, theme.STRONG).append(f" {words}   ", theme.GREY)
    return text
