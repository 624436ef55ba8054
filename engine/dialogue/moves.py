"""What a brain decides to do: say, use a tool, end the call. Values only."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from engine.protocol import Outcome

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
    the far end's question, changes no state and so may be served again from the cache."""

    text: str
    expects: Expects = ""
    template: str = ""


class UseTool(msgspec.Struct, frozen=True, kw_only=True):
    """Run a tool; its result comes back through the brain's `tool_result`."""

    tool: Tool
    arguments: dict[str, Any] = {}


class Finish(msgspec.Struct, frozen=True, kw_only=True):
    """End the call once everything said has been played."""

    outcome: Outcome
    reason: str = ""


Move = Say | UseTool | Finish
