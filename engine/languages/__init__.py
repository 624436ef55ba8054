"""All text of a language, read once from its TOML file: what the agent says and what it understands."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import msgspec

from engine.errors import SettingsError
from engine.protocol import LANGUAGES, LanguageCode


class Sentences(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the agent says; {slots} are refilled from the task by `dialogue.sentences`."""

    disclosure: str
    disclosure_called: str  # the same, where they call us
    request: str
    request_change: str
    request_cancel: str
    request_again: str  # after an interruption or a misunderstanding
    answer_party_size: str
    answer_date: str
    answer_time: str
    answer_name: str
    answer_restaurant: str  # which one we are calling: theirs may be one of several
    answer_phone: str
    answer_no_phone: str
    answer_spelling: str
    answer_robot: str
    answer_wishes: str
    answer_no_wishes: str
    answer_nothing_else: str
    confirm_yes: str
    accept_time: str
    accept_date: str
    ask_range: str
    ask_which_time: str  # they would have something, but did not say when
    ask_other_date: str
    ask_other_time: str
    ask_heard_time: str  # they seem to offer another time, and have not said that ours is taken
    ask_available: str
    ask_confirmation: str  # before they hang up without a yes
    read_back: str
    read_back_change: str
    read_back_cancel: str
    correct_party_size: str
    correct_date: str
    correct_time: str
    correct_name: str
    correct_phone: str
    booked: str
    changed: str
    cancelled: str
    decline: str
    closed: str
    call_back: str
    ask_call_back: str  # they want to be called again: is it then?
    ask_call_back_today: str
    ask_when_to_call: str  # it is not
    far_goodbye: str  # they end the call before the goal is reached
    hold: str
    still_there: str
    ask_repeat: str
    ask_by_phone: str  # they point to a website
    wrong_number: str
    voicemail: str
    not_again: str  # they do not want to be called by us
    needs_human: str
    tool_failed: str
    goodbye: str
    one_moment: str  # while we wait for a person's word
    ask_person: str  # before we ask the person we call for
    one_more: str  # what the operator wishes besides
    not_confirmed: str  # the operator has said no, or nobody was there to say yes


class DayPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From `hour` on, a time of day is followed by `words`."""

    hour: int
    words: str


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How numbers, times, dates and people are written out as words."""

    hours: int  # 12 or 24
    hour_one: str  # the word for one in "one o'clock"
    article: str
    article_one: str
    full_hour: str
    few_minutes: str  # below ten past
    minutes: str
    quarter: str
    half: str
    day_parts: tuple[DayPart, ...]
    date: str
    one: str  # where the spell-out rules give an article
    people_rules: str  # ruleset of the CLDR spell-out rules for people
    ordinal_rules: str  # ruleset of the CLDR spell-out rules for days of a month
    one_person: str
    people: str
    digit_group: int = 3


class TimePattern(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A wording of a time: {h} the hour, {m} minutes; `minute` are added, `sign` -1 counts them before."""

    like: str
    minute: int = 0
    sign: int = 1


class RelativeDay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A word for a day counted from today; with {n} in it, so many times `days`."""

    like: str
    days: int


class Hearing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What utterances are read by.

    Patterns are regular expressions over words without accents and punctuation. {h} {s} {m} {n} {p} stand for
    numbers, {o} for an ordinal, {w} a weekday, {mo} a month (see `dialogue.patterns.MACROS`); T D P N X L for a
    time, date, party size, name, digits or limit that has been read already; {amenity} for any of `amenities`.
    In `times`, a group named noon or midnight is that time. In `dates`, a group named `later` rules today out,
    `week_on` adds a week, `two_weeks_on` two, {n} so many weeks, and `next_week` means the weekday of the next
    calendar week.
    """

    times: tuple[TimePattern, ...]
    loose_times: tuple[str, ...]  # where a bare hour is a time, when no party size is
    morning: tuple[str, ...]
    evening: tuple[str, ...]
    relative: tuple[RelativeDay, ...]
    dates: tuple[str, ...]
    party: tuple[str, ...]
    loose_party: tuple[str, ...]  # tried after times
    party_limit: tuple[str, ...]
    asides: tuple[str, ...]  # a time that is no offer: "the kitchen closes at ten"
    name_cues: tuple[str, ...]
    name_stops: tuple[str, ...]
    name_particles: tuple[str, ...]  # between two words of a name: "kees van dam"
    number_cues: tuple[str, ...]
    spelling_cues: tuple[str, ...]  # between a letter and a word that begins with it: "B as in Berta"
    zero_words: tuple[str, ...]  # letters that are a nought between digits: "oh"
    repeats: dict[str, int]  # "double seven": how often the next digit is meant
    amenities: tuple[str, ...]  # what a house has or lacks; that it lacks one is no refusal
    weak_one: tuple[str, ...]  # articles that are a number only beside "o'clock" or "person"
    ordinal_endings: tuple[str, ...]  # letters an ordinal may lack at its end
    extra_numbers: dict[str, int]  # words the spell-out rules do not know
    extra_ordinals: dict[str, int]
    extra_weekdays: dict[str, int]  # 0 is Monday
    weekday_endings: tuple[str, ...]  # parts of the day written together with a weekday
    feasts: dict[str, str]  # days with a name: "christmas eve" = "12-24"
    letters: dict[str, str]  # letters said by their names: "zed" = "z", "i griega" = "y"
    yes: tuple[str, ...]
    no: tuple[str, ...]
    neither: tuple[str, ...]  # taken out before looking for yes and no
    intents: dict[str, tuple[str, ...]]
    interrogatives: tuple[str, ...]  # a question that begins with one is more than a value said in doubt
    only: tuple[str, ...]  # beside an offer these say that what was asked for is not to be had: "only at T"
    none_of: tuple[str, ...]  # with "full", all that is named is: "neither at T nor at T"
    supposed: tuple[str, ...]  # shortly before "is booked" these make it a wish or a condition, and no fact
    incomplete: tuple[str, ...]  # a turn does not end on these words
    agreed: tuple[str, ...]  # an operator's words for: the booking, or its change, is made
    called_off: tuple[str, ...]  # … and: it is cancelled
    wish_cues: tuple[str, ...]  # an operator's words before what is to be asked for


class Agreeing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a yes may hold besides: words that narrow it down, or put it off."""

    restricts: tuple[str, ...]
    under_way: tuple[str, ...]  # words of who has not written it down yet
    places: tuple[str, ...]  # where in the house: nobody has asked for it, unless it is among the wishes
    before: tuple[str, ...]  # after these, a word that is not understood narrows it down: "yes, for smith"


class Guarding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What two utterances must agree in before one may get the other's answer."""

    negations: tuple[str, ...]
    antonyms: tuple[tuple[str, ...], ...]  # groups of words of which no two are interchangeable
    acts: dict[str, tuple[str, ...]] = {}  # wordings that ask ("ask_…") or tell the same, see `dialogue.gist`
    beside: tuple[str, ...] = ()  # acts that ask nothing more beside another one
    plain: tuple[str, ...] = ()  # words that change nothing beside an act or a value
    asking: tuple[str, ...] = ()  # words that change nothing beside what is asked: "did you have in mind"
    labels: tuple[
        str, ...
    ] = ()  # words that change nothing beside values, where nothing is asked: "the time is"
    polite: tuple[str, ...] = ()  # words that change nothing anywhere
    apart: tuple[str, ...] = ()  # words that stand in both or in neither: "next friday" is not "friday"
    loose: tuple[str, ...] = ()  # words that may be swapped where all else is the same: "can", "could"
    lead: tuple[str, ...] = ()  # plain words after which a name may stand
    link: tuple[str, ...] = ()  # plain words that may stand inside a name


class Language(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One language file."""

    code: LanguageCode
    name: str
    say: Sentences
    words: Wording
    hear: Hearing
    agree: Agreeing
    guard: Guarding


def read(path: Path) -> Language:
    """The language file at `path`. Raises SettingsError naming file and field."""
    try:
        language = msgspec.toml.decode(path.read_bytes(), type=Language)
    except OSError as error:
        known = ", ".join(LANGUAGES)
        raise SettingsError(f"{path}: cannot be read ({error.strerror}). Languages: {known}") from error
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path}: {error}. Correct that field in the file.") from error
    except msgspec.DecodeError as error:
        raise SettingsError(f"{path}: not TOML: {error}") from error
    _check_patterns(path, language)
    return language


@cache
def load(code: str) -> Language:
    """The language with this code ("en", "de", "es", "nl"). Raises SettingsError."""
    return read(Path(__file__).with_name(f"{code}.toml"))


def _check_patterns(path: Path, language: Language) -> None:
    guard = language.guard
    groups = {f"hear.intents.{intent}": patterns for intent, patterns in language.hear.intents.items()}
    groups |= {f"guard.acts.{act}": patterns for act, patterns in guard.acts.items()}
    groups |= {f"guard.{name}": getattr(guard, name) for name in ("plain", "asking", "labels", "polite")}
    for group, patterns in groups.items():
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                where = f"{path}: {group}"
                raise SettingsError(f"{where}: {pattern!r} is no pattern: {error}") from error
