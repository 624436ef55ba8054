"""A list to pick from by arrows while something else has the focus."""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.widgets import OptionList
from textual.widgets.option_list import Option


class PickList(OptionList):
    """One row is always highlighted, unless there is none that can be."""

    def __init__(self, *, id: str = "pick", focus: bool = False) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.can_focus = focus

    def fill(self, rows: list[tuple[Text, bool]], at: int = 0) -> None:
        """Show these rows; those with False cannot be picked."""
        self.set_options([Option(words, disabled=not possible) for words, possible in rows])
        possible = [row for row, (_, can_be) in enumerate(rows) if can_be]
        self.highlighted = next((row for row in possible if row >= at), possible[-1] if possible else None)

    def move(self, by: int) -> None:
        """Up or down by one, past rows that cannot be picked; stops at the ends."""
        at = self.highlighted
        if at is None:
            return
        rows = range(at + by, self.option_count if by > 0 else -1, by)
        self.highlighted = next((row for row in rows if not self.get_option_at_index(row).disabled), at)

    async def _on_click(self, event: events.Click) -> None:
        """A click picks a row, and no more: what follows takes enter, or a second click."""
        event.prevent_default()
        at = event.style.meta.get("option")
        if at is not None and not self.get_option_at_index(at).disabled:
            self.highlighted = at
            if event.chain > 1:
                self.action_select()
