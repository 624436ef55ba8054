"""Settings from a TOML file, then the environment, then flags, the later ones winning.

The environment names a field by its path: CALL_THING_VAD__ENTER=0.6 sets [vad] enter. A list is a JSON
array or words between commas: CALL_THING_OPERATOR__APPROVE=book,change.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import SettingsError
from engine.settings import Settings
from engine.settings_checks import complaint
from engine.settings_lists import is_list, listed

ENV_PREFIX = "CALL_THING_"


def load(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> Settings:
    """Settings from all three sources.

    file: a TOML file that must exist; None = `call-thing.toml` in the working directory if it is there.
    flags: dotted names to values, None values being flags that were not given.
    Raises SettingsError naming the source and the field.
    """
    tree: dict[str, Any] = {}
    path = file or Path("call-thing.toml")
    there = file is not None or path.exists()
    if there:
        tree = _read(path)
        _check(tree, str(path), _line_finder(path))
    for name, value in (os.environ if environment is None else environment).items():
        if name.startswith(ENV_PREFIX):
            _set(tree, name.removeprefix(ENV_PREFIX).lower().split("__"), value, name)
    for name, value in (flags or {}).items():
        if value is not None:
            _set(tree, name.split("."), value, f"--{name.replace('.', '-').replace('_', '-')}")
    settings = _check(tree, "settings", lambda _: "")
    if (wrong := complaint(settings)) is not None:
        field, what = wrong
        line = _line_finder(path)(field) if there else ""
        source = f"{path}{line}" if line else "settings"
        raise SettingsError(
            f"{source}: {field}: {what}. The settings and their meaning are in engine/settings/."
        )
    return settings


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            f"{path}: no such settings file. Leave --settings out to use the defaults."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path}: cannot be read ({error}). Check the path and its permissions."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not valid TOML: {error}. Mend that line and try again.") from None


def _set(tree: dict[str, Any], keys: list[str], value: Any, source: str) -> None:
    """Put one value from the environment or a flag into the tree; checked at once: the error names its source."""
    node = tree
    for key in keys[:-1]:
        node = node.setdefault(key, {})
        if not isinstance(node, dict):
            raise SettingsError(f"{source}: {key} is a value, not a group of settings.")
    if isinstance(value, str) and is_list(Settings, keys):
        try:
            value = listed(value)
        except ValueError as error:
            raise SettingsError(f"{source}: {'.'.join(keys)}: {error}.") from None
    node[keys[-1]] = value
    _check(tree, source, lambda _: "")


def _check(tree: dict[str, Any], source: str, line_of: Callable[[str], str]) -> Settings:
    try:
        return msgspec.convert(tree, Settings, strict=False)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        group = where.rstrip("`").lstrip(".")
        unknown = what.partition("unknown field `")[2].rstrip("`")
        field = f"{group}.{unknown}".strip(".") if unknown else group or "the top level"
        raise SettingsError(
            f"{source}{line_of(field)}: {field}: {what}. The settings and their meaning are in engine/settings/."
        ) from None


def _line_finder(path: Path) -> Callable[[str], str]:
    """Finds ":LINE" of a dotted field in a TOML file of plain groups and values; "" where it cannot."""
    group = ""
    lines: dict[str, int] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        text = line.split("#")[0].strip()
        if text.startswith("[") and text.endswith("]"):
            group = text.strip("[] ")
            lines.setdefault(group, number)
        elif "=" in text:
            lines.setdefault(f"{group}.{text.split('=')[0].strip()}".strip("."), number)
    return lambda field: f":{lines[field]}" if field in lines else ""
