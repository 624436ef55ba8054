"""Boxes about a named call, and commands to that call and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from console import actions, available
from console.control.desk import Desk
from console.screens.modals.box import Box, Gone
from console.state.named import Named
from engine.errors import CallThingError
from engine.protocol import Message

T = TypeVar("T")


def named(desk: Desk) -> Named:
    """The selected call, held fast. There is one: an action that needs it was refused before."""
    call = desk.store.call
    assert call is not None
    return Named.of(desk.store, call)


def why_not(desk: Desk, action_id: str, about: Named | None) -> str:
    """Why an action cannot be done to this call now, whatever is selected; "" when it can."""
    entry = replace(actions.action(action_id), needs_call=False)
    reason = available.refusal(entry, desk.store)
    return reason or (about.over(desk.store) if about else "")


def ask(desk: Desk, action_id: str, box: Box[T], answered: Callable[[T], None]) -> None:
    """Open a box. `answered` is told what was decided, if it can still be done; else the operator is told why not."""

    def closed(answer: T | Gone | None) -> None:
        if isinstance(answer, Gone):
            desk.tell(answer.words, "warning")
        elif answer is not None:
            reason = why_not(desk, action_id, box.named)
            if reason:
                desk.tell(reason, "warning")
            else:
                answered(answer)

    desk.open(box, closed)


def send(
    desk: Desk, command: Message, call: int, done: str, failed: Callable[[str], None] | None = None
) -> None:
    """Send a command in the background; tell `done`, or the reason. failed: also given the reason."""

    async def work() -> None:
        try:
            await desk.link.request(command, call)
        except CallThingError as error:
            if failed is not None:
                failed(str(error))
            raise
        desk.tell(done)

    desk.background(work())
