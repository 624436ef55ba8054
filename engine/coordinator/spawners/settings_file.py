"""Settings as a TOML file, for an engine that cannot read the file which they came from."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from engine.settings import Settings

OURS = ("--settings", "--state-dir")  # flags whose files are on this machine alone


def flags_elsewhere(arguments: list[str]) -> list[str]:
    """The flags that mean something on another machine: all of the settings go there as they are."""
    kept: list[str] = []
    flags = iter(arguments)
    for flag in flags:
        if flag in OURS:
            next(flags, None)
        elif flag.partition("=")[0] not in OURS:
            kept.append(flag)
    return kept


def toml_of(settings: Settings) -> str:
    """All of them, whatever they came from: a file, the environment, flags. What is not set is left out."""
    lines: list[str] = []
    _table(msgspec.to_builtins(settings), (), lines)
    return "\n".join(lines) + "\n"


def _table(tree: dict[str, Any], path: tuple[str, ...], lines: list[str]) -> None:
    if path:
        lines.append(f"\n[{'.'.join(_text(each) for each in path)}]")
    lines.extend(
        f"{_text(name)} = {_value(value)}"
        for name, value in tree.items()
        if value is not None and not isinstance(value, dict)
    )
    for name, value in tree.items():
        if isinstance(value, dict):
            _table(value, (*path, name), lines)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case int() | float():
            return repr(value)
        case dict():
            return "{" + ", ".join(f"{_text(name)} = {_value(each)}" for name, each in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(_value(each) for each in value) + "]"
    raise TypeError(f"{type(value).__name__} has no form in TOML")


def _text(text: str) -> str:
    """JSON's strings are TOML's, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
