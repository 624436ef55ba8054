"""Every key and what it does, by groups; what the focused pane shows stands above."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from console import theme
from console.actions import ACTIONS, GROUPS, SELECT_HELP, Action
from console.glyphs import Glyphs
from console.widgets.bars import key_sign
from console.widgets.pane import wrap

KEY_CELLS = 11
WORDS_CELLS = 54


class HelpModal(ModalScreen[None]):
    """Every action of the table, with its key."""

    CSS_PATH = "../styles/modals.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "leave", "back")]

    def __init__(self, glyphs: Glyphs, table: tuple[Action, ...] = ACTIONS, own: str = "") -> None:
        """own: name of the focused pane and what it shows, two lines; "" = none."""
        super().__init__()
        self._glyphs, self._table, self._own = glyphs, table, own

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="box") as box:
            box.border_title = "Keys"
            box.border_subtitle = "esc back"
            yield Static(self._text())

    def _text(self) -> Text:
        text = Text()
        name, _, words = self._own.partition("\n")
        if words:
            text.append(f"{name}\n", theme.STRONG)
            text.append(f"{self._signs(words)}\n\n", theme.TEXT)
        for group, title in GROUPS.items():
            text.append(f"{title}\n", theme.AGENT)
            rows = [(entry.shown, entry.help) for entry in self._table if entry.group == group]
            for key, help_ in ([SELECT_HELP] if group == "look" else []) + rows:
                text.append(f"{key_sign(key, self._glyphs):<{KEY_CELLS}}", theme.STRONG)
                lines = wrap(Text(help_), WORDS_CELLS)
                text.append(f"{lines[0].plain}\n", theme.TEXT)
                for line in lines[1:]:
                    text.append(f"{'':{KEY_CELLS}}{line.plain}\n", theme.TEXT)
            text.append("\n")
        text.append("A key means another thing while the microphone is armed or live: ", theme.GREY)
        return text.append("p, f, space, esc and F9 are then its own.", theme.GREY)

    def _signs(self, words: str) -> str:
        glyphs = self._glyphs
        pairs = (("✓", glyphs.good), ("…", glyphs.ellipsis), ("◀", glyphs.listening), ("▶", glyphs.speaking))
        for sign, twin in pairs:
            words = words.replace(sign, twin)
        return words

    def action_leave(self) -> None:
        self.dismiss(None)
