"""Do they agree to being recorded, or want it to end? Pure. In doubt they do not agree, and it ends."""

from __future__ import annotations

import re
from typing import Literal

from engine.dialogue.numbers import fold
from engine.languages.recorded_words import pattern_of

Answer = Literal["yes", "no", "unclear"]
LEFT_WORDS = 4  # beside a plain no; more may be about something else
BETWEEN_WORDS = 2  # "no me parece bien": so many may stand between a negation and what it negates
_WORD = re.compile(r"[^\W_]+")
_SENTENCE = re.compile(r"[^.!?…;]+[.!?…;]*")
_CLAUSE = re.compile(r"[^.,:!?…;–]+")


def answer_to_question(text: str, codes: tuple[str, ...]) -> Answer:
    """What `text` is in answer to "May I record this call?".

    codes: languages in which they may have spoken; each is tried, and a no in any of them is one.
    """
    found = [_answer(text, code) for code in dict.fromkeys(codes)]
    return "no" if "no" in found else "yes" if "yes" in found else "unclear"


def _answer(text: str, code: str) -> Answer:
    """A yes is one with nothing beside it that could be a condition or another matter; a no may have company."""
    words = plain(text)
    rest, fine = pattern_of(code, "fine").subn(" ", words)
    if wants_it_to_end(text, (code,)) or pattern_of(code, "refuses").search(" ".join(rest.split())):
        return "no"
    clauses = [plain(clause) for clause in _CLAUSE.findall(text)]
    if any(_negated(clause, code) or _plain_no(clause, code) for clause in clauses):
        return "unclear" if fine or any(_agrees(clause, code) for clause in clauses) else "no"
    rest, agrees = pattern_of(code, "yes").subn(" ", rest)
    rest, denies = pattern_of(code, "no").subn(" ", rest)
    if denies:
        told = not (fine or agrees or pattern_of(code, "unsure").search(rest))
        return "no" if told and len(rest.split()) <= LEFT_WORDS else "unclear"
    if not (fine or agrees) or (text.rstrip().endswith("?") and not fine):
        return "unclear"  # "yes?" is what people say when they have not understood
    return "unclear" if _left(rest, code) else "yes"


def _negated(clause: str, code: str) -> bool:
    """Whether a yes in it is none: "absolutely not", "das dürfen Sie nicht"."""
    clause = " ".join(pattern_of(code, "fine").sub(" ", clause).split())
    marked = pattern_of(code, "negates").sub("<no>", pattern_of(code, "yes").sub("<yes>", clause))
    near = rf"(?: \S+){{0,{BETWEEN_WORDS}}} "
    return re.search(f"<yes>{near}<no>|<no>{near}<yes>", marked) is not None


def _plain_no(clause: str, code: str) -> bool:
    """Whether it is a no and nothing else."""
    rest, denies = pattern_of(code, "no").subn(" ", pattern_of(code, "fine").sub(" ", clause))
    return bool(denies) and not _left(rest, code)


def _agrees(clause: str, code: str) -> bool:
    return bool(pattern_of(code, "yes").search(clause)) and not _negated(clause, code)


def _left(words: str, code: str) -> bool:
    """Whether there is more than what may stand beside a yes or a no."""
    return bool(pattern_of(code, "beside").sub(" ", words).strip())


def objects(text: str, codes: tuple[str, ...]) -> str:
    """The sentence with which they object to what they were just told, without a word of what; "" = there is none."""
    for sentence in _SENTENCE.findall(text):
        for code in dict.fromkeys(codes):
            words = " ".join(pattern_of(code, "fine").sub(" ", plain(sentence)).split())
            rest, found = pattern_of(code, "objects").subn(" ", words)
            for name in ("no", "negates"):
                rest = pattern_of(code, name).sub(" ", rest)
            if found and not _left(rest, code):
                return str(sentence.strip())
    return ""


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
