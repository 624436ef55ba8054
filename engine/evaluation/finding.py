"""What is to be run: scenarios by name, language, file, folder or pattern; regression cases; nothing = all."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from engine.errors import ScenarioError
from engine.protocol import LANGUAGES, LanguageCode
from engine.rerun.case import is_case, load as load_case
from engine.scenario import FOLDER, Scenario, find, listing, load
from engine.scenario_variables import with_variables

YAML = (".yaml", ".yml")
CASE = "case"  # the kind of every regression case


class Planned(NamedTuple):
    """A scenario, or a regression case, that is to be run."""

    name: str  # "en/accepts", or the path of what is not of the package
    path: Path  # a case's folder
    language: LanguageCode
    kinds: Sequence[str]
    scenario: Scenario | None  # None: a case
    persona: str = ""  # of the restaurant, instead of the scenario's own


def planned(
    wanted: Sequence[str], languages: Sequence[str] = (), kinds: Sequence[str] = (), folder: Path = FOLDER
) -> list[Planned]:
    """Everything once, in the order in which it was named; only of these languages and kinds, where given.

    Raises ScenarioError for a name that is none, for a file with a mistake, and where nothing is left; SettingsError
    and StateError for a case that cannot be read.
    """
    paths = [path for each in wanted for path in _meant(each, folder)] if wanted else listing(folder)
    unique = {path.resolve(): path for path in paths}
    known = (_read(path, folder) for path in unique.values())
    found = [each for each in known if _is_wanted(each, languages, kinds)]
    if not found:
        limits = " ".join(
            [*(f"--language {each}" for each in languages), *(f"--kind {each}" for each in kinds)]
        )
        what = " ".join(wanted) or str(folder)
        raise ScenarioError(
            f"{what} {limits}: no scenario is left. `call-thing scenarios` lists those there are."
        )
    return found


def with_persona(each: Planned, persona: str) -> Planned:
    """With another character of the restaurant; a case has none. Raises ScenarioError for a character there is not."""
    if each.scenario is None or not persona:
        return each
    scenario = with_variables(each.scenario, {"restaurant.persona": persona})
    return each._replace(scenario=scenario, persona=persona)


def _read(path: Path, folder: Path) -> Planned:
    if path.is_dir():
        case = load_case(path)
        return Planned(str(path), path, case.past.task.language, (CASE,), None)
    scenario = load(path)
    return Planned(name_of(path, folder), path, scenario.language, scenario.kinds, scenario)


def name_of(path: Path, folder: Path = FOLDER) -> str:
    """`en/accepts` of a scenario of the package, else the path as it was given."""
    if path.resolve().is_relative_to(folder.resolve()):
        return f"{path.parent.name}/{path.stem}"
    return str(path)


def _meant(wanted: str, folder: Path) -> Iterator[Path]:
    if wanted in LANGUAGES:
        yield from _some(wanted, sorted((folder / wanted).glob("*.yaml")))
    elif Path(wanted).is_dir():
        cases = [each for each in (Path(wanted), *Path(wanted).rglob("*")) if is_case(each)]
        yield from _some(
            wanted, sorted([*cases, *(each for each in Path(wanted).rglob("*") if each.suffix in YAML)])
        )
    elif Path(wanted).is_file():
        yield Path(wanted)
    elif glob.has_magic(wanted):
        named = [path for path in listing(folder) if fnmatchcase(name_of(path, folder), wanted)]
        files = [Path(each) for each in sorted(glob.glob(wanted, recursive=True))]  # noqa: PTH207 as a shell does
        yield from _some(wanted, named or [each for each in files if each.suffix in YAML or is_case(each)])
    else:
        yield find(wanted, folder=folder)


def _some(wanted: str, paths: Iterable[Path]) -> list[Path]:
    found = list(paths)
    if not found:
        raise ScenarioError(
            f"{wanted}: no scenario there. Scenarios are .yaml files; see scenarios/README.md."
        )
    return found


def _is_wanted(each: Planned, languages: Sequence[str], kinds: Sequence[str]) -> bool:
    if languages and each.language not in languages:
        return False
    return not kinds or any(kind in kinds for kind in each.kinds)
