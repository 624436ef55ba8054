"""Which language the agent is to speak and hear. Digits pick, so that words typed here by mistake do nothing."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import OptionList, Static

from console import theme
from console.screens.modals.box import Box, keys
from console.state.named import Named
from console.widgets.pick_list import PickList

LANGUAGES = {"en": "English", "de": "German", "es": "Spanish", "nl": "Dutch"}


class LanguageModal(Box[str]):
    """The answer is a language's code."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(at), f"pick({at - 1})", name) for at, name in enumerate(LANGUAGES.values(), 1))
    ]

    def __init__(self, named: Named) -> None:
        super().__init__(named)
        self._list = PickList(focus=True)

    def compose(self) -> ComposeResult:
        named = self.named
        assert named is not None
        with Vertical(classes="box narrow") as box:
            box.border_title = f"Language of call {named.number}"
            yield self._list
            yield Static(keys(("1-4", "or"), ("enter", "choose"), ("esc", "back")), classes="keys")

    def on_mount(self) -> None:
        assert self.named is not None
        now = self.named.call.language
        rows = []
        for at, (code, name) in enumerate(LANGUAGES.items(), 1):
            row = Text(f"{at}  ", theme.STRONG).append(f"{name} ({code})", theme.TEXT)
            if code == now:
                row.append("  spoken now", theme.GREY)
            rows.append((row, code != now))
        self._list.fill(rows)
        self._list.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(list(LANGUAGES)[event.option_index])

    def action_pick(self, at: int) -> None:
        if not self._list.get_option_at_index(at).disabled:
            self.dismiss(list(LANGUAGES)[at])
