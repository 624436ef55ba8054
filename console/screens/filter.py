"""One line for words: only calls and events that have all of them are shown, while they are typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Input


class FilterModal(ModalScreen[None]):
    """Enter keeps the words; escape shows everything again."""

    CSS_PATH = "../styles/base.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "clear", "show everything")]

    def __init__(self, words: str, typed: Callable[[str], None]) -> None:
        """words: those in force. typed: told with every letter."""
        super().__init__()
        self._typed = typed
        self._line = Input(
            words, placeholder="words: a restaurant, a language, a state, a topic", id="filter-line"
        )

    def compose(self) -> ComposeResult:
        self._line.border_title = "Filter: calls and events with all of these words"
        self._line.border_subtitle = "enter keeps   esc shows everything"
        yield self._line

    def on_mount(self) -> None:
        self._line.cursor_blink = False
        self._line.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._typed(event.value)

    def on_input_submitted(self) -> None:
        self.dismiss(None)

    def action_clear(self) -> None:
        self._typed("")
        self.dismiss(None)
