"""Scenarios: pick one, read what will happen, change what may be changed, dial."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static

from console import theme
from console.frame import Frame
from console.glyphs import Glyphs
from console.scenario_files import Preview
from console.screens.main import MainScreen
from console.widgets.pane import harmless
from console.widgets.pick_list import PickList
from console.widgets.scenario_preview import languages, preview_text
from console.widgets.variables import Variables


@dataclass(frozen=True)
class Chosen:
    """What is to be dialled. `variables`: only those that were changed."""

    scenario: str  # its file
    variables: dict[str, str] = field(default_factory=dict)


@dataclass
class Remembered:
    """What the operator had picked and changed, for the next time."""

    name: str = ""
    changed: dict[str, dict[str, str]] = field(default_factory=dict)  # file → variable → value


class ScenariosScreen(MainScreen):
    """Enter dials, from the list and from any field. Reads and checks through the two functions it is given."""

    called = "scenarios"

    CSS_PATH: ClassVar[list[str]] = ["../styles/base.tcss", "../styles/scenarios.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter"),
        Binding("escape", "step_back", "back"),
        Binding("j", "move(1)", "down", show=False),
        Binding("k", "move(-1)", "up", show=False),
        Binding("u", "undo", "as in the file"),
    ]

    def __init__(
        self,
        scenarios: dict[str, str],
        preview: Callable[[str], Preview],
        check: Callable[[str, Mapping[str, str]], tuple[str, str]],
        remembered: Remembered,
        glyphs: Glyphs,
        chosen: Callable[[Chosen], None],
    ) -> None:
        """scenarios: name to file. preview, check: see console/scenario_files.py. chosen: told what to dial."""
        super().__init__(glyphs)
        self._chosen = chosen
        self._scenarios, self._preview, self._check = scenarios, preview, check
        self._remembered = remembered
        self._shown = ""  # the file whose preview and values are on the screen
        self._rows: list[str] = []  # the scenario of each row; "" for a language's heading
        self._filter = Input(id="filter", placeholder="/ filter")
        self._list = PickList(id="scenario-list", focus=True)
        self._text = Static("", id="preview-text")
        self._painted = 0  # the theme's version
        self._about = VerticalScroll(self._text, id="preview")
        self._variables = Variables(id="variables")

    def panes(self) -> Iterable[Widget]:
        with Vertical(id="scenario-left"):
            yield self._filter
            yield self._list
        yield self._about
        yield self._variables

    def on_mount(self) -> None:
        self._filter.cursor_blink = False
        self._list.border_title = "Scenarios"
        self._about.can_focus = True
        self._fill("")
        self._list.focus()

    def paint(self, frame: Frame) -> None:
        """Nothing changes by itself but the colours."""
        if self._painted != theme.version:
            self._shown = ""
            self._fill(self._filter.value)

    # --- the list ---------------------------------------------------------------------------------------

    def _fill(self, typed: str) -> None:
        self._painted = theme.version
        words = typed.casefold().split()
        names = [name for name in self._scenarios if all(word in name.casefold() for word in words)]
        rows: list[tuple[Text, bool]] = []
        self._rows = []
        for language, of_language in languages(names):
            rows.append((Text(language, theme.GREY), False))
            rows += [(self._row(name), True) for name in of_language]
            self._rows += ["", *of_language]
        before = self._remembered.name
        self._list.fill(rows, self._rows.index(before) if before in self._rows else 0)
        self._list.border_subtitle = f"enter dials  {len(names)} of {len(self._scenarios)}"
        self._show()

    def _row(self, name: str) -> Text:
        changed = self._remembered.changed.get(self._scenarios[name])
        row = Text(f"  {harmless(name.partition('/')[2] or name).replace('_', ' ')}", theme.TEXT)
        return row.append(" *" if changed else "", theme.WARN)

    @property
    def _picked(self) -> str:
        at = self._list.highlighted
        return "" if at is None else self._rows[at]

    @property
    def _file(self) -> str:
        return self._scenarios.get(self._picked, "")

    def on_option_list_option_highlighted(self) -> None:
        if self._picked and self._picked != self._remembered.name:
            self._show()

    def _show(self) -> None:
        if self._file and self._file == self._shown:
            return
        self._shown = self._file
        if not self._file:
            self._text.update(Text("No scenario has these words.", theme.WARN))
            self._about.border_title = "Nothing found"
            self._variables.show((), {})
            return
        self._remembered.name = self._picked
        preview = self._preview(self._file)
        self._about.border_title = Text(harmless(preview.title or self._picked))
        self._text.update(preview_text(preview, self._glyphs))
        self._about.scroll_home(animate=False)
        self._variables.show(preview.fields, self._changed)
        self._verify()

    # --- the fields ---------------------------------------------------------------------------------------

    @property
    def _changed(self) -> dict[str, str]:
        return self._remembered.changed.get(self._file, {})

    def on_variables_changed(self, event: Variables.Changed) -> None:
        if event.values != self._changed:
            self._remembered.changed[self._file] = event.values
            at = self._list.highlighted
            if at is not None:
                self._list.replace_option_prompt_at_index(at, self._row(self._picked))
        self._verify()

    def _verify(self) -> bool:
        """Show what will not do at its field; whether all will do."""
        name, why = self._check(self._file, self._changed) if self._changed else ("", "")
        self._variables.blame(name, why)
        return not why

    def action_undo(self) -> None:
        if self._file:
            self._remembered.changed.pop(self._file, None)
            self._shown = ""
            self._fill(self._filter.value)

    # --- keys ---------------------------------------------------------------------------------------------

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input is self._filter:
            self._fill(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input is self._filter:
            self._list.focus()

    def on_variables_submitted(self) -> None:
        self._dial()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self._dial()

    def _dial(self) -> None:
        if not self._file or self._preview(self._file).problem:
            return
        if self._verify():
            self._chosen(Chosen(self._file, dict(self._changed)))
        else:
            self._variables.to_blamed()

    def action_filter(self) -> None:
        self._filter.focus()

    def action_move(self, by: int) -> None:
        self._list.move(by)

    def action_step_back(self) -> None:
        """Out of a field, then out of a filter, then out of the screen."""
        if self.focused is not self._list:
            self._list.focus()
        elif self._filter.value:
            self._filter.value = ""
        else:
            self.dismiss()
