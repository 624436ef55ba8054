"""Which words of a scenario the simulator's ear cannot know, and where they stand.

Looked at is what may be heard in a call: what the restaurant says, its name, the names that are filled in, and the
task's wishes, which a restaurant with ears of its own has to hear. Dates, times, numbers and stock phrases are the
project's own words, all of which the ear is trained on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from engine.errors import ScenarioError
from engine.located_yaml import LocatedYaml, Place
from engine.protocol import LANGUAGES, LanguageCode
from engine.recognizers.lexicon import Lexicon, unknown_words
from engine.scenario import FOLDER, Scenario, find, listing, load

YAML = (".yaml", ".yml")
_SLOT = re.compile(r"\{\w+\}")


class Unknown(NamedTuple):
    """A word that the ear will write as something else."""

    line: int  # of the file
    field: str  # "restaurant.steps.greet.say"
    word: str
    language: LanguageCode


class Checked(NamedTuple):
    """One file."""

    path: Path
    unknown: list[Unknown]
    mistake: str = ""  # why it could not be loaded, with file, line and field

    @property
    def good(self) -> bool:
        """Does it load, and are all of its words known?"""
        return not self.unknown and not self.mistake


def check_words(path: Path, lexicon: Lexicon) -> Checked:
    """One scenario's file. Raises nothing: a file with a mistake is told as such."""
    try:
        scenario = load(path)
        file = LocatedYaml(path)
    except ScenarioError as error:
        return Checked(path, [], str(error))
    found = [
        Unknown(file.line_of(place), ".".join(str(each) for each in place), word, language)
        for place, text, language in heard_texts(scenario)
        for word in unknown_words(text, language, lexicon)
    ]
    return Checked(path, found)


def heard_texts(scenario: Scenario) -> Iterator[tuple[Place, str, LanguageCode]]:
    """Place in the file, text without its slots, and the language in which it is spoken."""
    task, spoken = scenario.task, scenario.spoken
    yield ("task", "restaurant"), task.restaurant, spoken
    yield ("task", "name"), task.name, spoken
    yield ("task", "wishes"), task.wishes, scenario.language
    for name, step in scenario.restaurant.steps.items():
        place: Place = ("restaurant", "steps", name)
        language = step.language or spoken
        yield (*place, "say"), _SLOT.sub(" ", step.say), language
        for part, facts in (("offer", step.offer), ("remember", step.remember)):
            yield (*place, part, "name"), facts.name, language


def files_of(wanted: list[str]) -> list[Path]:
    """Scenario files by name (en/accepts), language, file or folder; none named: those of the package.

    Raises ScenarioError where there is no such scenario.
    """
    found = [path for each in wanted for path in _meant(each)] if wanted else listing()
    return list(dict.fromkeys(found))


def _meant(wanted: str) -> list[Path]:
    folder = FOLDER / wanted if wanted in LANGUAGES else Path(wanted)
    if not folder.is_dir():
        return [find(wanted)]
    found = sorted(path for path in folder.rglob("*") if path.suffix in YAML)
    if not found:
        raise ScenarioError(
            f"{wanted}: no scenario there. Scenarios are .yaml files; see scenarios/README.md."
        )
    return found
