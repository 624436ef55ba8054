"""One call as the console knows it, built from its messages alone."""

from __future__ import annotations

from collections import deque
from typing import Literal

from console.state.brain import BrainSpent, fallback_words
from console.state.changes import ReservationChange, changes_between
from console.state.consent import RECORDED, consent_words
from console.state.entries import ToolEntry
from console.state.events import Event, event_of
from console.state.language_words import language_words
from console.state.line import Line
from console.state.line_words import note_of
from console.state.numbers import CacheUse, Latency, Meter, Prepared
from console.state.sound_words import note_words
from console.state.standing import Standing, standing_of
from console.state.steps import Operated, step_words
from console.state.tools import Tools
from console.state.transcript import Conversation
from engine.protocol import (
    AgentSilenced,
    BargeIn,
    BrainUse,
    CacheVerdict,
    CallClosed,
    CallState,
    CallTask,
    DigitHeard,
    Echo,
    FarEndTruth,
    Flag,
    LanguageSwitched,
    LineAction,
    LineQuality,
    LineState,
    Message,
    MicState,
    OperatorAct,
    OperatorLeft,
    OperatorWords,
    RecordingConsent,
    ReplyForgotten,
    Reservation,
    ReservationChanged,
    Sentence,
    SoundHeard,
    Speculated,
    SpeechStarted,
    Spoken,
    Task,
    ToolCalled,
    ToolDecided,
    ToolPending,
    Transcript,
    TurnEnded,
    TurnLatency,
    Voice,
    elapsed_us,
)

MAX_CHANGES = 200
MAX_DECISIONS = 100
METER_STALE_US = 500_000  # 16 windows of 32 ms; an old level would look like a silent line


class Call:
    """State, conversation and numbers of one call. `version` grows with every message."""

    def __init__(self, number: int, started_us: int) -> None:
        self.number = number
        self.started_us = started_us
        self.ended_us: int | None = None
        self.state = "dialling"
        self.restaurant = ""
        self.language = ""
        self.line = ""
        self.wire = Line()
        self.sound = ""  # that is on and is nobody speaking: "music", …
        self.recorded = ""  # whether their voice is, where they are told or asked
        self.scenario = ""
        self.outcome = ""
        self.reason = ""
        self.journal = ""
        self.conversation = Conversation()
        self.latency = Latency()
        self.cache = CacheUse()
        self.prepared = Prepared()
        self.task: Task | None = None  # what it is to bring
        self.reservation = Reservation()
        self.reservation_source = ""
        self.changes: list[ReservationChange] = []  # oldest first
        self.decisions: deque[Event] = deque(
            maxlen=MAX_DECISIONS
        )  # ends of turns and barge-ins, with reasons
        self.mic = MicState("off")  # who holds the microphone, of all consoles
        self.silenced: Literal["", "muted", "operator"] = ""
        self.needs = ""  # text of its most urgent open alert
        self.needs_seen = True  # whether each of its open alerts is acknowledged
        self.brain = BrainSpent()  # a language model's, where one is asked
        self._tools = Tools(self.conversation)
        self._speaker = ""  # the operator who spoke last, and the one who typed last
        self._typist = ""
        self.meters: dict[str, Meter] = {}
        self.version = 0

    @property
    def live(self) -> bool:
        return self.state != "ended"

    @property
    def cost_usd(self) -> float | None:
        """None = not known."""
        return self.brain.usd

    @property
    def tools(self) -> list[ToolEntry]:
        """Its tool calls, oldest first."""
        return self._tools.entries

    @property
    def pending(self) -> dict[int, ToolPending]:
        """What waits for an operator, by the number of the request."""
        return self._tools.pending

    @property
    def standing(self) -> Standing:
        """What an operator wants to know first."""
        return standing_of(self.state, self.outcome, bool(self.needs) and not self.needs_seen)

    def seconds(self, now_us: int) -> int:
        """How long it has been running, or ran."""
        return self.offset_s(now_us if self.ended_us is None else self.ended_us)

    def offset_s(self, at_us: int) -> int:
        """Seconds from the call's beginning to a header's time."""
        return max(0, elapsed_us(self.started_us, at_us)) // 1_000_000

    def meter(self, side: str, now_us: int) -> Meter | None:
        """The side's level, None when nothing was measured lately."""
        meter = self.meters.get(side)
        if meter is None or not self.live or elapsed_us(meter.at_us, now_us) > METER_STALE_US:
            return None
        return meter

    def apply(self, message: Message, at_us: int, flags: Flag = Flag.NONE) -> None:
        """Take one message of this call. at_us, flags: the header's."""
        if isinstance(message, Voice):
            self.meters[message.side] = Meter(message.level_dbfs, message.probability, at_us)
            return
        self.version += 1
        match message:
            case CallState():
                self._state(message, at_us)
            case CallTask(task=task):
                self.task = task
            case CallClosed():
                self.state, self.outcome, self.reason = "ended", message.outcome, message.reason
                self._end(at_us)
            case LineState():
                if message.state in ("waiting", "dialling", "ringing") and self.live:
                    self.state = message.state
                self._note(message, at_us)
                self.wire.state(message)
            case LineAction():
                self._note(message, at_us)
            case DigitHeard():
                self.wire.digit(message)
                self._note(message, at_us)
            case LineQuality():
                self.wire.measured(message, at_us)
            case Echo():
                self.wire.echoed(message, at_us)
            case SoundHeard():
                self._sound(message, at_us)
            case LanguageSwitched():
                self.language = message.language
                self.conversation.language_note(language_words(message), at_us)
            case RecordingConsent():
                self.recorded = RECORDED[message.state]
                self.conversation.note(consent_words(message), "info", at_us)
            case SpeechStarted():
                self.conversation.speech_started(message, at_us)
            case TurnEnded():
                self.conversation.turn_ended(message, at_us)
                self._decided(message, at_us)
            case BargeIn():
                self.conversation.barge_in(message)
                self._decided(message, at_us)
            case Transcript():
                self.conversation.transcript(message, at_us)
            case FarEndTruth():
                self.conversation.truth(message)
            case BrainUse():
                self.brain.add(message)
                if message.fallback:
                    self.conversation.brain_note(fallback_words(message), at_us)
            case CacheVerdict(ahead=True):
                pass  # of a turn that may go on; what is asked once it is over counts
            case CacheVerdict():
                self.cache.add(message)
                self.conversation.cache_verdict(message)
            case Sentence():
                last = self.cache.last
                by = (self._typist or "operator") if flags & Flag.OPERATOR else ""
                self.conversation.sentence(message, at_us, last.similarity if last else 0.0, by)
            case Spoken():
                self.conversation.spoken(message, at_us)
            case ToolCalled() | ToolPending() | ToolDecided():
                self._tools.take(message, at_us)
            case ReservationChanged():
                self._record(message, at_us)
            case OperatorAct() | OperatorWords() | MicState() | AgentSilenced() | OperatorLeft():
                self._operated(message, at_us)
            case ReplyForgotten(done=True):
                self.cache.forgotten.add(message.source)
            case Speculated():
                self.prepared.add(message)
            case TurnLatency():
                self.latency.add(message)
                self.conversation.latency(message)
            case _:
                pass  # for the rooms, not for the screen

    def _sound(self, message: SoundHeard, at_us: int) -> None:
        if message.on:
            self.sound = message.sound
        elif self.sound == message.sound:
            self.sound = ""
        words = note_words(message)
        if words:
            self.conversation.note(words, "info", at_us)

    def _decided(self, message: TurnEnded | BargeIn, at_us: int) -> None:
        event = event_of(message, self.number, at_us)
        if event is not None:
            self.decisions.append(event)

    def _record(self, message: ReservationChanged, at_us: int) -> None:
        before, self.reservation = self.reservation, message.reservation
        self.reservation_source = message.source
        self.changes += changes_between(before, self.reservation, at_us, message.source, message.words)
        del self.changes[:-MAX_CHANGES]

    def _operated(self, message: Operated, at_us: int) -> None:
        words = step_words(message, self.mic, self.silenced)
        if words:
            self.conversation.note(words, "info", at_us)
        match message:
            case MicState():
                self.mic = message
                self._speaker = message.operator or self._speaker
            case AgentSilenced():
                self.silenced = message.reason
            case OperatorWords():
                self.conversation.operator_words(message, self._speaker, at_us)
            case OperatorAct(action="say", refused=""):
                self._typist = message.by
            case OperatorAct(action="whisper", refused=""):
                self.conversation.whisper(message.by, message.words, at_us)
            case OperatorAct(action="mark", refused=""):
                self.conversation.mark(message.by, message.words, message.at_us or at_us, at_us)

    def _note(self, message: LineState | LineAction | DigitHeard, at_us: int) -> None:
        words = note_of(message, self.wire.answered)
        if words is None:
            return
        if isinstance(message, DigitHeard):
            self.conversation.digit(message.digit, words.text, at_us)
        else:
            self.conversation.note(words.text, words.level, at_us)

    def _state(self, message: CallState, at_us: int) -> None:
        if not self.live and message.state != "ended":
            return  # a call never comes back to life
        self.state = message.state
        self.restaurant, self.language, self.line = message.restaurant, message.language, message.line
        self.scenario = message.scenario or self.scenario
        self.outcome = message.outcome or self.outcome
        self.reason = message.reason or self.reason
        self.journal = message.journal or self.journal
        if message.state == "ended":
            self._end(at_us)

    def _end(self, at_us: int) -> None:
        if self.ended_us is None:
            self.ended_us = at_us
        self.meters.clear()
        self.sound = ""
        self.mic, self.silenced = MicState("off"), ""
        self._tools.end(at_us)
