"""What the text restaurant of `tasks.py` says: several wordings of everything, one picked by dice. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date

from engine.languages import load
from engine.languages.words import month_names, say_number, say_ordinal, weekday_names

WORDINGS: Mapping[str, tuple[str, ...]] = {
    "greet": (
        "{restaurant}, good evening.",
        "Hello, {restaurant}, how can I help you?",
        "{restaurant}, what can I do for you?",
        "Good day, this is {restaurant}.",
        "{restaurant}, you are speaking with Tom.",
    ),
    "greet_desk": (
        "Reservations, hello?",
        "Good evening, the booking desk, how can I help you?",
        "Hello, table reservations, what can I do for you?",
    ),
    "ask_restaurant_name": (
        "Which restaurant are you calling for?",
        "And which of our restaurants would that be?",
        "We take bookings for several restaurants. Which one do you mean?",
        "Sure. At which restaurant?",
    ),
    "ask_city": (
        "Which city is that in?",
        "We have more than one location. Which city, please?",
        "And in which town?",
        "In what city would you like to eat?",
    ),
    "ask_time": (
        "What time would you like to come?",
        "For what time, please?",
        "And what time was that again?",
        "At what time should the table be ready?",
        "Gladly. When would you like to come, what time?",
    ),
    "ask_date": (
        "Which day would that be?",
        "For what date, please?",
        "And what day were you thinking of?",
    ),
    "ask_party_size": (
        "How many people will you be?",
        "For how many, please?",
        "How many guests is that for?",
        "And how many of you are coming?",
    ),
    "ask_name": (
        "Under what name, please?",
        "What name should I put it under?",
        "May I have your name?",
        "And the name?",
        "Whose name shall I put down?",
    ),
    "ask_phone": (
        "And a phone number, please?",
        "Could I have a number where we can reach you?",
        "What is your phone number?",
    ),
    "ask_wishes": (
        "Are there any allergies we should know about?",
        "Do you have any special wishes?",
        "Is it for a special occasion?",
    ),
    "hold": (
        "One moment, please, I will have a look.",
        "Let me check that for you, just a second.",
        "Hold on, please.",
    ),
    "read_back": (
        "So that is a table for {party} {day} at {time}, is that right?",
        "Let me repeat that: {party}, {day}, {time}. Correct?",
        "You would like to come {day} at {time} with {party}, yes?",
        "{party}, {day}, at {time}, did I get that right?",
        "I have {party} {day} at {time}. Is that correct?",
    ),
    "read_back_named": (
        "So {party}, {day} at {time}, under {name}, is that right?",
        "Let me repeat: a table for {party} {day} at {time} for {name}. Correct?",
        "I wrote down {name}, {party}, {day}, {time}. Is that all right?",
    ),
    "available": (
        "Yes, we have a table then.",
        "That works, we still have a table.",
        "Yes, that is possible.",
        "Sure, {time} is fine.",
        "No problem, I can do that for you.",
        "Let me see. Yes, {time} is free.",
    ),
    "refuse": (
        "I am sorry, we have nothing at {time}.",
        "Unfortunately {time} is not possible.",
        "Sorry, we are fully booked at {time}.",
        "I am afraid there is no table left at {time}.",
        "Oh, at {time} everything is taken, I am sorry.",
        "That did not work out, there is nothing free at {time}.",
    ),
    "refuse_and_offer": (
        "I am sorry, {time} is full. I could offer you {offer}.",
        "Unfortunately there is no table at {time}. Would {offer} work for you?",
        "We are booked out at {time}, but {offer} would be possible.",
        "Nothing at {time}, sorry. How about {offer}?",
        "Not at {time}, no. The next free table is at {offer}, shall I take that?",
        "I could not get you {time}. Should I put you down for {offer} instead?",
        "{time} is gone, I am afraid. We do have something at {offer}.",
    ),
    "offer_in_range": (
        "Yes, {offer} would be possible.",
        "Let me look. We could do {offer}.",
        "At {offer} I have something.",
    ),
    "booked": (
        "Yes, that is right, your table is booked.",
        "Perfect, it is reserved for you.",
        "Exactly. You are all set.",
        "Yes. The table is booked for you.",
        "All right, I have put you down.",
        "Correct, the booking is confirmed.",
    ),
    "reference": (
        "Your reference is {reference}.",
        "The booking number is {reference}.",
        "Please keep the reference number, it is {reference}.",
    ),
    "yes": ("Yes, that is right.", "Exactly.", "Yes, correct.", "That is correct, yes."),
    "farewell": ("Goodbye.", "See you then, bye.", "Thank you for calling, goodbye.", "Have a nice day."),
    "pity": ("All right, maybe another time. Goodbye.", "What a pity. Goodbye.", "I understand, bye."),
    "what": ("Sorry, I did not get that.", "Could you say that again, please?", "Pardon?"),
    "impatient": ("I am sorry, then I can not help you. Goodbye.",),
}


class Speaker:
    """One restaurant's way of speaking."""

    def __init__(self, dice: random.Random, today: str) -> None:
        """today: ISO date from which "today" and "tomorrow" are said."""
        self._dice = dice
        self._today = date.fromisoformat(today)

    def chance(self, share: float) -> bool:
        """Whether something is done that is done in this share of cases."""
        return self._dice.random() < share

    def say(self, what: str, **slots: str) -> str:
        """One of the wordings of `what`."""
        text = self._dice.choice(WORDINGS[what]).format(**slots)
        return text[0].upper() + text[1:]

    def party(self, people: int) -> str:
        """A number of people."""
        if people == 1:
            return self._dice.choice(("one person", "1 person", "just one person"))
        number = say_number(people, "en")
        return self._dice.choice(
            (f"{people} people", f"{number} people", f"{number} guests", f"a party of {people}")
        )

    def code(self, reference: str) -> str:
        """A reference, in one word or letter by letter."""
        return self._dice.choice((reference, " ".join(reference), ", ".join(reference)))

    def day(self, iso: str) -> str:
        """A day, as it is said after "a table"."""
        day = date.fromisoformat(iso)
        ahead = (day - self._today).days
        if ahead in (0, 1) and self.chance(0.6):
            return ("today", "tomorrow")[ahead]
        weekday = weekday_names("en")[day.weekday()]
        month = month_names("en")[day.month - 1]
        ordinal = say_ordinal(day.day, "en")
        ways = [f"on {weekday} the {ordinal}", f"on {month} {day.day}", f"on the {ordinal} of {month}"]
        if 1 < ahead < 7:
            ways.append(f"on {weekday}")
        return self._dice.choice(ways)

    def time(self, time: str, near: str = "") -> str:
        """A time; without its part of the day only where `near`, which was just spoken of, leaves no doubt."""
        hour, minute = (int(part) for part in time.split(":"))
        short = str((hour - 1) % 12 + 1)
        half = "am" if hour < 12 else "pm"
        words = say_number(int(short), "en")
        ways = [f"{short}:{minute:02d} {half}", f"{hour:02d}:{minute:02d}"]
        if not minute:
            ways += [f"{short} {half}", f"{words} {half[0]} m"]
        if minute in (15, 30, 45):
            part = "in the morning" if hour < 12 else "in the afternoon" if hour < 18 else "in the evening"
            ways.append(f"{words} {say_number(minute, 'en')} {half[0]} m")
            after = {15: f"quarter past {words}", 30: f"half past {words}"}
            after[45] = f"quarter to {say_number(int(short) % 12 + 1, 'en')}"
            if hour != 11 or minute != 45:  # "quarter to twelve in the morning" is said by nobody
                ways.append(f"{after[minute]} {part}")
        if near and abs(minutes(time) - minutes(near)) <= 60 and hour >= 12:
            ways.append(f"{words} {say_number(minute, 'en')}" if minute else f"{words} o'clock")
        return self._dice.choice(ways)


def minutes(time: str) -> int:
    """Of "HH:MM", since midnight."""
    hour, minute = time.split(":")
    return int(hour) * 60 + int(minute)


ENGLISH = load("en")
