"""A brain whose answers are written down in the test; everything it knows is in its checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from engine.dialogue.moves import Event, Move
from engine.protocol import DialogueState

Rule = Callable[[Event], Sequence[Move]]


class FakeBrain:
    """Answers every event with what `rule` says, and remembers how many there were and what they were called."""

    thinks = False

    def __init__(self, rule: Rule, checkpoint: bytes = b"") -> None:
        self._rule = rule
        self.told: list[str] = msgspec.msgpack.decode(checkpoint, type=list[str]) if checkpoint else []
        self.events: list[Event] = []

    def step(self, event: Event) -> Iterator[Move]:
        self.events.append(event)
        self.told.append(type(event).__name__)
        yield from self._rule(event)

    def stop(self) -> None:
        self.thinks = False

    def copy(self) -> FakeBrain:
        return type(self)(self._rule, self.checkpoint())

    def situation(self) -> DialogueState:
        return DialogueState(f"after {len(self.told)}", self.told[-1] if self.told else "", "en")

    def checkpoint(self) -> bytes:
        return msgspec.msgpack.encode(self.told)
