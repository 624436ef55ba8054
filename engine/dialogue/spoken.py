"""What a voice is given: a text without markup, with every value written out as words of the language. Pure.

hears  what a model, an operator or a template wrote: "**19:30 Uhr**, für 4 – see https://example.com"
says   "neunzehn Uhr dreißig, für vier, see example Punkt com"
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from engine.dialogue.markup import PUNCTUATION, unmarked
from engine.dialogue.spoken_addresses import addresses
from engine.dialogue.spoken_dates import dates
from engine.dialogue.spoken_numbers import numbers, ordinals, phones, prices
from engine.dialogue.spoken_times import ranges, times
from engine.languages import Language, load
from engine.languages.words import say_number
from engine.languages.written import Aloud, aloud
from engine.protocol import LanguageCode

Reader = Callable[[str, Language, Aloud], str]
READERS: tuple[Reader, ...] = (  # the order matters
    addresses, dates, ranges, times, prices, phones, ordinals, numbers,
)  # fmt: skip
_SPACE_BEFORE = re.compile(r"\s+(?=[.,;:!?…])")
_REPEATED = re.compile(r"([.,;:!?…])(?:\s*[.,;:…])+")
_DASH = re.compile(r"\s+[-–—]+\s+|\s*[–—]\s*")
_LONE_HYPHEN = re.compile(r"(?<!\w)-+|-+(?!\w)")
_EMPTY = re.compile(r"\(\s*\)|[\"“”„‚‘«»]\s*[\"“”„‚‘«»]")


def speakable(text: str, language: LanguageCode) -> str:
    """`text` as it is to be spoken, in one line; "" where nothing of it can be. Never raises.

    What comes out holds letters, spaces and punctuation: no digit, no markdown, no emoji, no tag, no address syntax.
    A text that is speakable already comes back as it was.
    """
    spoken, words = load(language), aloud(language)
    said = unicodedata.normalize("NFC", unmarked(text))
    for read in READERS:
        said = read(said, spoken, words)
    said = _signs(said, words)
    return _tidy("".join(_last(character, language) for character in said))


def _signs(text: str, words: Aloud) -> str:
    for sign, said in words.signs.items():
        text = text.replace(sign, f" {said} ")
    return text


def _last(character: str, language: LanguageCode) -> str:
    """Whatever no reader has taken: letters and punctuation stay, a digit is said by itself, all else is silence."""
    if character in PUNCTUATION or character == "\u00ad":
        return "" if character == "\u00ad" else character
    kind = unicodedata.category(character)
    if kind[0] == "N":
        digit = unicodedata.digit(character, None)
        return " " if digit is None else f" {say_number(digit, language)} "
    return character if kind[0] in ("L", "M") and character not in "ºª" else " "


def _tidy(text: str) -> str:
    text = _LONE_HYPHEN.sub(" ", _DASH.sub(", ", _EMPTY.sub(" ", text)))
    text = " ".join(text.split())
    text = _REPEATED.sub(r"\1", _SPACE_BEFORE.sub("", text))
    text = text.lstrip(".,;:!?…-) ")
    return text if any(character.isalpha() for character in text) else ""
