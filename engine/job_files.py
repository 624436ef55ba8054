"""The files that jobs are made of: tables, tasks, scenarios."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import JobError

if TYPE_CHECKING:
    from engine.protocol import Task
    from engine.settings import Settings


def read_text(path: Path) -> str:
    """A file's text. Raises JobError where it cannot be read."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise JobError(f"{path}: cannot be read ({reason}). Check the path, or save it as UTF-8.") from None


def scenario_finder(settings: Settings) -> Callable[[str], tuple[Path, Task]]:
    """Finds a scenario's file and its task by name or path; raises ScenarioError."""
    from engine.scenario import find, load

    def found(name: str) -> tuple[Path, Task]:
        path = find(name, settings.language).resolve()
        return path, load(path).task

    return found


def task_of(file: Path) -> dict[str, str]:
    """The fields of a task in a YAML or JSON file, as text. Raises ScenarioError or JobError."""
    from engine.jobs.making import TASK_FIELDS
    from engine.located_yaml import LocatedYaml

    data = LocatedYaml(file).data
    if unknown := [str(field) for field in data if field not in TASK_FIELDS]:
        raise JobError(f"{file}: {unknown[0]} is no field of a task. Fields: {', '.join(TASK_FIELDS)}.")
    return {
        field: " ".join(map(str, value)) if isinstance(value, list) else str(value)
        for field, value in data.items()
    }
