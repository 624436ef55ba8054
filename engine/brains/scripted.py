"""The scripted brain: the policy of `dialogue.policy` behind the seam. Needs no key, no network, no model."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from engine.dialogue.memory import Memory
from engine.dialogue.moves import Event, LanguageForced, Move
from engine.dialogue.policy import begin, step
from engine.languages import load
from engine.protocol import DialogueState, LanguageCode, Task


class Scripted:
    """One call's mind. checkpoint: what `checkpoint` gave before a restart, b"" for a new call."""

    thinks = False  # all is known at once

    def __init__(self, task: Task, language: LanguageCode, checkpoint: bytes = b"") -> None:
        self._task = task
        self._memory = msgspec.msgpack.decode(checkpoint, type=Memory) if checkpoint else begin(task)
        self._language = load(self._memory.language or language)

    def step(self, event: Event) -> Iterator[Move]:
        """Moves in answer to `event`; the memory has changed before the first is given out."""
        if isinstance(event, LanguageForced):
            self._language = load(event.language)
        self._memory, moves = step(self._memory, self._task, self._language, event)
        return iter(moves)

    def stop(self) -> None:
        """There is never a thought in flight."""

    def situation(self) -> DialogueState:
        """The dialogue state and pending question in which the next turn will be heard."""
        return DialogueState(self._memory.stage, self._memory.pending, self._language.code)

    def checkpoint(self) -> bytes:
        """The memory as msgpack."""
        return msgspec.msgpack.encode(self._memory)
