"""Has somebody who is silent right now said all they wanted to say? Pure: words in, a verdict with its reason out.

Nothing here understands what was said. It knows what a sentence cannot end with, that a sentence has a verb, that
German and Dutch keep half of it for the end, and what people say when they go to look something up. The words of a
recogniser are taken as they come: with punctuation or without, now and then misheard. The word lists are in
languages/turns/.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Literal

import msgspec

from engine.languages.turn_words import TurnWords, turn_words
from engine.protocol import LanguageCode
from engine.turns.completeness_verbs import bracket_open, finite_verbs
from engine.turns.said_one_by_one import digit_string, spelling

Kind = Literal["complete", "answer", "unclear", "open", "hold"]
LONGEST_WORDS = 60  # of a sentence that are looked at; a recogniser in a loop writes hundreds
WANTS_YES = ("yes_no", "availability")  # what we asked is answered by a yes or a no
_WORD = re.compile(r"[^\W_]+(?:['’.:,-][^\W_]+)*")
_SENTENCE_END = re.compile(r"(?<=[.?!…])\s+(?![a-z])")
_POINTS = re.compile(r"(?<!\b\w )\b([ap])(?:\. ?| )m\b\.?(?!\w)", re.IGNORECASE)  # "8 p.m.", "eight p m"


class Verdict(msgspec.Struct, frozen=True):
    """What the words say about the silence after them.

    `complete`: a whole question or statement; `answer`: a bare yes or no, and that was asked for; `open`: something
    must follow; `hold`: they asked us to wait; `unclear`: anything else, such as a fragment without a verb.
    """

    kind: Kind
    reason: str


class Said(msgspec.Struct, frozen=True):
    """The last sentence of a turn."""

    words: tuple[str, ...]  # lower case
    cased: tuple[str, ...]  # as they were written
    asks: bool  # it was written with a question mark
    breaks_off: bool  # it was written with a comma, a dash or points at its end

    @property
    def text(self) -> str:
        """The lower-case words with single spaces."""
        return " ".join(self.words)


@lru_cache(maxsize=64)  # asked for every 32 ms while a pause lasts
def completeness(text: str, language: LanguageCode, expects: str = "") -> Verdict:
    """Is this all? text: the turn so far; expects: what the agent has just asked for, as in DialogueState."""
    known = turn_words(language)
    said = without_tail(last_sentence(text), known)
    if not said.words:
        return Verdict("unclear", "no words")
    if _ends(said.text, tuple(known.hold), known.tails):
        return Verdict("hold", "they asked us to wait")
    pieces = spelling(said.words, known, expects) or digit_string(said.words, known)
    if pieces is not None and not said.asks:
        return Verdict("open" if pieces.open else "complete", pieces.reason)
    alone = _stands_alone(said, known, expects)
    if alone is not None:
        return alone
    unfinished = _unfinished(said, known)
    if unfinished is not None:
        return unfinished
    return _whole(said, known)


def last_sentence(text: str) -> Said:
    """The last sentence of what was recognised; recognisers may write marks, or none."""
    text = _POINTS.sub(r"\1m", text.replace("’", "'").replace("¿", " ").replace("¡", " ")).strip()
    last = _SENTENCE_END.split(text)[-1] if text else ""
    cased = tuple(_WORD.findall(last)[-LONGEST_WORDS:])
    words = tuple(word.lower() for word in cased)
    breaks_off = last.endswith((",", "-", "–", "...", "…", ":", ";"))
    return Said(words, cased, last.endswith("?"), breaks_off)


def prepare(language: LanguageCode) -> None:
    """Read the words of a language, so that its first turn does not wait for it: up to 0.1 s."""
    completeness("prepared beforehand", language)
    completeness("prepared", language, "yes_no")


def without_tail(said: Said, known: TurnWords) -> Said:
    """Without a "please" at its end."""
    tail = _at_end(tuple(known.tails), ()).search(said.text)
    while tail is not None and tail.start() > 0:
        size = len(said.text[: tail.start()].split())
        said = msgspec.structs.replace(said, words=said.words[:size], cased=said.cased[:size])
        tail = _at_end(tuple(known.tails), ()).search(said.text)
    return said


def _unfinished(said: Said, known: TurnWords) -> Verdict | None:
    text, last = said.text, said.words[-1]
    if said.breaks_off:
        return Verdict("open", "it was written as broken off")
    if _ends(text, tuple(known.fillers), []):
        return Verdict("open", f'after "{last}" more comes')
    asked = said.asks or any(word in known.questions for word in said.words)
    if not asked and _clause_only(said, known):
        return Verdict("open", f'a sentence follows the clause with "{said.words[0]}"')
    if _ends(text, tuple(known.whole_ends), known.tails):
        return None
    if last in known.dangling:
        return Verdict("open", f'nothing ends with "{last}"')
    if not said.asks and _ends(text, tuple(known.open_ends), []):
        return Verdict("open", f'something follows "{" ".join(said.words[-2:])}"')
    bracket = "" if said.asks else bracket_open(said.words, said.cased, known)
    return Verdict("open", bracket) if bracket else None


def _clause_only(said: Said, known: TurnWords) -> bool:
    """A clause such as "if you like", that needs a sentence after it, and no second verb that would be it."""
    first = 0
    while (
        first < len(said.words)
        and said.words[first] in known.dangling
        and said.words[first] not in known.subordinators
    ):
        first += 1  # "and if", "but if"
    clause = rf"(?:{_any_of(tuple(known.answers))} )?(?:{'|'.join(known.subordinators)})\b"
    begins = re.match(clause, " ".join(said.words[first:]))
    return begins is not None and len(finite_verbs(said.words, known)) < 2


def _stands_alone(said: Said, known: TurnWords, expects: str) -> Verdict | None:
    """A yes, a no, a goodbye: no sentences, and nothing is missing from them."""
    if re.fullmatch(_any_of(tuple(known.answers)), said.text) and not said.asks and not said.breaks_off:
        if expects in WANTS_YES:
            return Verdict("answer", "it answers what was asked")
        return Verdict("unclear", "a yes or a no that was not asked for")
    if re.fullmatch(_any_of(tuple(known.formulas)), said.text) and not said.breaks_off:
        return Verdict("complete", "a phrase that stands alone")
    return None


def _whole(said: Said, known: TurnWords) -> Verdict:
    text = said.text
    asking = [index for index, word in enumerate(said.words) if word in known.questions]
    if asking and _ends(text, tuple(known.question_heads), []):
        return Verdict("unclear", "a question that may go on")
    verbs = finite_verbs(said.words, known)
    prepared = asking and asking[0] > 0 and said.words[asking[0] - 1] in known.dangling  # "for how many"
    if said.asks or prepared or (asking and verbs):
        return Verdict("complete", "a whole question")
    if verbs and len(said.words) > 1:
        return Verdict("complete", "a whole sentence")
    return Verdict("unclear", "a fragment without a verb")


@cache
def _any_of(patterns: tuple[str, ...]) -> str:
    return f"(?:{'|'.join(patterns)})"


def _ends(text: str, patterns: tuple[str, ...], tails: list[str]) -> bool:
    """Does the text end with one of the patterns, but for a "please"?"""
    return _at_end(patterns, tuple(tails)).search(text) is not None


@cache
def _at_end(patterns: tuple[str, ...], tails: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(
        rf"(?:^| ){_any_of(patterns)}(?: (?:{'|'.join(tails)}))*$"
        if tails
        else rf"(?:^| ){_any_of(patterns)}$"
    )
