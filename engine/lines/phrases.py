"""What every simulated restaurant can say, in words that the simulator's recogniser knows."""

from __future__ import annotations

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
