"""The values of a scenario that may be set anew, a line for each; what is wrong with one stands below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import DescendantBlur, DescendantFocus
from textual.message import Message
from textual.widgets import Input, Static

from console import theme
from console.widgets.pane import harmless


class FieldLike(Protocol):
    """See scenario_files.Field."""

    @property
    def name(self) -> str: ...

    @property
    def value(self) -> str: ...

    @property
    def help(self) -> str: ...


class _Row(Vertical):
    """Label and value, and below them what the value takes while it is edited, or what is wrong with it."""

    def __init__(self) -> None:
        super().__init__(classes="variable")
        self.label = Static("", classes="label")
        self.line = Input(classes="field", max_length=200)
        self.line.cursor_blink = False
        self._note = Static("", classes="note")
        self.field: FieldLike | None = None
        self._wrong = ""

    def compose(self) -> ComposeResult:
        with Horizontal(classes="field-row"):
            yield self.label
            yield self.line
        yield self._note

    def set(self, field: FieldLike | None, value: str) -> None:
        self.display = field is not None
        self.field, self._wrong = field, ""
        if field is not None:
            with self.line.prevent(Input.Changed):
                self.line.value = value
        self.paint()

    @property
    def changed(self) -> bool:
        return self.field is not None and self.line.value.strip() != self.field.value

    def blame(self, why: str) -> None:
        self._wrong = why
        self.paint()

    def paint(self) -> None:
        if self.field is None:
            return
        name = self.field.name.partition(".")[2].replace("_", " ")
        self.label.update(
            Text(name + (" *" if self.changed else ""), theme.WARN if self.changed else theme.GREY)
        )
        note = self._wrong or (self.field.help if self.line.has_focus else "")
        self._note.update(Text(harmless(note), theme.WARN if self._wrong else theme.FAINT))
        self._note.display = bool(note)


class Variables(VerticalScroll, can_focus=False):
    """Tells by messages when values change, and when enter is pressed in one."""

    class Changed(Message):
        """All values that are not as in the file."""

        def __init__(self, values: dict[str, str]) -> None:
            super().__init__()
            self.values = values

    class Submitted(Message):
        """Enter, in one of the fields."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._rows: list[_Row] = []
        self._general = Static("", classes="note")
        self._blamed: _Row | None = None

    def compose(self) -> ComposeResult:
        yield self._general

    def on_mount(self) -> None:
        self._title()

    def show(self, fields: Sequence[FieldLike], values: dict[str, str]) -> None:
        """These fields, with the values of the file but for those given."""
        new = [_Row() for _ in range(len(fields) - len(self._rows))]
        self._rows += new
        if new:
            self.mount(*new)
        for at, row in enumerate(self._rows):
            field = fields[at] if at < len(fields) else None
            row.set(field, values.get(field.name, field.value) if field else "")
        self.scroll_home(animate=False)
        self._title()

    def _title(self) -> None:
        count = len(self._values)
        self.border_title = "For this call (tab)"
        self.border_subtitle = f"u: as in the file  {count} changed" if count else "as in the file"

    @property
    def _values(self) -> dict[str, str]:
        return {row.field.name: row.line.value.strip() for row in self._rows if row.field and row.changed}

    def blame(self, name: str, why: str) -> None:
        """Show what is wrong with one of them, or with all together; "" = nothing."""
        self._blamed = None
        for row in self._rows:
            of_this = bool(why) and row.field is not None and row.field.name == name
            row.blame(why if of_this else "")
            if of_this:
                self._blamed = row
        self._general.update(Text("" if self._blamed else harmless(why), theme.WARN))
        self._general.display = bool(why) and self._blamed is None

    def to_blamed(self) -> None:
        """Go to the field that will not do."""
        if self._blamed is not None:
            self._blamed.line.focus()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        self._repaint()

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        self._repaint()

    def _repaint(self) -> None:
        for row in self._rows:
            row.paint()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._repaint()
        self._title()
        self.post_message(self.Changed(self._values))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Submitted())
