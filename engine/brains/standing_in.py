"""The scripted brain beside a model: it hears of everything, and answers a turn that the model does not. Pure.

While the model is well the scripted brain is told what was heard and said, as it is in an operator's take-over: it
knows it, and has said nothing of its own that could be confirmed. What it says once it answers is ours.
"""

from __future__ import annotations

from engine.brains.history import History
from engine.brains.scripted import Scripted
from engine.brains.turns import State, Turn
from engine.dialogue.moves import Event, Finish, Heard, MaySpeak, Move, Said, Say, ToolResult
from engine.dialogue.prompt import disclosure
from engine.protocol import Task


class StandIn:
    """One call's."""

    def __init__(self, task: Task, state: State, history: History) -> None:
        self._task, self._state, self._history = task, state, history
        self.scripted = Scripted(task, state.language or task.language, state.shadow)

    def knows(self, event: Event) -> None:
        """It happened; it is not the scripted brain's to answer."""
        self.scripted.step(event)

    def follow(self, turn: Turn) -> None:
        """The model has answered, or begun to."""
        heard = turn.upon.text if isinstance(turn.upon, Heard) else ""
        self.scripted.follow(heard, bool(self._state.disclosed))

    def answer(self, turn: Turn) -> list[Move]:
        """The model has not, or not to the end."""
        upon = turn.upon
        if self._state.settled is not None and not self._state.ends:
            self.follow(turn)
            return self._ours(self.scripted.settle(self._state.settled))
        if turn.sentences or upon is None or isinstance(upon, ToolResult):
            self.follow(turn)  # what was said stays said: go on from there
            return self.step(MaySpeak())
        return self.step(upon)

    def step(self, event: Event) -> list[Move]:
        """Its answer to an event."""
        return self._ours(list(self.scripted.step(event)))

    def _ours(self, moves: list[Move]) -> list[Move]:
        """The disclosure has been said already, by code; all else is said and done."""
        kept: list[Move] = []
        spoken = disclosure(self._task, self._state.language or self._task.language)
        for move in moves:
            if isinstance(move, Say):
                if move.text == spoken and self._state.disclosed:
                    self.scripted.step(Said(text=move.text))
                    continue
                self._history.say(move.text, move.text, "scripted")
            elif isinstance(move, Finish):
                self._state.ends = True
            kept.append(move)
        return kept
