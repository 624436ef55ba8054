"""Every key and what it does."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from console import theme
from console.actions import ACTIONS, SELECT_HELP
from console.glyphs import Glyphs


class HelpModal(ModalScreen[None]):
    """Every action of the table, with its key."""

    CSS_PATH = "../../styles/modals.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "leave", "back")]

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        text, glyphs = Text(), self._glyphs
        for key, words in [SELECT_HELP, *((action.shown, action.help) for action in ACTIONS)]:
            key = key.replace("↑", glyphs.up).replace("↓", glyphs.down_key)
            text.append(f"{key:<11}", theme.STRONG)
            text.append(f"{words}\n", theme.TEXT)
        text.append("\nIn the transcript: ", theme.GREY)
        text.append("faint words are still to be spoken, ", theme.FAINT)
        text.append(f"[not heard: {glyphs.ellipsis}]", theme.WARN)
        text.append(
            f" was cut off when the restaurant spoke; (said: {glyphs.ellipsis}) is what a simulated restaurant ",
            theme.GREY,
        )
        text.append("truly said when something else was understood.", theme.GREY)
        with VerticalScroll(classes="box") as box:
            box.border_title = "Keys"
            box.border_subtitle = "esc back"
            yield Static(text)

    def action_leave(self) -> None:
        self.dismiss(None)
