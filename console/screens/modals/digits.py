"""The keys of a telephone. Each is sent as it is pressed: whoever listens for it listens now."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from console import theme
from console.screens.modals.box import Box, keys
from console.state.named import Named

PAD = ("1 2 3", "4 5 6", "7 8 9", "* 0 #")
DIGITS = frozenset("0123456789*#ABCD")
SHOWN = 32


class DigitsModal(Box[None]):
    """Tells each key at once, and stays. What became of it is told back by `sent` and `refused`."""

    def __init__(self, named: Named, pressed: Callable[[str], None]) -> None:
        super().__init__(named)
        self._tell = pressed
        self._sent, self._waiting, self._refused = "", "", ""
        self._line = Static("", id="digits")

    def compose(self) -> ComposeResult:
        named = self.named
        assert named is not None
        with Vertical(classes="box narrow") as box:
            box.border_title = f"Keys for call {named.number}"
            yield Static(Text("\n".join(PAD), theme.STRONG), id="pad")
            yield self._line
            yield Static(keys(("0-9 * # A-D", "press, sent at once"), ("esc", "back")), classes="keys")

    def on_mount(self) -> None:
        self._paint()

    def on_key(self, event: events.Key) -> None:
        if event.character in DIGITS:
            event.stop()
            self._waiting += event.character
            self._refused = ""
            self._paint()
            self._tell(event.character)

    def sent(self, digits: str) -> None:
        """These have been taken by the engine."""
        self._waiting = self._waiting[len(digits) :]
        self._sent = (self._sent + digits)[-SHOWN:]
        self._paint()

    def refused(self, digits: str, reason: str) -> None:
        """These were not, nor will what waited behind them be."""
        self._waiting = self._waiting[len(digits) :]
        self._refused = reason
        self._paint()

    def _paint(self) -> None:
        if self._refused:
            self._line.update(Text(self._refused, theme.WARN))
            return
        text = Text("sent  ", theme.GREY).append(self._sent or "nothing yet", theme.STRONG)
        self._line.update(text.append(self._waiting, theme.FAINT))
