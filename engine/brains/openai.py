"""A brain that is a language model behind OpenAI's API or a compatible server, with the scripted brain beside it.

    Heard ──► disclosure (by code) ──► ask ──► sentences one by one ──► done
                                        ▲  └─► tools ──► results ──┘
                                        └─ nothing, nonsense, too late: the scripted brain answers this turn

The model decides what is said. It does not decide what is so: tools run outside and are refused there; nothing is
recorded that was not read back and answered to (read_back.py); how the call came out is read from the record
(ending.py); that an assistant speaks is said before anything else, by code.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import msgspec

from engine.brains import ending, read_back
from engine.brains.asking import Asked, Call, Ended, Failure, FirstToken, Server, Words
from engine.brains.history import History, Line
from engine.brains.scripted import Scripted
from engine.brains.trying import Trying
from engine.dialogue.constraints import NOTHING, Granted
from engine.dialogue.moves import (
    Answered,
    Attended,
    Event,
    FarEndSilent,
    Finish,
    GoOn,
    HandedBack,
    Heard,
    LanguageForced,
    MaySpeak,
    Move,
    OperatorSaid,
    Overheard,
    Said,
    Say,
    Spent,
    Tell,
    ToolResult,
    UseTool,
    Whispered,
)
from engine.dialogue.operator_words import OPERATOR
from engine.dialogue.prompt import disclosure, system_prompt
from engine.dialogue.sentences import is_answer, refill
from engine.dialogue.spoken import speakable
from engine.dialogue.tool_schemas import tool_schemas
from engine.languages import load
from engine.protocol import DialogueState, LanguageCode, Outcome, Task

MAX_SENTENCES = 8  # in a turn; who speaks longer on the telephone says nothing
SPEAK_FIRST_MS = 3000  # nobody says hello: we do
SILENCE_MS = 6000
PATIENCE_ON_HOLD_MS = 60_000
SILENCES = 3  # after the first the model is told, after the second they are asked, after the third it is over
RECORDING = ("book", "change", "cancel")
SILENT_TOOLS = ("wait_on_hold", "press_digits")  # after these nothing need be said
NO_JSON = "The arguments are not a JSON object. Use the tool again with arguments that are."


class State(msgspec.Struct, omit_defaults=True):
    """What a successor needs."""

    shadow: bytes = b""
    lines: list[Line] = []
    disclosed: Literal["", "open", "said"] = ""
    language: LanguageCode | None = None  # that was forced
    may_ask: bool = False
    granted: Granted = NOTHING
    status: str = "open"  # of the reservation, as the last tool left it
    settled: ToolResult | None = None  # the tool that recorded it
    refused: bool = False  # the last tool that records was refused
    voicemail: bool = False
    on_hold: bool = False
    silences: int = 0
    ends: bool = False  # the end is decided
    asked_for: list[tuple[str, str]] = []  # tools whose results are awaited: number, tool
    thinking: bool = False
    last_turn: int = 0


class Turn:
    """One answer being thought of."""

    def __init__(self, upon: Event | None, until_s: float) -> None:
        self.upon, self.until_s = upon, until_s
        self.sentences = 0
        self.rounds = 0
        self.bad_arguments = 0
        self.calls: list[Call] = []
        self.silent_tool = False
        self.used_s = 0.0  # when tools were used last: waiting for an operator is not the model's time
        self.requests = 0
        self.tokens_in: int | None = 0
        self.tokens_out: int | None = 0
        self.first_token_us: int | None = None

    def count(self, ended: Ended) -> None:
        """One answer of the server is complete."""
        self.tokens_in = _sum(self.tokens_in, ended.tokens_in)
        self.tokens_out = _sum(self.tokens_out, ended.tokens_out)


class OpenAIBrain:
    """One call's mind. checkpoint: what `checkpoint` gave before a restart, b"" for a new call."""

    def __init__(
        self, task: Task, server: Server, checkpoint: bytes = b"", clock: Callable[[], float] = time.monotonic
    ) -> None:
        """clock: monotonic seconds."""
        self._task, self._server, self._settings = task, server, server.settings
        self._clock = clock
        self._state = msgspec.msgpack.decode(checkpoint, type=State) if checkpoint else State()
        self._language: LanguageCode = self._state.language or task.language
        self._shadow = Scripted(task, self._language, self._state.shadow)
        self._history = History(self._state.lines)
        self._trying = Trying()
        self._turn: Turn | None = None
        self._asked: Asked | None = None
        self._resumes = self._state.thinking
        self._owed: list[Move] = []  # told with the next moves

    @property
    def thinks(self) -> bool:
        """Whether the server has been asked and has not answered to the end."""
        return self._asked is not None or self._resumes

    def step(self, event: Event) -> Iterator[Move]:
        """What is known at once, and what has come since. Never waits."""
        moves = self._take(event)
        owed, self._owed = self._owed, []
        return iter([*owed, *moves])

    def stop(self) -> None:
        """Close the connection. What was said until now stays said; what that answer cost will not be known."""
        self._resumes = False
        turn = self._turn
        if turn is None:
            return
        if self._asked is not None:
            turn.tokens_in = turn.tokens_out = None
        self._close()
        self._owed.append(self._spent(turn, ""))
        self._follow(turn)
        self._turn = None

    def situation(self) -> DialogueState:
        """As the scripted brain beside it sees it, so that replies it has stored may be served."""
        return self._shadow.situation()

    def checkpoint(self) -> bytes:
        """The conversation, and the scripted brain's memory."""
        state = self._state
        state.shadow = self._shadow.checkpoint()
        state.lines = self._history.lines
        state.thinking = self.thinks
        return msgspec.msgpack.encode(state)

    # --- events ---------------------------------------------------------------------------------------

    def _take(self, event: Event) -> list[Move]:
        state = self._state
        match event:
            case GoOn():
                return self._go_on()
            case Said():
                self._said(event)
            case Heard():
                return self._heard(event)
            case ToolResult():
                return self._result(event)
            case FarEndSilent(silent_ms=silent_ms):
                return self._silent(event, silent_ms)
            case Answered() if self._task.called_back:
                return self._begin(event)
            case Overheard(text=text):
                self._history.heard(text)
                self._shadow.step(event)
            case OperatorSaid(text=text):
                if text:
                    self._history.say(text, text, "operator")
                    self._history.reported(text, False)
                self._shadow.step(event)
            case Whispered(text=text, allows=allows):
                state.granted |= allows
                self._shadow.step(event)
                self._history.note(f"Your colleague lets you know, and they do not hear it: {text}")
                return [Tell(text=f'"{text}": the model has been told')]
            case MaySpeak():
                self._history.note(
                    "You were silenced for a moment, and may speak again: say what is to be said now."
                )
                return self._begin(event)
            case HandedBack():
                return self._handed_back(event)
            case LanguageForced(language=language):
                state.language = self._language = language
                state.disclosed = ""  # who did not understand it has not been told
                self._shadow.step(event)
                if state.last_turn and not self._history.answered:
                    return self._begin(MaySpeak())
            case Attended(may_ask=may_ask):
                state.may_ask = may_ask
                self._shadow.step(event)
            case _:
                pass
        return []

    def _heard(self, event: Heard) -> list[Move]:
        state = self._state
        if event.turn <= state.last_turn:
            return []
        self.stop()
        state.last_turn, state.silences, state.on_hold = event.turn, 0, False
        state.asked_for = []
        self._history.heard(event.text if event.text.strip() else "(inaudible)")
        if state.ends:
            return []
        served = self._served(event)
        if served:
            self._shadow.follow(event.text, bool(state.disclosed))
            return [self._say(served, template=event.served)]
        return self._begin(event)

    def _served(self, event: Heard) -> str:
        """The stored reply that the cache allows, refilled; "" = none that could be said now."""
        language = load(self._language)
        if not event.served or not self._state.disclosed or not is_answer(event.served, language):
            return ""
        try:
            return refill(event.served, self._task, language)
        except ValueError:
            return ""

    def _silent(self, event: FarEndSilent, silent_ms: int) -> list[Move]:
        state = self._state
        if state.ends or self.thinks or self._shadow.waits:
            return []
        spoken = any(line.kind == "said" for line in self._history.lines)
        heard = any(line.kind == "heard" for line in self._history.lines)
        if not spoken and not heard and silent_ms >= SPEAK_FIRST_MS:
            return self._begin(event)
        if silent_ms < (PATIENCE_ON_HOLD_MS if state.on_hold else SILENCE_MS):
            return []
        state.silences += 1
        if state.silences == 1:
            self._history.note(f"They have been silent for {silent_ms // 1000} seconds.")
            return self._begin(event)
        said = [*self._disclose(), self._say(load(self._language).say.still_there)]
        if state.silences < SILENCES:
            return said
        outcome: Outcome = "far_end_hung_up" if heard else "no_answer"
        return [
            self._say(load(self._language).say.goodbye),
            *self._finish(outcome, "nobody answers any more"),
        ]

    def _handed_back(self, event: HandedBack) -> list[Move]:
        self.stop()
        self._state.granted |= event.allowed
        self._state.asked_for = []
        for who, text in event.said:
            if who == OPERATOR:
                self._history.say(text, text, "operator")
                self._history.reported(text, False)
            else:
                self._history.heard(text)
        agreed = f" They agreed on this: {event.agreed}" if event.agreed else ""
        lost = " Your colleague was cut off." if event.lost else ""
        self._history.note(f"Your colleague has spoken with them, and the call is yours again.{lost}{agreed}")
        if event.agreed or not event.lost:
            self._state.ends = False
        return self._begin(event)

    def _said(self, said: Said) -> None:
        line = self._history.reported(said.text, said.cut)
        if line is None:
            return
        if line.mark == "disclosure":
            self._state.disclosed = "said" if line.fate == "said" else ""
        if line.mark == "scripted":
            list(self._shadow.step(said))
        elif said.text:
            self._shadow.spoke(said.text)

    # --- asking the model -----------------------------------------------------------------------------

    def _begin(self, upon: Event) -> list[Move]:
        """Think about what has happened; the disclosure goes ahead, and hides how long that takes."""
        self.stop()
        said = self._disclose()
        self._turn = Turn(upon, self._clock() + self._settings.budget_ms / 1000)
        if not self._trying.due(self._clock()):
            return said + self._fall_back(self._turn)
        self._ask(self._turn)
        return said

    def _disclose(self) -> list[Move]:
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

    def _go_on(self) -> list[Move]:
        """What has come since."""
        if self._resumes:  # a restart fell into a thought
            self._resumes = False
            return [] if self._history.answered else self._begin(MaySpeak())
        moves: list[Move] = []
        while self._asked is not None and self._turn is not None:
            piece = self._asked.take()
            match piece:
                case None:
                    break
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
        return [self._say(text, spoken)]

    def _say(self, text: str, spoken: str = "", template: str = "") -> Say:
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
            arguments = _object_of(call.arguments)
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
            refused = read_back.refusal(self._spoken(), self._task, tool, arguments, self._language)
        return UseTool(tool=tool, arguments=arguments, refused=refused)  # type: ignore[arg-type]

    def _operator_agreed(self) -> bool:
        """An operator has just handed back with words on what was agreed: these stand behind it."""
        upon = self._turn.upon if self._turn is not None else None
        return isinstance(upon, HandedBack) and bool(upon.agreed.strip())

    def _spoken(self) -> list[read_back.Spoken]:
        """What was really heard of either side; of a sentence that was heard to its end, as it was written too."""
        talk: list[read_back.Spoken] = []
        for line in self._history.lines:
            if line.kind == "heard":
                talk.append(read_back.Spoken("they", line.text))
            elif line.kind == "said" and line.fate == "said":
                both = line.spoken if line.spoken == line.text else f"{line.spoken} {line.text}"
                talk.append(read_back.Spoken("we", both))
            elif line.kind == "said" and line.fate == "cut":
                talk.append(read_back.Spoken("we", line.spoken))
        return talk

    def _result(self, result: ToolResult) -> list[Move]:
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
            moves = list(self._shadow.step(result))
            self._history.note(f"{result.tool}: {_words_of(result)}")
            return self._scripted(moves)
        state.asked_for.remove((number, result.tool))
        self._history.result(number, _words_of(result))
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
        text = str((_object_of(call.arguments) or {}).get("text") or "") if call is not None else ""
        return self._words(turn, text) if text.strip() else []

    def _end(self, turn: Turn) -> list[Move]:
        """The model hangs up; with a goodbye, whether it has said one or not."""
        state = self._state
        said: list[Move] = []
        if not turn.sentences:
            language = load(self._language)
            words: str = getattr(language.say, ending.last_words(state.status, state.refused))
            said.append(self._say(refill(words, self._task, language)))
        heard = [line.text for line in self._history.lines if line.kind == "heard"]
        outcome = ending.outcome_of(state.status, heard, self._task, self._language)
        if state.voicemail and state.status == "open":
            outcome = "voicemail"
        return [*said, *self._well(turn), *self._finish(outcome, "the model ended the call")]

    def _finish(self, outcome: Outcome, reason: str) -> list[Move]:
        self._state.ends = True
        return [Finish(outcome=outcome, reason=reason)]

    # --- how it went ----------------------------------------------------------------------------------

    def _well(self, turn: Turn) -> list[Move]:
        """The turn is answered."""
        self._close()
        self._turn = None
        self._follow(turn)
        moves: list[Move] = [self._spent(turn, "")]
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
        return [told, self._spent(turn, words), *self._fall_back(turn)]

    def _fall_back(self, turn: Turn) -> list[Move]:
        self._turn = None
        state = self._state
        upon = turn.upon
        if state.settled is not None and not state.ends:
            self._follow(turn)
            return self._scripted(self._shadow.settle(state.settled))
        if turn.sentences or upon is None or isinstance(upon, ToolResult):
            self._follow(turn)  # what was said stays said: go on from there
            return self._scripted(list(self._shadow.step(MaySpeak())))
        return self._scripted(list(self._shadow.step(upon)))

    def _scripted(self, moves: list[Move]) -> list[Move]:
        """Moves of the scripted brain, which are ours now; the disclosure has been said already."""
        kept: list[Move] = []
        for move in moves:
            if isinstance(move, Say):
                if move.text == disclosure(self._task, self._language) and self._state.disclosed:
                    list(self._shadow.step(Said(text=move.text)))
                    continue
                self._history.say(move.text, move.text, "scripted")
            elif isinstance(move, Finish):
                self._state.ends = True
            kept.append(move)
        return kept

    def _follow(self, turn: Turn) -> None:
        """Let the scripted brain know what it has not answered."""
        heard = turn.upon.text if isinstance(turn.upon, Heard) else ""
        self._shadow.follow(heard, bool(self._state.disclosed))

    def _spent(self, turn: Turn, fallback: str) -> Spent:
        settings = self._settings
        prices = (settings.usd_per_million_in, settings.usd_per_million_out)
        usd = None
        if turn.tokens_in is not None and turn.tokens_out is not None and any(prices):
            usd = (turn.tokens_in * prices[0] + turn.tokens_out * prices[1]) / 1e6
        return Spent(
            model=settings.model,
            tokens_in=turn.tokens_in,
            tokens_out=turn.tokens_out,
            usd=usd,
            requests=turn.requests,
            first_token_us=turn.first_token_us,
            fallback=fallback,
        )


def _sum(sofar: int | None, more: int | None) -> int | None:
    return None if sofar is None or more is None else sofar + more


def _object_of(arguments: str) -> dict[str, Any] | None:
    """The arguments that a model wrote; None where they are no JSON object."""
    try:
        found = json.loads(arguments)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _words_of(result: ToolResult) -> str:
    """A result as the model is told it."""
    if result.refused:
        return f"Refused: {result.reason}"
    status = result.reservation.status if result.reservation is not None else ""
    return " ".join(
        part for part in ("Done.", f"The reservation is {status}." if status else "", result.reason) if part
    )
