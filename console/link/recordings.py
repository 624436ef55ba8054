"""The recorded calls of a state directory, newest first. Of each only the head and the summary are read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from console.state.recorded import Recording
from engine.errors import StateError
from engine.journal import EVENTS, SUMMARY
from engine.records.sound import sound_file

_HEAD_BYTES = 65_536  # of a journal: its first line has the task in it, and no more
_TAIL_BYTES = 8_192
_HEAD_ALONE_BYTES = 256  # a recording of nothing but its header is none


def recordings(journals: Path) -> Iterator[Recording]:
    """One after the other, as they are read. A journal that is damaged is a row that says so.

    Raises StateError when the directory is there and cannot be listed.
    """
    try:
        folders = sorted(
            (entry for entry in journals.iterdir() if not entry.name.startswith(".")),
            key=lambda entry: entry.name,  # which begins with the time
            reverse=True,
        )
    except FileNotFoundError:
        return
    except OSError as error:
        raise StateError(f"{journals}: the recorded calls cannot be listed ({error.strerror}).") from None
    for folder in folders:
        if folder.is_dir():
            yield _recording(folder)


def _recording(folder: Path) -> Recording:
    try:
        about = _head(folder)
        summary, problem = _summary(folder)
        seconds = summary.get("seconds")
        if not isinstance(seconds, int | float):
            seconds = _last_seconds(folder)
        sound = _has_sound(folder)
    except OSError as error:
        return Recording(folder, problem=f"cannot be read: {error.strerror}")
    except ValueError as error:
        return Recording(folder, problem=str(error))
    task = about.get("task")
    task = task if isinstance(task, dict) else {}
    marks = summary.get("marks")
    return Recording(
        folder,
        _when(about.get("wall")),
        str(task.get("restaurant", "")),
        str(task.get("language", "en")),  # the default, which a journal leaves out
        str(about.get("line", "")),
        str(about.get("scenario", "")),
        str(summary.get("outcome", "")),
        float(seconds) if seconds is not None else None,
        sound,
        marks if isinstance(marks, int) else None,
        problem,
    )


def _head(folder: Path) -> dict[str, Any]:
    """The journal's first line. Raises OSError, and ValueError with what is wrong."""
    with (folder / EVENTS).open("rb") as file:
        first = file.readline(_HEAD_BYTES)
    try:
        about = json.loads(first)
    except ValueError:
        about = None
    if not isinstance(about, dict) or "journal" not in about:
        raise ValueError(f"{EVENTS} does not begin as a journal does")
    return about


def _summary(folder: Path) -> tuple[dict[str, Any], str]:
    """What it came to, and what is wrong with that."""
    try:
        summary = json.loads((folder / SUMMARY).read_bytes())
    except FileNotFoundError:
        return {}, ""
    except ValueError:
        return {}, f"{SUMMARY} is damaged; the call itself can be replayed"
    return (summary, "") if isinstance(summary, dict) else ({}, f"{SUMMARY} is damaged")


def _last_seconds(folder: Path) -> float | None:
    """When the last event that can be read came."""
    with (folder / EVENTS).open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - _TAIL_BYTES))
        lines = file.read().splitlines()
    for line in reversed(lines):
        try:
            return float(json.loads(line)["us"]) / 1e6
        except (ValueError, KeyError, TypeError):
            continue
    return None


def _has_sound(folder: Path) -> bool:
    try:
        audio = sound_file(folder)
        return audio is not None and audio.stat().st_size > _HEAD_ALONE_BYTES
    except FileNotFoundError:  # it has just become another file
        return sound_file(folder) is not None


def _when(wall: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(wall)).astimezone().replace(tzinfo=None)
    except ValueError:
        return None
