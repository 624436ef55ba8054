"""Which keys does a recorded menu offer? Nothing else may be pressed. Pure.

A menu ties a key to what it is for: "for reservations, press two". A row of keys ("press one two three"), a key
without a purpose, or one among other things to do, is no menu, whoever says it: nobody can make the agent dial.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from engine.languages.words import say_number
from engine.languages.written import Menu, aloud
from engine.protocol import LanguageCode

LONGEST_MENU = 80  # words; a recorded menu is a few sentences
LONGEST_PURPOSE = 7  # words: "to make a booking or a change"
MOST_PRESSES = 6  # in one call; a menu that asks for more leads nowhere


class _Wordings(NamedTuple):
    """How a language offers keys."""

    keys: dict[str, str]  # what each is called
    purpose_first: re.Pattern[str]  # "for reservations, press two"
    key_first: re.Pattern[str]  # "press two for reservations"; only where the purpose is one that we know
    row: re.Pattern[str]  # several keys in a row
    booking: re.Pattern[str]
    altering: re.Pattern[str]
    anybody: re.Pattern[str]


def keys_offered(words: str, language: LanguageCode) -> frozenset[str]:
    """The keys ("0" to "9", "*", "#") that `words`, a final transcript, offers each for something."""
    return frozenset(key for _, key in _options(words, language))


def key_for_us(words: str, language: LanguageCode, alters: bool = False) -> str:
    """The key for whoever wants to book a table; else one that leads to somebody; "" where none does.

    alters: a booking that there is, is to be changed or cancelled.
    """
    options, ours = _options(words, language), _wordings(language)
    about = [(purpose, key) for purpose, key in options if ours.booking.search(purpose)]
    to_alter = [(purpose, key) for purpose, key in options if ours.altering.search(purpose)]
    anybody = [(purpose, key) for purpose, key in options if ours.anybody.search(purpose)]
    new = [option for option in about if option not in to_alter]
    for _, key in (*(to_alter if alters else ()), *new, *about, *anybody):
        return key
    return ""


def about_booking(words: str, language: LanguageCode) -> bool:
    """Do they name a table or a booking?"""
    return bool(_wordings(language).booking.search(words.casefold()))


def _options(words: str, language: LanguageCode) -> list[tuple[str, str]]:
    """What each key is offered for, in the words of the menu."""
    said = " ".join(re.sub(r"[^\w*#]+", " ", words.casefold()).split())
    ours = _wordings(language)
    if ours.row.search(said) or len(said.split()) > LONGEST_MENU:
        return []
    purposes, keys = list(ours.purpose_first.finditer(said)), list(ours.key_first.finditer(said))
    if keys and not (purposes and purposes[0].start() < keys[0].start()):
        known = (ours.booking, ours.altering, ours.anybody)
        found = [match for match in keys if any(pattern.search(match["for"]) for pattern in known)]
        return [(match["for"], ours.keys[match["key"]]) for match in found]
    return [(match["for"], ours.keys[match["key"] or match["first"]]) for match in purposes]


@cache
def _wordings(code: LanguageCode) -> _Wordings:
    menu: Menu = aloud(code).menu
    keys = {str(digit): str(digit) for digit in range(10)} | {"*": "*", "#": "#"}
    keys |= {say_number(digit, code).casefold(): str(digit) for digit in range(10)}
    keys |= dict.fromkeys(menu.star, "*") | dict.fromkeys(menu.hash, "#") | menu.digits
    key = f"(?:{'|'.join(sorted(map(re.escape, keys), key=len, reverse=True))})"
    press, between = "|".join(menu.press), "|".join(menu.between)
    purpose, other = "|".join(menu.purpose), f"(?:{'|'.join((*menu.purpose, *menu.press, menu.conjunction))})"
    what_for = (
        rf"(?<!\S)(?:{purpose}) (?P<for>(?:(?!(?:{purpose}|{menu.conjunction}) )\S+ ){{1,{LONGEST_PURPOSE}}})"
    )
    small = rf"(?:(?:{between}) ){{0,3}}"
    pressed = rf"(?:(?:{press}) {small}(?P<key>{key})(?!\S)|{small}(?P<first>{key}) (?:{press})(?!\S))"
    afterwards = rf" (?:{purpose})(?P<for>(?: (?!{other}(?!\S))\S+){{1,{LONGEST_PURPOSE}}})"
    return _Wordings(
        keys,
        re.compile(what_for + pressed),
        re.compile(rf"(?<!\S)(?:{press}) {small}(?P<key>{key}){afterwards}"),
        re.compile(rf"(?<!\S){key} {key}(?!\S)"),
        _beginnings(menu.booking),
        _beginnings(menu.altering),
        _beginnings(menu.anybody),
    )


def _beginnings(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})")
