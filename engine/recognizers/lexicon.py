"""Which words the simulator's ear was trained on, and how it writes them. Pure, but for reading `words.json`.

A word outside of its lexicon is written by sound, as some other word or none: whoever writes a scenario should know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from engine.errors import ModelError
from engine.languages.words import say_number
from engine.protocol import LanguageCode

FILE = "words.json"  # in the model's folder: the words of each language, sorted
APOSTROPHES = str.maketrans({"’": "'", "`": "'", "´": "'"})
INSIDE_WORDS = "'-"
SAID_AS_A_NUMBER = 3  # digits; more are said one by one
_CLOCK = re.compile(r"(?<=\d)[:.](?=\d)")  # 19:30 is said as two numbers

Lexicon = Mapping[LanguageCode, frozenset[str]]


def written(text: str) -> tuple[str, list[int]]:
    """The label of a spoken text, and for each of its characters the place in the text that it comes from.

    Lower case, no punctuation: "Guten Abend, Frau Maier!" → "guten abend frau maier".
    """
    text = text.translate(APOSTROPHES)
    kept: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        joins = (
            character in INSIDE_WORDS
            and 0 < place < len(text) - 1
            and text[place - 1].isalnum()
            and text[place + 1].isalnum()
        )
        if character.isalnum() or joins:
            lower = character.lower()
            kept.append(lower[0])
            places.append(place)
        elif kept and kept[-1] != " ":
            kept.append(" ")
            places.append(place)
    while kept and kept[-1] == " ":
        kept.pop()
        places.pop()
    return "".join(kept), places


def words_of(text: str) -> list[str]:
    """The words of a text as the ear writes them."""
    return written(text)[0].split()


def unknown_words(text: str, language: LanguageCode, lexicon: Lexicon) -> list[str]:
    """Words of a text that the ear cannot know, each once, in the order in which they are said.

    Figures count as the words they are said with. A single letter is known: names are spelled to the ear, too.
    """
    known = lexicon.get(language, frozenset())
    said = [each for word in words_of(_CLOCK.sub(" ", text)) for each in _as_said(word, language)]
    return list(dict.fromkeys(word for word in said if len(word) > 1 and word not in known))


def _as_said(word: str, language: LanguageCode) -> list[str]:
    if not word.isdecimal():
        return [word]
    together = len(word) <= SAID_AS_A_NUMBER and not (word.startswith("0") and len(word) > 1)
    numbers = [int(word)] if together else [int(digit) for digit in word]
    return [part for number in numbers for part in words_of(say_number(number, language))]


@cache
def lexicon_of(folder: Path) -> Lexicon:
    """The lexicon of a model. Raises ModelError where the folder has none."""
    try:
        found = msgspec.json.decode((folder / FILE).read_bytes(), type=dict[LanguageCode, frozenset[str]])
    except FileNotFoundError:
        raise ModelError(
            f"{folder} has no {FILE}, the list of words that its model was trained on. Models that `make ear` made "
            "have one; of a Whisper model nobody can say which words it knows."
        ) from None
    except (OSError, msgspec.MsgspecError) as error:
        raise ModelError(
            f"{folder / FILE}: {error}. Write it anew: python -m tools.ear.lexicon {folder}"
        ) from None
    return found
