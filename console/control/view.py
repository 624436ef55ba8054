"""Looking: which call, which pane, which screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from console.control.desk import Desk
from console.screens.floor import Floor
from console.screens.modals import HelpModal


class ViewControl:
    """Changes nothing but what is shown."""

    def __init__(self, desk: Desk, floor: Floor) -> None:
        self._desk, self._floor = desk, floor

    def handlers(self) -> Mapping[str, Callable[[], None]]:
        """See Control."""
        return {
            "call.previous": lambda: self._step(-1),
            "call.next": lambda: self._step(1),
            "transcript.freeze": self._freeze,
            "pane.next": self._next_pane,
            "help": lambda: self._desk.open(HelpModal(self._desk.glyphs)),
        }

    def _step(self, by: int) -> None:
        self._desk.store.step(by)
        self._desk.frame()

    def go_to(self, number: int) -> None:
        """Select the call of this number."""
        if not self._desk.store.select(number):
            self._desk.tell(f"There is no call {number}.", "warning")
        self._desk.frame()

    def _freeze(self) -> None:
        transcript = self._floor.transcript
        transcript.frozen = not transcript.frozen
        if not transcript.frozen:
            transcript.to_end()
        self._desk.frame()

    def _next_pane(self) -> None:
        self._floor.next_pane()
        self._floor.call_after_refresh(self._desk.frame)
