"""What is to go wrong, or be said, in a call: to see what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from console import theme
from console.glyphs import Glyphs
from console.screens.modals.box import Box
from console.state.named import Named
from console.widgets.pick_list import PickList

What = Literal["noise", "silence", "say", "hang_up", "fail"]
SIMULATED = "simulated"
FIELDS: dict[What, tuple[tuple[str, str, str], ...]] = {  # name, label, value to begin with
    "noise": (("level_dbfs", "level dBFS", "-30"), ("seconds", "seconds", "3")),
    "silence": (("seconds", "seconds", "3"),),
    "say": (("text", "words", ""),),
    "hang_up": (),
    "fail": (("seconds", "seconds", "10"),),
}
CHOICES: tuple[tuple[What, str, str], ...] = (  # what, room, for people
    ("noise", "", "Noise at the restaurant"),
    ("silence", "", "The restaurant falls silent"),
    ("say", "", "The restaurant says something"),
    ("hang_up", "", "The restaurant hangs up"),
    ("fail", "transcribe", "The recogniser fails (transcribe)"),
    ("fail", "cache", "The reply cache fails (cache)"),
    ("fail", "agent", "The language model fails (agent)"),
    ("fail", "tts", "The voice fails (tts)"),
)
REAL_LINE = "not on a real line"
_ALL = {name: label for fields in FIELDS.values() for name, label, _ in fields}


@dataclass(frozen=True)
class Injected:
    """What was chosen; numbers as they are to be sent."""

    what: What
    room: str = ""
    text: str = ""
    seconds: float = 3.0
    level_dbfs: float = -30.0


def number(text: str) -> float | None:
    """A number as people type it, with a comma too; None when it is none."""
    try:
        value = float(text.strip().replace(",", ".").replace("\u2212", "-"))
    except ValueError:
        return None
    return value if abs(value) < 1e6 else None  # inf and nan are none


class InjectModal(Box[Injected]):
    """Arrows pick, tab goes through the fields, enter injects."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back"),
        Binding("down", "move(1)", "down", show=False, priority=True),
        Binding("up", "move(-1)", "up", show=False, priority=True),
        Binding("enter", "inject", "inject", show=False, priority=True),
    ]

    def __init__(self, named: Named, glyphs: Glyphs) -> None:
        super().__init__(named)
        self._arrows = glyphs.up + glyphs.down_key
        self._list = PickList()
        self._inputs = {name: Input(id=f"field-{name}", classes="field") for name in _ALL}
        self._rows = {name: Horizontal(classes="field-row") for name in _ALL}
        self._hint = Static("", id="hint")
        self._shown: int | None = None  # the row whose fields are shown

    def compose(self) -> ComposeResult:
        named = self.named
        assert named is not None
        with Vertical(classes="box alert") as box:
            box.border_title = f"Inject into call {named.number}"
            box.border_subtitle = f"{self._arrows} pick   tab field   enter inject   esc back"
            yield self._list
            for name, label in _ALL.items():
                with self._rows[name]:
                    yield Static(label, classes="label")
                    yield self._inputs[name]
            yield self._hint

    def on_mount(self) -> None:
        assert self.named is not None
        rows = []
        for what, _, words in CHOICES:
            possible = what == "fail" or self.named.line == SIMULATED
            row = Text(f"{words:<34}", theme.TEXT if possible else theme.FAINT)
            rows.append((row if possible else row.append(REAL_LINE, theme.WARN), possible))
        for field in self._inputs.values():
            field.cursor_blink = False
        self._list.fill(rows)
        self._show_fields()

    @property
    def _choice(self) -> tuple[What, str, str]:
        return CHOICES[self._list.highlighted or 0]

    def _show_fields(self) -> None:
        if self._list.highlighted == self._shown:
            return  # what was typed stays
        self._shown = self._list.highlighted
        fields = FIELDS[self._choice[0]]
        for name, row in self._rows.items():
            row.display = any(name == field for field, _, _ in fields)
        for name, _, value in fields:
            self._inputs[name].value = value
        self._hint.update("")
        if fields:
            self._inputs[fields[0][0]].focus()
        else:
            self.set_focus(None)

    def action_move(self, by: int) -> None:
        self._list.move(by)
        self._show_fields()

    def on_option_list_option_highlighted(self) -> None:
        self._show_fields()  # a click

    def action_inject(self) -> None:
        what, room, _ = self._choice
        values: dict[str, float | str] = {}
        for name, label, _ in FIELDS[what]:
            typed = self._inputs[name].value.strip()
            value = typed if name == "text" else number(typed)
            if not value and (name == "text" or value is None):
                example = "good evening" if name == "text" else "3" if name == "seconds" else "-30"
                self._hint.update(f"{label}: {typed or 'nothing'} will not do. Write it as {example}.")
                self._inputs[name].focus()
                return
            values[name] = value
        self.dismiss(Injected(what, room, **values))  # type: ignore[arg-type]
