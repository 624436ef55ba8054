"""Letters and digits said one by one: the same thing said of a stand-in. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from engine.finetune.personal import Secrets
from engine.finetune.stand_ins import code_for
from engine.finetune.symbols import AS_IN, Item
from engine.languages.words import say_number
from engine.protocol import LanguageCode

LONG_NUMBER = 6  # digits; as many in a row are no time, no date and no number of people
PART_OF_NUMBER = 3  # digits said one by one, which a known number has in this order
PART_IN_WORDS = 5  # the same where "thirty" is among them, which may be a time
LONGEST_CODE = 16  # letters and digits; what is longer is several things
SPELLED = 3  # letters in a row that are no words of the language
ALIKE = 0.5  # share of a spelled name that must be as it is, for letters lost on the line
CODE_WORDS = (
    "Alfa",
    "Bravo",
    "Charlie",
    "Delta",
    "Echo",
    "Foxtrot",
    "Golf",
    "Hotel",
    "India",
    "Juliett",
    "Kilo",
    "Lima",
    "Mike",
    "November",
    "Oscar",
    "Papa",
    "Quebec",
    "Romeo",
    "Sierra",
    "Tango",
    "Uniform",
    "Victor",
    "Whiskey",
    "Xray",
    "Yankee",
    "Zulu",
)  # ICAO's alphabet


class Place(NamedTuple):
    """One symbol: its item, and its place in there."""

    item: int
    symbol: str


def edits(text: str, found: Sequence[list[Item]], secrets: Secrets) -> Iterator[tuple[int, int, str]]:
    """What to write instead, as (start, end, text); what was not known is learnt by `secrets`."""
    all_edits: list[tuple[int, int, str]] = []
    for run in found:
        places = [Place(number, symbol) for number, item in enumerate(run) for symbol in item.symbols]
        others: list[str | None] = [None] * len(places)
        _codes(run, places, others, secrets)
        for start, end in _groups(places, others, digits=True):
            _number(run, places[start:end], start, others, secrets)
        for start, end in _groups(places, others, digits=False):
            edit = _letters(text, run, places[start:end], secrets)
            if edit is not None:
                all_edits.append(edit)
        all_edits += _in_place(text, run, places, others, secrets)
    return iter(all_edits)


def _codes(run: list[Item], places: list[Place], others: list[str | None], secrets: Secrets) -> None:
    """References: those that are known, and letters glued to digits or mixed with them one by one."""
    said = "".join(place.symbol for place in places)
    for own, other in sorted(secrets.codes.items(), key=lambda code: -len(code[0])):
        start = said.find(own)
        if start >= 0:
            others[start : start + len(own)] = other
    letters = sum(place.symbol.isalpha() for place in places)
    mixed = letters >= 2 and letters < len(places) and len(places) >= 4
    glued = any(item.kind == "code" for item in run)
    one_by_one = mixed and all(len(item.symbols) == 1 for item in run)
    if not (one_by_one or glued) or len(places) > LONGEST_CODE or any(other is not None for other in others):
        return
    begins = said[:letters] if said[:letters].isalpha() else ""  # a name, and a number after it
    if not begins or not any(begins in way or way in begins for word in secrets.words for way in word.ways):
        secrets.codes[said] = code_for(said, secrets.seed)
        others[:] = secrets.codes[said]


def _groups(places: Sequence[Place], others: Sequence[str | None], digits: bool) -> list[tuple[int, int]]:
    """Where digits (or letters) stand in a row that nothing stands in for yet."""
    groups: list[tuple[int, int]] = []
    start: int | None = None
    for index in range(len(places) + 1):
        inside = index < len(places) and others[index] is None and places[index].symbol.isdigit() == digits
        if inside and start is None:
            start = index
        elif not inside and start is not None:
            groups.append((start, index))
            start = None
    return groups


# --- digits -----------------------------------------------------------------------------------------------


def _number(
    run: list[Item], places: Sequence[Place], offset: int, others: list[str | None], secrets: Secrets
) -> None:
    """Digits of a known number get those at the same place in its stand-in; many unknown ones are a number too."""
    said = "".join(place.symbol for place in places)
    best = (0, 0, 0, "")
    for number in secrets.numbers:
        match = SequenceMatcher(None, said, number.own, autojunk=False).find_longest_match()
        if match.size > best[0]:
            best = (match.size, match.a, match.b, number.other)
    size, start, begin, other = best
    words = any(
        run[place.item].kind == "word" and len(run[place.item].symbols) > 1
        for place in places[start : start + size]
    )
    by_chance = len(said) >= LONG_NUMBER and 2 * size < len(
        said
    )  # another number, with three digits in common
    if size >= (PART_IN_WORDS if words else PART_OF_NUMBER) and not by_chance:
        others[offset + start : offset + start + size] = other[begin : begin + size]
        for first, last in ((0, start), (start + size, len(places))):
            if last > first:
                _number(run, places[first:last], offset + first, others, secrets)
    elif len(said) >= LONG_NUMBER:
        others[offset : offset + len(said)] = secrets.learn_digits(said)


def _in_place(
    text: str, run: list[Item], places: Sequence[Place], others: Sequence[str | None], secrets: Secrets
) -> Iterator[tuple[int, int, str]]:
    """Each item whose symbols have others, in its own way of saying them."""
    for number, item in enumerate(run):
        mine = [index for index, place in enumerate(places) if place.item == number]
        if any(others[index] is not None for index in mine):
            symbols = "".join(others[index] or places[index].symbol for index in mine)
            yield item.start, item.end, said_as(item, text[item.start : item.end], symbols, secrets)


def said_as(item: Item, own: str, symbols: str, secrets: Secrets) -> str:
    """Symbols in the way in which an item says its own."""
    language = secrets.language
    if item.kind in ("letter", "code"):
        return symbols.upper() if own.isupper() else symbols
    if item.kind == "number":
        return symbols
    if item.kind == "alphabet":
        return _by_alphabet(symbols, own, secrets)
    if item.kind == "word" and len(symbols) > 1 and symbols[0] != "0":
        return say_number(int(symbols), language)
    if item.kind == "repeated" and len(set(symbols)) == 1:
        return f"{own.split()[0].rstrip('-')} {_one(symbols[0], language)}"
    return " ".join(_one(symbol, language) for symbol in symbols)


def _one(symbol: str, language: LanguageCode) -> str:
    return say_number(int(symbol), language) if symbol.isdigit() else symbol.upper()


# --- letters ----------------------------------------------------------------------------------------------


def _letters(
    text: str, run: list[Item], places: Sequence[Place], secrets: Secrets
) -> tuple[int, int, str] | None:
    """A spelled name as its stand-in would be spelled; as much of it as was spelled."""
    said = "".join(place.symbol for place in places)
    first, last = run[places[0].item], run[places[-1].item]
    items = run[places[0].item : places[-1].item + 1]
    other = _stand_in(said, len(items), secrets)
    if other is None:
        return None
    own = text[first.start : last.end]
    between = text[first.end : items[1].start] if len(items) > 1 else " "
    letters = [letter if own.islower() else letter.upper() for letter in other]
    if first.kind == "alphabet":
        letters = [_by_alphabet(letter, own, secrets) for letter in letters]
    return first.start, last.end, between.join(letters)


def _stand_in(said: str, items: int, secrets: Secrets) -> str | None:
    """The letters to spell instead; None for letters that are nobody's."""
    if items < 2:
        return None
    full = ("".join(word.ways[0] for word in secrets.words), "".join(word.other for word in secrets.words))
    words = [(way, word.other) for word in secrets.words for way in word.ways]
    names = [(own, other.casefold()) for own, other in (full, *words) if own]
    for own, other in names:
        if own in said:
            before, behind = said[: said.index(own)], said[said.index(own) + len(own) :]
            return before + other + behind if len(before) + len(behind) < SPELLED else other
    for own, other in (*names[1:], names[0]):
        if said in own and (len(said) >= SPELLED or own.startswith(said)):
            return (
                other[-len(said) :] if own.endswith(said) and not own.startswith(said) else other[: len(said)]
            )
    if len(said) < SPELLED:
        return None
    for own, other in (*names[1:], names[0]):
        if SequenceMatcher(None, said, own, autojunk=False).ratio() >= ALIKE:
            return other
    return code_for(said, secrets.seed)


def _by_alphabet(letter: str, own: str, secrets: Secrets) -> str:
    """The letter with a word that begins with it, unless that is the name; in capitals or not as the own ones are."""
    language = secrets.language
    connector = next(
        (" ".join(words) for words in AS_IN[language] if f" {' '.join(words)} " in own.casefold()),
        " ".join(AS_IN[language][0]),
    )
    names = {way for word in secrets.words for way in word.ways}
    word = next((w for w in CODE_WORDS if w[0] == letter.upper() and w.casefold() not in names), "")
    if not word:
        return letter
    return f"{letter} {connector} {word.lower() if own.islower() else word}"
