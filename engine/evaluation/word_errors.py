"""Words that were said against words that were written: the word error rate, after both are written alike. Pure.

Case, punctuation, hyphens and how ß or an accent is written do not count; a number counts as the words it is said with,
whether it was written in digits or in words.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from engine.languages.words import say_number
from engine.protocol import LanguageCode

LONG_NUMBER = 4  # digits from which a number without a separator is said digit by digit: a telephone number
CLOCK = re.compile(r"\b(\d{1,2})[:.](\d{2})\b")
DIGITS = re.compile(r"\d+")
ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th|ste|de|e|º|ª|\.(?= \w))", re.IGNORECASE)
SAME = {"ß": "ss", "&": " ", "ok": "okay", "oké": "okay", "mr": "mister", "dr": "doctor"}


class Errors(NamedTuple):
    """Of some texts together."""

    wrong: int  # substituted, missing and added words
    words: int  # that were said

    @property
    def rate(self) -> float | None:
        """Word error rate, 0 = all right; above 1 where more was written than said; None: nothing was said."""
        return self.wrong / self.words if self.words else None


def errors(said: str, written: str, language: LanguageCode) -> Errors:
    """Fewest words to change to get from one to the other."""
    wanted, found = words_of(said, language), words_of(written, language)
    before = list(range(len(found) + 1))
    for row, word in enumerate(wanted, 1):
        now = [row]
        for column, other in enumerate(found, 1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (word != other)))
        before = now
    return Errors(before[-1], len(wanted))


def words_of(text: str, language: LanguageCode) -> list[str]:
    """Words as they are compared."""
    text = ORDINAL.sub(r"\1", CLOCK.sub(_clock, text.lower()))
    text = DIGITS.sub(lambda found: f" {_number(found[0], language)} ", text)
    text = re.sub(r"\b([a-z])\.(?=[a-z]\.)", r"\1 ", text)  # p.m. is said letter by letter
    text = re.sub(r"['’`]", "", text)
    words = re.findall(r"[^\W_]+", text)
    return " ".join(_folded(SAME.get(word, word)) for word in words).split()


def _clock(found: re.Match[str]) -> str:
    """7:30 is said "seven thirty", 7:00 "seven"."""
    return found[1] if found[2] == "00" else f"{found[1]} {int(found[2])}"


def _number(digits: str, language: LanguageCode) -> str:
    if len(digits) >= LONG_NUMBER or (digits.startswith("0") and len(digits) > 1):
        return " ".join(say_number(int(digit), language) for digit in digits)
    return say_number(int(digits), language)


def _folded(word: str) -> str:
    word = "".join(SAME.get(letter, letter) for letter in word)
    return "".join(each for each in unicodedata.normalize("NFKD", word) if not unicodedata.combining(each))
