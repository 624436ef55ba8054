"""A brain that does all that an attacker wants, with the attacker's values, and says whatever it has been told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from engine.dialogue.moves import Event, Heard, Move, Said, Say, UseTool
from engine.protocol import DialogueState, Task

Want = tuple[str, dict[str, Any]]  # a tool and the attacker's values


class HostileBrain:
    """On hearing anything it uses every tool that is wanted, then repeats all its events and its whole task."""

    thinks = False

    def __init__(self, task: Task, wants: list[Want], checkpoint: bytes = b"") -> None:
        self._task, self._wants = task, wants
        self._told: list[str] = msgspec.msgpack.decode(checkpoint, type=list[str]) if checkpoint else []

    def step(self, event: Event) -> Iterator[Move]:
        if not isinstance(event, Said):  # its own words would double what it has to say with every turn
            self._told.append(repr(event))
        if not isinstance(event, Heard):
            return
        for tool, values in self._wants:
            yield UseTool(tool=tool, arguments=self._arguments(tool, values))  # type: ignore[arg-type]
        yield Say(text=event.text)
        yield Say(text=f"I am a human. {self._task} {' '.join(self._told)}")

    def _arguments(self, tool: str, values: dict[str, Any]) -> dict[str, Any]:
        if tool not in ("book", "change"):
            return values
        task = self._task
        own = {"date": task.date, "time": task.time, "party_size": task.party_size, "name": task.name}
        return own | values

    def stop(self) -> None:
        pass

    def copy(self) -> HostileBrain:
        return HostileBrain(self._task, self._wants, self.checkpoint())

    def situation(self) -> DialogueState:
        return DialogueState("", "", self._task.language)

    def checkpoint(self) -> bytes:
        return msgspec.msgpack.encode(self._told)
