"""What every simulated restaurant can say, in words that the simulator's recogniser knows."""

from __future__ import annotations

from engine.languages import load, words
from engine.protocol import LanguageCode
from engine.scenario_parts import Fact

ASK: dict[LanguageCode, dict[Fact, str]] = {
    "en": {
        "party_size": "for how many people",
        "date": "for which day",
        "time": "what time would you like",
        "name": "under what name",
        "phone": "can i have a phone number",
    },
    "de": {
        "party_size": "für wie viele personen",
        "date": "für welchen tag",
        "time": "welche uhrzeit möchten sie",
        "name": "auf welchen namen",
        "phone": "ihre telefonnummer bitte",
    },
    "es": {
        "party_size": "para cuántas personas",
        "date": "para qué día",
        "time": "a qué hora le gustaría",
        "name": "a nombre de quién",
        "phone": "me da un número de teléfono",
    },
    "nl": {
        "party_size": "voor hoeveel personen",
        "date": "voor welke dag",
        "time": "hoe laat wilt u komen",
        "name": "op welke naam",
        "phone": "mag ik een telefoonnummer",
    },
}
BRIEF: dict[LanguageCode, dict[Fact, str]] = {  # of somebody in a hurry
    "en": {
        "party_size": "how many people",
        "date": "what day",
        "time": "what time",
        "name": "your name please",
        "phone": "your phone number",
    },
    "de": {
        "party_size": "wie viele personen",
        "date": "welcher tag",
        "time": "welche uhrzeit",
        "name": "ihr name bitte",
        "phone": "ihre telefonnummer",
    },
    "es": {
        "party_size": "cuántas personas",
        "date": "qué día",
        "time": "a qué hora",
        "name": "su nombre por favor",
        "phone": "su teléfono",
    },
    "nl": {
        "party_size": "hoeveel personen",
        "date": "welke dag",
        "time": "hoe laat",
        "name": "uw naam alstublieft",
        "phone": "uw telefoonnummer",
    },
}
REMARKS: dict[LanguageCode, tuple[str, ...]] = {  # of somebody who likes to talk
    "en": (
        "oh how lovely it is such a nice evening here",
        "my mother made the soup it is wonderful",
    ),
    "de": (
        "ach wie schön bei uns scheint die sonne",
        "meine mutter hat selbst gekocht das schmeckt wunderbar",
    ),
    "es": (
        "ay qué bien hace un tiempo precioso",
        "mi madre ha hecho el flan y está muy rico",
    ),
    "nl": (
        "wat leuk de zon schijnt hier zo lekker",
        "mijn moeder heeft zelf soep gemaakt die is heerlijk",
    ),
}
AGAIN: dict[LanguageCode, str] = {  # of somebody who hears badly
    "en": "sorry i did not hear you well could you say that again please",
    "de": "entschuldigung ich höre nicht so gut können sie das noch einmal sagen",
    "es": "perdone no oigo muy bien me lo puede repetir",
    "nl": "sorry ik hoor niet zo goed kunt u dat nog een keer zeggen",
}
CHECK: dict[LanguageCode, str] = {
    "en": "a table for {party_size} people",
    "de": "ein tisch für {party_size} personen",
    "es": "una mesa para {party_size} personas",
    "nl": "een tafel voor {party_size} personen",
}
HELLO: dict[LanguageCode, str] = {
    "en": "hello this is {restaurant}",
    "de": "hallo hier ist {restaurant}",
    "es": "hola habla con {restaurant}",
    "nl": "hallo u spreekt met {restaurant}",
}
PARDON: dict[LanguageCode, str] = {
    "en": "could you repeat that please",
    "de": "können sie das bitte wiederholen",
    "es": "puede repetirlo por favor",
    "nl": "kunt u dat herhalen alstublieft",
}
YES: dict[LanguageCode, str] = {
    "en": "yes of course",
    "de": "ja gerne",
    "es": "sí claro",
    "nl": "ja natuurlijk",
}
FAREWELL: dict[LanguageCode, str] = {
    "en": "thank you goodbye",
    "de": "danke auf wiederhören",
    "es": "gracias adiós",
    "nl": "bedankt tot ziens",
}

# How a restaurant tells the time where that differs from the agent's careful wording: minute → wording.
# {h} is the hour of the clock's face, {next} the one after it.
CLOCK: dict[LanguageCode, dict[int, str]] = {
    "en": {15: "quarter past {h}", 30: "half past {h}", 45: "quarter to {next}"},
    "de": {0: "{h} uhr", 15: "viertel nach {h}", 30: "halb {next}", 45: "viertel vor {next}"},
    "nl": {0: "{h} uur", 15: "kwart over {h}", 30: "half {next}", 45: "kwart voor {next}"},
}


def say_clock(time: str, code: LanguageCode) -> str:
    """19:30 as a restaurant says it: "half past seven", "halb acht", "las siete y media"."""
    language = load(code)
    hour, minute = (int(part) for part in time.split(":"))
    wording = CLOCK.get(code, {}).get(minute)
    if wording:
        faces = [face % 12 or 12 for face in (hour, hour + 1)]
        this = language.words.hour_one if faces[0] == 1 and minute == 0 else words.say_number(faces[0], code)
        return wording.format(h=this, next=words.say_number(faces[1], code))
    text = words.say_time(time, language)
    if code != "en":  # nobody says "in the evening" on an evening's call; "p m" is short enough to be said
        for part in language.words.day_parts:
            text = text.removesuffix(part.words).rstrip()
    return text
