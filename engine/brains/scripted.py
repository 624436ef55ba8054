"""The scripted brain: the policy of `dialogue.policy` behind the seam. Needs no key, no network, no model."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from engine.dialogue.memory import Memory
from engine.dialogue.moves import Event, LanguageChanged, Move, OperatorSaid, Overheard, ToolResult
from engine.dialogue.policy import begin, step
from engine.dialogue.turn import Turn
from engine.languages import load
from engine.protocol import DialogueState, LanguageCode, Task


class Scripted:
    """One call's mind. checkpoint: what `checkpoint` gave before a restart, b"" for a new call."""

    thinks = False  # all is known at once

    def __init__(self, task: Task, language: LanguageCode, checkpoint: bytes = b"") -> None:
        self._task, self._call_language = task, language
        self._memory = msgspec.msgpack.decode(checkpoint, type=Memory) if checkpoint else begin(task)
        self._language = load(self._memory.language or language)

    def step(self, event: Event) -> Iterator[Move]:
        """Moves in answer to `event`; the memory has changed before the first is given out."""
        if isinstance(event, LanguageChanged):
            self._language = load(event.language)
        return iter(self._step(event))

    def follow(self, heard: str, disclosed: bool) -> None:
        """Another brain has answered this turn in our place. heard: what the far end said, "" = nothing.

        What we waited for, a tool that an operator's take-over has dropped for one, is waited for no longer.
        """
        if heard:
            self._step(Overheard(text=heard))
        memory = self._memory
        if memory.stage == "greeting":
            memory = msgspec.structs.replace(memory, stage="asking", pending="availability")
        self._memory = msgspec.structs.replace(memory, disclosed=disclosed, tool="")

    def spoke(self, text: str) -> None:
        """What the far end was given of the other brain's words; a day or time in it is what it is after now."""
        self._step(OperatorSaid(text=text))
        turn = Turn(self._memory, self._task, self._language)
        meaning = turn.understand(text)
        if len(meaning.times) == 1 and turn.time_does(meaning.times[0]):
            turn.remember(time=meaning.times[0])
        if len(meaning.dates) == 1 and turn.date_does(meaning.dates[0]):
            turn.remember(date=meaning.dates[0])
        self._memory = turn.memory

    def settle(self, result: ToolResult) -> list[Move]:
        """The other brain's tool has run: say what is to be said after it, and end the call."""
        self._memory = msgspec.structs.replace(self._memory, tool=result.tool)
        return self._step(result)

    @property
    def waits(self) -> bool:
        """Whether a tool of its own has not given its result."""
        return bool(self._memory.tool)

    def _step(self, event: Event) -> list[Move]:
        self._memory, moves = step(self._memory, self._task, self._language, event)
        return moves

    def stop(self) -> None:
        """There is never a thought in flight."""

    def copy(self) -> Scripted:
        """Another with the same memory."""
        return Scripted(self._task, self._call_language, self.checkpoint())

    def situation(self) -> DialogueState:
        """The dialogue state and pending question in which the next turn will be heard."""
        return DialogueState(self._memory.stage, self._memory.pending, self._language.code)

    def checkpoint(self) -> bytes:
        """The memory as msgpack."""
        return msgspec.msgpack.encode(self._memory)
