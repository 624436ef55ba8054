"""A restaurant that takes a booking in text. It knows what it was told in this call, and its own tables. Pure.

It hears the guest's sentences with `understand` and answers with those of `restaurant_words`. What it asks, what it
gets wrong, which tables it has and what it offers instead come from the plan it is given; how it says so from dice.
"""

from __future__ import annotations

import random
from datetime import date
from typing import NamedTuple

from benchmarks.restaurant_words import ENGLISH, Speaker
from engine.dialogue.meaning import Meaning
from engine.dialogue.patterns import fold, tokens
from engine.dialogue.understanding import understand

SLOTS = ("party_size", "date", "time")
ASKED_AT_MOST = 3  # times for one thing; then it hangs up
ASKS_NAME, ASKS_PHONE, ASKS_WISHES, LOOKS_UP = 0.6, 0.3, 0.15, 0.2  # shares of restaurants that do
READS_BACK, BOOKS_AT_ONCE = 0.3, 0.3
_PLACE_NOISE = frozenset({"the", "a", "of", "and", "restaurant", "cafe", "bar", "in", "s"})

Known = dict[str, str | int]


class Attempt(NamedTuple):
    """A table somebody may ask for, and whether there is one."""

    date: str
    time: str
    party_size: int
    free: bool
    offer: str = ""  # time that is offered instead
    reference: str = ""


class Plan(NamedTuple):
    """How a restaurant behaves in one call."""

    restaurant: str
    city: str
    today: str
    asks: tuple[str, ...]
    wrong: Known  # slot → what it believes until it is corrected
    attempts: tuple[Attempt, ...]  # any other table is not to be had


class TextRestaurant:
    """One call's. `booked` is what stands in its book."""

    def __init__(self, plan: Plan, dice: random.Random) -> None:
        self.plan = plan
        self.known: Known = {}
        self.booked: Known = {}
        self.hung_up = False
        self.speaker = Speaker(dice, plan.today)
        self._asks = list(plan.asks)
        self._wrong = dict(plan.wrong)
        self._named = self.speaker.chance(1 - ASKS_NAME)
        self._phoned = self.speaker.chance(1 - ASKS_PHONE)
        self._wished = self.speaker.chance(1 - ASKS_WISHES)
        self._looked = self.speaker.chance(1 - LOOKS_UP)
        self._reads_back = self.speaker.chance(READS_BACK)
        self._at_once = self.speaker.chance(BOOKS_AT_ONCE)
        self._asked: dict[str, int] = {}
        self._last = ""

    def greets(self) -> str:
        """Its first words."""
        desk = "restaurant_name" in self.plan.asks
        self._last = self.speaker.say("greet_desk" if desk else "greet", restaurant=self.plan.restaurant)
        return self._last

    def hears(self, text: str) -> str:
        """What it answers; "" = nothing, it waits."""
        meaning = understand(text, ENGLISH, date.fromisoformat(self.plan.today))
        if {"ask_repeat", "still_there"} & meaning.intents:
            return self._last
        between = "ask_alternative" in meaning.intents and len(meaning.times) == 2
        new = self._learns(meaning, text, between)
        if "goodbye" in meaning.intents:
            self.hung_up = True
            return self.speaker.say("farewell" if self.booked else "pity")
        self._last = self._answers(meaning, new, meaning.times if between else ())
        return self._last

    def _learns(self, meaning: Meaning, text: str, between: bool) -> bool:
        """Keep what was said; returns whether any of it is new."""
        before = dict(self.known)
        if meaning.party_sizes:
            self.known["party_size"] = meaning.party_sizes[-1]
        if meaning.dates:
            self.known["date"] = meaning.dates[-1]
        if meaning.times and not between:
            self.known["time"] = meaning.times[-1]
        if meaning.names:
            self.known["name"] = meaning.names[-1]
        for slot, own in (("restaurant_name", self.plan.restaurant), ("city", self.plan.city)):
            if self._asked.get(slot) and _names(text, own):
                self.known[slot] = own
        return self.known != before

    def _answers(self, meaning: Meaning, new: bool, between: tuple[str, ...]) -> str:
        place = next(
            (s for s in ("restaurant_name", "city") if self._asked.get(s) and s not in self.known), ""
        )
        if place:
            return self._ask(place)
        if self._asks:
            slot = self._asks.pop(0)
            self.known.pop(slot, None)
            return self._ask(slot)
        missing = [slot for slot in SLOTS if slot not in self.known]
        if missing and not between:
            return self._ask(missing[0])
        if self._wrong:
            self.known |= self._wrong
            self._wrong = {}
            return self._read_back("read_back")
        if not self._looked and not between:
            self._looked = True
            return self.speaker.say("hold")
        if between:
            return self._offers_between(*between)
        attempt = self._table()
        if attempt is None or not attempt.free:
            self.booked = {}
            return self._refuses(attempt)
        return self._takes(attempt, meaning, new)

    def _takes(self, attempt: Attempt, meaning: Meaning, new: bool) -> str:
        """There is a table: what is missing, or the booking."""
        wants_yes = "confirm_request" in meaning.intents
        if self.booked and all(self.booked[slot] == self.known[slot] for slot in SLOTS):
            return self.speaker.say("yes") if wants_yes or new else ""
        if not self._named or "name" not in self.known:
            self._named = True
            return self._ask("name")
        if not self._phoned:
            self._phoned = True
            return self._ask("phone")
        if not self._wished:
            self._wished = True
            return self._ask("wishes")
        if wants_yes or self._at_once or (meaning.polarity and self._asked.get("read_back")):
            self.booked = dict(self.known)
            reference = (
                self.speaker.say("reference", reference=self.speaker.code(attempt.reference))
                if attempt.reference
                else ""
            )
            return f"{self.speaker.say('booked')} {reference}".strip()
        if self._reads_back:
            return self._read_back("read_back_named")
        return self.speaker.say("available", time=self.speaker.time(attempt.time, attempt.time))

    def _ask(self, slot: str) -> str:
        self._asked[slot] = self._asked.get(slot, 0) + 1
        if self._asked[slot] > ASKED_AT_MOST:
            self.hung_up = True
            return self.speaker.say("impatient")
        return self.speaker.say(f"ask_{slot}")

    def _read_back(self, how: str) -> str:
        self._asked["read_back"] = 1
        known = self.known
        return self.speaker.say(
            how,
            party=self.speaker.party(int(known["party_size"])),
            day=self.speaker.day(str(known["date"])),
            time=self.speaker.time(str(known["time"])),
            name=str(known.get("name", "")).title(),
        )

    def _table(self) -> Attempt | None:
        wanted = tuple(self.known[slot] for slot in SLOTS)
        fits = [a for a in self.plan.attempts if (a.party_size, a.date, a.time) == wanted]
        return next((a for a in fits if a.free), fits[0] if fits else None)

    def _refuses(self, attempt: Attempt | None) -> str:
        wanted = str(self.known["time"])
        time = self.speaker.time(wanted)
        if attempt is None or not attempt.offer:
            return self.speaker.say("refuse", time=time)
        return self.speaker.say("refuse_and_offer", time=time, offer=self.speaker.time(attempt.offer, wanted))

    def _offers_between(self, earliest: str, latest: str) -> str:
        for attempt in self.plan.attempts:
            same = attempt.party_size == self.known["party_size"] and attempt.date == self.known["date"]
            if attempt.free and same and earliest <= attempt.time <= latest:
                return self.speaker.say("offer_in_range", offer=self.speaker.time(attempt.time))
        return self.speaker.say("refuse", time=self.speaker.time(str(self.known["time"])))


def _names(text: str, own: str) -> bool:
    """Are the words of its own name, or town, in these words?"""
    said = set(fold(" ".join(tokens(text))).split())
    words = set(fold(" ".join(tokens(own))).split())
    return bool(words) and len(words - _PLACE_NOISE - said) <= len(words) // 3
