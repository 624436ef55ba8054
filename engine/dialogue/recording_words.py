"""Do they agree to being recorded, or want it to end? Pure. In doubt they do not agree, and it ends."""

from __future__ import annotations

import re
from typing import Literal

from engine.dialogue.numbers import fold
from engine.languages.recorded_words import pattern_of

Answer = Literal["yes", "no", "unclear"]
LEFT_WORDS = 4  # beside a plain yes or no; more may be a condition, or about something else
_WORD = re.compile(r"[^\W_]+")
_SENTENCE = re.compile(r"[^.!?…;]+[.!?…;]*")


def answer_to_question(text: str, codes: tuple[str, ...]) -> Answer:
    """What `text` is in answer to "May I record this call?".

    codes: languages in which they may have spoken; each is tried, and a no in any of them is one.
    """
    found = [_answer(text, code) for code in dict.fromkeys(codes)]
    return "no" if "no" in found else "yes" if "yes" in found else "unclear"


def _answer(text: str, code: str) -> Answer:
    words = plain(text)
    if not words:
        return "unclear"
    rest, fine = pattern_of(code, "fine").subn(" ", words)
    rest, agrees = pattern_of(code, "yes").subn(" ", rest)
    rest, denies = pattern_of(code, "no").subn(" ", rest)
    if wants_it_to_end(text, (code,)):
        return "no"
    if denies and (fine or agrees):
        return "unclear"  # "no, that is fine", "yes, but not my voice"
    if pattern_of(code, "unsure").search(rest) or len(rest.split()) > LEFT_WORDS:
        return "unclear"
    if denies:
        return "no"
    if not (fine or agrees) or (text.rstrip().endswith("?") and not fine):
        return "unclear"  # "yes?" is what people say when they have not understood
    return "yes"


def wants_it_to_end(text: str, codes: tuple[str, ...]) -> str:
    """The sentence in which they say that they do not want to be recorded; "" = there is none."""
    for sentence in _SENTENCE.findall(text) or [text]:
        words = plain(sentence)
        for code in dict.fromkeys(codes):
            if pattern_of(code, "stop").search(words) and not pattern_of(code, "not_stop").search(words):
                return str(sentence.strip())
    return ""


def says_more(text: str, sentence: str) -> bool:
    """Whether there is something else to answer in `text`, beside that sentence."""
    return len(plain(text.replace(sentence, " ", 1)).split()) > LEFT_WORDS


def plain(text: str) -> str:
    """Lower-case words without accents, apostrophes and punctuation, with single spaces."""
    return " ".join(_WORD.findall(fold(text.lower().replace("'", "").replace("’", ""))))
