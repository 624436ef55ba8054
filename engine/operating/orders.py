"""What an operator may ask of a call, and when, in words. Pure. Orders to a real line are in engine/line_orders.py."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.call import UNANSWERED, State
from engine.lines.placing import SIMULATED
from engine.protocol import (
    AgentSilenced,
    ArmMic,
    Command,
    DecideTool,
    ForceLanguage,
    ForgetReply,
    GoLive,
    HandBack,
    InjectEvent,
    MarkMoment,
    MuteAgent,
    ReleaseMic,
    RenewLease,
    SayLine,
    Talk,
    ToolPending,
    Whisper,
)

MAX_TEXT = 500  # characters; some 40 s of speech
INJECTED_S = (0.1, 60.0)
NOISE_DBFS = (-60.0, -6.0)
PROVIDERS = ("transcribe", "cache", "agent", "tts")
NAMES: dict[str, str] = {"en": "English", "de": "German", "es": "Spanish", "nl": "Dutch"}
NOBODY_YET = "Nobody has picked up yet"


@dataclass
class CallNow:
    """A live call, as far as it decides what may be asked of it."""

    state: State
    line: str
    language: str
    ending: bool = False  # we are hanging up, or the line has ended
    silenced: AgentSilenced = field(default_factory=lambda: AgentSilenced(""))
    pending: dict[int, ToolPending] = field(default_factory=dict)


def may_ask(command: Command, call: CallNow) -> str:
    """Why this cannot be asked of the call as it is now; "" when it can."""
    match command:  # what may be asked to the last
        case MarkMoment(note=note):
            return _too_long(note)
        case HandBack(agreed=agreed):
            return _too_long(agreed)
        case RenewLease() | Talk() | ReleaseMic():
            return ""
    if call.ending or call.state in ("ending", "ended"):
        return "The call is about to end; nothing more can be asked of it."
    match command:
        case SayLine(text=text):
            return _text(text, "say") or _heard(call, "A line can be said") or _spoken_for(call)
        case Whisper(text=text):
            return _text(text, "whisper")
        case MuteAgent(mute=True) if call.silenced.reason == "muted":
            return f"The agent is muted already, by {call.silenced.by or 'an operator'}."
        case MuteAgent(mute=False) if not call.silenced.reason:
            return "The agent is not muted."
        case MuteAgent():
            return _spoken_for(call)
        case ForceLanguage(language=language) if language == call.language:
            return f"The call is in {NAMES[language]} already."
        case DecideTool():
            return _decision(command, call)
        case InjectEvent():
            return _injection(command, call)
        case ArmMic() if call.state == "waiting":
            return f"{NOBODY_YET}: arm the microphone once the call is ringing."
        case GoLive():
            return _heard(call, "You can speak")
    return ""


def may_forget(command: ForgetReply) -> str:
    """Why a stored reply cannot be forgotten; "" when it can."""
    if not command.source.strip():
        return "No stored reply is named; one is forgotten by the id that its verdict shows."
    return _too_long(command.source)


def may_mark(at_us: int, age_us: int) -> str:
    """Why a moment so many µs after the call's beginning cannot be marked; "" when it can."""
    return "" if 0 <= at_us <= age_us else "That moment is not within the call."


def _text(text: str, what: str) -> str:
    if not text.strip():
        return f"There is nothing to {what}: the text is empty."
    return _too_long(text)


def _too_long(text: str) -> str:
    return f"At most {MAX_TEXT} characters, these are {len(text)}." if len(text) > MAX_TEXT else ""


def _heard(call: CallNow, what: str) -> str:
    return f"{NOBODY_YET}. {what} once they have." if call.state in UNANSWERED else ""


def _spoken_for(call: CallNow) -> str:
    if call.silenced.reason != "operator":
        return ""
    who = call.silenced.by or "An operator"
    return f"{who} speaks with them now; the agent is silent until the call is handed back."


def _decision(command: DecideTool, call: CallNow) -> str:
    if command.request not in call.pending:
        return f"Request {command.request} is not open: it was decided, or its time is over."
    return _too_long(command.words)


def _injection(command: InjectEvent, call: CallNow) -> str:
    if not INJECTED_S[0] <= command.seconds <= INJECTED_S[1]:
        return f"It lasts from {INJECTED_S[0]:g} to {INJECTED_S[1]:g} s, not {command.seconds:g}."
    if command.what == "fail":
        if command.room not in PROVIDERS:
            return f"A provider fails in one of {', '.join(PROVIDERS)}."
        return ""
    if call.line != SIMULATED:
        return f"{_REAL[command.what]}; that works on a simulated line."
    if call.state in UNANSWERED:
        return f"{NOBODY_YET}. At the far end something can happen once they have."
    if command.what == "say":
        return _text(command.text, "say")
    if command.what == "noise" and not NOISE_DBFS[0] <= command.level_dbfs <= NOISE_DBFS[1]:
        return f"Noise is from {NOISE_DBFS[0]:g} to {NOISE_DBFS[1]:g} dBFS, not {command.level_dbfs:g}."
    return ""


_REAL = {
    "noise": "No noise can be made at a real restaurant",
    "silence": "A real restaurant cannot be silenced",
    "say": "A real restaurant cannot be made to speak",
    "hang_up": "A real restaurant cannot be made to hang up (X hangs up on our side)",
}
