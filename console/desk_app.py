"""What controls are given: toasts, boxes and screens, commands in the background. See control/desk.py."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from textual.app import App
from textual.screen import ModalScreen, Screen

from console import actions, available
from console.control.desk import Link, Severity
from console.control.hands import Hands
from console.screens.floor import Floor
from console.state.store import Store
from console.widgets.pane import harmless
from engine.errors import CallThingError
from engine.protocol import Message


class DeskApp(App[None]):
    """The half of the app that controls see."""

    store: Store
    link: Link
    hands: Hands
    floor: Floor

    def frame(self) -> None:
        """See Desk."""
        raise NotImplementedError

    def tell(self, words: str, severity: Severity = "information") -> None:
        """See Desk."""
        self.notify(
            harmless(words), severity=severity, timeout=15 if severity == "error" else 5, markup=False
        )

    def may(self, action_id: str) -> bool:
        """See Desk."""
        reason = available.refusal(actions.action(action_id), self.store)
        if reason:
            self.tell(reason, "warning")
        return not reason

    def open(self, screen: Screen[Any], answered: Callable[[Any], None] | None = None) -> None:
        """See Desk."""
        self.push_screen(screen, answered)

    def command(self, command: Message, call: int = 0, done: str = "") -> None:
        """See Desk."""
        self.background(self._request(command, call, done))

    async def _request(self, command: Message, call: int, done: str) -> None:
        await self.link.request(command, call)
        if done:
            self.tell(done)

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """See Desk."""
        self.run_worker(self._told(work), group="commands")

    async def _told(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except CallThingError as error:
            self.tell(str(error), "error")

    @property
    def main(self) -> Screen[Any]:
        """See LookingDesk."""
        return self.seen()[0]

    def to_floor(self) -> None:
        """See LookingDesk."""
        while self.screen is not self.floor:
            self.pop_screen()

    def back(self) -> None:
        """See LookingDesk."""
        if self.screen is not self.floor:
            self.pop_screen()
            self.call_after_refresh(self.frame)

    def seen(self) -> list[Screen[Any]]:
        """The main screen on top, and the boxes over it."""
        seen: list[Screen[Any]] = []
        for screen in reversed(self.screen_stack):
            seen.insert(0, screen)
            if not isinstance(screen, ModalScreen):
                break
        return seen
