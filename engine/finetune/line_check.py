"""Is one line of a training file what the vendor takes and what our tools allow? Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from engine.dialogue.constraints import NOTHING, Granted, Refusal, check
from engine.dialogue.tools import ARGUMENTS, BadArguments, parse
from engine.finetune.examples import REFUSED
from engine.finetune.limits import MOST_TOKENS, MOST_TOOLS, tokens_of
from engine.protocol import Task

FIELDS = ("messages", "tools", "parallel_tool_calls")
ROLES = ("system", "user", "assistant", "tool")


class Problem(msgspec.Struct, frozen=True):
    """What is wrong, where, and what to do."""

    line: int  # from 1; 0 = the file as a whole
    what: str
    then: str  # the next step
    level: str = "error"  # or "warning"


Fault = tuple[str, str]  # what, then
EXPORT_AGAIN = "Export again, and leave the files as they are written."


def faults(line: Any, task: Task | None) -> Iterator[Fault]:
    """What is wrong with a line. task: what its tools must keep to, with stand-ins; None = not known."""
    if not isinstance(line, dict) or not isinstance(line.get("messages"), list) or not line["messages"]:
        yield "it is no object with a list `messages`", EXPORT_AGAIN
        return
    if not all(isinstance(message, dict) for message in line["messages"]):
        yield "a message is no object", EXPORT_AGAIN
        return
    for field in line:
        if field not in FIELDS:
            yield f"the vendor knows no field `{field}`", f"Take it out; there are {', '.join(FIELDS)}."
    if shape := list(_shape(line["messages"])):
        yield from shape
        return
    yield from _order(line["messages"])
    yield from _tools(line, task)
    count = tokens_of(line)
    if count > MOST_TOKENS:
        yield (
            f"about {count} tokens, an estimate; an example has {MOST_TOKENS} at most, the rest is not learnt",
            "Leave the call out: finetune approve --withdraw CALL.",
        )


def _shape(messages: list[dict[str, Any]]) -> Iterator[Fault]:
    """Each message by itself."""
    for number, message in enumerate(messages, 1):
        role, content = message.get("role"), message.get("content")
        here = f"message {number}"
        if role not in ROLES:
            yield f"{here}: the role {role!r} is not known", f"Use one of {', '.join(ROLES)}."
        if "weight" in message and (role != "assistant" or message["weight"] not in (0, 1)):
            yield f"{here}: `weight` stands on assistant messages, and is 0 or 1", "Take it out."
        calls = message.get("tool_calls")
        if calls is not None and (role != "assistant" or not _are_calls(calls)):
            yield f"{here}: `tool_calls` is no list of function calls with an id", EXPORT_AGAIN
        elif not (isinstance(content, str) and content.strip()) and not (content is None and calls):
            yield f"{here}: nothing is said in it", "Leave the message out, or the call."
        if role == "tool" and not isinstance(message.get("tool_call_id"), str):
            yield f"{here}: it does not say which tool call it answers", EXPORT_AGAIN


def _are_calls(calls: Any) -> bool:
    return (
        isinstance(calls, list)
        and bool(calls)
        and all(
            isinstance(call, dict)
            and isinstance(call.get("id"), str)
            and call.get("type") == "function"
            and isinstance(call.get("function"), dict)
            and isinstance(call["function"].get("name"), str)
            and isinstance(call["function"].get("arguments"), str)
            for call in calls
        )
    )


def _order(messages: list[dict[str, Any]]) -> Iterator[Fault]:
    """The messages among one another."""
    if messages[0]["role"] != "system":
        yield "the first message is not the system's", EXPORT_AGAIN
    if any(message["role"] == "system" for message in messages[1:]):
        yield "there is a second system message", EXPORT_AGAIN
    if not any(message["role"] == "user" for message in messages):
        yield "the restaurant says nothing in it", "Leave the call out."
    open_calls: set[str] = set()
    seen: set[str] = set()
    for number, message in enumerate(messages, 1):
        if message["role"] == "tool":
            if message["tool_call_id"] not in open_calls:
                yield f"message {number}: a result without its tool call", EXPORT_AGAIN
            open_calls.discard(message["tool_call_id"])
            continue
        if open_calls:
            yield f"message {number}: a tool call before it is not answered", EXPORT_AGAIN
        ids = [call["id"] for call in message.get("tool_calls") or ()]
        if len(set(ids)) < len(ids) or seen & set(ids):
            yield f"message {number}: two tool calls have one id", EXPORT_AGAIN
        seen |= set(ids)
        open_calls = set(ids)
    if messages[-1]["role"] != "assistant":
        yield "the last message is not the assistant's", "Cut the example after its last assistant message."
    if not any(message["role"] == "assistant" and message.get("weight", 1) for message in messages):
        yield "nothing is learnt from it: every assistant message has weight 0", "Leave the call out."


def _tools(line: dict[str, Any], task: Task | None) -> Iterator[Fault]:
    """The tools that are offered, and each use of one."""
    tools = line.get("tools") or []
    try:
        offered = {tool["function"]["name"]: tool["function"]["parameters"] for tool in tools}
        properties = {name: dict(parameters["properties"]) for name, parameters in offered.items()}
    except (TypeError, KeyError, ValueError):
        yield "`tools` is no list of functions with parameters", EXPORT_AGAIN
        return
    if len(tools) > MOST_TOOLS:
        yield f"{len(tools)} tools; the vendor takes {MOST_TOOLS}", EXPORT_AGAIN
    for name in offered:
        if name not in ARGUMENTS:
            yield f"there is no tool {name}", f"Take it out of `tools`; there are {', '.join(ARGUMENTS)}."
    results = {
        message["tool_call_id"]: str(message.get("content"))
        for message in line["messages"]
        if message["role"] == "tool"
    }
    granted = NOTHING
    for number, message in enumerate(line["messages"], 1):
        for call in message.get("tool_calls") or ():
            name, written = call["function"]["name"], call["function"]["arguments"]
            here = f"message {number}: {name}"
            if name not in properties:
                yield f"{here} is not among the line's tools", EXPORT_AGAIN
                continue
            try:
                arguments = json.loads(written)
                given = parse(name, arguments)
            except (ValueError, TypeError, BadArguments) as error:
                yield f"{here}: its arguments cannot be read: {error}", EXPORT_AGAIN
                continue
            if set(arguments) != set(properties[name]):
                wrong = ", ".join(sorted(set(arguments) ^ set(properties[name])))
                yield f"{here}: too many arguments, or too few: {wrong}", EXPORT_AGAIN
            refused = results.get(call["id"], "").startswith(REFUSED)
            if task is None or refused:
                continue
            if name == "ask_principal":
                granted |= _allowed_by(given)
            verdict = check(task, name, arguments, granted)
            if isinstance(verdict, Refusal) and message.get("weight", 1):
                yield f"{here}: {verdict.reason}", "Leave the call out: it would teach what is not allowed."


def _allowed_by(question: Any) -> Granted:
    """What a yes to `ask_principal` has allowed."""
    return Granted(
        (question.date,) if question.date else (),
        (question.time,) if question.time else (),
        (),
        (question.party_size,) if question.party_size else (),
    )
