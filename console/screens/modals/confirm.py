"""Asks before something that cannot be undone. Enter is not yes."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from console import theme
from console.screens.modals.box import Box, Haste
from console.state.named import Named
from console.widgets.pane import harmless


class ConfirmModal(Box[bool]):
    """y does it, n and escape do not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes"),
        Binding("n,escape", "answer(False)", "no"),
    ]

    def __init__(self, title: str, text: Text, yes: str, no: str, named: Named | None = None) -> None:
        """yes, no: what the two keys do, for people."""
        super().__init__(named)
        self._title, self._text, self._yes, self._no = title, text, yes, no

    def compose(self) -> ComposeResult:
        with Vertical(classes="box alert") as box:
            box.border_title = self._title
            yield Static(self._text, classes="words")
            choice = Text("y", theme.STRONG).append(f" {self._yes}", theme.ALERT)
            yield Static(choice.append("     n", theme.STRONG).append(f" {self._no}", theme.GREY))

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes or None)


class HangUpModal(ConfirmModal):
    """Asks before a call is ended."""

    def __init__(self, named: Named) -> None:
        text = Text("Hang up call ", theme.TEXT).append(f"{named.number}", theme.STRONG)
        text.append(" with ").append(harmless(named.restaurant), theme.STRONG)
        text.append("?\n\nThe restaurant hears the line go dead; nothing is booked afterwards.\n")
        super().__init__("Hang up", text, "hang up", "keep the call", named)


class ForgetModal(ConfirmModal):
    """Asks before a stored reply is thrown away: of all calls, so a `y` that is typed too soon is not taken."""

    def __init__(self, call: int, heard: str, reply: str, served: bool, now_us: Callable[[], int]) -> None:
        """heard, reply: what was asked when it was stored, and what is said to it, as far as that is known."""
        text = Text("Forget the stored reply that was ", theme.TEXT)
        text.append("served last" if served else "nearest, but not served,", theme.STRONG)
        text.append(f" in call {call}?\n\n")
        text.append("to    ", theme.GREY).append(harmless(heard) or "not told", theme.FAR).append("\n")
        text.append("says  ", theme.GREY).append(harmless(reply) or "not told", theme.AGENT).append("\n\n")
        text.append("No call is answered with it from now on; the agent thinks anew.\n", theme.TEXT)
        super().__init__("Forget a stored reply", text, "forget it", "keep it")
        self._haste = Haste(now_us)

    def action_answer(self, yes: bool) -> None:
        if not (yes and self._haste.too_soon):
            super().action_answer(yes)
