"""One line per thing worth knowing: decisions with their reasons, tools, restarts, the engine's own words."""

from __future__ import annotations

from dataclasses import dataclass

from console.state.consent import consent_words
from console.state.language_words import language_words
from console.state.line_words import end_words, words_of
from console.state.operator_words import operating_words
from console.state.sound_words import sound_words
from engine.protocol import (
    AgentSilenced,
    Alert,
    BargeIn,
    CacheVerdict,
    CallClosed,
    DigitHeard,
    EngineEvent,
    LanguageSwitched,
    LineAction,
    LineState,
    Message,
    MicState,
    OperatorAct,
    RecordingConsent,
    ReplyForgotten,
    RoomStarted,
    SoundHeard,
    ToolCalled,
    ToolDecided,
    ToolPending,
    Transcript,
    TurnEnded,
    elapsed_us,
)


@dataclass(frozen=True, slots=True)
class Event:
    """What the events pane shows. call 0: the engine."""

    call: int
    at_us: int
    topic: str
    text: str
    level: str = "info"


def same(one: Event, other: Event) -> bool:
    """Whether both tell of one thing: the engine says what touches a call to the call as well."""
    near = abs(elapsed_us(one.at_us, other.at_us)) < 1_000_000
    return near and (one.topic, one.text) == (other.topic, other.text)


def event_of(message: Message, call: int, at_us: int) -> Event | None:
    """The line for a message, None when it is shown elsewhere."""
    described = _describe(message)
    return None if described is None else Event(call, at_us, *described)


def _describe(message: Message) -> tuple[str, str, str] | None:
    match message:
        case EngineEvent():
            room = f"{message.room}: " if message.room else ""
            return "engine", room + message.text, message.level
        case RoomStarted():
            if message.incarnation <= 1:
                return "room", f"{message.room} started", "info"
            return "room", f"{message.room} is back (start {message.incarnation})", "warning"
        case LineState() | DigitHeard() | LineAction():
            words = words_of(message)
            return None if words is None else ("line", *words)
        case SoundHeard():
            return "sound", sound_words(message), "info"
        case LanguageSwitched():
            return "language", language_words(message), "info"
        case RecordingConsent():
            return "line", consent_words(message), "info"
        case TurnEnded():
            waited_ms = message.decided_ms - message.end_ms
            waited = f"{waited_ms} ms of {message.hangover_ms} ms"
            left = "; a back-channel, left alone" if message.under_our_voice else ""
            return "turn", f"turn {message.turn} over after {waited}: {message.reason}{left}", "info"
        case BargeIn():
            reason = f": {message.reason}" if message.reason else ""
            return "barge-in", message.action + reason, "warning" if message.action == "cut" else "info"
        case ToolCalled():
            verb = "refused" if message.refused else "ran"
            text = f"{message.tool} {verb}" + (f": {message.result}" if message.result else "")
            return "tool", text, "warning" if message.refused else "info"
        case Transcript() if message.dropped:
            return "asr", f"dropped “{message.text}”: {message.dropped}", "warning"
        case CacheVerdict(ahead=True):
            return None  # of a turn that may go on
        case CacheVerdict():
            word = "hit" if message.hit else "miss"
            return "cache", f"{word} {message.similarity:.2f}: {message.verdict}", "info"
        case CallClosed():
            reason = f": {end_words(message.reason)}" if message.reason else ""
            return "call", f"ended, {message.outcome.replace('_', ' ')}{reason}", "info"
        case OperatorAct() | MicState() | AgentSilenced() | ToolPending() | ToolDecided() | Alert():
            return operating_words(message)
        case ReplyForgotten():
            word = "forgotten" if message.done else "not forgotten: there is no such reply"
            return "cache", f"reply {message.source} {word}", "info" if message.done else "warning"
        case _:
            return None
