"""What an operator's words mean: what they allow, what was agreed, what is to be asked for. Pure.

They are a person's free text: any language, any length, or nothing at all. Values are read in whichever of the four
languages makes the most of them, the call's own first; what is to be said aloud must be in the call's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import cache

import msgspec

from engine.dialogue.constraints import NOTHING, Granted, acceptable_date, acceptable_time
from engine.dialogue.meaning import Meaning
from engine.dialogue.patterns import fold, numbers_of, tokens
from engine.dialogue.speech import audible
from engine.dialogue.understanding import understand
from engine.languages import load
from engine.protocol import LANGUAGES, LanguageCode, Task

MANY_VALUES = 4  # in one text; with more nobody can say which are meant
NOT_TO_BE_HAD = frozenset({"full", "closed"})
NOT_SETTLED = frozenset({"unsure", "condition"})
DONE_BY_THEM = {  # what the far end says when it is done
    "book": frozenset({"booking_confirmed", "noted"}),
    "change": frozenset({"booking_confirmed", "noted"}),
    "cancel": frozenset({"booking_cancelled", "noted"}),
}
OPERATOR, FAR_END = "operator", "far end"
LONGEST_WISH = 120  # characters; more is no wish but a speech


class Reading(msgspec.Struct, frozen=True):
    """One text of an operator."""

    meaning: Meaning
    agreed: bool = False  # it says that the booking, or its change, is made
    called_off: bool = False  # it says that the booking is cancelled

    @property
    def values(self) -> int:
        """How many values it names."""
        return len(self.meaning.times) + len(self.meaning.dates) + len(self.meaning.party_sizes)

    @property
    def refuses(self) -> bool:
        """Whether it says no to something: what it names is then not allowed by it."""
        return self.meaning.polarity is False or bool(self.meaning.intents & NOT_TO_BE_HAD)


def read(text: str, task: Task, spoken: LanguageCode, bare: bool = True) -> Reading:
    """The reading in the language that makes the most of it; in doubt the one that is spoken in the call.

    bare: a number that nothing is said of is a time ("booked for nine").
    """
    order = (spoken, *(code for code in LANGUAGES if code != spoken))
    readings = [_read_in(code, text, task, bare) for code in order]
    return max(readings, key=lambda reading: 2 * reading.values + reading.agreed + reading.called_off)


def allowed_by(reading: Reading, party_size: bool = False) -> Granted:
    """What the person would accept too, by these words; nothing where they say no to something, or name too much.

    party_size: whether a number of people counts; in a whisper it does not, where they have been told another.
    """
    meaning = reading.meaning
    if reading.refuses or not 0 < reading.values <= MANY_VALUES:
        return NOTHING
    between = "ask_alternative" in meaning.intents and len(meaning.times) == 2
    return Granted(
        meaning.dates,
        () if between else meaning.times,
        ((min(meaning.times), max(meaning.times)),) if between else (),
        meaning.party_sizes if party_size else (),
    )


def allowed_by_whisper(text: str, task: Task, spoken: LanguageCode) -> Granted:
    """What a whisper allows. One that asks for something ("one high chair") names no time that way."""
    allowed = allowed_by(read(text, task, spoken, bare=False))
    if allowed == NOTHING and not wish_in(text, spoken):
        allowed = allowed_by(read(text, task, spoken))
    return allowed


def wish_in(text: str, spoken: LanguageCode) -> str:
    """What is to be asked for, as it can be said; "" where the text is no wish in the call's language.

    It begins with words for asking ("ask for a high chair"), which are left out, or names what restaurants ask about.
    """
    plain = audible(text).rstrip(" .!,;:")
    if not plain or len(plain) > LONGEST_WISH or "?" in plain:
        return ""
    rest = _cue_in(spoken).sub("", plain, count=1).strip(" ,:;.-")
    if rest != plain:
        return rest
    intents = understand(plain, load(spoken), date(2000, 1, 1)).intents
    return plain if "ask_wishes" in intents else ""


class Agreement(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of a take-over, as far as it can be read. Values that were not named are ""."""

    done: bool = False  # the table is booked, the booking changed or cancelled: there is nothing left to ask
    not_to_be_had: bool = False
    date: str = ""
    time: str = ""
    party_size: int = 0
    reference: str = ""
    words: str = ""

    @property
    def says_something(self) -> bool:
        """Whether there is anything to go on from."""
        return self.done or self.not_to_be_had or bool(self.date or self.time or self.party_size)


def agreement_in(reading: Reading, task: Task, words: str) -> Agreement:
    """What an operator says that was agreed. Where a value is named twice, differently, none is taken over."""
    meaning = reading.meaning
    if reading.refuses:
        over = task.kind != "cancel" and bool(meaning.intents & NOT_TO_BE_HAD) and not reading.values
        return Agreement(not_to_be_had=over, words=words)
    said_done = reading.agreed != reading.called_off or (task.kind == "cancel" and reading.called_off)
    done = said_done and (task.kind == "cancel" or not reading.called_off)
    doubtful = bool(meaning.intents & NOT_SETTLED) or "?" in words
    sure = max(len(meaning.times), len(meaning.dates), len(meaning.party_sizes)) <= 1
    return Agreement(
        done=done and sure and not doubtful,
        date=_only(meaning.dates),
        time=_only(meaning.times),
        party_size=meaning.party_sizes[0] if len(meaning.party_sizes) == 1 else 0,
        reference=meaning.digits,
        words=words,
    )


def agreement_of(
    said: tuple[tuple[str, str], ...], task: Task, spoken: LanguageCode, allowed: Granted
) -> Agreement:
    """What came of a conversation, where the operator has left no word of it.

    It is done when the far end says so of values that were each said once and would do; what would not do is left out.
    """
    times: list[str] = []
    dates: list[str] = []
    sizes: list[int] = []
    done_by = ""
    for who, text in said:
        reading = _read_in(spoken, text, task, bare=False)
        meaning = reading.meaning
        if reading.refuses:
            done_by = ""  # what was agreed before has been taken back
            continue
        times += meaning.times
        dates += meaning.dates
        sizes += meaning.party_sizes
        if who == FAR_END and meaning.intents & DONE_BY_THEM[task.kind] and not meaning.intents & NOT_SETTLED:
            done_by = text
    good_times = [time for time in times if acceptable_time(task, time, allowed)]
    good_dates = [day for day in dates if acceptable_date(task, day, allowed)]
    good_sizes = [size for size in sizes if size in (task.party_size, *allowed.party_sizes)]
    sure = all(len(set(values)) <= 1 for values in (times, dates, sizes))
    all_good = (times, dates, sizes) == (good_times, good_dates, good_sizes)
    return Agreement(
        done=bool(done_by) and sure and all_good,
        date=good_dates[-1] if good_dates else "",
        time=good_times[-1] if good_times else "",
        party_size=good_sizes[-1] if good_sizes else 0,
        words=done_by,
    )


def allowed_in(agreed: str, said: tuple[tuple[str, str], ...], task: Task, spoken: LanguageCode) -> Granted:
    """What an operator has agreed to in a take-over: by the words that are left, or else by what was said there.

    What they named and the far end then turned down was a question, and allows nothing.
    """
    if agreed.strip():
        return allowed_by(read(agreed, task, spoken), party_size=True)
    allowed = named = NOTHING
    for who, text in said:
        if who == OPERATOR:
            named |= allowed_by(read(text, task, spoken), party_size=True)
            continue
        if not _read_in(spoken, text, task, bare=False).refuses:
            allowed |= named
        named = NOTHING
    return allowed | named


def _only(values: tuple[str, ...]) -> str:
    return values[0] if len(values) == 1 else ""


def _read_in(code: str, text: str, task: Task, bare: bool) -> Reading:
    language = load(code)
    _, canonical = numbers_of(code).read(text)
    counts = any(word.startswith("n:") for word in canonical)  # "a", "una", "ein" do not
    meaning = understand(
        text,
        language,
        date.fromisoformat(task.today),
        near_time=task.time,
        near_date=task.date,
        expecting="time" if bare and counts else "",
    )
    plain = " ".join(fold(word) for word in tokens(text))
    agreed = bool(_any_of(language.hear.agreed).search(plain))
    called_off = bool(_any_of(language.hear.called_off).search(plain))
    return Reading(meaning, agreed, called_off)


@cache
def _any_of(likes: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\S)(?:{'|'.join(map(fold, likes))})(?!\S)")


@cache
def _cue_in(code: str) -> re.Pattern[str]:
    return re.compile(rf"^\s*(?:{_either(load(code).hear.wish_cues)})(?![\w])", re.IGNORECASE)


def _either(likes: Iterable[str]) -> str:
    return "|".join(likes)
