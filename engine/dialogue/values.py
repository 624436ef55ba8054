"""Values in an utterance: times, dates, party sizes, names and digits are read out and leave a mark behind.

A word keeps two faces: the word itself, and what it could be as a number (`n:7`, or `w:1` for an article), an
ordinal (`o:27`), a weekday (`d:4`) or a month (`m:11`). Patterns match the second; what no pattern takes turns
back into words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta

from engine.dialogue.names import read_names
from engine.dialogue.patterns import NumberWords, Patterns, fold

RESTAURANT_EVENING = "19:30"  # a bare "eight" is the one nearest to this
RESTAURANT_OPENS_HOUR = 11  # an hour before it is meant only when it is said so
LARGEST_PARTY = 99
_LATE_MORNING = (10, 11)  # "10:30" is of a 24-hour clock, unless it is known what is talked about
_ANY_NUMBER = re.compile(r"(?<!\S)(?P<h>[nw]:\d{1,2})(?!\S)")
_LAST_NUMBER = re.compile(
    r"(?<!\S)(?P<n>[nw]:\d{1,2})(?=$| \S+$)(?! (?:n:|second|minute|moment|hour|sekund|stund))"
)

Value = str | int
Reader = Callable[[re.Match[str]], Value | None]


class Words:
    """The words of an utterance while values are read out of them."""

    def __init__(self, text: str, numbers: NumberWords) -> None:
        self.said, self.canonical = numbers.read(text)
        self.values: list[Value] = [""] * len(self.said)

    def take(
        self, patterns: Iterable[re.Pattern[str]], mark: str, read: Reader, group: str | int = 0
    ) -> None:
        """Replace by `mark` every stretch that matches and for which `read` has a value.

        group: where the stretch begins, when what comes before it in the pattern is only its surroundings.
        """
        for pattern in patterns:
            position = 0
            while match := pattern.search(" ".join(self.canonical), position):
                value = read(match)
                position = max(match.end(), position + 1)
                if value is not None:
                    first = match.string.count(" ", 0, match.start(group))
                    self.put(first, match.string.count(" ", 0, match.end()) + 1, mark, value)
                    position = match.start(group) + len(mark)

    def put(self, first: int, end: int, mark: str, value: Value) -> None:
        """Replace words `first` to `end` by a mark, keeping marks that a pattern matched along with them."""
        kept = [index for index in range(first, end) if self.values[index] != ""]
        self.said[first:end] = [*(self.said[index] for index in kept), mark]
        self.canonical[first:end] = [*(self.canonical[index] for index in kept), mark]
        self.values[first:end] = [*(self.values[index] for index in kept), value]

    def forget(self, patterns: Iterable[re.Pattern[str]], mark: str) -> None:
        """Replace by `mark` every stretch that matches, values and all."""
        for pattern in patterns:
            while match := pattern.search(" ".join(self.canonical)):
                first = match.string.count(" ", 0, match.start())
                end = match.string.count(" ", 0, match.end()) + 1
                self.said[first:end] = self.canonical[first:end] = [mark]
                self.values[first:end] = [""]

    def all(self, mark: str) -> list[Value]:
        """The values behind this mark, in the order in which they were said."""
        pairs = zip(self.said, self.values, strict=True)
        return [value for said, value in pairs if said == mark and value != ""]

    def plain(self) -> str:
        """What is left, without accents, as words and marks."""
        return fold(" ".join(self.said))


def read_values(
    words: Words, patterns: Patterns, numbers: NumberWords, calendar: Calendar, clock: Clock
) -> None:
    """Read everything out of `words`, surest wording first."""
    read_names(words, patterns, numbers)
    words.take(patterns.digits, "X", lambda match: _digits(match, patterns))
    words.take(patterns.party_limit, "L", _number)
    words.take(patterns.party, "P", _number)
    for pattern, month, day in patterns.feasts:
        words.take((pattern,), "D", lambda _, month=month, day=day: calendar.in_a_year(month, day))  # type: ignore[misc]
    words.take(patterns.dates, "D", calendar.read)
    for pattern, days in patterns.relative:
        words.take((pattern,), "D", lambda match, days=days: calendar.after(days * _times(match)))  # type: ignore[misc]
    for wording in patterns.times:
        words.take((wording.pattern,), "T", lambda match, w=wording: clock.read(match, w.minute, w.sign))  # type: ignore[misc]
    if clock.expecting != "time":
        words.take(patterns.loose_party, "P", _number)
    words.take(patterns.loose_times, "T", lambda match: clock.read(match, 0, 1), group="h")
    words.forget(patterns.asides, "I")
    _bare(words, clock)


class Clock:
    """How a time without "a.m." is to be read."""

    def __init__(self, near_time: str, expecting: str, earliest: str = "") -> None:
        """earliest: a bare hour before it is meant only when it is said so; by default when restaurants open."""
        self.expecting = expecting
        self.free = not near_time
        self.near_minutes = _minutes(near_time or RESTAURANT_EVENING)
        opens = RESTAURANT_OPENS_HOUR * 60
        self.opens_minutes = min(opens, _minutes(earliest)) if earliest else opens

    def read(self, match: re.Match[str], minute: int, sign: int) -> str | None:
        """The time a pattern matched, HH:MM, or None when there is no such time."""
        found = match.groupdict()
        if found.get("noon") or found.get("midnight"):
            return "12:00" if found.get("noon") else "00:00"
        hour = _value(found["h"])
        minutes = minute + sign * (_value(found["m"]) if found.get("m") else 0)
        if not 0 <= hour <= 24 or not -60 < minutes < 60:
            return None
        total = hour * 60 + minutes
        if found.get("am"):
            total = total % 720
        elif found.get("pm"):
            total = total % 720 + 720 if hour <= 12 else total
        elif 1 <= hour <= 12 and not (self.free and hour in _LATE_MORNING and "clock " in match[0]):
            total = self._nearest(total % 720)
        total %= 1440
        return f"{total // 60:02d}:{total % 60:02d}"

    def _nearest(self, morning: int) -> int:
        candidates = [morning, morning + 720]
        if self.near_minutes >= RESTAURANT_OPENS_HOUR * 60:
            candidates = [total for total in candidates if total >= self.opens_minutes]
        return min(candidates, key=lambda total: abs(total - self.near_minutes))


class Calendar:
    """How a date without a month or a year is to be read."""

    def __init__(self, today: date, near_date: str = "") -> None:
        self.today = today
        self.near = date.fromisoformat(near_date) if near_date else None

    def after(self, days: int) -> str:
        """So many days from today."""
        return (self.today + timedelta(days=days)).isoformat()

    def read(self, match: re.Match[str]) -> str | None:
        """The date a pattern matched, the next such day from today on; None when there is no such day."""
        found = match.groupdict()
        said_day = found.get("o") or found.get("d")
        day = _value(said_day) if said_day else 0
        if said_day and not 1 <= day <= 31:
            return None
        if not said_day:
            return self._weekday(_value(found["w"]), found)
        if not found.get("mo"):
            return self._next(lambda candidate: candidate.day == day)
        return self.in_a_year(_value(found["mo"]), day)

    def in_a_year(self, month: int, day: int) -> str | None:
        """The next such day of a year; None when there is none."""
        for year in range(self.today.year, self.today.year + 5):  # 29 February may be four years off
            try:
                candidate = date(year, month, day)
            except ValueError:
                continue
            if candidate >= self.today:
                return candidate.isoformat()
        return None

    def _weekday(self, weekday: int, found: dict[str, str | None]) -> str:
        """The next such day; the groups that move it on are told in `engine.languages.Hearing`."""
        if found.get("next_week"):
            return self.after(7 - self.today.weekday() + weekday)
        if found.get("later"):
            return self.after((weekday - self.today.weekday() - 1) % 7 + 1)
        weeks = _value(found["n"] or "") if found.get("n") else 1 if found.get("week_on") else 0
        weeks = 2 if found.get("two_weeks_on") else weeks
        if weeks:
            return self.after((weekday - self.today.weekday() - 1) % 7 + 1 + 7 * weeks)
        return self._next(lambda candidate: candidate.weekday() == weekday)

    def _next(self, fits: Callable[[date], bool]) -> str:
        if self.near and fits(self.near):
            return self.near.isoformat()
        candidate = self.today
        while not fits(candidate):
            candidate += timedelta(days=1)
        return candidate.isoformat()


def _bare(words: Words, clock: Clock) -> None:
    """A number without any cue is what was asked for."""
    if clock.expecting == "party_size" and not words.all("P"):
        words.take((_LAST_NUMBER,), "P", _number)
    elif clock.expecting == "time" and not words.all("T"):
        words.take((_ANY_NUMBER,), "T", lambda match: clock.read(match, 0, 1))


def _digits(match: re.Match[str], patterns: Patterns) -> Value | None:
    digits, times = "", 1
    for word in match.group("x").split():
        if word in patterns.repeats:
            times = patterns.repeats[word]
            continue
        digits += ("0" if word in patterns.zero_words else word.split(":")[1]) * times
        times = 1
    return digits if len(digits) > 2 else None


def _times(match: re.Match[str]) -> int:
    """The number in "in two weeks"; 1 where none is said."""
    said = match.groupdict().get("n")
    return _value(said) if said else 1


def _number(match: re.Match[str]) -> Value | None:
    number = _value(match.group("n"))
    return number if 1 <= number <= LARGEST_PARTY else None


def _value(canonical: str) -> int:
    return int(canonical.split(":")[1])


def _minutes(time: str) -> int:
    hour, minute = time.split(":")
    return int(hour) * 60 + int(minute)
