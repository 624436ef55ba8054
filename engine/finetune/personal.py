"""What of a call must not be in a training file, and what stands in its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import msgspec

from engine.finetune.stand_ins import PARTICLES, code_for, digits_for, name_for, phone_for, restaurant_for
from engine.finetune.symbols import fold, tokens
from engine.languages import load
from engine.languages.words import month_names, say_number, weekday_names
from engine.protocol import LanguageCode, Task

SHORT_WORD = 4  # letters; shorter ones are not looked for inside of other words
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
OF_A_NAME = frozenset(
    (
        "restaurant",
        "cafe",
        "bistro",
        "bar",
        "hotel",
        "grill",
        "pizzeria",
        "trattoria",
        "gasthaus",
        "the",
        "and",
        "und",
    )
)


class Word(NamedTuple):
    """One word of a name, in its ways of being written, and its stand-in."""

    ways: tuple[str, ...]  # folded
    other: str


class Digits(NamedTuple):
    """A number in one of its ways of being said, and its stand-in, digit under digit."""

    own: str
    other: str


class Secrets:
    """One call's. What is found on the way is added, so that it is replaced alike from then on."""

    def __init__(self, task: Task, seed: str, references: tuple[str, ...] = ()) -> None:
        """seed: of the call. references: of bookings, as the tools were given them."""
        self.language: LanguageCode = task.language
        self.seed = seed
        self.name = parts_of(task.name)
        self.other_name = name_for(self.name, task.language, seed)
        self.words = [
            Word(_ways(own), other)
            for own, other in zip(self.name, self.other_name, strict=True)
            if fold(own) not in PARTICLES and sum(map(str.isalpha, own)) > 1
        ]
        self.restaurant_ways = restaurant_ways(task.restaurant)
        self.restaurant = frozenset(word for way in self.restaurant_ways for word in way)
        self.other_restaurant = restaurant_for(task.restaurant, task.language, seed)
        self.restaurant_words = [
            word
            for word in sorted(self.restaurant)
            if len(word) >= SHORT_WORD and word not in common(task.language) and word not in OF_A_NAME
        ]
        self.numbers: list[Digits] = list(_phone(task.phone, seed)) if task.phone else []
        self.other_phone = f"+{self.numbers[0].other}" if self.numbers else ""
        self.codes = {
            code: code_for(code, seed)
            for reference in references
            if len(code := "".join(filter(str.isalnum, fold(reference)))) >= 3 and code.isascii()
        }

    def learn_digits(self, digits: str) -> str:
        """A number that nobody knew of; returns its stand-in."""
        other = digits_for(digits, self.seed)
        self.numbers.append(Digits(digits, other))
        return other

    def learn_name(self, word: str) -> str:
        """A name that somebody gave; returns its stand-in."""
        other = name_for((word,), self.language, self.seed)[0]
        self.words.append(Word(_ways(word), other))
        return other

    def task(self, task: Task) -> Task:
        """The task with stand-ins; its wishes are text, and for the replacer."""
        return msgspec.structs.replace(
            task,
            name=" ".join(self.other_name),
            restaurant=self.other_restaurant,
            phone=self.other_phone if task.phone else "",
        )


def restaurant_ways(name: str) -> tuple[tuple[str, ...], ...]:
    """The words of a restaurant's name as they are found in a text: "Rosie's" is also heard as "Rosies"."""
    ways = (name, name.replace("'", "").replace("’", ""))
    words = (tuple(token.text for token in tokens(way) if token.kind == "word") for way in ways)
    return tuple(dict.fromkeys(way for way in words if way))


def parts_of(name: str) -> tuple[str, ...]:
    """The words of a name; the halves of a double one are words too."""
    return tuple(part for part in re.split(r"[\s–-]+", name) if part)


@cache
def common(code: LanguageCode) -> frozenset[str]:
    """Words that the language's own file has: of no use for telling who somebody is."""
    texts = texts_in(msgspec.to_builtins(load(code)))
    words = {word for text in texts for word in fold(text).replace("(", " ").replace("|", " ").split()}
    names = (*weekday_names(code), *month_names(code), *(say_number(n, code) for n in range(100)))
    cleaned = {"".join(filter(str.isalpha, word)) for word in words}
    return frozenset(cleaned | {fold(part) for name in names for part in name.split()})


def texts_in(value: Any) -> Iterator[str]:
    """Every text in what a JSON document can hold, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts_in(each)


def _ways(word: str) -> tuple[str, ...]:
    letters = "".join(filter(str.isalpha, word))
    return tuple(dict.fromkeys((fold(letters), fold(letters.translate(UMLAUTS)))))


def _phone(number: str, seed: str) -> Iterator[Digits]:
    """With its country code, with a zero before it, by itself: the first is how it is written."""
    code, own, other = phone_for(number, seed)
    for before in dict.fromkeys((code, f"00{code}" if code else "", f"{code}0" if code else "", "0", "")):
        yield Digits(before + own, before + other)
