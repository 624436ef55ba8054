"""Is a person still to be found in a text? Looks by itself, and trusts nothing that replaced. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.finetune.personal import SHORT_WORD, UMLAUTS, common, parts_of
from engine.finetune.stand_ins import PARTICLES
from engine.finetune.symbols import fold, runs, tokens
from engine.protocol import LanguageCode, Task

WINDOW = 6  # digits of a number, in its order, that no text may have
MAIL = re.compile(r"[\w.+-]+@(?!example\.(?:com|org|net)\b)[\w-]+(?:\.[\w-]+)+")
LONG_NUMBER = re.compile(r"\+\d[\d ()/.-]{6,}\d|\b0\d[\d ()/-]{6,}\d")


def leaks(text: str, task: Task, references: Iterable[str] = ()) -> list[str]:
    """What of the task's person is in the text, in words that do not repeat it. Empty = nothing.

    task, references: as they really are.
    """
    found: list[str] = []
    spelled = _spelled(text, task.language)
    for number, word in enumerate(parts_of(task.name), 1):
        if (
            sum(map(str.isalpha, word)) > 1
            and fold(word) not in PARTICLES
            and _has_name(text, spelled, word, task.language)
        ):
            found.append(f"word {number} of the name")
    digits = _digits(text, task.language)
    phone = "".join(filter(str.isdecimal, task.phone))
    if any(
        phone[start : start + WINDOW] in digits
        for start in range(3, max(4, len(phone) - WINDOW + 1))
        if phone
    ):
        found.append("the phone number, or a part of it")
    squeezed = "".join(filter(str.isalnum, fold(text)))
    whole = "".join(filter(str.isalnum, fold(task.name)))
    if len(whole) > SHORT_WORD * 2 and whole in squeezed:
        found.append("the whole name")
    symbols = [run.casefold() for run in spelled]
    for reference in references:
        code = "".join(filter(str.isalnum, fold(reference)))
        if len(code) >= SHORT_WORD and any(code in run for run in symbols):
            found.append("a reference")
    words = _words(text)
    restaurants = (_words(name) for name in (task.restaurant, _without_apostrophes(task.restaurant)))
    if any(len(name) > SHORT_WORD and name in words for name in restaurants):
        found.append("the restaurant")
    return list(dict.fromkeys(found))


def looks_personal(text: str, fine: Iterable[str] = ()) -> list[str]:
    """What looks like somebody's address or number, without knowing whose. fine: numbers that are stand-ins."""
    known = {"".join(filter(str.isdecimal, number)) for number in fine} - {""}
    found = ["an e-mail address"] if MAIL.search(text) else []
    for match in LONG_NUMBER.finditer(text):
        digits = "".join(filter(str.isdecimal, match.group()))
        if not any(digits.lstrip("0") in number or number in digits for number in known):
            found.append("a telephone number")
            break
    return found


def _words(text: str) -> str:
    return " ".join(token.text for token in tokens(text))


def _without_apostrophes(name: str) -> str:
    return name.replace("'", "").replace("’", "")


def _has_name(text: str, spelled: list[str], word: str, language: LanguageCode) -> bool:
    ways = {fold(word), fold(word.translate(UMLAUTS))}
    words = [token.text for token in tokens(text)]
    joined = {"".join(words[start : start + length]) for start in range(len(words)) for length in (1, 2, 3)}
    if ways & joined:
        return True
    long_ways = [way for way in ways if len(way) >= SHORT_WORD]
    inside = (each for each in words if each not in common(language))
    return any(way in each for each in (*inside, *spelled) for way in long_ways)


def _spelled(text: str, language: LanguageCode) -> list[str]:
    """The runs of symbols, as one word each."""
    return ["".join(item.symbols for item in run) for run in runs(text, language)]


def _digits(text: str, language: LanguageCode) -> str:
    return "".join(filter(str.isdigit, "".join(_spelled(text, language))))
