"""A brain that is a language model behind OpenAI's API or a compatible server, with the scripted brain beside it.

    Heard ──► disclosure (by code) ──► ask ──► sentences one by one ──► done
                                        ▲  └─► tools ──► results ──┘
                                        └─ nothing, nonsense, too late: the scripted brain answers this turn

The model decides what is said. It does not decide what is so: tools run outside and are refused there; nothing is
recorded that was not read back and answered to (read_back.py); how the call came out is read from the record
(ending.py); that an assistant speaks is said before anything else, by code.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import msgspec

from engine.brains import ending
from engine.brains.asking import Server
from engine.brains.history import History
from engine.brains.line_sounds import RECORDS, ends_with, is_machine, note_of
from engine.brains.mind import Mind
from engine.brains.turns import State
from engine.dialogue.line_sounds import BEEP_COMES_MS, FEW_WORDS
from engine.dialogue.moves import (
    Answered,
    Attended,
    Event,
    FarEndSilent,
    GoOn,
    HandedBack,
    Heard,
    LanguageChanged,
    MaySpeak,
    Move,
    OperatorSaid,
    Overheard,
    Said,
    SoundOnLine,
    Tell,
    ToolResult,
    Whispered,
)
from engine.dialogue.on_hold import WAITING
from engine.dialogue.operator_words import OPERATOR
from engine.dialogue.sentences import is_answer, refill
from engine.languages import load
from engine.protocol import DialogueState, LanguageCode, Task
from engine.turns.language import NAMES

SPEAK_FIRST_MS = 3000  # nobody says hello: we do
SILENCE_MS = 6000
PATIENCE_ON_HOLD_MS = 60_000
SILENCES = 3  # after the first the model is told, after the second they are asked, after the third it is over


class OpenAIBrain:
    """One call's mind. checkpoint: what `checkpoint` gave before a restart, b"" for a new call."""

    def __init__(
        self, task: Task, server: Server, checkpoint: bytes = b"", clock: Callable[[], float] = time.monotonic
    ) -> None:
        """clock: monotonic seconds."""
        self._task, self._server, self._clock = task, server, clock
        self._state = msgspec.msgpack.decode(checkpoint, type=State) if checkpoint else State()
        self._history = History(self._state.lines)
        self._mind = Mind(task, server, self._state, self._history, clock)
        self._stand_in = self._mind.stand_in

    @property
    def _language(self) -> LanguageCode:
        return self._state.language or self._task.language

    @property
    def thinks(self) -> bool:
        """Whether the server has been asked and has not answered to the end."""
        return self._mind.thinks

    def step(self, event: Event) -> Iterator[Move]:
        """What is known at once, and what has come since. Never waits."""
        moves = self._take(event)
        owed, self._mind.owed = self._mind.owed, []
        return iter([*owed, *moves])

    def stop(self) -> None:
        """Close the connection. What was said until now stays said; what that answer cost will not be known."""
        self._mind.stop()

    def copy(self) -> OpenAIBrain:
        """Another with the same memory, that asks the same server."""
        other = OpenAIBrain(self._task, self._server, self.checkpoint(), self._clock)
        other._mind.know_what(self._mind)
        return other

    def situation(self) -> DialogueState:
        """As the scripted brain beside it sees it, so that replies it has stored may be served."""
        return self._stand_in.scripted.situation()

    def checkpoint(self) -> bytes:
        """The conversation, and the scripted brain's memory."""
        state = self._state
        state.shadow = self._stand_in.scripted.checkpoint()
        state.lines = self._history.lines
        state.thinking = self.thinks
        return msgspec.msgpack.encode(state)

    # --- events ---------------------------------------------------------------------------------------

    def _take(self, event: Event) -> list[Move]:
        state = self._state
        match event:
            case GoOn():
                return self._mind.go_on()
            case Said():
                self._said(event)
            case Heard():
                return self._heard(event)
            case ToolResult():
                return self._mind.result(event)
            case FarEndSilent(silent_ms=silent_ms):
                return self._silent(event, silent_ms)
            case Answered() if self._task.called_back:
                return self._mind.begin(event)
            case SoundOnLine():
                return self._sound(event)
            case Overheard(text=text):
                self._history.heard(text)
                self._stand_in.knows(event)
            case OperatorSaid(text=text):
                self._history.operator(text)
                self._stand_in.knows(event)
            case Whispered(text=text, allows=allows):
                state.granted |= allows
                self._stand_in.knows(event)
                self._history.note(f"Your colleague lets you know, and they do not hear it: {text}")
                return [Tell(text=f'"{text}": the model has been told')]
            case MaySpeak():
                self._history.note(
                    "You were silenced for a moment, and may speak again: say what is to be said now."
                )
                return self._mind.begin(event)
            case HandedBack():
                return self._handed_back(event)
            case LanguageChanged():
                return self._language_changed(event)
            case Attended(may_ask=may_ask):
                state.may_ask = may_ask
                self._stand_in.knows(event)
            case _:
                pass
        return []

    def _heard(self, event: Heard) -> list[Move]:
        state = self._state
        if event.turn <= state.last_turn:
            return []
        self.stop()
        state.last_turn, state.silences, state.on_hold = event.turn, 0, False
        self._mind.forget_tools()
        self._history.heard(event.text)
        if state.ends:
            return []
        if self._waits_for_the_tone(event):
            return []
        served = self._served(event)
        if served:
            self._stand_in.scripted.follow(event.text, bool(state.disclosed))
            return [self._mind.say(served, template=event.served)]
        return self._mind.begin(event)

    def _waits_for_the_tone(self, event: Heard) -> bool:
        """Whether an answering machine speaks, and our message begins after its tone."""
        state = self._state
        machine = not state.disclosed and is_machine(event.text, self._task, self._language)
        state.machine = not state.beeped and (
            machine or (state.machine and len(event.text.split()) > FEW_WORDS)
        )
        state.beeped = False
        if state.machine:
            self._stand_in.knows(event)
        return state.machine

    def _sound(self, event: SoundOnLine) -> list[Move]:
        state = self._state
        if state.ends:
            return []
        if event.sound == "beep" and not event.on:
            return self._after_the_tone(event)
        note = note_of(event)
        if note and not event.too_long:
            self._history.note(note)
        if event.sound in WAITING:
            state.on_hold, state.silences = event.on, 0
        heard = any(line.kind == "heard" for line in self._history.lines)
        end = ends_with(event, state.status, heard and state.disclosed == "said")
        if end is None:
            return []
        self.stop()
        return self._mind.finish(*end)

    def _after_the_tone(self, event: SoundOnLine | FarEndSilent) -> list[Move]:
        state = self._state
        state.beeped, waited, state.machine = not state.machine, state.machine, False
        if not waited:
            return []
        self._history.note(RECORDS)
        return self._mind.begin(event)

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
        if state.ends or self.thinks:
            return []
        if state.machine:
            return self._after_the_tone(event) if silent_ms >= BEEP_COMES_MS else []
        spoken = any(line.kind == "said" for line in self._history.lines)
        heard = [line.text for line in self._history.lines if line.kind == "heard"]
        if not spoken and not heard and silent_ms >= SPEAK_FIRST_MS:
            return self._mind.begin(event)
        if silent_ms < (PATIENCE_ON_HOLD_MS if state.on_hold else SILENCE_MS):
            return []
        if state.voicemail and state.status == "open":  # the message is spoken, and nobody will answer
            return self._mind.finish("voicemail", "nobody answers a message")
        state.silences += 1
        if state.silences == 1:
            self._history.note(f"They have been silent for {silent_ms // 1000} seconds.")
            return self._mind.begin(event)
        said = [*self._mind.disclose(), self._mind.say(load(self._language).say.still_there)]
        if state.silences < SILENCES:
            return said
        outcome = ending.outcome_of_silence(state.status, heard, self._task, self._language)
        return [
            self._mind.say(load(self._language).say.goodbye),
            *ending.call_back_of(outcome, heard, self._task, self._language),
            *self._mind.finish(outcome, "nobody answers any more"),
        ]

    def _language_changed(self, event: LanguageChanged) -> list[Move]:
        """From the next sentence on. The turn with which the far end has changed it is still to come."""
        state = self._state
        state.language = event.language
        if not event.understood:
            state.disclosed = ""  # who did not understand it has not been told
        self._stand_in.knows(event)
        if state.last_turn:
            name = NAMES[event.language]
            self._history.note(
                f"You both speak {name} from now on. Ask what was open once more, in {name}, unless they answer it; "
                "do not introduce yourself again."
            )
        waits = bool(state.asked_for) or self._stand_in.scripted.waits
        if event.by == "operator" and state.last_turn and not waits and not self._history.answered:
            return self._mind.begin(MaySpeak())
        return []

    def _handed_back(self, event: HandedBack) -> list[Move]:
        self.stop()
        self._state.granted |= event.allowed
        self._mind.forget_tools()
        for who, text in event.said:
            if who == OPERATOR:
                self._history.operator(text)
            else:
                self._history.heard(text)
        agreed = f" They agreed on this: {event.agreed}" if event.agreed else ""
        lost = " Your colleague was cut off." if event.lost else ""
        self._history.note(f"Your colleague has spoken with them, and the call is yours again.{lost}{agreed}")
        self._state.ends = False  # whatever was decided: the model sees what was said, and may end it again
        return self._mind.begin(event)

    def _said(self, said: Said) -> None:
        line = self._history.reported(said.text, said.cut)
        if line is None:
            return
        if line.mark == "disclosure":
            self._state.disclosed = "said" if line.fate == "said" else ""
        if line.mark == "scripted":
            self._stand_in.knows(said)
        elif said.text:
            self._stand_in.scripted.spoke(said.text)
