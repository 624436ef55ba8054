"""What an utterance means: values are read out of it first, then intents from what is left."""

from __future__ import annotations

import re
from datetime import date
from typing import cast, get_args

from engine.dialogue.meaning import Intent, Meaning
from engine.dialogue.patterns import Patterns, fold, numbers_of, patterns_of, tokens
from engine.dialogue.values import Calendar, Clock, Words, read_values
from engine.languages import Language

INTENTS: frozenset[str] = frozenset(get_args(Intent))
DONE = frozenset({"booking_confirmed", "booking_cancelled"})
NAME_WORDS = 2  # at most, in a question for a name that we have just said
_TAG = re.compile(r"[,¿]\s*\w+\s*\?\s*$")  # "a las ocho, ¿no?" asks for a yes, and denies nothing
_CLAUSE = re.compile(r"[^.,;!?…]+[.,;!?…]*")
VALUE_MARKS = frozenset({"P", "T", "D", "N"})
_TURNS_TO_US = frozenset({"available", "full", "closed", "offer_alternative", "confirm_request"} | DONE)
_ASKS_OR_OFFERS = frozenset(
    {"ask_date", "ask_time", "ask_party_size", "ask_restaurant", "ask_name", "ask_phone", "ask_spelling"}
    | {"ask_who", "ask_robot", "ask_repeat", "ask_wishes", "anything_else", "offer_to_book", "still_there"}
    | {"thanks", "goodbye", "voicemail", "give_info", "hold"}
)
_NO_TABLE = frozenset({"full", "decline"})
_A_TABLE = frozenset({"offer_alternative", "available", "offer_to_book"})
_SAYS_SOMETHING_ELSE = frozenset(
    {"full", "closed", "offer_alternative", "available", "decline", "party_limit"}
    | {"booking_confirmed", "booking_cancelled", "noted"}
    | {"request_book", "request_change", "request_cancel", "ask_alternative", "call_back"}
)


def understand(
    text: str,
    language: Language,
    today: date,
    near_time: str = "",
    expecting: str = "",
    near_date: str = "",
    earliest: str = "",
) -> Meaning:
    """Read `text`, a transcript or a sentence of the agent.

    today: the day from which "Friday" is counted. near_time: HH:MM that a bare "eight" should be close to.
    earliest: HH:MM before which a bare hour is none of the morning.
    near_date: ISO date that a bare weekday or day of a month is taken for when it fits, instead of the next one.
    expecting: "time", "party_size" or "name" when that was just asked for: a bare value is read as it;
    "name_again" when it was just told: "smith?" is a name.
    """
    patterns = patterns_of(language.code)
    numbers = numbers_of(language.code)
    words = Words(text, numbers)
    read_values(words, patterns, numbers, Calendar(today, near_date), Clock(near_time, expecting, earliest))
    plain = words.plain()
    names = [str(name) for name in words.all("N")]
    told = _without_tag(text, plain, patterns)
    polarity = _polarity(told, patterns)
    intents = _intents(text, plain, patterns, polarity)
    if told != plain:
        intents -= _NO_TABLE - _found(told, patterns)
    if expecting == "name" and not names and not intents:
        names = [word for word in [plain] if word.replace(" ", "").islower()]
    if (
        expecting == "name_again"
        and not names
        and text.rstrip().endswith("?")
        and not intents & _ASKS_OR_OFFERS
    ):
        names = _asked_name(plain, patterns)
    return Meaning(
        intents=frozenset(cast(set[Intent], intents)),
        dates=_once([str(value) for value in words.all("D")]),
        times=_once([str(value) for value in words.all("T")]),
        party_sizes=tuple(dict.fromkeys(int(value) for value in words.all("P"))),
        names=_once(names),
        party_limit=max((int(value) for value in words.all("L")), default=0),
        digits="".join(str(value) for value in words.all("X")),
        polarity=polarity,
        nothing_else=bool(patterns.only.search(plain)),
        none_of_them=bool(intents & _NO_TABLE and not intents & _A_TABLE and patterns.none_of.search(plain)),
    )


def _intents(text: str, plain: str, patterns: Patterns, polarity: bool | None) -> set[str]:
    asked = text.rstrip().endswith("?")
    intents = _found(plain, patterns)
    for intent, pattern in patterns.intents:
        if intent in DONE & intents and not _is_fact(pattern, plain, patterns):
            intents.discard(intent)
    marks = set(plain.split())
    if "L" in marks:
        intents.add("party_limit")
    if "full" in intents:
        intents.discard("available")  # "we have a table" stands inside "we do not have a table"
    if "wrong_number" in intents or "voicemail" in intents:
        intents -= {"available", "confirm_request"}
    if "ask_alternative" in intents:
        intents -= {"available", "offer_alternative", "full"}  # the caller speaks
    if "offer_to_book" in intents:
        intents.discard("request_book")  # "would you like to book a table": they offer, nobody requests
        if asked:
            intents -= DONE  # "shall I book it for you?"
    if asked and intents & DONE:
        intents -= _only_asked(text, intents & DONE, patterns)
    if "hold" in intents and _is_back(plain, patterns):
        intents.discard("hold")
    if "closed" in intents and "closed" not in _found(patterns.part_closed.sub(" ", plain), patterns):
        intents.discard("closed")  # a part of the house is, and not the house
    if marks & {"P", "T", "D"}:
        intents.discard("give_info")  # it is about the booking then
    if "X" in marks and "ask_phone" in intents:
        intents.discard("ask_phone")  # they tell a number
    if polarity and not marks & VALUE_MARKS:
        intents.discard("confirm_request")  # "yes, that is right" confirms; "is that right" asks
    if len(marks & VALUE_MARKS) > 1 and not intents & _SAYS_SOMETHING_ELSE:
        intents.add("confirm_request")  # they repeat the request
    by_tone = asked and marks & VALUE_MARKS and not patterns.interrogative.match(plain)
    if by_tone and not intents & (_SAYS_SOMETHING_ELSE | _ASKS_OR_OFFERS):
        intents.add("confirm_request")  # "a table for one?"
    if "ask_repeat" in intents and "full" not in intents:
        intents.discard("decline")  # "I can not understand you"
    return intents


def _without_tag(text: str, plain: str, patterns: Patterns) -> str:
    before, _, last = plain.rpartition(" ")
    tag = _TAG.search(text) and (patterns.yes.fullmatch(last) or patterns.no.fullmatch(last))
    return before if tag else plain


def _only_asked(text: str, done: set[str], patterns: Patterns) -> set[str]:
    """Those of `done` that stand in nothing but a question: "is it booked?", but not "all booked, anything else?"."""
    clauses = _CLAUSE.findall(text)
    told = fold(" ".join(tokens(" , ".join(clause for clause in clauses if not clause.endswith("?")))))
    inquired = fold(" ".join(tokens(" , ".join(clause for clause in clauses if clause.endswith("?")))))
    if _found(inquired, patterns) & _ASKS_OR_OFFERS:
        return set()  # it is something else that is asked
    return {
        intent
        for intent, pattern in patterns.intents
        if intent in done and pattern.search(inquired) and not pattern.search(told)
    }


def _is_back(plain: str, patterns: Patterns) -> bool:
    """Did they hold us up only before a yes: "let me see … yes, we have that"? "One moment, yes" is no such yes."""
    hold = dict(patterns.intents)["hold"]
    rest = plain[max(match.end() for match in hold.finditer(plain)) :]
    yes = patterns.yes.search(rest)
    if not yes or patterns.supposed.search(rest[: yes.start()]) or patterns.no.search(rest):
        return False
    said = rest[yes.end() :]
    return bool(_found(said, patterns) & _TURNS_TO_US or patterns.yes.search(said))


def _found(plain: str, patterns: Patterns) -> set[str]:
    return {intent for intent, pattern in patterns.intents if pattern.search(plain)}


def _is_fact(pattern: re.Pattern[str], plain: str, patterns: Patterns) -> bool:
    """Is it told at least once, and not only wished for or supposed: "if your table is booked"?"""
    return any(not patterns.supposed.search(plain[: match.start()]) for match in pattern.finditer(plain))


def _asked_name(plain: str, patterns: Patterns) -> list[str]:
    """The name in "smith, was it?": what is left when all that we know is taken out, where that is little."""
    for pattern in (patterns.yes, patterns.neither, *(pattern for _, pattern in patterns.intents)):
        plain = pattern.sub(" ", plain)
    left = [
        word for word in plain.split() if len(word) > 1 and word not in patterns.name_stops and word.islower()
    ]
    return [" ".join(left)] if 1 <= len(left) <= NAME_WORDS else []


def _polarity(plain: str, patterns: Patterns) -> bool | None:
    """Yes or no; where both are said it is a no: "of course not". What denies nothing is taken out before."""
    rest = patterns.neither.sub(" ", plain)
    if patterns.no.search(rest):
        return False
    return True if patterns.yes.search(rest) else None


def _once(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
