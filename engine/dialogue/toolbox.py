"""The brain's tools in one call: what is allowed runs, or waits for an operator; all else is refused. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from engine.dialogue.approvals import ASKING, Approvals, Request
from engine.dialogue.constraints import NOTHING, TOOL_OF_KIND, Granted, Refusal, as_the_task_has_it, check
from engine.dialogue.menus import MOST_PRESSES, keys_offered
from engine.dialogue.moves import Tool, ToolResult, UseTool
from engine.dialogue.tools import AskPrincipal, BadArguments, apply, parse
from engine.protocol import (
    DecideTool,
    EngineEvent,
    Message,
    Reservation,
    ReservationChanged,
    Task,
    ToolCalled,
    ToolDecided,
)
from engine.settings import OperatorSettings

OPERATOR = "operator"  # source of a change that a person stands behind
NOBODY = "no operator is there to say yes"
TOO_LATE = "no operator said yes in time"
WRITES = (*TOOL_OF_KIND.values(), "decline")  # what changes the record
SAME_AGAIN = "nothing changed: it is recorded so already"
NO_MENU = "a key is pressed only when a recorded menu has just offered it for something, and nothing is recorded yet"
TAKEN_OVER = "an operator has spoken with them meanwhile"


class Occasion(NamedTuple):
    """What a tool is used upon."""

    words: str  # what was said last: by the far end, or by an operator
    turn: int
    by_operator: bool  # who has spoken with the far end, and need not approve what they agreed


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """Between two processes."""

    granted: Granted = NOTHING
    last: int = 0
    waiting: tuple[Request, ...] = ()
    attended: bool = False
    presses: int = 0  # keys pressed so far


class Toolbox:
    """One call's. What is used gives the messages to send and, unless it waits, its result."""

    def __init__(
        self,
        task: Task,
        rules: OperatorSettings,
        save: Callable[[Reservation, str, str], None],
        reservation: Reservation,
        memory: Memory,
    ) -> None:
        """save: see Conversation."""
        self._task, self._rules, self.save = task, rules, save
        self.reservation = reservation
        self.granted = memory.granted
        self._approvals = Approvals(memory.last, memory.waiting)
        self.attended = memory.attended  # an operator is there
        self._presses = memory.presses

    def memory(self) -> Memory:
        """For the successor."""
        return Memory(
            self.granted, self._approvals.last, self._approvals.waiting, self.attended, self._presses
        )

    @property
    def may_ask(self) -> bool:
        """Whether `ask_principal` would reach anybody."""
        return self._rules.ask and self.attended

    @property
    def waiting(self) -> tuple[Request, ...]:
        """What waits for an operator's word."""
        return self._approvals.waiting

    def grant(self, more: Granted) -> Granted:
        """An operator allows more; returns all that is allowed now."""
        self.granted |= more
        return self.granted

    def use(self, move: UseTool, upon: Occasion, now_us: int) -> tuple[list[Message], ToolResult | None]:
        """The brain wants it."""
        kept = None if upon.by_operator else self.reservation
        verdict = check(self._task, move.tool, move.arguments, self.granted, kept)
        if isinstance(verdict, Refusal):
            return self._refused(move.tool, move.arguments, upon.turn, verdict.reason)
        if move.tool == "press_digits" and not self._may_press(move.arguments, upon):
            return self._refused(move.tool, move.arguments, upon.turn, NO_MENU)
        if move.tool in TOOL_OF_KIND.values():
            move = msgspec.structs.replace(move, arguments=as_the_task_has_it(self._task, move.arguments))
        asks = move.tool == ASKING
        if not asks and (move.tool not in self._rules.approve or upon.by_operator):
            return self._run(move.tool, move.arguments, upon, OPERATOR if upon.by_operator else move.tool)
        if not (self.may_ask if asks else self.attended):
            return self._refused(move.tool, move.arguments, upon.turn, NOBODY, denied=True)
        if any(request.tool == move.tool for request in self.waiting):
            return self._refused(move.tool, move.arguments, upon.turn, "it waits for an operator already")
        request = self._approvals.wait(
            move.tool, move.arguments, upon.words, upon.turn, now_us, self._rules.deadline_s
        )
        return [request.told()], None

    def _may_press(self, arguments: dict[str, Any], upon: Occasion) -> bool:
        """Has a menu just offered this key? Neither a person's word nor a model's wish presses one."""
        offered = keys_offered(upon.words, self._task.language)
        allowed = self.reservation.status == "open" and self._presses < MOST_PRESSES
        return allowed and bool(upon.turn) and arguments["digits"] in offered

    def decide(self, command: DecideTool) -> tuple[list[Message], ToolResult | None]:
        """An operator's word. Without result where the request is settled, or the edited arguments cannot be read."""
        try:
            settled = self._approvals.settle(command)
        except BadArguments as error:
            words = f"The edited arguments cannot be used, request {command.request} still waits: {error}"
            return [EngineEvent("warning", words, "agent")], None
        if settled is None:
            return [], None
        request, arguments = settled
        by, words = command.by, command.words
        if not command.approve:
            reason = f"{by or 'the operator'} said no{f': {words}' if words else ''}"
            return self._not_done(request, reason, by, words)
        shown = {name: value for name, value in arguments.items() if name != "confirmed_by"}
        told: list[Message] = [ToolDecided(request.number, True, by, words, shown)]
        if request.tool == ASKING:
            called, result = self._answered(request, arguments, words)
        else:
            source = request.tool if arguments == request.arguments else OPERATOR
            upon = Occasion(request.words, request.turn, by_operator=False)
            called, result = self._run(request.tool, arguments, upon, source)
        return told + called, msgspec.structs.replace(result, by=by)

    def overdue(self, now_us: int) -> list[tuple[list[Message], ToolResult]]:
        """What nobody has decided in time."""
        return [self._not_done(request, TOO_LATE) for request in self._approvals.overdue(now_us)]

    def drop(self) -> list[Message]:
        """Nothing waits any longer: an operator has spoken with them. The brain is told of that instead."""
        return [m for request in self._approvals.drop() for m in self._not_done(request, TAKEN_OVER)[0]]

    def _not_done(
        self, request: Request, reason: str, by: str = "", words: str = ""
    ) -> tuple[list[Message], ToolResult]:
        decided = ToolDecided(request.number, False, by, words or ("" if by else reason))
        called, result = self._refused(request.tool, request.arguments, request.turn, reason, denied=True)
        return [decided, *called], msgspec.structs.replace(result, by=by)

    def _refused(
        self, tool: Tool, arguments: dict[str, Any], turn: int, reason: str, denied: bool = False
    ) -> tuple[list[Message], ToolResult]:
        called = ToolCalled(tool, arguments, reason, refused=True, turn=turn)
        result = ToolResult(tool=tool, refused=True, reason=reason, denied=denied, allowed=self.granted)
        return [called], result

    def _answered(
        self, request: Request, arguments: dict[str, Any], words: str
    ) -> tuple[list[Message], ToolResult]:
        """Yes: what was offered is allowed from now on."""
        given = parse(ASKING, arguments)
        assert isinstance(given, AskPrincipal)
        allowed = self.grant(
            Granted(
                (given.date,) if given.date else (),
                (given.time,) if given.time else (),
                (),
                (given.party_size,) if given.party_size else (),
            )
        )
        called = ToolCalled(ASKING, arguments, words or "yes", turn=request.turn)
        return [called], ToolResult(tool=ASKING, reason=words, allowed=allowed)

    def _run(
        self, tool: Tool, arguments: dict[str, Any], upon: Occasion, source: str
    ) -> tuple[list[Message], ToolResult]:
        if tool == "press_digits":
            self._presses += 1
        changed = apply(self.reservation, tool, arguments, upon.words, upon.turn)
        again = tool in WRITES and changed == self.reservation
        told: list[Message] = [
            ToolCalled(tool, arguments, SAME_AGAIN if again else changed.status, turn=upon.turn)
        ]
        if changed != self.reservation:
            self.reservation = changed
            self.save(changed, source, upon.words)
            told.append(ReservationChanged(changed, source, upon.words))
        reason = SAME_AGAIN if again else ""
        return told, ToolResult(tool=tool, reservation=changed, reason=reason, allowed=self.granted)
