"""YAML whose values remember the line they came from, so that an error can name it.

Differs from plain YAML where that helps people who write by hand: `2025-12-05`, `19:30`, `+441632960471`, `yes` and
`no` stay text (YAML would make a date, numbers and true and false of them), a key may not come twice, and anchors and
aliases are refused.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from engine.errors import ScenarioError

Place = tuple[str | int, ...]  # keys and list positions from the top of the file

T = TypeVar("T")

_STEP_OF_PLACE = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_NAMED_FIELD = re.compile(r"(?:unknown|missing required) field `([^`]+)`")


class LocatedYaml:
    """One file: `data` in plain Python values, `line_of` for every place in it."""

    def __init__(self, path: Path) -> None:
        """Raises ScenarioError when the file cannot be read or is not YAML."""
        self.path = path
        self._lines: dict[Place, int] = {}
        self._seen: set[int] = set()
        self._constructor = yaml.constructor.SafeConstructor()
        try:
            node = yaml.compose(path.read_text("utf-8"), Loader=yaml.SafeLoader)
        except FileNotFoundError:
            raise ScenarioError(f"{path}: no such scenario. Those there are lie in scenarios/.") from None
        except (OSError, UnicodeDecodeError) as error:
            raise ScenarioError(
                f"{path}: cannot be read ({error}). Check the path and its permissions."
            ) from None
        except (yaml.YAMLError, RecursionError) as error:
            raise self._syntax_error(error) from None
        if not isinstance(node, yaml.MappingNode):
            raise ScenarioError(f"{path}:1: not a scenario. scenarios/README.md shows what one looks like.")
        try:
            self.data: dict[str, Any] = self._plain(node, ())
        except (yaml.YAMLError, RecursionError) as error:
            raise self._syntax_error(error) from None

    def line_of(self, place: Place) -> int:
        """Line of a place, or of the nearest thing around it that the file really contains."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)

    def contains(self, place: Place) -> bool:
        """Was this place written in the file?"""
        return place in self._lines

    def error(self, place: Place, what: str) -> ScenarioError:
        """The error for one place: file, line, field and `what`, which says the next step."""
        field = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place).lstrip(".")
        return ScenarioError(f"{self.path}:{self.line_of(place)}: {field or 'the file'}: {what}")

    def convert(self, place: Place, data: Any, kind: type[T]) -> T:
        """`data`, found at `place`, as a msgspec type. Raises ScenarioError naming the field that does not fit."""
        try:
            return msgspec.convert(data, kind)
        except msgspec.ValidationError as error:
            what, _, where = str(error).partition(" - at `$")
            steps = (key or int(index) for key, index in _STEP_OF_PLACE.findall(where.rstrip("`")))
            inner: Place = (*place, *steps)
            if named := _NAMED_FIELD.search(what):
                inner = (*inner, named[1])
                known = ", ".join(getattr(kind, "__struct_fields__", ()))
                missing = "missing" in what
                what = "is missing; add it." if missing else "is no field of a scenario here."
                hint = f" Fields of {kind.__name__}: {known}." if known and not missing else ""
                raise self.error(inner, f"{what}{hint} See scenarios/README.md.") from None
            raise self.error(inner, f"{what}. See scenarios/README.md.") from None

    def _syntax_error(self, error: Exception) -> ScenarioError:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        return ScenarioError(f"{self.path}:{line}: not valid YAML: {problem}. Mend that line and try again.")

    def _plain(self, node: yaml.Node, place: Place) -> Any:
        self._lines.setdefault(place, node.start_mark.line + 1)
        if id(node) in self._seen:
            raise self.error(place, "anchors and aliases are not understood here; write the value out.")
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item, (*place, number)) for number, item in enumerate(node.value)]
        if not _can_be_written(node.value):
            raise self.error(place, "holds half a character; write the character itself.")
        if _stays_text(node):
            return node.value
        try:
            return self._constructor.construct_object(node)
        except ValueError as error:
            raise self.error(place, f"{error}; mend the value.") from None

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str):
                raise self.error(place, "a field's name must be a word.")
            if not _can_be_written(key):
                raise self.error(
                    place, "the name of a field holds half a character; write the character itself."
                )
            self._lines[*place, key] = key_node.start_mark.line + 1
            if key in result:
                raise self.error((*place, key), "stands here twice; remove one of them.")
            result[key] = self._plain(value_node, (*place, key))
        return result


def _stays_text(node: yaml.Node) -> bool:
    kind = node.tag.rpartition(":")[2]
    return (
        kind == "timestamp"
        or (kind == "int" and (":" in node.value or node.value.startswith("+")))
        or (kind == "bool" and node.value.lower() not in ("true", "false"))
    )


def _can_be_written(text: str) -> bool:
    """False for half of a surrogate pair: YAML's escapes can make one, and no voice or journal can encode it."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
