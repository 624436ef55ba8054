"""Which keys does a recorded menu offer? Nothing else may be pressed. Pure.

A menu ties a key to what it is for: "for reservations, press two". A row of keys ("press one two three"), a key
without a purpose, or one among other things to do, is no menu, whoever says it: nobody can make the agent dial.
"""

from __future__ import annotations

import re
from functools import cache

from engine.languages.words import say_number
from engine.languages.written import Menu, aloud
from engine.protocol import LanguageCode

LONGEST_MENU = 80  # words; a recorded menu is a few sentences
LONGEST_PURPOSE = 7  # words: "to make a booking or a change"
MOST_PRESSES = 6  # in one call; a menu that asks for more leads nowhere


def keys_offered(words: str, language: LanguageCode) -> frozenset[str]:
    """The keys ("0" to "9", "*", "#") that `words`, a final transcript, offers each for something."""
    return frozenset(_options(words, language).values())


def key_for_us(words: str, language: LanguageCode) -> str:
    """The key for whoever wants to book a table; else one that leads to somebody; "" where none does."""
    menu, options = aloud(language).menu, _options(words, language)
    for wanted in (menu.booking, menu.anybody):
        begins = re.compile(rf"(?<!\w)(?:{'|'.join(wanted)})")
        for purpose, key in options.items():
            if begins.search(purpose):
                return key
    return ""


def _options(words: str, language: LanguageCode) -> dict[str, str]:
    """What each key is offered for, in the words of the menu."""
    said = " ".join(re.sub(r"[^\w*#]+", " ", words.casefold()).split())
    keys, option, row = _patterns(language)
    if row.search(said) or len(said.split()) > LONGEST_MENU:
        return {}
    return {match["for"]: keys[match["key"] or match["first"]] for match in option.finditer(said)}


@cache
def _patterns(code: LanguageCode) -> tuple[dict[str, str], re.Pattern[str], re.Pattern[str]]:
    """What each key is called; what for, and the key for it; several keys in a row."""
    menu: Menu = aloud(code).menu
    keys = {str(digit): str(digit) for digit in range(10)} | {"*": "*", "#": "#"}
    keys |= {say_number(digit, code).casefold(): str(digit) for digit in range(10)}
    keys |= dict.fromkeys(menu.star, "*") | dict.fromkeys(menu.hash, "#") | menu.digits
    key = f"(?:{'|'.join(sorted(map(re.escape, keys), key=len, reverse=True))})"
    press, between = "|".join(menu.press), "|".join(menu.between)
    purpose = "|".join(menu.purpose)
    what_for = (
        rf"(?<!\S)(?:{purpose}) (?P<for>(?:(?!(?:{purpose}|{menu.conjunction}) )\S+ ){{1,{LONGEST_PURPOSE}}})"
    )
    small = rf"(?:(?:{between}) ){{0,3}}"
    pressed = rf"(?:(?:{press}) {small}(?P<key>{key})(?!\S)|{small}(?P<first>{key}) (?:{press})(?!\S))"
    return keys, re.compile(what_for + pressed), re.compile(rf"(?<!\S){key} {key}(?!\S)")
