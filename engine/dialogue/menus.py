"""Which keys does a recorded menu offer? Nothing else may be pressed. Pure.

A menu ties a key to what it is for: "for reservations, press two". A row of keys ("press one two three"), or a key
without a purpose, is no menu, whoever asks for it: nobody can make the agent dial by telling it to.
"""

from __future__ import annotations

import re
from functools import cache

from engine.languages.words import say_number
from engine.languages.written import Menu, aloud
from engine.protocol import LanguageCode

MOST_PRESSES = 6  # in one call; a menu that asks for more leads nowhere


def keys_offered(words: str, language: LanguageCode) -> frozenset[str]:
    """The keys ("0" to "9", "*", "#") that `words`, a final transcript, offers each for something."""
    said = " ".join(re.sub(r"[^\w*#]+", " ", words.casefold()).split())
    menu = aloud(language).menu
    keys, one_key, row = _patterns(language)
    if row.search(said) or not re.search(rf"\b(?:{'|'.join(menu.purpose)})\b", said):
        return frozenset()
    return frozenset(keys[match[1] or match[2]] for match in one_key.finditer(said))


@cache
def _patterns(code: LanguageCode) -> tuple[dict[str, str], re.Pattern[str], re.Pattern[str]]:
    """What each key is called; one key beside the word for pressing; several keys in a row."""
    menu: Menu = aloud(code).menu
    keys = {str(digit): str(digit) for digit in range(10)} | {"*": "*", "#": "#"}
    keys |= {say_number(digit, code).casefold(): str(digit) for digit in range(10)}
    keys |= dict.fromkeys(menu.star, "*") | dict.fromkeys(menu.hash, "#") | menu.digits
    key = f"({'|'.join(sorted(map(re.escape, keys), key=len, reverse=True))})"
    press, between = "|".join(menu.press), "|".join(menu.between)
    after = rf"(?<!\S)(?:{press}) (?:(?:{between}) ){{0,3}}{key}(?!\S)"
    before = rf"(?<!\S){key} (?:{press})(?!\S)"
    return keys, re.compile(f"{after}|{before}"), re.compile(rf"(?<!\S){key} {key}(?!\S)")
