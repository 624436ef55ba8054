"""When a restaurant wants to be called again, in its own words. Pure.

    "rufen Sie morgen ab elf noch mal an" ─► what is said ─► which day, which time, how long from now ─► a moment

A bare "five" is the first that comes at which people are called: five in the afternoon, unless it is said so. What
names no time ("later", "when we open") is no moment. Reading the words is `call_back_words.py`.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from engine.dialogue.call_back_words import DayPart, Said, SaidTime, read

NOON = "12:00"  # taken for the time of a call where that is not known
OPEN: dict[DayPart, tuple[str, str]] = {  # when people are called, in each part of a day
    "": ("09:00", "22:30"),
    "morning": ("06:00", "11:59"),
    "noon": ("11:00", "14:30"),
    "afternoon": ("12:00", "19:59"),
    "evening": ("12:00", "23:59"),
}
USUAL: dict[DayPart, str] = {  # where only a day, or a part of one, is said
    "": "11:00",
    "morning": "10:00",
    "noon": "12:00",
    "afternoon": "15:00",
    "evening": "18:00",
}
LONGEST = timedelta(days=60)  # nobody means more
STEP_MINUTES = 5  # "in twenty minutes" becomes a time that one would say
SOON_MINUTES = 60  # "later this afternoon", in the afternoon
DAY = timedelta(days=1)


def call_back_at(
    text: str, code: str, today: date, now: str = "", understood: str = "", expecting: bool = False
) -> str:
    """The restaurant's local date and time from which it wants to be called, "2026-11-27T17:00"; "" = none is named.

    today, now (HH:MM, "" = not known): by the restaurant's clock. Where now is not known, "in half an hour" is none.
    understood: the moment that we have said to them, and which this may correct. expecting: we have asked when, so that
    a bare number is a time too.
    """
    said = read(text, code, today, expecting or bool(understood))
    began = datetime.combine(today, time.fromisoformat(now or NOON))
    if understood:
        moment = _corrected(said, began, bool(now), datetime.fromisoformat(understood))
    else:
        moment = _moment(said, began, bool(now))
    if moment is None or not began <= moment <= began + LONGEST:
        return ""
    return moment.isoformat(timespec="minutes")


def _corrected(said: Said, began: datetime, now_known: bool, understood: datetime) -> datetime | None:
    """What they leave out of the moment stays as it was understood."""
    if said.minutes or (said.times and said.day):
        return _moment(said, began, now_known)
    if said.times:
        others = tuple(each for each in said.times if not _is(each, understood)) or said.times
        day = understood.date() if understood.date() != began.date() else None
        return _moment(said._replace(times=others, day=day), began, now_known)
    if said.day:
        return datetime.combine(said.day, understood.time())
    if said.part and not _within(understood.time(), said.part):
        return _moment(said._replace(day=understood.date()), began, now_known)
    return None


def _moment(said: Said, began: datetime, now_known: bool) -> datetime | None:
    if said.minutes:
        return _after(began, said.minutes) if now_known else None
    if said.times:
        return _at(said.times[0], said.day, said.part, began)
    if said.day is None and not said.part:
        return None
    usual = time.fromisoformat(USUAL[said.part])
    if said.day is not None and said.day != began.date():
        return datetime.combine(said.day, usual)
    today = datetime.combine(began.date(), usual)
    if today > began:
        return today if said.part else None  # "later today"
    soon = _after(began, SOON_MINUTES)
    if said.part in ("afternoon", "evening") and _within(soon.time(), said.part):
        return soon
    return None if said.day is not None or said.part == "evening" else today + DAY


def _after(began: datetime, minutes: int) -> datetime:
    """Rounded up: not before the time they have named."""
    moment = began + timedelta(minutes=minutes)
    return moment + timedelta(minutes=-moment.minute % STEP_MINUTES)


def _at(said: SaidTime, day: date | None, part: DayPart, began: datetime) -> datetime | None:
    """The first time it can mean: of that day, or of today and tomorrow."""
    first = day or began.date()
    for each in (first,) if day else (first, first + DAY):
        for clock in _readings(said, part):
            moment = datetime.combine(each, clock)
            if moment > began:
                return moment
    if day == began.date() and said.of_weekday:
        return _at(said, day + 7 * DAY, part, began)
    return None


def _readings(said: SaidTime, part: DayPart) -> list[time]:
    """A bare hour is of the morning or of the afternoon; where neither is likely it is of the afternoon."""
    clock = time.fromisoformat(said.clock)
    if not said.bare:
        return [clock]
    both = [clock.replace(hour=hour) for hour in (clock.hour % 12, clock.hour % 12 + 12)]
    return [each for each in both if _within(each, part)] or both[1:]


def _within(clock: time, part: DayPart) -> bool:
    begin, end = map(time.fromisoformat, OPEN[part])
    return begin <= clock <= end


def _is(said: SaidTime, moment: datetime) -> bool:
    return moment.time() in _readings(said, "") or (said.bare and moment.strftime("%I:%M") == said.clock)
