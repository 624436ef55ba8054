"""What the agent waits for: a tool that is to be approved, or a question to the person it calls for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Input, Static

from console import theme
from console.frame import Frame
from console.screens.modals.arguments import meant, written
from console.screens.modals.box import Box, Haste, keys
from console.state.deadline import seconds_left
from console.state.named import Named
from console.state.store import Store
from console.widgets.pane import harmless

SOON_S = 5  # from here on the seconds are in the alert's colour
NO_WORDS = "(nothing they said)"


@dataclass(frozen=True)
class Asked:
    """One request of the agent, as ToolPending has it."""

    request: int
    kind: Literal["approval", "question"]
    tool: str
    deadline_us: int
    otherwise: str
    arguments: dict[str, Any] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)  # argument → what the far end said of it
    question: str = ""


@dataclass(frozen=True)
class Decision:
    """The operator's word. `arguments`: all of them when one was changed, else {}."""

    approve: bool
    words: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)


class ApprovalModal(Box[Decision]):
    """y approves, n denies with a reason, e edits; for a question y and n, each with words if need be."""

    AUTO_FOCUS = ""  # no field and no button has the focus: only y, n and e decide
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", "approve"),
        Binding("n", "no", "deny"),
        Binding("e", "edit", "edit"),
        Binding("down,pagedown", "scroll_by(3)", "down", show=False),
        Binding("up,pageup", "scroll_by(-3)", "up", show=False),
        Binding("escape", "step_back", "back"),
    ]

    def __init__(self, named: Named, asked: Asked, now_us: Callable[[], int]) -> None:
        """now_us: keys that come within 0.4 s were typed before the box was there."""
        super().__init__(named)
        self.asked = asked
        self._now_us, self._haste = now_us, Haste(now_us)
        self._stage: Literal["look", "yes", "no", "edit"] = "look"
        self._time = Static("", id="time")
        self._keys = Static("", classes="keys")
        self._hint = Static("", id="hint")
        self._line = Input(id="one-line", max_length=500)
        self._fields = {name: Input(value=written(value)) for name, value in asked.arguments.items()}
        self._editor = Vertical(id="editor")
        self._text = Static(self._what())
        self._scroll = VerticalScroll(id="asked", can_focus=False)

    @property
    def question(self) -> bool:
        return self.asked.kind == "question"

    def compose(self) -> ComposeResult:
        named = self.named
        assert named is not None
        with Vertical(classes="box alert wide") as box:
            what = "Answer" if self.question else "Approve"
            box.border_title = Text(f"{what}: call {named.number} with {harmless(named.restaurant)}")
            yield self._time
            with self._scroll:
                yield self._text
                with self._editor:
                    for name, line in self._fields.items():
                        with Horizontal(classes="field-row"):
                            yield Static(harmless(name), classes="label")
                            line.add_class("field")
                            yield line
                        yield Static(self._said(name), classes="said")
            yield self._line
            yield self._hint
            yield self._keys

    def _what(self) -> Text:
        asked = self.asked
        text = Text(style=theme.TEXT)
        if self.question:
            text.append(harmless(asked.question), theme.STRONG).append("\n")
        else:
            text.append("The agent wants to ", theme.TEXT).append(harmless(asked.tool), theme.TOOL)
            text.append(" with\n" if asked.arguments else "\n")
        wide = max(map(len, asked.arguments), default=0)
        for name, value in asked.arguments.items():
            text.append(f"\n  {harmless(name):<{wide}}  ", theme.GREY)
            text.append(harmless(written(value)), theme.STRONG)
            text.append(f"\n  {'':<{wide}}  ").append_text(self._said(name))
        return text

    def _said(self, argument: str) -> Text:
        """The words of the far end that an argument was taken from."""
        said = self.asked.words.get(argument, "")
        return Text(f'"{harmless(said)}"', theme.FAR) if said else Text(NO_WORDS, theme.FAINT)

    def on_mount(self) -> None:
        for line in (self._line, *self._fields.values()):
            line.cursor_blink = False
        self._paint_time(self._now_us())
        self._turn("look")

    # --- time -----------------------------------------------------------------------------------------

    def over(self, store: Store) -> str:
        """Also over when it was decided elsewhere, or when its time is."""
        ended = super().over(store)
        if ended:
            return ended
        call = store.calls[self.named.number] if self.named else None
        left = seconds_left(self.asked.deadline_us, store.now_us)
        if left == 0:
            return f"Too late for call {self.named.number if self.named else 0}: {self._otherwise}"
        if call is not None and self.asked.request not in call.pending:
            return f"What call {call.number} asked is decided already; nothing was sent."
        return ""

    @property
    def _otherwise(self) -> str:
        return harmless(self.asked.otherwise).rstrip(".") + "."

    def show(self, frame: Frame) -> None:
        self._paint_time(frame.store.now_us)

    def _paint_time(self, now_us: int) -> None:
        left = seconds_left(self.asked.deadline_us, now_us)
        text = Text(f" {left} s ", theme.NEEDS_YOU if left <= SOON_S else theme.STRONG)
        self._time.update(text.append(f"  at 0: {self._otherwise}", theme.WARN))

    # --- keys -----------------------------------------------------------------------------------------

    def _turn(self, stage: Literal["look", "yes", "no", "edit"]) -> None:
        self._stage = stage
        self._line.display = stage in ("yes", "no")
        self._editor.display, self._text.display = stage == "edit", stage != "edit"
        self.set_class(stage in ("yes", "no"), "-writing")
        self._hint.update("")
        enter = {"yes": "say yes", "no": "say no" if self.question else "deny", "edit": "approve as edited"}
        if stage == "look":
            self.set_focus(None)
            more = () if self.question or not self.asked.arguments else (("e", "edit"),)
            named = (("y", "yes"), ("n", "no")) if self.question else (("y", "approve"), ("n", "deny"))
            self._keys.update(keys(*named, *more, ("esc", "decide later")))
            return
        back = ("esc", "back")
        if stage == "edit":
            next(iter(self._fields.values())).focus()
            self._keys.update(keys(("tab", "next"), ("enter", enter[stage]), back))
            return
        self._line.placeholder = "words for the agent, if need be" if self.question else "why not"
        self._line.focus()
        self._keys.update(keys(("enter", enter[stage]), back))

    @property
    def _taken(self) -> bool:
        return self._stage == "look" and not self._haste.too_soon

    def action_yes(self) -> None:
        if self._taken and self.question:
            self._turn("yes")
        elif self._taken:
            self.dismiss(Decision(True))

    def action_no(self) -> None:
        if self._taken:
            self._turn("no")

    def action_edit(self) -> None:
        if self._taken and not self.question and self._fields:
            self._turn("edit")

    def action_scroll_by(self, rows: int) -> None:
        self._scroll.scroll_relative(y=rows, animate=False)

    def action_step_back(self) -> None:
        if self._stage == "look":
            self.dismiss(None)
        else:
            self._turn("look")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if self._stage == "edit":
            self._approve_edited()
        elif self._stage in ("yes", "no"):
            self.dismiss(Decision(self._stage == "yes", event.value.strip()))

    def _approve_edited(self) -> None:
        edited = {}
        for name, before in self.asked.arguments.items():
            try:
                edited[name] = meant(self._fields[name].value, before)
            except ValueError as error:
                self._hint.update(f"{harmless(name)}: {error}")
                self._fields[name].focus()
                return
        self.dismiss(Decision(True, arguments={} if edited == self.asked.arguments else edited))
