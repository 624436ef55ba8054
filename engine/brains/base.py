"""The seam behind which every brain stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from engine.dialogue.moves import Event, Move
from engine.protocol import DialogueState


class Brain(Protocol):
    """One call's mind. It is told what happened and answers with moves; tools run outside of it.

    Many calls share the room that asks, so no step may wait for anything. A brain that thinks for longer gives the
    moves it has and `thinks` on; what comes later it gives when it is told `GoOn`.
    """

    @property
    def thinks(self) -> bool:
        """Whether there is more to come, to be asked for with the event `GoOn`."""
        ...

    def step(self, event: Event) -> Iterator[Move]:
        """Moves in answer to `event`, as far as they are known. A new turn of the far end drops an older thought."""
        ...

    def stop(self) -> None:
        """Drop a thought in flight: what has not been given out will not be."""
        ...

    def copy(self) -> Brain:
        """Another that goes on from here, while this one stays as it is. Not asked of a brain that thinks."""
        ...

    def situation(self) -> DialogueState:
        """The dialogue state and pending question in which the next turn will be heard."""
        ...

    def checkpoint(self) -> bytes:
        """Everything needed to go on after a restart; handed back to the constructor."""
        ...
