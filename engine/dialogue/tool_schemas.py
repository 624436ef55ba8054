"""The tools as a chat model is shown them: JSON schemas made from the structs of `dialogue.tools`. Pure."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec

from engine.dialogue.constraints import TOOL_OF_KIND
from engine.dialogue.tools import ARGUMENTS
from engine.protocol import Task

WRITES = tuple(TOOL_OF_KIND.values())
NO_MODELS = ("call_back",)  # read out of their words; a model may invent a time
BY_CODE = ("confirmed_by",)  # the words that were really said; a model may invent some
NOT_STRICT = (
    "title",
    "default",
    "maxLength",
    "minLength",
)  # what strict mode does not take; parse() checks it


def tools_for(task: Task, may_ask: bool = True) -> tuple[str, ...]:
    """The names of the tools that make sense in this call."""
    unfit = {tool for tool in WRITES if tool != TOOL_OF_KIND[task.kind]} | set(NO_MODELS)
    if not may_ask:
        unfit.add("ask_principal")
    return tuple(tool for tool in ARGUMENTS if tool not in unfit)


def tool_schemas(task: Task, may_ask: bool = True) -> list[dict[str, Any]]:
    """The `tools` of a request to the chat completions API, in strict mode.

    Strict mode wants every argument to be required, so that one that may be left out may be null instead;
    `dialogue.tools.parse` reads null as left out.
    """
    return [_tool(name) for name in tools_for(task, may_ask)]


def _tool(name: str) -> dict[str, Any]:
    kind = ARGUMENTS[name]
    _, components = msgspec.json.schema_components([kind])
    schema = components[kind.__name__]
    required = schema["required"]
    properties = {
        argument: _strict(given, argument in required)
        for argument, given in schema["properties"].items()
        if argument not in BY_CODE
    }
    return {
        "type": "function",
        "function": {
            "name": name,
            "description": inspect.cleandoc(kind.__doc__ or ""),
            "strict": True,
            "parameters": _object(properties),
        },
    }


def _strict(schema: dict[str, Any], required: bool) -> dict[str, Any]:
    """One argument's schema as strict mode takes it."""
    if "anyOf" in schema:
        schema = next(kind for kind in schema["anyOf"] if kind.get("type") != "null")
    kept = {key: value for key, value in schema.items() if key not in NOT_STRICT}
    return kept if required else {**kept, "type": [kept["type"], "null"]}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
