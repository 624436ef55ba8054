"""Finding a table: what they offer, refuse or close is held against what the person would accept."""

from __future__ import annotations

from engine.dialogue import principal
from engine.dialogue.constraints import time_window
from engine.dialogue.meaning import Meaning
from engine.dialogue.turn import ASKED_FOR_ANOTHER, Turn

OFFERS = frozenset({"offer_alternative", "available", "full"})
REFUSES = frozenset({"full", "decline"})
_AGREES = frozenset({"available", "offer_alternative", "booking_confirmed", "noted"})
SURE = frozenset({"full", "offer_alternative"})
SAYS_NOTHING = frozenset({"greeting", "thanks"})  # beside these another time or day is an offer


def note_proposed(turn: Turn, meaning: Meaning) -> None:
    """They come back to a time or day that we have just asked for: it is what we are after from now on."""
    memory = turn.memory
    if meaning.polarity is False or meaning.intents & (REFUSES | {"closed"}):
        return
    if memory.pending == "other_time" and meaning.times == (memory.other_time,):
        turn.remember(time=memory.other_time)
    elif memory.pending == "other_date" and (
        meaning.dates == (memory.other_date,) or (meaning.times and not meaning.dates)
    ):
        turn.remember(date=memory.other_date)


def closed(turn: Turn, meaning: Meaning) -> bool:
    """They are closed on the day we want: another day, or the end."""
    if "closed" not in meaning.intents or turn.task.kind == "cancel":
        return False
    if meaning.dates and turn.memory.date not in meaning.dates:
        return False  # closed on a day we did not ask for
    if not meaning.dates and "available" in meaning.intents and meaning.polarity is not False:
        return False  # closed now, or a part of the house
    if not _try_other_date(turn):
        turn.decline("closed", "closed on that day", "", "closed")
    return True


def too_many(turn: Turn, meaning: Meaning) -> bool:
    """They do not take groups of this size."""
    if turn.task.kind == "cancel" or not 0 < meaning.party_limit < turn.task.party_size:
        return False
    turn.remember(offered_party=meaning.party_limit)
    _decline(turn, f"they take at most {meaning.party_limit} people")
    return True


def offers(turn: Turn, meaning: Meaning) -> bool:
    """They offer something else than we asked for, or have nothing."""
    if turn.task.kind == "cancel":
        return False  # no table is looked for
    intents = meaning.intents
    times = _offered(meaning.times, turn.memory.time, turn.task.time, meaning)
    dates = _offered(meaning.dates, turn.memory.date, turn.task.date, meaning)
    if meaning.polarity is False and "offer_alternative" not in intents:  # "at nine we have nothing either"
        times = tuple(
            time for time in times if (turn.memory.pending, time) != ("other_time", turn.memory.other_time)
        )
        dates = tuple(
            date for date in dates if (turn.memory.pending, date) != ("other_date", turn.memory.other_date)
        )
    asked_for_another = turn.memory.pending in ASKED_FOR_ANOTHER
    answered = asked_for_another and all(map(turn.time_does, times)) and all(map(turn.date_does, dates))
    if (times or dates) and (
        (answered and meaning.polarity is not False) or intents & OFFERS or not intents - SAYS_NOTHING
    ):
        turn.remember(read_back=False)
        _take(turn, times, dates, sure=bool(intents & SURE) and _is_clear(turn, meaning))
        return True
    refused = "full" in intents or "decline" in intents or (asked_for_another and meaning.polarity is False)
    if refused and _refused_another(turn, meaning):
        return True
    if refused:
        turn.remember(read_back=False, full=True, available=False)
        _without_offer(turn, sure=asked_for_another or bool(intents & SURE))
        return True
    return asked_for_another and _agreed_in_general(turn, meaning)


def _is_clear(turn: Turn, meaning: Meaning) -> bool:
    """Do they say that what we asked for is not to be had, and not only that there is a table at another time?"""
    if "full" in meaning.intents or meaning.polarity is False or meaning.nothing_else or not meaning.times:
        return True
    return turn.memory.pending in ASKED_FOR_ANOTHER and not meaning.polarity


def _refused_another(turn: Turn, meaning: Meaning) -> bool:
    """Is it another time or day that is full than the one we asked for? They misheard: say it again, once."""
    memory = turn.memory
    time = memory.other_time if memory.pending == "other_time" else memory.time
    date = memory.other_date if memory.pending == "other_date" else memory.date
    for field, values, wanted in (("time", meaning.times, time), ("date", meaning.dates, date)):
        if len(values) == 1 and wanted not in values and not memory.corrections.get(field):
            turn.remember(read_back=False, corrections={**memory.corrections, field: 1})
            turn.say(f"ask_{memory.pending}" if memory.pending == f"other_{field}" else f"correct_{field}")
            return True
    return False


def _offered(values: tuple[str, ...], wanted: str, first: str, meaning: Meaning) -> tuple[str, ...]:
    """The values they hold out to us instead of what we want. `first`: what we asked for in the beginning."""
    if meaning.none_of_them:
        return ()
    only_full = "full" in meaning.intents and "offer_alternative" not in meaning.intents
    if only_full and len(values) < 2 and ("available" not in meaning.intents or wanted in values):
        return ()  # the one value is what is full
    if wanted in values and "full" not in meaning.intents:
        return ()
    said_again = values == (wanted,) or (wanted != first and first in values)
    if said_again and wanted in values and "offer_alternative" in meaning.intents:
        return (wanted,)  # they did not hear us take it: "seven is full, i can offer eight" once more
    return tuple(value for value in values if value != wanted)


def _take(turn: Turn, times: tuple[str, ...], dates: tuple[str, ...], sure: bool) -> None:
    task, memory = turn.task, turn.memory
    good_times = [time for time in times if turn.time_does(time)]
    good_dates = [date for date in dates if turn.date_does(date)]
    if (times and not good_times) or (dates and not good_dates):
        turn.remember(full=True, available=False)
        turn.remember(
            offered_time=_nearest(good_times or list(times), task.time) if times else "",
            offered_date=(*good_dates, *dates, "")[0],
        )
        _without_offer(turn, sure, heard_time=bool(times) and not good_times)
        return
    if good_times:
        turn.remember(time=_nearest(good_times, task.time))
        turn.say("accept_time")
    if good_dates:
        turn.remember(date=good_dates[0])
        if not good_times:
            turn.say("accept_date")
    turn.remember(confirmed_by={}, misunderstood=0, stage="asking" if not memory.told else memory.stage)
    turn.ask_yes()


def _without_offer(turn: Turn, sure: bool, heard_time: bool = False) -> None:
    """Ask once for what would also do, then for other days, then give up.

    sure: they said that they are full; else one word misheard must not lose the table, and we ask once more.
    heard_time: all we have heard is another time.
    """
    earliest, latest = time_window(turn.task)
    if earliest != latest and not turn.memory.range_asked:
        turn.remember(range_asked=1, stage="asking")
        turn.say("ask_range")
    elif not sure and not turn.memory.doubted:
        turn.remember(doubted=True, stage="asking")
        if heard_time and turn.memory.pending in ("range", "other_time"):
            turn.say(f"ask_{turn.memory.pending}")
        elif heard_time:
            turn.say("ask_heard_time")
        else:
            turn.say("ask_available" if turn.task.kind == "book" else turn.request_key())
    elif not (_try_other_time(turn) or _try_other_date(turn)):
        _decline(turn, "no table within what is allowed")


def _try_other_time(turn: Turn) -> bool:
    """Ask for a single time that would also do, on the day that is being spoken of."""
    memory = turn.memory
    if memory.pending == "other_date":
        return False  # the day itself was refused
    day = memory.date
    asked_for = f"{turn.task.date} {turn.task.time}"  # with which the call was opened
    tried = (*memory.times_tried, asked_for, f"{day} {memory.time}")
    turn.remember(times_tried=tried)
    for time in (turn.task.time, *turn.task.accept_times):
        if f"{day} {time}" not in tried:
            turn.remember(other_time=time, times_tried=(*tried, f"{day} {time}"), stage="asking")
            turn.say("ask_other_time")
            return True
    return False


def _try_other_date(turn: Turn) -> bool:
    tried = {turn.task.date, turn.memory.date, *turn.memory.dates_tried}
    for date in turn.task.accept_dates:
        if date not in tried:
            turn.remember(other_date=date, dates_tried=(*turn.memory.dates_tried, date), stage="asking")
            turn.say("ask_other_date")
            return True
    return False


def _agreed_in_general(turn: Turn, meaning: Meaning) -> bool:
    """A yes to "would something between … be possible?" or to another day."""
    agrees = meaning.polarity or meaning.intents & _AGREES
    if not agrees or meaning.polarity is False:
        return False
    if turn.memory.pending == "other_date":
        turn.remember(date=turn.memory.other_date)
        turn.ask_yes()
    elif turn.memory.pending == "other_time":
        turn.remember(time=turn.memory.other_time, confirmed_by={})
        turn.ask_yes()
    elif turn.time_does(turn.memory.time) and turn.memory.time in meaning.times:
        turn.ask_yes()
    else:
        turn.say("ask_which_time")
    return True


def _decline(turn: Turn, reason: str) -> None:
    """Give up; but where somebody is there to ask about what they offer, ask first."""
    if not principal.asks(turn, reason):
        turn.decline("no_table", reason, reason, "decline")


def _nearest(times: list[str], wanted: str) -> str:
    return min(times, key=lambda time: abs(_minutes(time) - _minutes(wanted)))


def _minutes(time: str) -> int:
    hour, minute = time.split(":")
    return int(hour) * 60 + int(minute)
