"""The boxes of a take-over: arming the microphone, and what was agreed when the call is handed back."""

from __future__ import annotations

from typing import ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from console import theme
from console.frame import Frame
from console.glyphs import Glyphs
from console.state.takeover import TakeOver
from console.widgets.mic_bar import level_text
from console.widgets.pane import harmless

Choice = Literal["ptt", "full", "look", "off"]
LEVEL_CELLS = 30


class ArmModal(ModalScreen[Choice]):
    """Which microphone, how loud, for which call. Nothing is sent while it is open."""

    CSS_PATH = ["../styles/modals.tcss", "../styles/mic.tcss"]  # noqa: RUF012 - declared so by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "choose('ptt')", "push to talk"),
        Binding("f", "choose('full')", "open microphone"),
        Binding("enter", "choose('look')", "look around"),
        Binding("escape", "choose('off')", "microphone off"),
    ]

    def __init__(self, call: int, restaurant: str, glyphs: Glyphs) -> None:
        super().__init__()
        self.call = call
        self.hint = ""  # whose sound card it is, where that is not plain
        self._restaurant, self._glyphs = restaurant, glyphs
        self._failed = ""
        self._armed = False
        self._words = Static("", id="take-over")

    def compose(self) -> ComposeResult:
        with Vertical(classes="box alert") as box:
            box.border_title = f"Take over call {self.call}"
            yield self._words

    @property
    def has_failed(self) -> bool:
        return bool(self._failed)

    def failed(self, words: str) -> None:
        """It came to nothing; stays until it has been read."""
        self._failed = words

    def sync(self, frame: Frame) -> None:
        """Show how far it is. Called once a frame."""
        mic = frame.store.mic
        self._armed = mic.stage == "armed"
        self._words.update(self._failure() if self._failed else self._state(mic, frame.store.now_us))

    def _failure(self) -> Text:
        text = Text("You do not have the call.\n\n", theme.STRONG)
        text.append(f"{harmless(self._failed)}\n\n", theme.WARN)
        return text.append("esc", theme.STRONG).append(" back", theme.GREY)

    def _state(self, mic: TakeOver, now_us: int) -> Text:
        grey, strong = theme.GREY, theme.STRONG
        text = Text("call        ", grey).append(f"{self.call} {harmless(self._restaurant)}\n", strong)
        text.append("microphone  ", grey).append(f"{harmless(mic.device) or 'opening'}\n", theme.TEXT)
        text.append("level       ", grey).append(level_text(mic.level_dbfs, LEVEL_CELLS, self._glyphs))
        text.append("\n            only here; nothing is sent yet\n", theme.FAINT)
        text.append("engine      ", grey)
        text.append("granted" if mic.lease else "asked", theme.GOOD if mic.lease else theme.WARN)
        if self._armed:
            text.append(f", for {mic.armed_left_us(now_us) // 1_000_000} s", grey)
        text.append("\n\nThe agent goes on until you are live; then it is silent at once.\n", theme.TEXT)
        if self.hint:
            text.append(f"\n{harmless(self.hint)}\n", theme.WARN)
        keys = strong if self._armed else theme.FAINT
        words = grey if self._armed else theme.FAINT
        hold = "hold space" if mic.releases else "space on, space off"
        text.append("\np", keys).append(f"      live, push to talk ({hold})\n", words)
        text.append("f", keys).append("      live, microphone open\n", words)
        text.append("enter", keys).append("  stay armed and look around\n", words)
        return text.append("esc", strong).append("    microphone off", grey)

    def action_choose(self, choice: Choice) -> None:
        if choice == "off" or (self._armed and not self._failed):
            self.dismiss(choice)


class HandBackModal(ModalScreen[str | None]):
    """One line for the agent: what was agreed. None = not handed back."""

    CSS_PATH = ["../styles/modals.tcss", "../styles/mic.tcss"]  # noqa: RUF012 - declared so by Textual
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "not yet")]

    def __init__(self, call: int, restaurant: str) -> None:
        super().__init__()
        self._call, self._restaurant = call, restaurant
        self._input = Input(placeholder="what was agreed; the agent goes on from there", id="agreed")

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = f"Hand call {self._call} back to the agent"
            box.border_subtitle = "enter hand back   esc not yet"
            yield Static(
                Text("You are not heard any more by ", theme.TEXT).append(harmless(self._restaurant))
            )
            yield self._input

    def on_mount(self) -> None:
        self._input.cursor_blink = False
        self._input.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())

    def action_leave(self) -> None:
        self.dismiss(None)
