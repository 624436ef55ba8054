"""Type or pick a scenario, and dial it: as a simulated call, or with its task to a real restaurant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static

from console import theme
from console.glyphs import Glyphs
from console.screens.modals.box import Box
from console.widgets.pane import harmless
from console.widgets.pick_list import PickList


@dataclass(frozen=True)
class ToDial:
    """What is to be dialled. `to`: the address on a real line; "" = the scenario's own restaurant, simulated."""

    scenario: str  # its file
    to: str = ""
    account: str = ""


class DialModal(Box[ToDial]):
    """Enter dials. `tab` turns to a real line, where the settings have an account for one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back"),
        Binding("down", "move(1)", "down", show=False, priority=True),
        Binding("up", "move(-1)", "up", show=False, priority=True),
        Binding("tab,shift+tab", "turn", "the other line", show=False, priority=True),
        Binding("ctrl+t", "account", "the next account", show=False, priority=True),
    ]

    def __init__(
        self, scenarios: dict[str, str], suggested: str, glyphs: Glyphs, accounts: tuple[str, ...] = ()
    ) -> None:
        """scenarios: name to file. suggested: the name to begin with. accounts: of the real line, the usual first."""
        super().__init__()
        self._scenarios, self._accounts = scenarios, accounts
        self._arrows = glyphs.up + glyphs.down_key
        self._suggested = suggested if suggested in scenarios else ""
        self._shown: list[str] = []
        self._real, self._account = False, 0
        self._input = Input(placeholder="part of a name, or the path of a scenario file", id="scenario")
        self._list = PickList(id="scenarios")
        self._to = Input(placeholder="sip:name@provider or a number", id="to")
        self._hint = Static("", id="hint")
        self._box = Vertical(classes="box")

    def compose(self) -> ComposeResult:
        with self._box:
            yield self._input
            yield self._list
            yield self._to
            yield self._hint

    def on_mount(self) -> None:
        for box in (self._input, self._to):
            box.cursor_blink = False
        self._to.border_title = "Address"
        self._fill("")
        if self._suggested:
            self._list.highlighted = self._shown.index(self._suggested)
        self._turn(False)

    def _turn(self, real: bool) -> None:
        self._real = real
        self._to.display = real
        self._box.set_class(real, "alert")
        where = f"a REAL line, account {self._accounts[self._account]}" if real else "simulated line"
        self._box.border_title = Text(f"Dial a scenario ({harmless(where)})")
        keys = [f"{self._arrows} pick", "enter dial"]
        if self._accounts:
            keys.append("tab simulated line" if real else "tab real line")
        if real and len(self._accounts) > 1:
            keys.append("^t account")
        self._box.border_subtitle = "   ".join([*keys, "esc back"])
        (self._to if real else self._input).focus()
        self._hint_at()

    def _fill(self, typed: str) -> None:
        words = typed.casefold().split()
        self._shown = [name for name in self._scenarios if all(word in name.casefold() for word in words)]
        self._list.fill([(Text(harmless(name)), True) for name in self._shown])
        self._hint_at()

    def _hint_at(self) -> None:
        typed = self._input.value
        if not self._shown and not typed.endswith((".yaml", ".yml")):
            self._hint.update("No scenario of that name. A path must end in .yaml.")
        elif self._real:
            self._hint.update(
                Text("This rings a real telephone. The call is about the task of the scenario.", theme.WARN)
            )
        else:
            self._hint.update("" if self._shown else "Enter dials this file.")

    @property
    def _scenario(self) -> str:
        """The file that is picked or typed; "" while there is none."""
        if self._list.highlighted is not None and self._shown:
            return self._scenarios[self._shown[self._list.highlighted]]
        return self._input.value if self._input.value.endswith((".yaml", ".yml")) else ""

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input is self._input:
            self._fill(event.value)

    def on_input_submitted(self) -> None:
        self._dial()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self._list.highlighted = event.option_index
        self._dial()

    def _dial(self) -> None:
        if not self._scenario:
            return
        if not self._real:
            self.dismiss(ToDial(self._scenario))
        elif self._to.value.strip():
            self.dismiss(ToDial(self._scenario, self._to.value.strip(), self._accounts[self._account]))
        else:
            self._hint.update("No address to call yet. Type one, as sip:kitchen@example.org")

    def action_move(self, by: int) -> None:
        self._list.move(by)

    def action_turn(self) -> None:
        if self._accounts:
            self._turn(not self._real)

    def action_account(self) -> None:
        if self._real:
            self._account = (self._account + 1) % len(self._accounts)
            self._turn(True)
