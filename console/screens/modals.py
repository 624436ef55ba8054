"""Boxes over the floor: hang up, dial, help. None opens by itself."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from console import theme
from console.actions import ACTIONS, SELECT_HELP
from console.glyphs import Glyphs
from console.widgets.pane import harmless


class HangUpModal(ModalScreen[bool]):
    """Asks before a call is ended. Enter is not yes."""

    CSS_PATH = "../styles/modals.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "hang up"),
        Binding("n,escape", "answer(False)", "keep"),
    ]

    def __init__(self, call: int, restaurant: str) -> None:
        super().__init__()
        self._call, self._restaurant = call, restaurant

    def compose(self) -> ComposeResult:
        text = Text("Hang up call ", theme.TEXT)
        text.append(f"{self._call}", theme.STRONG)
        text.append(" with ")
        text.append(harmless(self._restaurant), theme.STRONG)
        text.append("?\n\nThe restaurant hears the line go dead; nothing is booked afterwards.\n\n")
        text.append("y", theme.STRONG)
        text.append(" hang up     ", theme.ALERT)
        text.append("n", theme.STRONG)
        text.append(" keep the call", theme.GREY)
        with Vertical(classes="box alert") as box:
            box.border_title = "Hang up"
            yield Static(text)

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)


class DialModal(ModalScreen[str | None]):
    """Type or pick a scenario; the answer is its file, None when nothing is to be dialled."""

    CSS_PATH = "../styles/modals.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back"),
        Binding("down", "move(1)", "down", show=False, priority=True),
        Binding("up", "move(-1)", "up", show=False, priority=True),
    ]

    def __init__(self, scenarios: dict[str, str], suggested: str, glyphs: Glyphs) -> None:
        """scenarios: name to file. suggested: the name to begin with."""
        super().__init__()
        self._scenarios = scenarios
        self._arrows = glyphs.up + glyphs.down_key
        self._suggested = suggested if suggested in scenarios else ""
        self._shown: list[str] = []
        self._input = Input(placeholder="part of a name, or the path of a scenario file", id="scenario")
        self._list = OptionList(id="scenarios")
        self._hint = Static("", id="hint")

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Dial a scenario (simulated line)"
            box.border_subtitle = f"{self._arrows} pick   enter dial   esc back"
            yield self._input
            yield self._list
            yield self._hint

    def on_mount(self) -> None:
        self._list.can_focus = False
        self._input.cursor_blink = False
        self._fill("")
        if self._suggested:
            self._list.highlighted = self._shown.index(self._suggested)
        self._input.focus()

    def _fill(self, typed: str) -> None:
        words = typed.casefold().split()
        self._shown = [name for name in self._scenarios if all(word in name.casefold() for word in words)]
        self._list.set_options([Option(Text(harmless(name))) for name in self._shown])
        self._list.highlighted = 0 if self._shown else None
        if self._shown:
            self._hint.update("")
        elif typed.endswith((".yaml", ".yml")):
            self._hint.update("Enter dials this file.")
        else:
            self._hint.update("No scenario of that name. A path must end in .yaml.")

    def on_input_changed(self, event: Input.Changed) -> None:
        self._fill(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if self._list.highlighted is not None and self._shown:
            self.dismiss(self._scenarios[self._shown[self._list.highlighted]])
        elif event.value.endswith((".yaml", ".yml")):
            self.dismiss(event.value)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._scenarios[self._shown[event.option_index]])

    def action_move(self, by: int) -> None:
        if self._shown:
            at = self._list.highlighted or 0
            self._list.highlighted = min(max(at + by, 0), len(self._shown) - 1)

    def action_leave(self) -> None:
        self.dismiss(None)


class HelpModal(ModalScreen[None]):
    """Every action of the table, with its key."""

    CSS_PATH = "../styles/modals.tcss"
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
