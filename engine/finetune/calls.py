"""The calls of a state directory, and which of them a person has approved as examples.

journals/CALL/approved.json    {"by": who, "at": when (ISO, UTC)}, beside the journal and thrown away with it
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import ScenarioError, StateError
from engine.journal import EVENTS, SUMMARY
from engine.protocol import Task

APPROVED = "approved.json"


class Approval(msgspec.Struct, frozen=True):
    """A person has read the call and wants it as an example."""

    by: str
    at: str  # ISO, UTC


class Recorded(msgspec.Struct, frozen=True):
    """One call's folder, read as far as a list needs it."""

    call: str  # name of the folder
    folder: Path
    task: Task
    scenario: str = ""  # language/name, where a scenario was played
    summary: dict[str, Any] = {}  # empty while the call goes on, or after a crash
    approval: Approval | None = None


def recorded(state: Path) -> Iterator[Recorded]:
    """Every call with a journal that can be read, the oldest first; `unreadable` names the others."""
    for folder in _folders(state):
        if (begun := _beginning(folder)) is not None:
            task, scenario = begun
            yield Recorded(folder.name, folder, task, scenario, _summary(folder), _approval(folder))


def unreadable(state: Path) -> list[str]:
    """The calls whose journal has no beginning that can be read."""
    return [folder.name for folder in _folders(state) if _beginning(folder) is None]


def approve(call: Recorded, by: str, at: datetime) -> Approval:
    """Keep that `by` approved it at `at`; an approval that is there stays as it is. Raises StateError."""
    if call.approval is not None:
        return call.approval
    approval = Approval(by, at.isoformat(timespec="seconds"))
    draft = call.folder / f".{APPROVED}"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(approval) + b"\n")
        draft.replace(call.folder / APPROVED)
    except OSError as error:
        raise StateError(
            f"{call.folder}: the approval cannot be written ({error.strerror}). Make that folder writable."
        ) from None
    return approval


def withdraw(call: Recorded) -> bool:
    """Take an approval back; False where there was none. Raises StateError."""
    try:
        (call.folder / APPROVED).unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StateError(
            f"{call.folder / APPROVED}: cannot be deleted ({error.strerror}). Make that folder writable."
        ) from None
    return True


def as_expected(call: Recorded) -> bool:
    """Whether the call ended as its scenario expects. False where no scenario says how it should have ended."""
    from engine.scenario import find, load

    if not call.scenario or not call.summary:
        return False
    try:
        expected = load(find(call.scenario)).expected
    except ScenarioError:  # it was one of a person's own, and is gone
        return False
    record = call.summary.get("reservation") or {}
    fields = {field: record.get(field) == value for field, value in expected.reservation.items()}
    return call.summary.get("outcome") == expected.outcome and all(fields.values())


def _folders(state: Path) -> list[Path]:
    return sorted(events.parent for events in (state / "journals").glob(f"*/{EVENTS}"))


def _beginning(folder: Path) -> tuple[Task, str] | None:
    """The task of a call and its scenario, "" where none was played; None where the journal does not tell."""
    try:
        with (folder / EVENTS).open("rb") as events:
            header = json.loads(events.readline())
        return msgspec.convert(header["task"], Task), str(header.get("scenario", ""))
    except (OSError, ValueError, KeyError, TypeError, msgspec.ValidationError):
        return None


def _approval(folder: Path) -> Approval | None:
    """None where there is none. A file that cannot be read is no approval: nothing is exported on a guess."""
    try:
        return msgspec.json.decode((folder / APPROVED).read_bytes(), type=Approval)
    except (OSError, msgspec.DecodeError):
        return None


def _summary(folder: Path) -> dict[str, Any]:
    try:
        summary = json.loads((folder / SUMMARY).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return summary if isinstance(summary, dict) else {}
