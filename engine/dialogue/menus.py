"""Which keys does a recorded menu offer? Nothing else may be pressed. Pure.

A menu ties a key to what it is for: "for reservations, press two". A row of keys ("press one two three"), a key
without a purpose, or one among other things to do, is no menu, whoever says it: nobody can make the agent dial.
How it is read is `menu_clauses.py`.
"""

from __future__ import annotations

from engine.dialogue.menu_clauses import Clause, clauses_of, wordings
from engine.protocol import LanguageCode

MOST_PRESSES = 6  # in one call; a menu that asks for more leads nowhere


def keys_offered(words: str, language: LanguageCode) -> frozenset[str]:
    """The keys ("0" to "9", "*", "#") that `words`, a final transcript, offers each for something."""
    return frozenset(clause.key for clause in clauses_of(words, language) if clause.key)


def key_for_us(words: str, language: LanguageCode, alters: bool = False) -> str:
    """The key for whoever wants to book a table; else one that leads to somebody; "" where none does.

    alters: a booking that there is, is to be changed or cancelled.
    """
    with_key = [clause for clause in clauses_of(words, language) if clause.key]
    new, to_alter = _ours(with_key, language)
    about = [clause for clause in with_key if wordings(language).booking.search(clause.purpose)]
    anybody = [clause for clause in with_key if wordings(language).anybody.search(clause.purpose)]
    for clause in (*(to_alter if alters else ()), *new, *about, *anybody):
        return clause.key
    return ""


def misses_our_key(words: str, language: LanguageCode, alters: bool = False) -> bool:
    """Does it lead where we want, by a key that was not understood? It will be said again."""
    clauses = clauses_of(words, language)
    new, to_alter = _ours(clauses, language)
    wanted = (to_alter or new) if alters else new
    return bool(wanted) and not any(clause.key for clause in wanted)


def about_booking(words: str, language: LanguageCode) -> bool:
    """Do they name a table or a booking?"""
    return bool(wordings(language).booking.search(words.casefold()))


def _ours(clauses: list[Clause], language: LanguageCode) -> tuple[list[Clause], list[Clause]]:
    """Those for a new booking, and those for one that there is."""
    ours = wordings(language)
    to_alter = [clause for clause in clauses if ours.altering.search(clause.purpose)]
    about = [clause for clause in clauses if ours.booking.search(clause.purpose)]
    return [clause for clause in about if clause not in to_alter], to_alter
