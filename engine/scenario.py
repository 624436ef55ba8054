"""Scenarios: a task, a restaurant with its part, and how the call must end. scenarios/README.md is their manual."""

from __future__ import annotations

import difflib
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import ScenarioError
from engine.located_yaml import LocatedYaml, Place
from engine.protocol import LANGUAGES, LanguageCode, Task
from engine.scenario_checks import check
from engine.scenario_kinds import KINDS
from engine.scenario_parts import VOICES, Expected, Facts, Restaurant, Scenario, Step

__all__ = [
    "FOLDER",
    "Expected",
    "Facts",
    "Restaurant",
    "Scenario",
    "Step",
    "find",
    "listing",
    "load",
    "loaded",
]

FOLDER = Path(__file__).resolve().parent.parent / "scenarios"


def load(path: Path) -> Scenario:
    """A scenario from its file. Raises ScenarioError naming file, line and field."""
    file = LocatedYaml(path)
    data = dict(file.data)
    language = data.get("language")
    if language not in LANGUAGES:
        raise file.error(("language",), f"must be one of {', '.join(LANGUAGES)}.")
    _check_kinds(file, data.get("kinds", []))
    data["task"] = _task(file, data.get("task"), language)
    data["restaurant"] = _restaurant(file, data.get("restaurant"), language)
    data["expected"] = file.convert(("expected",), data.get("expected"), Expected)
    scenario = file.convert((), data, Scenario)
    check(file, scenario)
    return scenario


def loaded(path: Path) -> Scenario:
    """The same, read once while the file stays as it is: who places calls waits for it. Not to be changed."""
    try:
        about = path.stat()
    except OSError:
        return load(path)  # which says why
    return _loaded(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=64)
def _loaded(path: Path, changed_ns: int, size: int) -> Scenario:
    return load(path)


def listing(folder: Path = FOLDER) -> list[Path]:
    """The scenario files below a folder, by language and name."""
    return sorted(folder.glob("*/*.yaml"))


def find(name_or_path: str, language: str | None = None, folder: Path = FOLDER) -> Path:
    """The file of a scenario given as `accepts`, `en/accepts` or a path. Raises ScenarioError when there is none.

    language: where a bare name is looked for first; then English, then the others.
    """
    if name_or_path.endswith((".yaml", ".yml")):
        path = Path(name_or_path)
        if path.is_file():
            return path
    files = {f"{path.parent.name}/{path.stem}": path for path in listing(folder)}
    if name_or_path in files:
        return files[name_or_path]
    for code in (language, *LANGUAGES):
        if path_of_name := files.get(f"{code}/{name_or_path}"):
            return path_of_name
    names = list(files) + [path.stem for path in files.values()]
    near = difflib.get_close_matches(name_or_path, names, n=3)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Those there are lie in {folder}."
    raise ScenarioError(f"{name_or_path}: no such scenario. {hint}")


def _check_kinds(file: LocatedYaml, kinds: Any) -> None:
    if not isinstance(kinds, list):
        raise file.error(("kinds",), "must be a list, such as [noise, spelling].")
    for number, kind in enumerate(kinds):
        if kind not in KINDS:
            raise file.error(("kinds", number), f"{kind} is no kind of scenario. Kinds: {', '.join(KINDS)}.")


def _task(file: LocatedYaml, data: Any, language: LanguageCode) -> Task:
    place: Place = ("task",)
    if not isinstance(data, dict):
        raise file.error(place, "is missing; add what the agent is to do. See scenarios/README.md.")
    for field in data:
        if field not in Task.__struct_fields__:
            known = ", ".join(name for name in Task.__struct_fields__ if name != "language")
            raise file.error((*place, field), f"is no field of a task. Fields: {known}.")
    if data.get("language", language) != language:
        raise file.error(
            (*place, "language"), f"differs from the scenario's ({language}); leave it out here."
        )
    return file.convert(place, {**data, "language": language}, Task)


def _restaurant(file: LocatedYaml, data: Any, language: LanguageCode) -> Restaurant:
    place: Place = ("restaurant",)
    if not isinstance(data, dict):
        raise file.error(place, "is missing; add the far end's voice and steps. See scenarios/README.md.")
    steps = data.get("steps", {})
    if not isinstance(steps, dict):
        raise file.error((*place, "steps"), "must be named steps, the first of them `greet`.")
    converted = {}
    for name, step in steps.items():
        if isinstance(step, dict) and isinstance(step.get("next"), str):
            step = {**step, "next": [{"go": step["next"]}]}
        converted[name] = file.convert((*place, "steps", name), step, Step)
    restaurant = file.convert(place, {**data, "steps": converted}, Restaurant)
    voice = restaurant.voice or VOICES[restaurant.language or language]
    return msgspec.structs.replace(restaurant, voice=voice)
