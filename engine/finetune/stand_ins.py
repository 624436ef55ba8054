"""Who stands in for whom: names, restaurants, numbers and codes of the same kind and language. Pure.

Every choice is made by a hash that the replaced value itself goes into: the same value has the same stand-in within a
call, another one in another call, and no stand-in can be traced back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import phonenumbers

from engine.finetune.symbols import fold
from engine.protocol import LanguageCode

FIRST: dict[LanguageCode, tuple[str, ...]] = {
    "en": ("Grace", "Henry", "Olivia", "Simon", "Martha", "Edward", "Phoebe", "Victor"),
    "de": ("Ingrid", "Stefan", "Heike", "Konrad", "Monika", "Ulrich", "Sabine", "Volker"),
    "es": ("Beatriz", "Gonzalo", "Rosario", "Ignacio", "Pilar", "Vicente", "Marta", "Rodrigo"),
    "nl": ("Femke", "Joost", "Marijke", "Wouter", "Sanne", "Gerrit", "Ineke", "Bram"),
}
LAST: dict[LanguageCode, tuple[str, ...]] = {
    "en": ("Thornton", "Bradshaw", "Holloway", "Pemberton", "Kingsley", "Fairfax", "Underwood", "Chadwick"),
    "de": (
        "Vogelsang",
        "Brinkmann",
        "Seidler",
        "Kaltenbach",
        "Wiegand",
        "Obermaier",
        "Steinhauer",
        "Petersen",
    ),
    "es": ("Villanueva", "Quintana", "Escobar", "Montero", "Saavedra", "Figueroa", "Ibarra", "Cordero"),
    "nl": ("Veenstra", "Kuipers", "Hoekstra", "Postma", "Schouten", "Dijkgraaf", "Wolters", "Zandbergen"),
}
RESTAURANTS: dict[LanguageCode, tuple[str, ...]] = {
    "en": ("Copper Kettle", "Willow Court", "Harbour View", "Amber Fox"),
    "de": ("Silberne Gans", "Kupferkessel", "Lindenhof", "Zum Fuchs"),
    "es": ("El Jilguero", "La Encina", "Los Almendros", "El Faro"),
    "nl": ("De Zilvermeeuw", "Het Koperen Ketel", "De Wilgenhof", "De Vos"),
}
PARTICLES = frozenset(
    (
        "van",
        "von",
        "der",
        "den",
        "de",
        "del",
        "la",
        "los",
        "las",
        "di",
        "da",
        "du",
        "le",
        "el",
        "ter",
        "ten",
        "zu",
        "zum",
        "zur",
        "het",
    )
)
FICTION: dict[int, tuple[str, ...]] = {
    # kept free for films and books: Ofcom, "Telephone numbers for use in TV and radio drama programmes"
    44: ("7700900", "2079460", "1134960", "1632960"),
    # Bundesnetzagentur, "Rufnummern für mediale Zwecke"
    49: ("6990009", "4066969", "3023125", "8999998"),
}  # country code → ranges, to be followed by three digits


def name_for(words: Sequence[str], language: LanguageCode, seed: str) -> tuple[str, ...]:
    """As many words as the name has; particles such as "van" stay."""
    taken = {fold(word) for word in words}
    chosen: list[str] = []
    for position, word in enumerate(words):
        if fold(word) in PARTICLES or sum(map(str.isalpha, word)) < 2:
            chosen.append(word)
            continue
        pool = LAST[language] if position and position == len(words) - 1 else FIRST[language]
        free = [each for each in pool if not _near(fold(each), taken)]
        chosen.append(pick(free, seed, fold(word)))
        taken.add(fold(chosen[-1]))
    return tuple(chosen)


def restaurant_for(name: str, language: LanguageCode, seed: str) -> str:
    """Another restaurant, of which no word is in `name`."""
    taken = set(fold(name).split()) - PARTICLES
    free = [each for each in RESTAURANTS[language] if not taken & set(fold(each).split())]
    return pick(free, seed, fold(name))


def phone_for(number: str, seed: str) -> tuple[str, str, str]:
    """(country code, the number's own digits, those of its stand-in), the last two of one length.

    Where a country keeps numbers free for fiction, the stand-in is one of them. number: E.164, or any digits.
    """
    code, own = _parts(number)
    ranges = [each for each in FICTION.get(code, ()) if own[: len(each)] != each]
    other = pick(ranges, seed, own)[: len(own)] if ranges else own[:1]
    rest = digits_for(own[len(other) :], f"{seed}{own}")
    return (str(code) if code else "", own, other + rest)


def digits_for(digits: str, seed: str) -> str:
    """As many digits, none of them what it was at its place."""
    return "".join(
        str((int(digit) + 1 + _hash(seed, digits, str(place)) % 9) % 10) for place, digit in enumerate(digits)
    )


def code_for(symbols: str, seed: str) -> str:
    """Letters for letters and digits for digits, none of them what it was at its place."""
    other = []
    for place, symbol in enumerate(symbols):
        base, size = ("0", 10) if symbol.isdigit() else ("a", 26)
        shift = 1 + _hash(seed, symbols, str(place)) % (size - 1)
        other.append(chr(ord(base) + (ord(symbol) - ord(base) + shift) % size))
    return "".join(other)


def pick(pool: Sequence[str], *key: str) -> str:
    """One of them, the same for the same key."""
    return pool[_hash(*key) % len(pool)]


def _near(name: str, taken: set[str]) -> bool:
    """Alike enough that one could be read for the other."""
    return any(name[:3] == other[:3] or name in other or other in name for other in taken)


def _parts(number: str) -> tuple[int, str]:
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return 0, "".join(character for character in number if character.isdecimal())
    return parsed.country_code or 0, phonenumbers.national_significant_number(parsed)


def _hash(*key: str) -> int:
    return int.from_bytes(hashlib.sha256("\0".join(key).encode()).digest()[:8], "big")
