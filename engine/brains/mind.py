"""A model's thought about one turn: asking, saying what comes, tools and their results, and what goes wrong.

What was said before it went wrong stays said; the scripted brain goes on from there (standing_in.py).
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy

from engine.brains import ending
from engine.brains.asking import Asked, Call, Ended, Failure, FirstToken, Server, Words
from engine.brains.history import History
from engine.brains.standing_in import StandIn
from engine.brains.stream import Sentences
from engine.brains.tool_calls import HANG_UP, RECORDING, ToolCalls
from engine.brains.trying import Trying
from engine.brains.turns import State, Turn, object_of
from engine.dialogue.moves import (
    Event,
    Finish,
    MaySpeak,
    Move,
    Say,
    Tell,
    ToolResult,
)
from engine.dialogue.prompt import disclosure, system_prompt
from engine.dialogue.sentences import refill
from engine.dialogue.spoken import speakable
from engine.dialogue.tool_schemas import tool_schemas
from engine.languages import load
from engine.protocol import LanguageCode, Outcome, Task

MAX_SENTENCES = 8  # in a turn; who speaks longer on the telephone says nothing
GRACE_S = 2.0  # after the budget, for the thread that keeps it
LEFT_ALONE = "it was not asked, since it has just failed"
SILENT_TOOLS = ("wait_on_hold", "press_digits")  # after these nothing need be said


class Mind:
    """One call's. Every method gives the moves that are known; more come with `go_on` while it `thinks`."""

    def __init__(
        self, task: Task, server: Server, state: State, history: History, clock: Callable[[], float]
    ) -> None:
        """clock: monotonic seconds."""
        self._task, self._server, self._settings = task, server, server.settings
        self._state, self._history, self._clock = state, history, clock
        self.stand_in = StandIn(task, state, history)
        self._tool_calls = ToolCalls(task, state, history)
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

    def know_what(self, other: Mind) -> None:
        """Go on where another one is: what it has not told yet, and how the server did, of which no memory tells."""
        self.owed = list(other.owed)
        self._trying = copy(other._trying)

    def forget_tools(self) -> None:
        """Results that come still are no answers to anything."""
        self._tool_calls.forget()

    # --- asking the model -----------------------------------------------------------------------------

    def begin(self, upon: Event) -> list[Move]:
        """Think about what has happened; the disclosure goes ahead, and hides how long that takes."""
        self.stop()
        said = self.disclose()
        self._turn = Turn(upon, self._clock() + self._settings.budget_ms / 1000)
        if not self._trying.due(self._clock()):
            spent = self._turn.spent(self._settings, LEFT_ALONE)
            return [*said, spent, *self._replaced(self._turn)]
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
        turn.calls, turn.before = [], turn.sentences
        self._close()
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
        moves, unread = self._tool_calls.want(turn.calls, turn.upon, self._language)
        turn.bad_arguments += unread
        if turn.bad_arguments > 1:
            self._tool_calls.give_up()
            return self._fail(turn, "it wrote arguments that are not JSON, twice")
        turn.used_s = self._clock()
        if not self._tool_calls.awaited:
            self._ask(turn)
        return moves

    def result(self, result: ToolResult) -> list[Move]:
        """A tool has run, or was refused; asked once none is awaited any more."""
        state = self._state
        state.granted |= result.allowed
        if result.reservation is not None and not result.refused:
            state.status = result.reservation.status
            if result.tool in RECORDING:
                state.settled, state.refused = result, False
        elif result.tool in RECORDING:
            state.refused = True
        if not self._tool_calls.came(result):
            return self.stand_in.step(result)
        turn = self._turn or Turn(result, self._clock() + self._settings.budget_ms / 1000)
        self._turn = turn
        if result.tool == HANG_UP and not result.refused:
            self._tool_calls.forget()
            return self._end(turn)
        said: list[Move] = []
        if result.tool == "leave_message" and not result.refused:
            said += self._message(turn)
        turn.silent_tool = turn.silent_tool or result.tool in SILENT_TOOLS
        state.on_hold = state.on_hold or result.tool == "wait_on_hold"
        if self._tool_calls.awaited or self._given_up():
            return said
        hangs_up = self._tool_calls.hang_up()
        if hangs_up:
            return said + hangs_up
        if result.tool == "wait_on_hold":
            return said + self._well(turn)
        turn.until_s += self._clock() - (turn.used_s or self._clock())
        self._ask(turn)
        return said

    def _message(self, turn: Turn) -> list[Move]:
        """What is to be left on an answering machine is said by the tool, unless the model has just said it itself."""
        self._state.voicemail = True
        call = next((call for call in turn.calls if call.tool == "leave_message"), None)
        text = str((object_of(call.arguments) or {}).get("text") or "") if call is not None else ""
        said = [line.text for line in self._history.lines if line.kind == "said"][-turn.sentences :]
        if not text.strip() or (turn.sentences and _plain(text) in _plain(" ".join(said))):
            return []
        sentences = Sentences()
        moves: list[Move] = []
        for sentence in (*sentences.feed(text), sentences.rest()):
            if not self._given_up():
                moves += self._words(turn, sentence)
        return moves

    def _end(self, turn: Turn) -> list[Move]:
        """The model hangs up; with a goodbye, whether it has said one or not."""
        state = self._state
        said: list[Move] = []
        if turn.sentences == turn.before:
            language = load(self._language)
            words: str = getattr(language.say, ending.last_words(state.status, state.refused))
            said.append(self.say(refill(words, self._task, language)))
        heard = [line.text for line in self._history.lines if line.kind == "heard"]
        outcome = ending.outcome_of(state.status, heard, self._task, self._language)
        if state.voicemail and state.status == "open":
            outcome = "voicemail"
        again = ending.call_back_of(outcome, heard, self._task, self._language)
        return [*said, *again, *self._well(turn), *self.finish(outcome, "the model ended the call")]

    def finish(self, outcome: Outcome, reason: str) -> list[Move]:
        self._state.ends = True
        return [Finish(outcome=outcome, reason=reason)]

    def _given_up(self) -> bool:
        """Whether the scripted brain has answered in the model's place."""
        return self._turn is None

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


def _plain(text: str) -> str:
    """Its letters and digits alone."""
    return "".join(sign for sign in text.lower() if sign.isalnum())
