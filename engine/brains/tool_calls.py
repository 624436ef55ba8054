"""The tools that a model wants: which are used at once, which wait for the others, where each result goes. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, cast

from engine.brains import read_back
from engine.brains.history import History
from engine.brains.stream import Call
from engine.brains.turns import State, object_of, words_of
from engine.dialogue.constraints import Refusal, check
from engine.dialogue.moves import Event, HandedBack, Move, Tool, ToolResult, UseTool
from engine.protocol import LanguageCode, Task

RECORDING = ("book", "change", "cancel")
HANG_UP: Final = "end_call"
NO_JSON = "The arguments are not a JSON object. Use the tool again with arguments that are."
NOT_YET = "Not done: another tool that you wanted with it was not. You are still on the line."


class ToolCalls:
    """One call's. What is awaited stands in its state, so that a successor knows it."""

    def __init__(self, task: Task, state: State, history: History) -> None:
        self._task, self._state, self._history = task, state, history

    @property
    def awaited(self) -> bool:
        """Whether a result is still to come."""
        return bool(self._state.asked_for)

    def forget(self) -> None:
        """The conversation has gone on without them."""
        self._state.asked_for, self._state.hangs_up = [], None

    def want(
        self, calls: Sequence[Call], upon: Event | None, language: LanguageCode
    ) -> tuple[list[Move], bool]:
        """Those whose arguments can be read, in the model's order; and whether there are others.

        Hanging up waits until the others have run, and comes to nothing where one of them has not.
        upon: what the model answers.
        """
        state, moves, unread = self._state, list[Move](), False
        alone = all(call.tool == HANG_UP for call in calls)
        for call in calls:
            arguments = object_of(call.arguments)
            written = "{}" if arguments is None else json.dumps(arguments)
            number = self._history.call(call.number, call.tool, written)
            if arguments is None:
                unread = True
                self._history.result(number, NO_JSON)
            elif call.tool == HANG_UP and not alone:
                state.hangs_up = (number, arguments)
            else:
                state.asked_for.append((number, call.tool))
                moves.append(self._use(call.tool, arguments, upon, language))
        if unread:
            self._stay()
        return moves, unread

    def came(self, result: ToolResult) -> bool:
        """A result; whether it was awaited."""
        state = self._state
        number = next((number for number, tool in state.asked_for if tool == result.tool), None)
        if number is None:
            self._history.note(f"{result.tool}: {words_of(result)}")
            return False
        state.asked_for.remove((number, result.tool))
        self._history.result(number, words_of(result))
        if result.refused:
            self._stay()
        return True

    def hang_up(self) -> list[Move]:
        """All others have run: what waited for them."""
        if self._state.hangs_up is None or self.awaited:
            return []
        (number, arguments), self._state.hangs_up = self._state.hangs_up, None
        self._state.asked_for.append((number, HANG_UP))
        return [UseTool(tool=HANG_UP, arguments=arguments)]

    def give_up(self) -> None:
        """None of them is used."""
        for number, _ in self._state.asked_for:
            self._history.result(number, "Not used.")
        self.forget()

    def _stay(self) -> None:
        if self._state.hangs_up is not None:
            self._history.result(self._state.hangs_up[0], NOT_YET)
            self._state.hangs_up = None

    def _use(
        self, tool: str, arguments: dict[str, Any], upon: Event | None, language: LanguageCode
    ) -> UseTool:
        arguments.pop("confirmed_by", None)  # code keeps their words; a model may invent some
        refused = ""
        if tool in RECORDING and not _operator_agreed(upon):
            # What is not allowed is not to be read back to them either, and so that is said first.
            verdict = check(self._task, tool, arguments, self._state.granted)
            talk = read_back.talk_of(self._history.lines)
            refused = (
                verdict.reason
                if isinstance(verdict, Refusal)
                else read_back.refusal(talk, self._task, tool, arguments, language)
            )
        return UseTool(tool=cast(Tool, tool), arguments=arguments, refused=refused)


def _operator_agreed(upon: Event | None) -> bool:
    """An operator has just handed back with words on what was agreed: these stand behind it."""
    return isinstance(upon, HandedBack) and bool(upon.agreed.strip())
