"""Times and days that are easily taken for others, as restaurants say them in each language."""

from __future__ import annotations

from datetime import date

import pytest

from engine.dialogue.understanding import understand
from engine.languages import load

TODAY = date(2025, 12, 1)  # a Monday
EVENING, NOON = "19:00", "13:00"
TIMES = {
    "de": {
        "wir hätten um neunzehn uhr dreißig etwas frei": "19:30",
        "geht auch zwanzig uhr fünfzehn": "20:15",
        "viertel neun ginge": "20:15",
        "viertel nach acht ginge": "20:15",
        "drei viertel sieben": "18:45",
        "fünf vor halb acht hätte ich was": "19:25",
        "zehn nach halb acht": "19:40",
        "um halb eins mittags": "12:30",
    },
    "en": {
        "half past seven": "19:30",
        "i can do half seven": "19:30",
        "quarter to eight": "19:45",
        "at nineteen thirty": "19:30",
        "twenty past seven": "19:20",
        "twelve noon": "12:00",
        "half past twelve": "12:30",
        "ten to eight": "19:50",
    },
    "es": {
        "a las veinte horas tenemos mesa": "20:00",
        "a las veintiuna treinta horas": "21:30",
        "a las diez menos veinte": "21:40",
        "a las doce y media": "12:30",
        "a las doce y media del mediodía": "12:30",
        "a las dos y cuarto de la tarde": "14:15",
        "a las nueve menos cuarto": "20:45",
        "a las catorce treinta": "14:30",
    },
    "nl": {
        "om negentien uur dertig": "19:30",
        "19.30 uur kan": "19:30",
        "om 19u30": "19:30",
        "half acht kan": "19:30",
        "tien voor half acht": "19:20",
        "kwart over zeven": "19:15",
        "rond een uur of acht": "20:00",
        "om half één 's middags": "12:30",
    },
}
DAYS = {
    "de": {
        "am fünften zwölften": "2025-12-05",
        "heute in acht tagen": "2025-12-08",
        "übernächsten freitag": "2025-12-12",
        "sonnabend der sechste": "2025-12-06",
    },
    "en": {
        "december twelfth": "2025-12-12",
        "the twelfth of december": "2025-12-12",
        "friday week": "2025-12-12",
        "january fifth": "2026-01-05",
    },
    "es": {
        "el cinco del doce": "2025-12-05",
        "el sábado de la semana que viene": "2025-12-13",
        "el primero de enero": "2026-01-01",
        "pasado mañana": "2025-12-03",
    },
    "nl": {
        "de vijfde van de twaalfde": "2025-12-05",
        "vrijdag over een week": "2025-12-12",
        "volgende week vrijdag": "2025-12-12",
        "eerste kerstdag": "2025-12-25",
    },
}


@pytest.mark.parametrize(
    ("code", "words", "time"), [(code, *case) for code, cases in TIMES.items() for case in cases.items()]
)
def test_time_is_the_one_that_was_meant(code, words: str, time: str):
    near = NOON if time < "16:00" else EVENING if code != "es" else "21:00"
    assert understand(words, load(code), TODAY, near_time=near, expecting="time").times == (time,)


@pytest.mark.parametrize(
    ("code", "words", "day"), [(code, *case) for code, cases in DAYS.items() for case in cases.items()]
)
def test_day_is_the_one_that_was_meant(code, words: str, day: str):
    assert understand(words, load(code), TODAY, near_time=EVENING).dates == (day,)


@pytest.mark.parametrize(
    ("code", "words", "name"),
    [
        ("nl", "dus op naam van kees van dam klopt dat", "kees van dam"),
        ("nl", "op naam van maria van der berg", "maria van der berg"),
        ("nl", "op naam van visser van vrijdag", "visser"),
        ("es", "a nombre de maría de la fuente", "maría de la fuente"),
        ("es", "a nombre de garcía de acuerdo", "garcía"),
        ("es", "a nombre de ana de las nueve", "ana"),
        ("de", "auf den namen ursula von der heide ist das richtig", "ursula von der heide"),
        ("de", "auf müller zu sechst", "müller"),
        ("en", "under the name oscar de la hoya is that right", "oscar de la hoya"),
    ],
)
def test_name_has_its_particles_and_nothing_behind_it(code, words: str, name: str):
    assert understand(words, load(code), TODAY, near_time=EVENING).names == (name,)
