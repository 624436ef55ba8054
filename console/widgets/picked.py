"""A call was clicked, in whatever pane."""

from __future__ import annotations

from textual.message import Message


class Picked(Message):
    """Show this call."""

    def __init__(self, call: int) -> None:
        self.call = call
        super().__init__()
