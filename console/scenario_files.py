"""The scenarios that can be dialled: their names and files, what is in them, and whether changed values will do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from console.scenario_words import conditions_of, goal_of, plot_of
from engine import scenario as scenarios
from engine.errors import ScenarioError
from engine.scenario import Scenario
from engine.scenario_variables import variables_of, with_variables

FOLDER = Path(__file__).resolve().parent.parent / "scenarios"


@dataclass(frozen=True)
class Field:
    """One thing that may be set anew."""

    name: str  # "task.date"
    value: str  # as the file has it
    help: str  # what it takes


@dataclass(frozen=True)
class Preview:
    """A scenario for people. `problem`: why it cannot be dialled, instead of all the rest."""

    title: str = ""
    goal: tuple[str, ...] = ()
    plot: tuple[tuple[str, tuple[str, ...]], ...] = ()  # step → what the restaurant does there
    conditions: tuple[str, ...] = ()
    expected: str = ""
    fields: tuple[Field, ...] = ()
    problem: str = ""


def scenario_files(folder: Path = FOLDER) -> dict[str, str]:
    """Name (`en/accepts`) to file, in the order of language and name."""
    return {f"{path.parent.name}/{path.stem}": str(path) for path in sorted(folder.glob("*/*.yaml"))}


def preview(file: str) -> Preview:
    """What a scenario is about, or why it cannot be used."""
    try:
        scenario = _loaded(file)
    except (ScenarioError, OSError) as error:
        return Preview(problem=str(error))
    return Preview(
        scenario.title,
        goal_of(scenario.task),
        plot_of(scenario.restaurant),
        conditions_of(scenario.restaurant),
        scenario.expected.outcome.replace("_", " "),
        tuple(Field(*variable) for variable in variables_of(scenario)),
    )


def check(file: str, variables: Mapping[str, str]) -> tuple[str, str]:
    """The first variable that will not do, and why; two empty words when all will do.

    The name is empty where no single variable is to blame.
    """
    try:
        scenario = _loaded(file)
    except (ScenarioError, OSError) as error:
        return "", str(error)
    try:
        with_variables(scenario, variables)
    except ScenarioError as error:
        return _blamed(str(error), [variable.name for variable in variables_of(scenario)])
    return "", ""


def _blamed(words: str, names: list[str]) -> tuple[str, str]:
    place, _, reason = words.partition(": ")
    name = next((name for name in names if place == name or place.startswith(f"{name}.")), "")
    return (name, reason) if name else ("", words)


def _loaded(file: str) -> Scenario:
    return _read(file, Path(file).stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _read(file: str, _changed_ns: int) -> Scenario:
    return scenarios.load(Path(file))
