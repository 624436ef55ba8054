"""A letter over each pane; it moves the focus there."""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static

from console import theme
from console.widgets.pane import Pane

LETTERS = "asdfghjklqwertyuiop"  # where the fingers are


class JumpModal(ModalScreen[None]):
    """Any other key leaves."""

    CSS_PATH = "../styles/base.tcss"

    def __init__(self, panes: list[Pane]) -> None:
        super().__init__()
        self._panes = dict(zip(LETTERS, panes, strict=False))

    def compose(self) -> ComposeResult:
        for letter, pane in self._panes.items():
            label = Static(Text(f" {letter} ", theme.NEEDS_YOU), classes="jump")
            label.styles.offset = (pane.region.x + 2, pane.region.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        event.stop()
        self.dismiss(None)
        pane = self._panes.get(event.character or "")
        if pane is not None:
            pane.focus()
