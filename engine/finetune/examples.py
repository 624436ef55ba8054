"""Turns of a call as one line of a training file: the vendor's chat format with tools. Pure.

    {"messages": [system, user, assistant, tool, …], "tools": […], "parallel_tool_calls": false}

The format: https://developers.openai.com/api/docs/guides/supervised-fine-tuning, "Formatting your data". `weight` 0 on
an assistant message leaves it in the context and out of what is learnt. What a model is shown in a call
(`brains.history`) and what it learns from are worded alike. `weight` 0 is set on what code or an operator said, on
sentences that were cut (learnt, half a sentence would be the goal), and on uses of tools that were refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, get_args, get_type_hints

from engine.brains.history import BEGINNING, INTERRUPTED
from engine.dialogue.prompt import disclosure, system_prompt
from engine.dialogue.tool_schemas import tool_schemas
from engine.finetune.turns import Ended, Heard, Said, Silent, Told, Used
from engine.protocol import Reservation, Task

Line = dict[str, Any]
REFUSED = "Refused:"  # how the result of a tool begins that did not run
SILENCE = "(They have been silent for {seconds} seconds.)"  # the brain's words for it
STATUSES = get_args(get_type_hints(Reservation)["status"])


def example_of(task: Task, told: Told) -> Line:
    """The line. task and told: with stand-ins in the place of personal data already."""
    maker = _Maker(task, told.asked)
    for turn in told.turns:
        match turn:
            case Heard(text=text):
                maker.heard(text)
            case Said():
                maker.said(turn)
            case Silent(seconds=seconds):
                maker.heard(SILENCE.format(seconds=seconds))
            case Used():
                maker.used(turn)
            case Ended(reason=reason):
                maker.ended(reason)
    return maker.line()


def learnt(line: Line) -> int:
    """How many of a line's messages are learnt from."""
    return sum(
        message["role"] == "assistant" and message.get("weight", 1) == 1 for message in line["messages"]
    )


class _Maker:
    def __init__(self, task: Task, may_ask: bool) -> None:
        self._tools = tool_schemas(task, may_ask)
        self._properties = {
            tool["function"]["name"]: tool["function"]["parameters"]["properties"] for tool in self._tools
        }
        self._disclosure = disclosure(task, task.language)
        self._messages: list[dict[str, Any]] = [
            {"role": "system", "content": system_prompt(task, task.language, may_ask)}
        ]
        self._calls = 0
        self.heard(BEGINNING)

    def heard(self, text: str) -> None:
        last = self._messages[-1]
        if last["role"] == "user":  # two turns before an answer
            last["content"] = f"{last['content']}\n{text}"
        else:
            self._messages.append({"role": "user", "content": text})

    def said(self, said: Said) -> None:
        by_code = said.theirs or said.text.startswith(self._disclosure)
        if said.cut:
            self._add_words(f"{said.text} …", weight=0)
            self.heard(INTERRUPTED)
        else:
            self._add_words(said.text, weight=int(not by_code))

    def _add_words(self, text: str, weight: int) -> None:
        last = self._messages[-1]
        if last["role"] == "assistant" and last["weight"] == weight and "tool_calls" not in last:
            last["content"] = f"{last['content']} {text}"
        else:
            self._messages.append({"role": "assistant", "content": text, "weight": weight})

    def used(self, used: Used) -> None:
        if used.tool not in self._properties:  # the house's own record of something that no model can use
            return
        number = self._call(used.tool, used.arguments, weight=int(not used.refused))
        self._messages.append({"role": "tool", "tool_call_id": number, "content": result_words(used)})

    def ended(self, reason: str) -> None:
        """Hanging up is a tool too, unless it was used as one."""
        if not any(self._ends(message) for message in self._messages):
            self._call("end_call", {"reason": reason}, weight=1)

    def _ends(self, message: Mapping[str, Any]) -> bool:
        return any(call["function"]["name"] == "end_call" for call in message.get("tool_calls", ()))

    def _call(self, tool: str, arguments: Mapping[str, Any], weight: int) -> str:
        self._calls += 1
        number = f"call_{self._calls}"
        kept = {name: value for name, value in arguments.items() if name != "confirmed_by"}  # code keeps that
        filled = as_strict(self._properties[tool], kept)
        call = {
            "id": number,
            "type": "function",
            "function": {"name": tool, "arguments": json.dumps(filled, ensure_ascii=False)},
        }
        last = self._messages[-1]
        if last["role"] == "assistant" and last["weight"] == weight and "tool_calls" not in last:
            last["tool_calls"] = [call]  # said and done in one breath, as a model does
        else:
            self._messages.append(
                {"role": "assistant", "content": None, "tool_calls": [call], "weight": weight}
            )
        return number

    def line(self) -> Line:
        while self._messages[-1]["role"] in ("user", "tool"):  # an example ends with what is learnt from it
            if self._messages.pop()["role"] == "tool":
                break
        return {"messages": self._messages, "tools": self._tools, "parallel_tool_calls": False}


def result_words(used: Used) -> str:
    """A tool's result in the words in which `brains.openai` tells it to a model."""
    if used.refused:
        return f"{REFUSED} {used.result}"
    said = f"The reservation is {used.result}." if used.result in STATUSES else used.result
    return f"Done. {said}".strip()


def as_strict(properties: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as strict mode has a model write them: each one there, null where it was left out, none besides."""
    filled: dict[str, Any] = {}
    for name, schema in properties.items():
        value = arguments.get(name)
        if schema.get("type") == "object":
            value = as_strict(schema["properties"], value if isinstance(value, Mapping) else {})
        nullable = "null" in schema.get("type", ())
        filled[name] = None if nullable and value in ("", None) else value
    return filled
