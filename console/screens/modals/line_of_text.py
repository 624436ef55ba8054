"""Boxes with one line to fill in: a note for a mark, an address to transfer to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from console import theme
from console.screens.modals.box import Box, keys
from console.state.named import Named
from console.widgets.pane import harmless


class MarkModal(Box[str]):
    """A note for a moment that has been held fast already; "" will do. Escape drops the mark."""

    def __init__(self, named: Named, at: str) -> None:
        """at: the moment, for people."""
        super().__init__()  # what a call was may be marked to the last, and a moment after
        self._named_call, self._at = named, at

    def compose(self) -> ComposeResult:
        call = self._named_call
        with Vertical(classes="box") as box:
            box.border_title = f"Mark {self._at} in call {call.number}"
            box.border_subtitle = "enter mark   esc no mark"
            yield Static(Text("The moment is the one of the key. A note, if you like:", theme.GREY))
            note = Input(id="one-line", max_length=200)
            note.cursor_blink = False
            yield note

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())


@dataclass(frozen=True)
class Forward:
    """Where the far end is to go."""

    to: str
    attended: bool


class TransferModal(Box[Forward]):
    """An address; `tab` changes between the two ways."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,shift+tab", "turn", "the other way", show=False, priority=True)
    ]

    def __init__(self, named: Named) -> None:
        super().__init__(named)
        self._attended = False
        self._way = Static("", classes="words")
        self._hint = Static("", id="hint")
        self._to = Input(id="one-line", placeholder="sip:name@provider or a number")

    def compose(self) -> ComposeResult:
        named = self.named
        assert named is not None
        with Vertical(classes="box alert") as box:
            box.border_title = Text(f"Forward call {named.number} with {harmless(named.restaurant)} to")
            yield self._to
            yield self._way
            yield self._hint
            yield Static(keys(("tab", "the other way"), ("enter", "forward"), ("esc", "back")))

    def on_mount(self) -> None:
        self._to.cursor_blink = False
        self._tell()
        self._to.focus()

    def _tell(self) -> None:
        text = Text("ATTENDED" if self._attended else "BLIND", theme.STRONG)
        if self._attended:
            text.append("  They are called first; the far end is handed over once they have picked up.")
        else:
            text.append("  The far end is told to call them itself; whether they pick up is not seen.")
        self._way.update(text)

    def action_turn(self) -> None:
        self._attended = not self._attended
        self._tell()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self.dismiss(Forward(event.value.strip(), self._attended))
        else:
            self._hint.update("No address yet. Type one, as sip:anna@example.org")
