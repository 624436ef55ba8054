"""What a screen is given to paint: once a frame, and nothing between."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from rich.text import Text

from console.actions import ACTIONS, Action
from console.state.logbook import LogBook
from console.state.store import Store


@dataclass(frozen=True)
class Frame:
    """One moment. `waiting`: what to say where there is no call yet."""

    store: Store
    wall: datetime
    waiting: list[Text] = field(default_factory=list)
    log: LogBook = field(default_factory=LogBook)
    table: tuple[Action, ...] = ACTIONS  # with the operator's own keys
