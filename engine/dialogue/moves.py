"""What happens to a brain (events) and what it decides to do (moves): say, use a tool, end the call. Values only."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from engine.dialogue.constraints import NOTHING, Granted
from engine.protocol import LanguageCode, Outcome, Reservation

Expects = Literal[
    "",  # nothing in particular
    "greeting",  # they have just picked up
    "availability",  # is there a table?
    "yes_no",
    "name_spelled",
    "reference",
    "return",  # they went to look something up
    "goodbye",
]
Tool = Literal[
    "book",
    "change",
    "cancel",
    "decline",
    "ask_principal",
    "press_digits",
    "wait_on_hold",
    "leave_message",
    "call_back",
    "end_call",
]


class Say(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Say one sentence. `template` is the text with the task's values as {slots}, set only when the sentence answers
    the far end's question, changes no state and so may be served again from the cache.
    """

    text: str
    expects: Expects = ""
    template: str = ""


class UseTool(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Run a tool; its result comes back as the event `ToolResult`.

    refused: the brain's own reason why it must not run, which is recorded and comes back in its place.
    """

    tool: Tool
    arguments: dict[str, Any] = {}
    refused: str = ""


class Finish(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """End the call once everything said has been played."""

    outcome: Outcome
    reason: str = ""


class Tell(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Tell the operator something; the far end does not hear it."""

    text: str
    understood: bool = True


class Spent(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What one turn took of a language model; None = the server did not tell, or was not heard to its end.

    fallback: why the scripted brain spoke in its place; "" = it did not. first_token_us: from the question on.
    """

    model: str
    tokens_in: int | None = None
    tokens_out: int | None = None
    usd: float | None = None
    requests: int = 1
    first_token_us: int | None = None
    fallback: str = ""


class Consent(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Tell what the far end knows and wants of being recorded; see RecordingConsent."""

    state: Literal["announced", "asked", "given", "refused", "none", "stopped"]
    words: str = ""
    turn: int = 0


Move = Say | UseTool | Finish | Tell | Spent | Consent


class Answered(msgspec.Struct, frozen=True):
    """The far end picked up; it usually speaks first."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A final transcript. `served`: a stored reply's template that the cache allows; say it refilled, think no more."""

    turn: int
    text: str
    language: LanguageCode
    confidence: float = 1.0
    served: str = ""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What the far end was really given of one of our sentences; `cut` when they interrupted it."""

    text: str
    cut: bool = False


class ToolResult(msgspec.Struct, frozen=True, kw_only=True):
    """A tool ran (`reservation` is the record as it is now) or was refused, and why.

    denied: it was to be approved, or asked; and an operator said no, nobody did in time, or nobody is there.
    by: the operator who decided it. allowed: all that operators have allowed in this call.
    """

    tool: Tool
    refused: bool = False
    reason: str = ""  # of the refusal; or the operator's words in answer to `ask_principal`
    reservation: Reservation | None = None
    denied: bool = False
    by: str = ""
    allowed: Granted = NOTHING


class FarEndSilent(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody has spoken for so long, and it is not our turn to wait for a tool."""

    silent_ms: int


class SoundOnLine(msgspec.Struct, frozen=True, kw_only=True):
    """A sound that is nobody speaking begins, is over, or has been on for too long: music, tones, a beep."""

    sound: Literal["ringback", "busy", "information", "music", "beep"]
    on: bool
    lasted_ms: int = 0
    too_long: bool = False
    reason: str = ""  # what it was known by


class Overheard(msgspec.Struct, frozen=True, kw_only=True):
    """The far end said this while an answer was not ours to give: know it, and do not answer."""

    text: str


class WantsNoRecording(msgspec.Struct, frozen=True, kw_only=True):
    """The far end said so while nobody was to answer. What else was said comes when it may be answered."""

    words: str
    turn: int


class OperatorSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What the far end was given of words that an operator said or typed: in our name, but not our thought."""

    text: str
    cut: bool = False


class Whispered(msgspec.Struct, frozen=True, kw_only=True):
    """An operator lets us know this; the far end has not heard it. `allows`: what it allows besides."""

    text: str
    allows: Granted = NOTHING


class MaySpeak(msgspec.Struct, frozen=True):
    """We were silenced, and may speak again: nothing waits for an answer, and something of ours was not said."""


class HandedBack(msgspec.Struct, frozen=True, kw_only=True):
    """An operator has spoken with the far end, and the call is ours again.

    agreed: what came of it, in the operator's words. said: the conversation, as ("operator" or "far end", words).
    lost: the operator went without a word. allowed: see ToolResult; what the operator agreed to is among it.
    """

    agreed: str = ""
    said: tuple[tuple[str, str], ...] = ()
    lost: bool = False
    allowed: Granted = NOTHING


class LanguageChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Another language is spoken from the next sentence on.

    by: an operator has chosen it, or the far end speaks it. understood: they speak a language in which we have spoken
    to them, so that what they have been told has not to be told again.
    """

    language: LanguageCode
    by: Literal["operator", "far end"] = "operator"
    understood: bool = True


class Attended(msgspec.Struct, frozen=True, kw_only=True):
    """Whether somebody is there from now on whom `ask_principal` would reach."""

    may_ask: bool


class GoOn(msgspec.Struct, frozen=True):
    """To a brain that thinks: give what has come since."""


Event = (
    Answered | Heard | Said | ToolResult | FarEndSilent | SoundOnLine
    | Overheard | WantsNoRecording | OperatorSaid | Whispered | MaySpeak | HandedBack | LanguageChanged | Attended
    | GoOn
)  # fmt: skip
