"""What all boxes over a screen have in common: they name what they are about, and go when that goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from console import theme
from console.frame import Frame
from console.state.named import Named
from console.state.store import Store

T = TypeVar("T")
HASTE_US = 400_000  # keys that come sooner were typed before the box was there
PAUSE_US = 700_000  # who types leaves less between two keys; after more they have seen that the box is gone


@dataclass(frozen=True)
class Gone:
    """A box closed by itself: why, for the operator."""

    words: str


class Box(ModalScreen[T | Gone | None], Generic[T]):
    """A modal. The answer is what was decided, None when the operator left it, Gone when it closed by itself."""

    CSS_PATH = "../../styles/modals.tcss"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012 - declared so by Textual
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "back")]

    def __init__(self, named: Named | None = None) -> None:
        """named: the call it is about; the box closes when that has ended."""
        super().__init__()
        self.named = named
        self.goes = False  # it is closing by itself

    def sync(self, frame: Frame) -> None:
        """Close when there is nothing left to ask; else show what has changed. Called once a frame."""
        if not self.is_current:
            return  # under another box, or on its way out
        why = self.over(frame.store)
        if why and not self.goes:
            self.goes = True
            self.call_later(self._go, why)  # no screen changes in the middle of a frame
        elif self.is_mounted and not self.goes:
            self.show(frame)

    def _go(self, why: str) -> None:
        if self.is_current:
            self.dismiss(Gone(why))
        self.goes = False

    def over(self, store: Store) -> str:
        """Why there is nothing left to ask; "" while there is."""
        return self.named.over(store) if self.named else ""

    def show(self, frame: Frame) -> None:
        """Paint what changes by itself, such as seconds."""

    def action_leave(self) -> None:
        self.dismiss(None)


class Haste:
    """Whether a key came too soon after a box opened to be meant for it."""

    def __init__(self, now_us: Callable[[], int]) -> None:
        self._now_us = now_us
        self._opened_us = now_us()

    @property
    def too_soon(self) -> bool:
        return self._now_us() - self._opened_us < HASTE_US


class Leftover:
    """Which keys were meant for a box that has closed by itself: those that follow it, and one another, at once."""

    def __init__(self, now_us: Callable[[], int]) -> None:
        self._now_us = now_us
        self._last_us: int | None = None  # of such a key, or of the closing; None = nothing is left over

    def closed(self) -> None:
        """A box closes by itself."""
        self._last_us = self._now_us()

    def takes(self, key: str, printable: bool) -> bool:
        """Whether this key does nothing. What stops things, as esc, F9 and ctrl+…, always does."""
        now_us = self._now_us()
        if self._last_us is None or not (printable or key == "enter"):
            return False
        self._last_us = now_us if now_us - self._last_us < PAUSE_US else None
        return self._last_us is not None


def keys(*pairs: tuple[str, str], style: Style | None = None) -> Text:
    """Keys and what they do, on one line."""
    text = Text()
    for at, (key, words) in enumerate(pairs):
        text.append("    " if at else "")
        text.append(key, theme.STRONG).append(f" {words}", style or theme.GREY)
    return text
