"""Sentences that the project itself says: its agent (engine/languages) and its restaurants (scenarios/).

What has values in it is filled with the grammar's; so the ear knows every word of a scenario of the package.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from random import Random

import msgspec

from engine.languages import load, words
from engine.lines import phrases
from engine.lines.phrases import say_clock
from engine.protocol import LANGUAGES, LanguageCode
from engine.scenario import Scenario, listing, load as load_scenario
from tools.ear.grammar import Grammar

SLOT = re.compile(r"\{(\w+)\}")
DAYS_AHEAD = 364
HALF_HOURS = 48


@cache
def sentences(language: LanguageCode) -> tuple[str, ...]:
    """Of the agent and of every restaurant in this language, with slots."""
    found = [text for text in msgspec.to_builtins(load(language).say).values() if isinstance(text, str)]
    found += restaurants_phrases(language)
    found += [text for spoken_in, text in _scenario_lines() if spoken_in == language]
    return tuple(dict.fromkeys(found))


def restaurants_phrases(language: LanguageCode) -> list[str]:
    """What every restaurant can say: all tables of phrases.py but that of the clock, whose words fill {time}."""
    found: list[str] = []
    for name, table in vars(phrases).items():
        if name.isupper() and name != "CLOCK" and isinstance(table, dict):
            said: str | Sequence[str] | Mapping[str, str] = table[language]
            match said:
                case str():
                    found.append(said)
                case Mapping():
                    found += said.values()
                case _:
                    found += said
    return found


@cache
def names(language: LanguageCode) -> tuple[str, ...]:
    """Of people and restaurants in the scenarios of this language."""
    tasks = [scenario.task for scenario in _scenarios() if scenario.language == language]
    return tuple(dict.fromkeys(name for task in tasks for name in (task.name, task.restaurant)))


@cache
def _scenarios() -> tuple[Scenario, ...]:
    return tuple(load_scenario(path) for path in listing())


@cache
def _scenario_lines() -> tuple[tuple[LanguageCode, str], ...]:
    found: list[tuple[LanguageCode, str]] = []
    for scenario in _scenarios():
        usual = scenario.restaurant.language or scenario.language
        for step in scenario.restaurant.steps.values():
            if step.say:
                found.append((step.language or usual, step.say))
        found += [(usual, scenario.task.restaurant), (usual, scenario.task.name)]
        if scenario.task.wishes:
            found.append((scenario.language, scenario.task.wishes))
    return tuple(dict.fromkeys(found))


def filled(sentence: str, grammar: Grammar, random: Random) -> str:
    """The sentence with a value in each slot, worded as agent or restaurant word it."""
    return SLOT.sub(lambda match: _value(match[1], grammar, random), sentence)


def _value(slot: str, grammar: Grammar, random: Random) -> str:
    language = load(grammar.language)
    if "party_size" in slot or slot == "n":
        spoken = words.say_party if random.random() < 0.5 else words.say_count
        return spoken(random.randint(1, 20), language)
    if "time" in slot or slot in ("earliest", "latest"):
        half_hour = random.randrange(HALF_HOURS)
        clock = f"{half_hour // 2:02}:{half_hour % 2 * 30:02}"
        return (
            say_clock(clock, grammar.language) if random.random() < 0.5 else words.say_time(clock, language)
        )
    if "date" in slot:
        return words.say_date(_day(random), language)
    if "day" in slot:
        return random.choice(words.weekday_names(grammar.language))
    if slot == "spelling":
        return words.spell(_name(grammar, random))
    if slot == "phone" or slot == "digits":
        return words.say_phone(
            "".join(str(random.randint(0, 9)) for _ in range(random.randint(6, 13))), language
        )
    if slot == "restaurant":
        return random.choice([*grammar.lists["places"], *(each for each in names(grammar.language))])
    if "wish" in slot:
        return random.choice(grammar.lists["words"].split())
    return _name(grammar, random)


def _day(random: Random) -> str:
    from datetime import date, timedelta

    return (date(2026, 1, 1) + timedelta(days=random.randint(0, DAYS_AHEAD))).isoformat()


def _name(grammar: Grammar, random: Random) -> str:
    known = names(grammar.language)
    if known and random.random() < 0.25:
        return random.choice(known)
    first, last = random.choice(grammar.lists["first_names"]), random.choice(grammar.lists["surnames"])
    return f"{first} {last}"


def languages() -> tuple[LanguageCode, ...]:
    """The four."""
    return LANGUAGES
