"""The folders of past calls: what they are called, when they were, whether one is still being written."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import SettingsError, StateError
from engine.journal import EVENTS, SUMMARY
from engine.records.sound import sound_file
from engine.statedir import engines_on

_CALL = re.compile(r"\d{8}-\d{6}-(\d+)-\d+")  # day, time, number of the engine, number in it
_HEAD_BYTES = 65_536  # of the first line, which holds the task
FRESH_S = 60  # a journal without a summary that was written so lately may be going on


class PastCall(msgspec.Struct, frozen=True):
    """One call's folder, read as far as a list needs it."""

    folder: Path
    began: datetime | None = None  # UTC
    header: dict[str, Any] = {}  # {} = cannot be read
    summary: dict[str, Any] | None = None  # None: there is none, or it cannot be read
    recording: Path | None = None
    in_progress: bool = False

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def restaurant(self) -> str:
        task = self.header.get("task")
        return str(task.get("restaurant", "")) if isinstance(task, dict) else ""

    @property
    def outcome(self) -> str:
        """As the summary has it; "" where there is none."""
        return str((self.summary or {}).get("outcome", ""))

    @property
    def seconds(self) -> float | None:
        """Length of the call; None where it is not known."""
        length = (self.summary or {}).get("seconds")
        return float(length) if isinstance(length, int | float) else None


def past_calls(state: Path, now: datetime) -> list[PastCall]:
    """Every call's folder, the latest first. Raises StateError when they cannot be listed."""
    journals = state / "journals"
    try:
        folders = [
            entry for entry in journals.iterdir() if not entry.name.startswith(".") and not entry.is_symlink()
        ]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StateError(f"{journals}: the calls cannot be listed ({error.strerror}).") from None
    engines = engines_on(state)
    found = [past_call(folder, now, engines) for folder in folders if folder.is_dir()]
    return sorted(found, key=lambda call: call.name, reverse=True)


def past_call(folder: Path, now: datetime, engines: frozenset[str] = frozenset()) -> PastCall:
    """One folder. engines: the numbers of those alive on its state directory, "" for one that is not known."""
    header, began = _header(folder)
    summary = _summary(folder)
    going_on = summary is None and not (folder / SUMMARY).exists() and _may_go_on(folder, now, engines)
    return PastCall(folder, began, header, summary, sound_file(folder), going_on)


def find(calls: list[PastCall], name: str) -> PastCall:
    """The call with this name, or whose name begins so. Raises SettingsError where that is none or several."""
    found = [call for call in calls if call.name == name]
    found = found or [call for call in calls if call.name.startswith(name)]
    if len(found) == 1:
        return found[0]
    if not calls:
        raise SettingsError("There are no calls yet with this state directory. `call-thing run` makes one.")
    if not found:
        raise SettingsError(f"No call begins with {name}. `call-thing calls list` shows them.")
    some = ", ".join(call.name for call in found[:5])
    raise SettingsError(f"{len(found)} calls begin with {name}: {some}. Write more of it.")


def is_of(call: str, engines: frozenset[str]) -> bool:
    """Whether a call of this name is of one of these engines, or could be of one that is not known."""
    named = _CALL.match(call)
    return "" in engines or (named is not None and named[1] in engines)


def _may_go_on(folder: Path, now: datetime, engines: frozenset[str]) -> bool:
    """Rather too often than too seldom: what goes on must not be thrown away."""
    try:
        written = datetime.fromtimestamp((folder / EVENTS).stat().st_mtime, UTC)
    except OSError:
        return bool(engines)
    if not engines:
        return False
    ours = not _CALL.match(folder.name) or is_of(folder.name, engines)
    return ours or (now - written).total_seconds() < FRESH_S


def _header(folder: Path) -> tuple[dict[str, Any], datetime | None]:
    try:
        with (folder / EVENTS).open("rb") as file:
            header = json.loads(file.readline(_HEAD_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}, None
    if not isinstance(header, dict) or "journal" not in header:
        return {}, None
    try:
        began = datetime.fromisoformat(str(header.get("wall")))
    except ValueError:
        return header, None
    return header, began.astimezone(UTC)


def _summary(folder: Path) -> dict[str, Any] | None:
    try:
        summary = json.loads((folder / SUMMARY).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return summary if isinstance(summary, dict) else None
