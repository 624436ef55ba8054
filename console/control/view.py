"""Looking: which call, which pane, which screen, which words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from console.control.desk import Desk
from console.screens.call import CallScreen
from console.screens.filter import FilterModal
from console.screens.floor import Floor
from console.screens.help import HelpModal
from console.screens.jump import JumpModal
from console.screens.log import LogScreen
from console.screens.main import MainScreen
from console.widgets.pane import Pane
from console.widgets.transcript import TranscriptPane


class LookingDesk(Desk, Protocol):
    """The app, as this control sees it."""

    @property
    def main(self) -> object:
        """The screen under all boxes."""
        ...

    def to_floor(self) -> None:
        """Leave all screens above the floor."""
        ...

    def back(self) -> None:
        """Leave the screen on top."""
        ...

    def keys_help(self, own: str) -> HelpModal:
        """The help. own: of the focused pane."""
        ...


class ViewControl:
    """Changes nothing but what is shown."""

    def __init__(self, desk: LookingDesk, floor: Floor) -> None:
        self._desk, self._floor = desk, floor
        self._call, self._log = CallScreen(desk.glyphs), LogScreen(desk.glyphs)

    def handlers(self) -> Mapping[str, Callable[[], None]]:
        """See Control."""
        return {
            "call.previous": lambda: self._step(-1),
            "call.next": lambda: self._step(1),
            "alert.next": self._next_alert,
            "call.zoom": lambda: self._show(self._call),
            "screen.log": lambda: self._show(self._log),
            "screen.back": self._desk.back,
            "view.filter": self._filter,
            "transcript.freeze": self._freeze,
            "pane.next": self._next_pane,
            "pane.jump": self._jump,
            "log.level": self._next_level,
            "help": self._help,
        }

    def _step(self, by: int) -> None:
        self._desk.store.step(by)
        self._desk.frame()

    def go_to(self, number: int) -> None:
        """Select the call of this number."""
        if not self._desk.store.select(number):
            self._desk.tell(f"There is no call {number}.", "warning")
        self._desk.frame()

    def _next_alert(self) -> None:
        """The most urgent call, or the one after the selected one among those that need somebody."""
        needing = self._desk.store.needing_you()
        if not needing:
            self._desk.tell("No call needs you.")
            return
        selected = self._desk.store.selected
        at = needing.index(selected) + 1 if selected in needing else 0
        self.go_to(needing[at % len(needing)])

    def _show(self, screen: MainScreen) -> None:
        if self._desk.main is not screen:
            self._desk.to_floor()
            self._desk.open(screen)
            screen.call_after_refresh(self._desk.frame)

    def _filter(self) -> None:
        store = self._desk.store

        def typed(words: str) -> None:
            store.filter = words
            self._desk.frame()

        self._desk.open(FilterModal(store.filter, typed))

    def _transcript(self) -> TranscriptPane:
        return self._call.transcript if self._desk.main is self._call else self._floor.transcript

    def _freeze(self) -> None:
        transcript = self._transcript()
        transcript.frozen = not transcript.frozen
        if not transcript.frozen:
            transcript.to_end()
        self._desk.frame()

    def _next_pane(self) -> None:
        self._floor.next_pane()
        self._floor.call_after_refresh(self._desk.frame)

    def _jump(self) -> None:
        main = self._desk.main
        if isinstance(main, MainScreen):
            self._desk.open(JumpModal(main.places()))

    def _next_level(self) -> None:
        self._log.next_level()
        self._desk.frame()

    def _help(self) -> None:
        main = self._desk.main
        focused = main.focused if isinstance(main, MainScreen) else None
        own = f"{focused.name_shown}\n{focused.help_text}" if isinstance(focused, Pane) else ""
        self._desk.open(self._desk.keys_help(own))
