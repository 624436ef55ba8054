"""Where a text says letters and digits one by one, or in words: "B R A N D T", "double four", "siebenundzwanzig". Pure.

An item is a piece of the text that stands for some symbols; a run is items with nothing but pauses between them.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Literal, NamedTuple

from engine.languages.words import say_number
from engine.protocol import LanguageCode

Kind = Literal["letter", "number", "word", "repeated", "alphabet", "code"]

ALSO: dict[LanguageCode, dict[str, str]] = {  # what a digit is called besides
    "en": {"oh": "0", "o": "0", "nought": "0", "nil": "0", "one": "1"},
    "de": {"zwo": "2", "eins": "1", "ein": "1"},
    "es": {"uno": "1", "un": "1", "una": "1"},
    "nl": {"een": "1", "nul": "0"},
}
TIMES: dict[LanguageCode, dict[str, int]] = {
    "en": {"double": 2, "triple": 3, "treble": 3},
    "de": {"doppel": 2, "doppelt": 2, "doppelte": 2, "zweimal": 2, "dreimal": 3},
    "es": {"doble": 2, "triple": 3},
    "nl": {"dubbel": 2, "dubbele": 2, "tweemaal": 2, "driemaal": 3},
}
AS_IN: dict[LanguageCode, tuple[tuple[str, ...], ...]] = {
    "en": (("as", "in"), ("like",), ("for",)),
    "de": (("wie",),),
    "es": (("de",), ("como",)),
    "nl": (("van",), ("als",), ("zoals",)),
}
SHARP_S = ("sz", "eszett")  # as they are spelled
LONGEST_NUMBER = 3  # tokens: "treinta y uno"
PAUSE = re.compile(r"[\s,.;:/()+–-]*")
TOKEN = re.compile(
    r"(?P<opaque>\d{4}-\d{2}-\d{2}|\d{1,2}[:.]\d{2}(?!\d)|\d{1,2}\.\d{1,2}\.(?:\d{2,4})?"
    r"|['’](?:s|t|m|d|n|re|ve|ll)\b)"
    r"|(?P<number>\d+)|(?P<word>[^\W\d_]+)"
)
UNITS = frozenset(
    ["h", "uhr", "x", "am", "pm", "st", "nd", "rd", "th", "ter", "er", "e", "p", "a"]
)  # glued to a number, and no part of a code


class Token(NamedTuple):
    start: int
    end: int
    text: str  # folded
    kind: str  # opaque, number or word


class Item(NamedTuple):
    start: int
    end: int
    symbols: str
    kind: Kind


def fold(text: str) -> str:
    """In small letters, without accents: what two ways of writing a name have in common."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss"))
    return "".join(character for character in plain if not unicodedata.combining(character))


def tokens(text: str) -> list[Token]:
    """The words, numbers, dates and times of a text."""
    return [
        Token(match.start(), match.end(), fold(match.group()), str(match.lastgroup))
        for match in TOKEN.finditer(text)
    ]


@cache
def numbers(code: LanguageCode) -> dict[tuple[str, ...], str]:
    """Number words of a language, by their tokens, with their digits: ("treinta", "y", "uno") → "31"."""
    table = {tuple(fold(say_number(value, code)).split()): str(value) for value in range(100)}
    return table | {(word,): digits for word, digits in ALSO[code].items()}


def runs(text: str, code: LanguageCode) -> list[list[Item]]:
    """The runs of a text. A letter of "p m" behind a number belongs to none."""
    found: list[list[Item]] = []
    for item in _items(text, tokens(text), code):
        near = found and PAUSE.fullmatch(text, found[-1][-1].end, item.start)
        if near:
            found[-1].append(item)
        else:
            found.append([item])
    return [run for whole in found for run in _without_half_days(_letters_o(text, whole))]


def _letters_o(text: str, run: list[Item]) -> list[Item]:
    """The run, with an "o" next to letters read as the letter, and next to digits as the digit."""
    open_ones = [re.search(r"\bo$", fold(text[item.start : item.end])) is not None for item in run]
    read = list(run)
    for number, item in enumerate(run):
        if open_ones[number]:
            before = [each for each, is_open in zip(run[:number], open_ones, strict=False) if not is_open]
            behind = [run[place] for place in range(number + 1, len(run)) if not open_ones[place]]
            near = before[-1] if before else behind[0] if behind else item
            symbol = "o" if near.symbols[-1].isalpha() else "0"
            kind: Kind = item.kind if item.kind == "repeated" else "letter" if symbol == "o" else "word"
            read[number] = Item(item.start, item.end, symbol * len(item.symbols), kind)
    return read


def _items(text: str, words: Sequence[Token], code: LanguageCode) -> Iterator[Item]:
    index = 0
    while index < len(words):
        item, used = _item(text, words, index, code)
        if item is not None:
            yield item
        index += used


def _item(text: str, words: Sequence[Token], index: int, code: LanguageCode) -> tuple[Item | None, int]:
    """The item that begins at a token, and how many tokens it takes; None where the token is a plain word."""
    token = words[index]
    times = TIMES[code].get(token.text)
    if times is not None and index + 1 < len(words):
        item, used = _item(text, words, index + 1, code)
        if item is not None and len(item.symbols) == 1:
            return Item(token.start, item.end, item.symbols * times, "repeated"), used + 1
    if token.kind == "number":
        return Item(token.start, token.end, token.text, "number"), 1
    if len(token.text) == 1 and token.kind == "word" and token.text.isascii():
        letter, used = _letter(words, index, code)
        if letter.kind == "alphabet":
            return letter, used
    for length in range(LONGEST_NUMBER, 0, -1):
        taken = words[index : index + length]
        digits = numbers(code).get(tuple(each.text for each in taken))
        if digits is not None and len(taken) == length and _close(text, taken):
            return Item(token.start, taken[-1].end, digits, "word"), length
    if token.kind != "word" or not token.text.isascii():
        return None, 1
    if token.text in SHARP_S:
        return Item(token.start, token.end, "ss", "letter"), 1
    if len(token.text) == 1:
        return _letter(words, index, code)
    if _glued(words, index) and token.text not in UNITS and len(token.text) <= 4:
        return Item(token.start, token.end, token.text, "code"), 1
    return None, 1


def _letter(words: Sequence[Token], index: int, code: LanguageCode) -> tuple[Item, int]:
    """A letter by itself, or with a word that begins with it: "B as in Bravo"."""
    token = words[index]
    for connector in AS_IN[code]:
        end = index + 1 + len(connector)
        between = tuple(each.text for each in words[index + 1 : end])
        word = words[end].text if between == connector and end < len(words) else ""
        if word.startswith(token.text) and len(word) > 1:
            return Item(token.start, words[end].end, token.text, "alphabet"), end + 1 - index
    if index + 1 < len(words) and words[index + 1].text == "umlaut":
        return Item(token.start, words[index + 1].end, token.text, "letter"), 2
    return Item(token.start, token.end, token.text, "letter"), 1


def _glued(words: Sequence[Token], index: int) -> bool:
    token = words[index]
    before = index > 0 and words[index - 1].end == token.start and words[index - 1].kind == "number"
    behind = index + 1 < len(words) and words[index + 1].start == token.end
    return before or (behind and words[index + 1].kind == "number")


def _close(text: str, taken: Sequence[Token]) -> bool:
    """Whether one number's words stand together, with no comma between them."""
    return all(text[one.end : other.start] in (" ", "-") for one, other in itertools.pairwise(taken))


def _without_half_days(run: list[Item]) -> Iterator[list[Item]]:
    """The run in pieces, with "a m" and "p m" behind a number taken out."""
    piece: list[Item] = []
    index = 0
    while index < len(run):
        pair = "".join(item.symbols for item in run[index : index + 2])
        follows = index + 2 < len(run) and run[index + 2].kind == "letter"
        behind_number = bool(piece) and piece[-1].symbols.isdigit() and run[index].kind == "letter"
        if pair in ("am", "pm") and behind_number and not follows:
            yield piece
            piece, index = [], index + 2
            continue
        piece.append(run[index])
        index += 1
    if piece:
        yield piece
