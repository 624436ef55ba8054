"""`call-thing doctor`: what is here, what is missing, what for, and the exact command that brings it.

Never places a call, never downloads, and never prints a secret. The looking itself is in doctor_probes.py.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from engine.errors import ExitCode
from engine.settings import Settings

Needed = Literal["always", "sometimes"]
Probe = Callable[[Settings], str]


class Missing(Exception):
    """Raised by a probe: what it looked for is not there; the text says what it saw instead."""


@dataclass(frozen=True)
class Fix:
    """The command that brings what is missing, per system."""

    debian: str
    macos: str

    @classmethod
    def everywhere(cls, command: str) -> Fix:
        return cls(command, command)


@dataclass(frozen=True)
class Question:
    """One thing to look for."""

    name: str
    purpose: str
    needed: Needed
    fix: Fix
    probe: Probe
    """Returns a detail for people when all is well; whatever it raises means that it is not."""


@dataclass(frozen=True)
class Check:
    """The answer."""

    name: str
    purpose: str
    found: bool
    needed: Needed
    detail: str
    fix: Fix


def checks(settings: Settings) -> list[Check]:
    """Look for everything. Takes a second or two; raises nothing."""
    from engine.doctor_probes import questions

    return [_ask(question, settings) for question in questions(settings)]


def run(settings: Settings, as_json: bool = False) -> ExitCode:
    """Print all checks to stdout; NOT_AS_EXPECTED when something that is always needed is missing."""
    found = checks(settings)
    print(as_json_text(found) if as_json else as_text(found, sys.platform))
    broken = any(not check.found and check.needed == "always" for check in found)
    return ExitCode.NOT_AS_EXPECTED if broken else ExitCode.OK


def as_text(found: list[Check], platform: str) -> str:
    """One line per check, one more with the fix for each that failed, and a verdict."""
    width = max(len(check.name) for check in found)
    lines = []
    for check in found:
        mark = "ok  " if check.found else "FAIL" if check.needed == "always" else "miss"
        lines.append(f"{mark}  {check.name:<{width}}  {check.detail}")
        if not check.found:
            fix = check.fix.macos if platform == "darwin" else check.fix.debian
            lines.append(f"      {'for':<{width}}  {check.purpose}")
            lines.append(f"      {'fix':<{width}}  {fix}")
    lines += ["", _verdict(found)]
    return "\n".join(lines)


def as_json_text(found: list[Check]) -> str:
    """The same for programs."""
    rows = [
        {
            "capability": check.name,
            "found": check.found,
            "purpose": check.purpose,
            "needed": check.needed,
            "detail": check.detail,
            "command": {"debian": check.fix.debian, "macos": check.fix.macos},
        }
        for check in found
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False)


def _ask(question: Question, settings: Settings) -> Check:
    try:
        detail, found = question.probe(settings), True
    except Exception as error:  # a probe meets every way in which a machine can be broken
        detail, found = (str(error).splitlines() or [""])[0] or type(error).__name__, False
        if not isinstance(error, Missing):
            detail = (
                f"{type(error).__name__}: {detail}" if not detail.startswith(type(error).__name__) else detail
            )
    return Check(question.name, question.purpose, found, question.needed, detail, question.fix)


def _verdict(found: list[Check]) -> str:
    broken = [check.name for check in found if not check.found and check.needed == "always"]
    absent = [check.name for check in found if not check.found and check.needed == "sometimes"]
    if broken:
        return f"No call is possible before this is mended: {', '.join(broken)}."
    if absent:
        return f"Ready for simulated calls. Not there, and needed only for some things: {', '.join(absent)}."
    return "Everything is here."
