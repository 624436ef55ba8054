"""A recorded menu, clause by clause: what each is for, and its key, where that was understood. Pure.

    "for opening hours press one for bookings press [noise] for anything else press three"
     └─ purpose ──────┘└─ key ──┘ └─ purpose ┘└ none ─────┘ └─ purpose ──────┘└─ key ───┘

A key belongs to its own clause: one that was not understood is none, and never that of the next. In some menus the key
stands first: "press one for …".
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


class Clause(NamedTuple):
    """One thing that a menu leads to."""

    purpose: str  # in its words
    key: str  # "0" to "9", "*", "#"; "" = none was understood
    wants_key: bool = True  # it has one, understood or not; "for bookings please hold" has none


class Wordings(NamedTuple):
    """How a language offers keys."""

    keys: dict[str, str]  # what each is called
    parts: re.Pattern[str]  # a purpose, or that a key is to be pressed
    row: re.Pattern[str]  # several keys in a row
    greeting: re.Pattern[str]  # "thank you for calling" is no purpose
    joins: frozenset[tuple[str, str]]  # words of two purposes that are one: "um … zu"
    booking: re.Pattern[str]
    altering: re.Pattern[str]
    anybody: re.Pattern[str]


def clauses_of(words: str, language: LanguageCode) -> list[Clause]:
    """The menu in `words`, a final transcript; empty where it is none, as where no key at all was understood."""
    said = " ".join(re.sub(r"[^\w*#]+", " ", words.casefold()).split())
    ours = wordings(language)
    if ours.row.search(said) or len(said.split()) > LONGEST_MENU:
        return []
    said = " ".join(ours.greeting.sub(" ", said).split())
    parts = list(ours.parts.finditer(said))
    pressed = next((number for number, part in enumerate(parts) if not part["for"]), None)
    if pressed is None:
        return []
    between = said[parts[pressed - 1].end() : parts[pressed].start()].split() if pressed else []
    purpose_first = pressed > 0 and (not between or between[0] == aloud(language).menu.conjunction)
    found = _purpose_first(parts, ours) if purpose_first else _key_first(parts, ours)
    found = _with_what_order_tells(found)
    if not purpose_first:  # "press nine for me" is no menu: only purposes that we know have a key
        known = (ours.booking, ours.altering, ours.anybody)
        found = [clause for clause in found if any(pattern.search(clause.purpose) for pattern in known)]
    return found if any(_key(part, ours) for part in parts if not part["for"]) else []


def _purpose_first(parts: list[re.Match[str]], ours: Wordings) -> list[Clause]:
    found: list[Clause] = []
    purpose, before = "", parts[0]
    for part in parts:
        if part["for"]:
            joined = bool(purpose) and (before["word"], part["word"]) in ours.joins and _touch(before, part)
            if purpose and not joined:
                found.append(Clause(purpose, "", wants_key=False))
            purpose = f"{purpose} {part['for']}".strip() if joined else part["for"].strip()
        elif purpose:
            touches = _touch(before, part)
            found.append(Clause(purpose, _key(part, ours) if touches else "", wants_key=touches))
            purpose = ""
        before = part
    return [*found, Clause(purpose, "", wants_key=False)] if purpose else found


def _key_first(parts: list[re.Match[str]], ours: Wordings) -> list[Clause]:
    found: list[Clause] = []
    key, before = "", None
    for part in parts:
        if not part["for"]:
            key = _key(part, ours)
        else:
            follows = before is not None and not before["for"] and _touch(before, part)
            found.append(Clause(part["for"].strip(), key if follows else ""))
            key = ""
        before = part
    return found


def _with_what_order_tells(clauses: list[Clause]) -> list[Clause]:
    """Keys are offered in ascending order: what lies between two of them, or before the first, may be told by it."""
    digits = [int(clause.key) for clause in clauses if _is_counted(clause)]
    if digits != sorted(set(digits)):
        return clauses
    found, missing, last = list(clauses), list[int](), 0
    for place, clause in enumerate(clauses):
        if not clause.key and clause.wants_key:
            missing.append(place)
        elif _is_counted(clause):
            if int(clause.key) - last - 1 == len(missing):
                for number, lacking in enumerate(missing, last + 1):
                    found[lacking] = clauses[lacking]._replace(key=str(number))
            missing, last = [], int(clause.key)
    return found


def _is_counted(clause: Clause) -> bool:
    """Nought, star and hash stand anywhere."""
    return clause.key.isdecimal() and clause.key != "0"


def _key(part: re.Match[str], ours: Wordings) -> str:
    name = part["key"] or part["first"]
    return ours.keys[name] if name else ""


def _touch(one: re.Match[str], other: re.Match[str]) -> bool:
    return other.start() - one.end() <= 1


@cache
def wordings(code: LanguageCode) -> Wordings:
    """Of this language."""
    menu: Menu = aloud(code).menu
    keys = {str(digit): str(digit) for digit in range(10)} | {"*": "*", "#": "#"}
    keys |= {say_number(digit, code).casefold(): str(digit) for digit in range(10)}
    keys |= dict.fromkeys(menu.star, "*") | dict.fromkeys(menu.hash, "#") | menu.digits
    key = _one_of(tuple(map(re.escape, keys)))
    press, between, purpose = _one_of(menu.press), _one_of(menu.between), _one_of(menu.purpose)
    small = rf"(?:{between} ){{0,3}}"
    pressed = rf"{press}(?: {small}(?P<key>{key}))?|{small}(?P<first>{key}) {press}"
    other = _one_of((*menu.purpose, menu.conjunction))
    ends = rf"(?:{other}|{press} {small}{key}|{small}{key} {press})(?!\S)"  # "to select a table" has no key in it
    what_for = (
        rf"(?P<word>{purpose})"
        rf"(?P<for> (?!{ends})\S+(?: (?!{ends})(?!{press}(?!\S))\S+){{0,{LONGEST_PURPOSE - 1}}})"
    )
    return Wordings(
        keys,
        re.compile(rf"(?<!\S)(?:{pressed}|{what_for})(?!\S)"),
        re.compile(rf"(?<!\S){key} {key}(?!\S)"),
        re.compile(rf"(?<!\S)(?:{'|'.join(menu.greeting)})(?!\S)"),
        frozenset((one, other) for one, others in menu.joins.items() for other in others),
        _beginnings(menu.booking),
        _beginnings(menu.altering),
        _beginnings(menu.anybody),
    )


def _one_of(words: tuple[str, ...]) -> str:
    return f"(?:{'|'.join(sorted(words, key=len, reverse=True))})"


def _beginnings(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})")
