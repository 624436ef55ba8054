"""One line to a call: spoken in the agent's voice, or whispered to the agent. Word and colour say which."""

from __future__ import annotations

from typing import ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from console.glyphs import Glyphs
from console.widgets.pane import harmless

Way = Literal["say", "whisper"]
LONGEST = 500  # characters; engine/operating/orders.py has the limit that counts
_TITLES: dict[Way, tuple[str, str]] = {
    "say": ("SAY", "in the agent's voice"),
    "whisper": ("WHISPER", "to the agent; the restaurant does not hear it"),
}


class History:
    """Lines that were sent, and the one that is being written. Pure."""

    def __init__(self, sent: list[str], written: str = "") -> None:
        """sent: oldest first."""
        self._lines = [*sent, written]
        self._at = len(sent)

    @property
    def line(self) -> str:
        """The one that stands here."""
        return self._lines[self._at]

    def step(self, by: int, written: str) -> str:
        """The line so many steps later (earlier: below 0), stopping at the ends; what stands here is kept."""
        self._lines[self._at] = written
        self._at = min(max(self._at + by, 0), len(self._lines) - 1)
        return self.line


class SayBox(Vertical):
    """Tells by messages when a line is sent, or left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,shift+tab", "turn", "say or whisper", show=False, priority=True),
        Binding("up", "step(-1)", "the line before", show=False, priority=True),
        Binding("down", "step(1)", "the line after", show=False, priority=True),
        Binding("escape", "leave", "leave", show=False),
    ]

    class Sent(Message):
        """Enter, with a line that is not empty."""

        def __init__(self, way: Way, text: str) -> None:
            super().__init__()
            self.way, self.text = way, text

    class Left(Message):
        """Escape. The text is to be kept for the call."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, call: int, restaurant: str, way: Way, history: History, glyphs: Glyphs) -> None:
        """history: begins at the line that was left unsent, which is put on the line."""
        super().__init__(id="say")
        self._call, self._restaurant, self._history = call, restaurant, history
        self.way: Way = way
        self._arrows = glyphs.up + glyphs.down_key
        self._line = Input(id="say-line", max_length=LONGEST)

    def compose(self) -> ComposeResult:
        yield self._line

    def on_mount(self) -> None:
        self._line.cursor_blink = False
        self.write(self._history.line)
        self._paint()
        self._line.focus()

    def write(self, text: str) -> None:
        """Put this on the line, the cursor behind it."""
        self._line.value = text
        self._line.cursor_position = len(text)

    @property
    def text(self) -> str:
        return self._line.value

    def _paint(self) -> None:
        word, what = _TITLES[self.way]
        other = "whisper" if self.way == "say" else "say"
        self.set_class(self.way == "whisper", "-whisper")
        self.border_title = Text(f"{word} to call {self._call} {harmless(self._restaurant)}")
        self.border_subtitle = f"enter send   tab {other}   {self._arrows} history   esc leave"
        self._line.placeholder = what

    def action_turn(self) -> None:
        self.way = "whisper" if self.way == "say" else "say"
        self._paint()

    def action_step(self, by: int) -> None:
        self.write(self._history.step(by, self._line.value))

    def action_leave(self) -> None:
        self.post_message(self.Left(self._line.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self.post_message(self.Sent(self.way, event.value.strip()))
