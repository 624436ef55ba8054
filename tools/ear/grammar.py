"""Sentences of one language from its word lists and patterns (words/*.toml), with values filled in at random."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from engine.languages import load, words
from engine.protocol import LanguageCode

FOLDER = Path(__file__).parent / "words"
SLOT = re.compile(r"\{([a-z]+(?:24)?)[2-9]?\}")  # {time2} is another time
FILLED_AT_MOST = 4  # values hold slots themselves: a date has a day and a month
HOURS = {"h": (1, 12), "h24": (0, 23)}
MINUTES = (5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55)
ODD_MINUTE_SHARE = 0.1
LARGE_PARTY_SHARE = 0.2
DIGITS = (3, 13)  # of a phone number; short ones are parts of it
PRICES = (2, 250)
PAIR_SHARE = 0.25  # of numbers are said in pairs, where the language does that


class Grammar:
    """Everything that can be said in one language."""

    def __init__(self, language: LanguageCode) -> None:
        self.language = language
        found = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
        self.lists: dict[str, Any] = found
        self.patterns: list[str] = found["patterns"]
        self.held_out: list[str] = found["held_out"]
        self._fillers: dict[str, Callable[[Random], str]] = {
            "time": self._one_of("time"),
            "date": self._one_of("date", "relative_days"),
            "day": self._one_of("days"),
            "month": self._one_of("months"),
            "ord": self._one_of("ordinals"),
            "card": lambda random: self.number(random.randint(1, 31)),
            "first": self._one_of("first_names"),
            "last": self._one_of("surnames"),
            "place": self._one_of("places"),
            "street": self._one_of("streets"),
            "n": self._party,
            "h": lambda random: self._hour(random, "h"),
            "h24": lambda random: self._hour(random, "h24"),
            "m": self._minute,
            "minutes": lambda random: self.number(random.choice((*MINUTES, 60, 90))),
            "price": lambda random: self.number(random.randint(*PRICES)),
            "digits": self.digits,
            "letters": self.letters,
            "letter": self.letter,
            "spellword": lambda random: random.choice(list(self.lists["spellwords"].values())),
            "spelled": lambda random: self.filled(random.choice(self.lists["spelling"]), random),
        }

    def _one_of(self, *lists: str) -> Callable[[Random], str]:
        values = [value for name in lists for value in self.lists.get(name, [])]
        return lambda random: str(random.choice(values))

    def number(self, value: int) -> str:
        """17 → "seventeen"."""
        return words.say_number(value, self.language)

    def _hour(self, random: Random, name: str) -> str:
        hour = random.randint(*HOURS[name])
        if hour == 1 and "h" in name:
            return load(self.language).words.hour_one
        return self.number(hour)

    def _minute(self, random: Random) -> str:
        return self.number(
            random.randint(1, 59) if random.random() < ODD_MINUTE_SHARE else random.choice(MINUTES)
        )

    def _party(self, random: Random) -> str:
        large = random.random() < LARGE_PARTY_SHARE
        people = random.randint(21, 99) if large else random.randint(1, 20)
        spoken = words.say_count if random.random() < 0.5 else None
        return spoken(people, load(self.language)) if spoken else self.number(people)

    def digits(self, random: Random) -> str:
        """Digits as they are said one by one, or in pairs."""
        count = random.randint(*DIGITS)
        if random.random() < PAIR_SHARE:
            return " ".join(self.number(random.randint(10, 99)) for _ in range(max(2, count // 2)))
        return " ".join(self.number(random.randint(0, 9)) for _ in range(count))

    def letter(self, random: Random) -> str:
        """One letter."""
        return random.choice(list(self.lists["spellwords"]))

    def letters(self, random: Random) -> str:
        """A name, letter by letter."""
        name = random.choice(self.lists[random.choice(("surnames", "surnames", "first_names"))])
        return ", ".join(letter for letter in name if letter.isalpha())

    def filled(self, pattern: str, random: Random) -> str:
        """The pattern with a value in each slot. Raises KeyError for a slot that is not known."""
        for _ in range(FILLED_AT_MOST):
            if "{" not in pattern:
                break
            pattern = SLOT.sub(lambda match: self._fillers[match[1]](random), pattern)
        return pattern

    def names(self) -> list[str]:
        """Names of people, restaurants and streets."""
        lists = ("first_names", "surnames", "places", "streets")
        return [name for each in lists for name in self.lists.get(each, [])]

    def lexicon(self) -> list[str]:
        """Every word that the lists and patterns can bring, sorted."""
        texts = [*self.lists["words"].split(), *self.names()]
        for each in ("time", "date", "days", "months", "relative_days", "ordinals", "spelling"):
            texts += self.lists.get(each, [])
        texts += [*self.lists["spellwords"].values(), *self.patterns]
        texts += [self.number(value) for value in range(100)]
        found = {word for text in texts for word in SLOT.sub(" ", text).replace(",", " ").split()}
        return sorted(word for word in found if len(word) > 1 or word.isalpha())


@cache
def grammar(language: LanguageCode) -> Grammar:
    """The grammar of a language, read once."""
    return Grammar(language)
