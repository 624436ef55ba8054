"""What happens to a brain (events) and what it decides to do (moves): say, use a tool, end the call. Values only."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

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
    "end_call",
]


class Say(msgspec.Struct, frozen=True, kw_only=True):
    """Say one sentence. `template` is the text with the task's values as {slots}, set only when the sentence answers
    the far end's question, changes no state and so may be served again from the cache.
    """

    text: str
    expects: Expects = ""
    template: str = ""


class UseTool(msgspec.Struct, frozen=True, kw_only=True):
    """Run a tool; its result comes back as the event `ToolResult`."""

    tool: Tool
    arguments: dict[str, Any] = {}


class Finish(msgspec.Struct, frozen=True, kw_only=True):
    """End the call once everything said has been played."""

    outcome: Outcome
    reason: str = ""


Move = Say | UseTool | Finish


class Answered(msgspec.Struct, frozen=True):
    """The far end picked up; it usually speaks first."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A final transcript. `served`: a stored reply's template that the cache allows; say it refilled, think no more."""

    turn: int
    text: str
    language: LanguageCode
    confidence: float = 1.0
    served: str = ""
    may_ask: bool = False  # somebody is there who would answer `ask_principal`


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What the far end was really given of one of our sentences; `cut` when they interrupted it."""

    text: str
    cut: bool = False


class ToolResult(msgspec.Struct, frozen=True, kw_only=True):
    """A tool ran (`reservation` is the record as it is now) or was refused, and why."""

    tool: Tool
    refused: bool = False
    reason: str = ""  # of the refusal; or the person's words in answer to `ask_principal`
    reservation: Reservation | None = None
    granted: dict[str, Any] = {}  # what is allowed from now on: date, time, party_size


class FarEndSilent(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody has spoken for so long, and it is not our turn to wait for a tool."""

    silent_ms: int


class Whispered(msgspec.Struct, frozen=True, kw_only=True):
    """The operator told us something that the far end does not hear. `granted`: what is allowed because of it."""

    text: str
    granted: dict[str, Any] = {}


class OperatorSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A line that the operator typed was said in our voice."""

    text: str


class HandedBack(msgspec.Struct, frozen=True, kw_only=True):
    """The operator spoke to the far end in person, and now it is ours again.

    agreed: in the operator's words; granted: the values read in it, which count as allowed. said: who said what
    meanwhile ("operator" or "far end"), in order.
    """

    agreed: str = ""
    granted: dict[str, Any] = {}
    done: bool = False  # they say that it is booked, changed or cancelled
    said: tuple[tuple[str, str], ...] = ()


class LanguageForced(msgspec.Struct, frozen=True, kw_only=True):
    """Speak this language from now on."""

    language: LanguageCode


Event = (
    Answered
    | Heard
    | Said
    | ToolResult
    | FarEndSilent
    | Whispered
    | OperatorSaid
    | HandedBack
    | LanguageForced
)
