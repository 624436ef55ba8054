"""Tool calls that wait for an operator's word: how they are told, what a word or the deadline makes of them. Pure."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from engine.dialogue.moves import Tool
from engine.dialogue.tools import CONFIRMED_FIELDS, parse
from engine.protocol import CLOCK_MODULUS_US, DecideTool, ToolPending

ASKING: Final = "ask_principal"
BESIDE = ("confirmed_by", "question")  # arguments that are shown in another place than the others
OTHERWISE = {  # what happens at the deadline, for people
    "book": "the agent does not take the booking, and says that a person will call",
    "change": "the agent does not confirm the change, and says that a person will call",
    "cancel": "the agent does not confirm the cancellation, and says that a person will call",
    "decline": "the agent says that a person will call, and declines nothing",
    ASKING: "the agent does not take the offer, and goes on with what is allowed",
}
BY_AN_OPERATOR = "changed by the operator"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One tool call that waits. Times are CLOCK_MONOTONIC in µs, the same in every process of a machine."""

    number: int
    tool: Tool
    arguments: dict[str, Any]
    words: str  # what the far end said last
    turn: int
    since_us: int
    deadline_us: int

    def told(self) -> ToolPending:
        """As operators are told of it."""
        asks = self.tool == ASKING
        shown = {name: value for name, value in self.arguments.items() if name not in BESIDE}
        if asks:
            shown = {name: value for name, value in shown.items() if value}
        return ToolPending(
            self.number,
            "question" if asks else "approval",
            self.tool,
            self.deadline_us % CLOCK_MODULUS_US,
            OTHERWISE.get(self.tool, "the tool is refused, and the agent is told so"),
            shown,
            self._words_of(shown),
            str(self.arguments.get("question", "")),
        )

    def _words_of(self, shown: dict[str, Any]) -> dict[str, str]:
        """What the far end said of each that has a value; of an empty one they said nothing."""
        confirmed = self.arguments.get("confirmed_by") or {}
        words = {name: confirmed.get(name, self.words) for name, value in shown.items() if value}
        return {name: said for name, said in words.items() if said}

    def edited(self, given: dict[str, Any], words: str) -> dict[str, Any]:
        """The arguments as the operator wants them. Raises BadArguments.

        Beside a value that was changed stand the operator's words, in place of the far end's.
        """
        changed = {name: value for name, value in given.items() if value != self.arguments.get(name)}
        if not changed:
            return self.arguments
        parsed = msgspec.to_builtins(parse(self.tool, {**self.arguments, **changed}, typed=True))
        merged = {name: parsed[name] for name in {**self.arguments, **changed}}
        if "confirmed_by" in parsed:
            by_operator = {name: words or BY_AN_OPERATOR for name in changed if name in CONFIRMED_FIELDS}
            merged["confirmed_by"] = {**parsed["confirmed_by"], **by_operator}
        return merged


class Approvals:
    """Those of one call. Numbers are never given twice."""

    def __init__(self, last: int = 0, waiting: tuple[Request, ...] = ()) -> None:
        self.last = last
        self._waiting = {request.number: request for request in waiting}

    @property
    def waiting(self) -> tuple[Request, ...]:
        """Oldest first."""
        return tuple(self._waiting.values())

    def wait(
        self, tool: Tool, arguments: dict[str, Any], words: str, turn: int, now_us: int, deadline_s: int
    ) -> Request:
        """One more."""
        self.last += 1
        until_us = now_us + deadline_s * 1_000_000
        self._waiting[self.last] = request = Request(
            number=self.last,
            tool=tool,
            arguments=arguments,
            words=words,
            turn=turn,
            since_us=now_us,
            deadline_us=until_us,
        )
        return request

    def settle(self, command: DecideTool) -> tuple[Request, dict[str, Any]] | None:
        """The request that this is the word on, and the arguments it is to run with.

        None where it is settled already. Raises BadArguments, and lets it wait, where edited arguments are none.
        """
        request = self._waiting.get(command.request)
        if request is None:
            return None
        given = command.arguments if command.approve else {}
        arguments = request.edited(given, command.words)
        del self._waiting[command.request]
        return request, arguments

    def overdue(self, now_us: int) -> list[Request]:
        """Those whose deadline has passed; they wait no longer."""
        late = [request for request in self._waiting.values() if now_us >= request.deadline_us]
        return [self._waiting.pop(request.number) for request in late]

    def drop(self) -> list[Request]:
        """All of them; none waits any longer."""
        dropped, self._waiting = list(self._waiting.values()), {}
        return dropped
