"""What a scenario's steps need to be played: the acts, its slots and its conditions. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from engine.dialogue.meaning import Meaning
from engine.languages import load, words
from engine.lines import phrases
from engine.protocol import LanguageCode
from engine.scenario_parts import FACTS, NEW, Fact, Step, When
from engine.scenario_values import SHORTEST_PHONE, same, words_of

Known = dict[Fact, str | int]


class Speak(msgspec.Struct, frozen=True):
    """Say `text` after a reaction time."""

    text: str
    after_ms: int
    language: LanguageCode | None = None  # where it is not the restaurant's


class Play(msgspec.Struct, frozen=True):
    """Put a sound on the line: music, ringback, beep or silence."""

    sound: str
    seconds: float


class HangUp(msgspec.Struct, frozen=True):
    """End the call from the far end."""


Act = Speak | Play | HangUp


def missing_fact(step: Step, known: Known) -> Fact | None:
    """The first fact that must be asked for before the step can be taken."""
    for fact in FACTS:
        if (fact in step.needs or fact in step.slots) and fact not in known:
            return fact
    return None


def fill(text: str, known: Known, offer: Known, language: LanguageCode) -> str:
    """`text` with its slots as a restaurant says them: numbers in words, lower case."""
    values: dict[str, str] = {}
    for prefix, facts in (("", known), (NEW, offer)):
        for fact, value in facts.items():
            values[prefix + fact] = spoken(fact, value, language)
        if "date" in facts:
            weekday = date.fromisoformat(str(facts["date"])).weekday()
            values[prefix + "day"] = words.weekday_names(language)[weekday]
    return text.format_map(values).lower()


def spoken(fact: Fact, value: str | int, language: LanguageCode) -> str:
    """One fact in words."""
    if fact == "time":
        return phrases.say_clock(str(value), language)
    if fact == "date":
        return words.say_date(str(value), load(language))
    if fact == "party_size":
        return words.say_number(int(value), language)
    if fact == "phone":
        return words.say_phone(str(value), load(language))
    return str(value)


def said_facts(meaning: Meaning, known: Known) -> Known:
    """The facts in one turn of the agent.

    Of several values the last counts, but beside a "no" what is already known is taken to be what is being
    corrected ("four people, not five"). A question for other times names none that is wanted. A name that is known
    does not grow: misheard words after it ("… Anna Walker, is that right?") are no part of it.
    """
    found: Known = {}
    values: dict[Fact, tuple[Any, ...]] = {
        "party_size": meaning.party_sizes,
        "date": meaning.dates,
        "time": () if "ask_alternative" in meaning.intents else meaning.times,
        "name": meaning.names,
        "phone": (meaning.digits,) if len(meaning.digits) >= SHORTEST_PHONE else (),
    }
    for fact, said in values.items():
        if meaning.polarity is False:
            new = tuple(value for value in said if not (fact in known and same(fact, value, known[fact])))
            said = new or said
        if said:
            found[fact] = said[-1]
    if "name" in found and f"{words_of(str(found['name']))} ".startswith(f"{_name(known)} "):
        found["name"] = known["name"]
    return found


def _name(known: Known) -> str:
    return words_of(str(known.get("name", "-")))


def holds(when: When, text: str, meaning: Meaning, said: Known, known: Known, visits: int) -> bool:
    """Do the conditions hold for what the agent said?"""
    if when.intents and not meaning.intents.intersection(when.intents):
        return False
    if when.says and not any(_contains(text, phrase) for phrase in when.says):
        return False
    if when.polarity is not None and meaning.polarity is not when.polarity:
        return False
    for fact in FACTS:
        wanted = getattr(when, fact)
        if wanted in ("any", "none") and (fact in said) != (wanted == "any"):
            return False
        if wanted not in (None, "", "any", "none") and not (fact in said and same(fact, said[fact], wanted)):
            return False
    return all(fact in known for fact in when.known) and visits >= when.visits


def _contains(text: str, phrase: str) -> bool:
    return f" {words_of(phrase)} " in f" {words_of(text)} "
