"""A model's thought about one turn: asking, saying what comes, tools and their results, and what goes wrong.

What was said before it went wrong stays said; the scripted brain goes on from there (standing_in.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

from engine.brains import ending, read_back
from engine.brains.asking import Asked, Call, Ended, Failure, FirstToken, Server, Words
from engine.brains.history import History
from engine.brains.standing_in import StandIn
from engine.brains.trying import Trying
from engine.brains.turns import State, Turn, object_of, words_of
from engine.dialogue.moves import (
    Event,
    Finish,
    HandedBack,
    MaySpeak,
    Move,
    Say,
    Tell,
    Tool,
    ToolResult,
    UseTool,
)
from engine.dialogue.prompt import disclosure, system_prompt
from engine.dialogue.sentences import refill
from engine.dialogue.spoken import speakable
from engine.dialogue.tool_schemas import tool_schemas
from engine.languages import load
from engine.protocol import LanguageCode, Outcome, Task

MAX_SENTENCES = 8  # in a turn; who speaks longer on the telephone says nothing
GRACE_S = 2.0  # after the budget, for the thread that keeps it
RECORDING = ("book", "change", "cancel")
SILENT_TOOLS = ("wait_on_hold", "press_digits")  # after these nothing need be said
NO_JSON = "The arguments are not a JSON object. Use the tool again with arguments that are."


class Mind:
    """One call's. Every method gives the moves that are known; more come with `go_on` while it `thinks`."""

    def __init__(
        self, task: Task, server: Server, state: State, history: History, clock: Callable[[], float]
    ) -> None:
        """clock: monotonic seconds."""
        self._task, self._server, self._settings = task, server, server.settings
        self._state, self._history, self._clock = state, history, clock
        self.stand_in = StandIn(task, state, history)
        self._trying = Trying()
        self._turn: Turn | None = None
        self._asked: Asked | None = None
        self._resumes = state.thinking
        self.owed: list[Move] = []  # told with the next moves
        speakable(
            system_prompt(task, self._language), self._language
        )  # reads what it needs before they pick up

    @property
    def _language(self) -> LanguageCode:
        return self._state.language or self._task.language

    @property
    def thinks(self) -> bool:
        """Whether the server has been asked and has not answered to the end."""
        return self._asked is not None or self._resumes

    def stop(self) -> None:
        """Close the connection. What was said until now stays said; what that answer cost will not be known."""
        self._resumes = False
        turn = self._turn
        if turn is None:
            return
        if self._asked is not None:
            turn.tokens_in = turn.tokens_out = None
        self._close()
        self.owed.append(turn.spent(self._settings, ""))
        self.stand_in.follow(turn)
        self._turn = None

    # --- asking the model -----------------------------------------------------------------------------

    def begin(self, upon: Event) -> list[Move]:
        """Think about what has happened; the disclosure goes ahead, and hides how long that takes."""
        self.stop()
        said = self.disclose()
        self._turn = Turn(upon, self._clock() + self._settings.budget_ms / 1000)
        if not self._trying.due(self._clock()):
            return said + self._replaced(self._turn)
        self._ask(self._turn)
        return said

    def disclose(self) -> list[Move]:
        if self._state.disclosed:
            return []
        text = disclosure(self._task, self._language)
        self._state.disclosed = "open"
        self._history.say(text, text, "disclosure")
        return [Say(text=text)]

    def _ask(self, turn: Turn) -> None:
        state = self._state
        system = system_prompt(self._task, self._language, state.may_ask, state.granted)
        tools = tool_schemas(self._task, state.may_ask)
        left_s = max(0.0, turn.until_s - self._clock())
        turn.calls = []
        self._asked = self._server.ask(self._history.messages(system), tools, left_s)

    def _close(self) -> None:
        if self._asked is not None:
            if self._turn is not None:
                self._turn.requests += self._asked.requests
            self._asked.cancel()
            self._asked = None

    def go_on(self) -> list[Move]:
        """What has come since."""
        if self._resumes:  # a restart fell into a thought
            self._resumes = False
            return [] if self._history.answered else self.begin(MaySpeak())
        moves: list[Move] = []
        while self._asked is not None and self._turn is not None:
            piece = self._asked.take()
            match piece:
                case None if self._clock() < self._turn.until_s + GRACE_S:
                    break
                case None:  # its thread says nothing at all
                    self._turn.tokens_in = self._turn.tokens_out = None
                    moves += self._fail(self._turn, "nothing came in time")
                case FirstToken(us=us):
                    self._turn.first_token_us = (
                        us if self._turn.first_token_us is None else self._turn.first_token_us
                    )
                case Words(text=text):
                    moves += self._words(self._turn, text)
                case Call():
                    self._turn.calls.append(piece)
                case Ended():
                    moves += self._ended(self._turn, piece)
                case Failure():
                    self._turn.tokens_in = self._turn.tokens_out = None
                    moves += self._fail(self._turn, piece.words, piece.wait_s)
        return moves

    def _words(self, turn: Turn, text: str) -> list[Move]:
        spoken = speakable(text, self._language)
        if not any(sign.isalnum() for sign in spoken):
            return []
        if turn.sentences >= MAX_SENTENCES:
            turn.tokens_in = turn.tokens_out = None
            return self._fail(turn, "its answer had no end")
        turn.sentences += 1
        return [self.say(text, spoken)]

    def say(self, text: str, spoken: str = "", template: str = "") -> Say:
        """A sentence of the model's, or one of ours that it is to know as its own."""
        self._history.say(text, spoken or text)
        return Say(text=spoken or text, template=template)

    def _ended(self, turn: Turn, ended: Ended) -> list[Move]:
        self._close()
        turn.count(ended)
        if ended.refusal or ended.finish == "content_filter":
            return self._fail(
                turn, "it refused to answer" if ended.refusal else "a content filter stopped its answer"
            )
        if ended.finish == "length":
            return self._fail(turn, "its answer had no end")
        if turn.calls:
            return self._tools(turn)
        if not turn.sentences and not turn.silent_tool:
            return self._fail(turn, "its answer was empty")
        return self._well(turn)

    # --- tools ----------------------------------------------------------------------------------------

    def _tools(self, turn: Turn) -> list[Move]:
        """The model wants tools: those whose arguments can be read are used, in its order."""
        turn.rounds += 1
        if turn.rounds > self._settings.tool_rounds:
            return self._fail(turn, f"it used tools more than {self._settings.tool_rounds} times in a turn")
        moves: list[Move] = []
        unread = 0
        for call in turn.calls:
            arguments = object_of(call.arguments)
            self._history.call(call.number, call.tool, "{}" if arguments is None else json.dumps(arguments))
            if arguments is None:
                unread += 1
                self._history.result(call.number, NO_JSON)
                continue
            self._state.asked_for.append((call.number, call.tool))
            moves.append(self._use(call.tool, arguments))
        if unread:
            turn.bad_arguments += 1
            if turn.bad_arguments > 1:
                for number, _ in self._state.asked_for:
                    self._history.result(number, "Not used.")
                self._state.asked_for = []
                return self._fail(turn, "it wrote arguments that are not JSON, twice")
        turn.used_s = self._clock()
        if not self._state.asked_for:
            self._ask(turn)
        return moves

    def _use(self, tool: str, arguments: dict[str, Any]) -> UseTool:
        arguments.pop("confirmed_by", None)  # code keeps their words; a model may invent some
        refused = ""
        if tool in RECORDING and not self._operator_agreed():
            refused = read_back.refusal(
                read_back.talk_of(self._history.lines), self._task, tool, arguments, self._language
            )
        return UseTool(tool=cast(Tool, tool), arguments=arguments, refused=refused)

    def _operator_agreed(self) -> bool:
        """An operator has just handed back with words on what was agreed: these stand behind it."""
        upon = self._turn.upon if self._turn is not None else None
        return isinstance(upon, HandedBack) and bool(upon.agreed.strip())

    def result(self, result: ToolResult) -> list[Move]:
        state = self._state
        state.granted |= result.allowed
        if result.reservation is not None and not result.refused:
            state.status = result.reservation.status
            if result.tool in RECORDING:
                state.settled, state.refused = result, False
        elif result.tool in RECORDING:
            state.refused = True
        number = next((number for number, tool in state.asked_for if tool == result.tool), None)
        if number is None:
            self._history.note(f"{result.tool}: {words_of(result)}")
            return self.stand_in.step(result)
        state.asked_for.remove((number, result.tool))
        self._history.result(number, words_of(result))
        turn = self._turn or Turn(result, self._clock() + self._settings.budget_ms / 1000)
        self._turn = turn
        if result.tool == "end_call" and not result.refused:
            state.asked_for = []
            return self._end(turn)
        said: list[Move] = []
        if result.tool == "leave_message" and not result.refused:
            said += self._message(turn)
        turn.silent_tool = turn.silent_tool or result.tool in SILENT_TOOLS
        state.on_hold = state.on_hold or result.tool == "wait_on_hold"
        if state.asked_for:
            return said
        if result.tool == "wait_on_hold":
            return said + self._well(turn)
        turn.until_s += self._clock() - (turn.used_s or self._clock())
        self._ask(turn)
        return said

    def _message(self, turn: Turn) -> list[Move]:
        """What is to be left on an answering machine is said by the tool; the record knows that it was one."""
        self._state.voicemail = True
        call = next((call for call in turn.calls if call.tool == "leave_message"), None)
        text = str((object_of(call.arguments) or {}).get("text") or "") if call is not None else ""
        return self._words(turn, text) if text.strip() else []

    def _end(self, turn: Turn) -> list[Move]:
        """The model hangs up; with a goodbye, whether it has said one or not."""
        state = self._state
        said: list[Move] = []
        if not turn.sentences:
            language = load(self._language)
            words: str = getattr(language.say, ending.last_words(state.status, state.refused))
            said.append(self.say(refill(words, self._task, language)))
        heard = [line.text for line in self._history.lines if line.kind == "heard"]
        outcome = ending.outcome_of(state.status, heard, self._task, self._language)
        if state.voicemail and state.status == "open":
            outcome = "voicemail"
        return [*said, *self._well(turn), *self.finish(outcome, "the model ended the call")]

    def finish(self, outcome: Outcome, reason: str) -> list[Move]:
        self._state.ends = True
        return [Finish(outcome=outcome, reason=reason)]

    # --- how it went ----------------------------------------------------------------------------------

    def _well(self, turn: Turn) -> list[Move]:
        """The turn is answered."""
        self._close()
        self._turn = None
        self.stand_in.follow(turn)
        moves: list[Move] = [turn.spent(self._settings, "")]
        if self._trying.well():
            moves.append(Tell(text=f"The model {self._settings.model} answers again."))
        return moves

    def _fail(self, turn: Turn, words: str, wait_s: float = 0.0) -> list[Move]:
        """The model has not answered, or not to the end: the scripted brain does, within the turn."""
        self._close()
        self._trying.failed(self._clock(), wait_s)
        model = self._settings.model
        told = Tell(
            text=f"The model {model} has not answered: {words}. The scripted brain goes on meanwhile.",
            understood=False,
        )
        return [told, turn.spent(self._settings, words), *self._replaced(turn)]

    def _replaced(self, turn: Turn) -> list[Move]:
        self._turn = None
        return self.stand_in.answer(turn)
