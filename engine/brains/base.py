"""The seam behind which every brain stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from engine.dialogue.moves import Event, Move
from engine.protocol import DialogueState


class Brain(Protocol):
    """One call's mind. It is told what happened and answers with moves; tools run outside of it."""

    def step(self, event: Event) -> Iterator[Move]:
        """Moves in answer to `event`, each as soon as it is known (a streaming brain yields sentence by sentence)."""
        ...

    def situation(self) -> DialogueState:
        """The dialogue state and pending question in which the next turn will be heard."""
        ...

    def checkpoint(self) -> bytes:
        """Everything needed to go on after a restart; handed back to the constructor."""
        ...
