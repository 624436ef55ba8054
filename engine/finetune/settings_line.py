"""The one line of a settings file that names the model; everything else in it stays as it is. Pure, but for `save`."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from engine.errors import SettingsError

_HEADER = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?$")
_MODEL = re.compile(
    r"(?P<before>\s*(?:model|\"model\"|'model')\s*=\s*)(?P<value>\"(?:[^\"\\]|\\.)*\"|'[^']*')(?P<after>.*)$"
)


class NotThatSimple(SettingsError):
    """The file says it in a way that is left to its owner."""


def model_in(text: str) -> str | None:
    """[brain] model of a settings file's text; None where it is not set. Raises NotThatSimple for what is no TOML."""
    brain = _parsed(text).get("brain", {})
    model = brain.get("model") if isinstance(brain, dict) else None
    return model if isinstance(model, str) else None


def with_model(text: str, model: str | None) -> str:
    """The text with another model, or with none. Raises NotThatSimple where that takes more than one line."""
    wanted = _parsed(text)
    brain = dict(wanted.get("brain", {}))
    if model is None:
        brain.pop("model", None)
    else:
        brain["model"] = model
    edited = _edited(text, model)
    try:
        got = _parsed(edited)
    except NotThatSimple:
        got = {}
    got_brain = got.pop("brain", {})
    wanted.pop("brain", None)
    if got != wanted or got_brain != brain:  # a string over many lines, an inline table, a dotted name
        raise NotThatSimple(
            f'[brain] stands in the settings file in a way that is not edited from here. Write model = "{model or ""}" '
            "into it by hand."
        )
    return edited


def save(file: Path, text: str) -> None:
    """Write it in the old one's place, whole or not at all, with the old one's rights. Raises SettingsError."""
    try:
        target = file.resolve()
        draft = target.with_name(f".{target.name}.new")
        draft.write_bytes(text.encode())
        if target.exists():
            draft.chmod(target.stat().st_mode & 0o777)
        draft.replace(target)
    except OSError as error:
        raise SettingsError(
            f"{file}: cannot be written ({error.strerror}). Make it writable, or name another with --settings."
        ) from None


def _edited(text: str, model: str | None) -> str:
    lines = text.splitlines(keepends=True)
    end = "\r\n" if "\r\n" in text else "\n"
    group, header, place = "", None, None
    for number, line in enumerate(lines):
        found = _HEADER.match(line.rstrip("\r\n"))
        if found:
            group = found.group(1)
            header = number if group == "brain" and header is None else header
        elif group == "brain" and _MODEL.match(line.rstrip("\r\n")):
            place = number
            break
    value = json.dumps(model, ensure_ascii=False)
    if place is not None and model is None:
        del lines[place]
    elif place is not None:
        bare = lines[place].rstrip("\r\n")
        match = _MODEL.match(bare)
        assert match is not None
        lines[place] = f"{match['before']}{value}{match['after']}{lines[place][len(bare) :]}"
    elif model is not None and header is not None:
        if not lines[header].endswith("\n"):
            lines[header] += end
        lines.insert(header + 1, f"model = {value}{end}")
    elif model is not None:
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += end
        lines.append(f"{end if lines else ''}[brain]{end}model = {value}{end}")
    return "".join(lines)


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NotThatSimple(f"The settings file is no valid TOML: {error}. Mend that line first.") from None
