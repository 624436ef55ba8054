"""A box that asks where in a replay to go."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from console.screens.modals.box import Box


class GoToModal(Box[str]):
    """Answers with words that name a place; those that name none are refused here, with the reason."""

    def __init__(self, place: Callable[[str], int | str]) -> None:
        """place: the time that words name, in µs, or why they name none."""
        super().__init__()
        self._place = place
        self._where = Input(id="one-line", placeholder="1:12   t7   m1   start   end", max_length=20)
        self._hint = Static("", id="hint")

    def compose(self) -> ComposeResult:
        with Vertical(classes="box narrow") as box:
            box.border_title = "Go to a time, a turn or a mark"
            box.border_subtitle = "enter go   esc back"
            yield self._where
            yield self._hint

    def on_mount(self) -> None:
        self._where.cursor_blink = False
        self._where.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._hint.update("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        place = self._place(event.value)
        if isinstance(place, str):
            self._hint.update(place)
        else:
            self.dismiss(event.value)
