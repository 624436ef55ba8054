"""Times, days, people, names and digits as they are said on the phone in four languages."""

from datetime import date

import pytest

from engine.dialogue.meaning import Meaning
from engine.dialogue.understanding import understand
from engine.languages import load

TODAY = date(2026, 11, 24)  # a Tuesday


def read(code: str, text: str, today: date = TODAY) -> Meaning:
    return understand(text, load(code), today)


@pytest.mark.parametrize(
    ("code", "text", "times"),
    [
        ("en", "could you come at noon", ("12:00",)),
        ("en", "the kitchen is open, say midnight", ("00:00",)),
        ("en", "half seven would be fine", ("19:30",)),
        ("en", "ten to eight", ("19:50",)),
        ("en", "at 8:15 p.m.", ("20:15",)),
        ("en", "twenty past one in the afternoon", ("13:20",)),
        ("en", "You are down for 10:30.", ("10:30",)),
        ("en", "at quarter past twelve", ("12:15",)),
        ("en", "twelve at night", ("00:00",)),
        ("es", "a las doce de la noche", ("00:00",)),
        ("es", "a las doce del mediodía", ("12:00",)),
        ("de", "um halb eins", ("12:30",)),
        ("de", "dreiviertel acht", ("19:45",)),
        ("de", "um viertel nach sieben", ("19:15",)),
        ("de", "kommen Sie doch um Mitternacht", ("00:00",)),
        ("de", "gegen Mittag", ("12:00",)),
        ("de", "um 19 Uhr 30", ("19:30",)),
        ("de", "zehn vor acht", ("19:50",)),
        ("de", "um acht Uhr abends", ("20:00",)),
        ("de", "um acht Uhr morgens", ("08:00",)),
        ("es", "a las doce y media", ("12:30",)),
        ("es", "a las nueve menos diez", ("20:50",)),
        ("es", "al mediodía", ("12:00",)),
        ("es", "a medianoche", ("00:00",)),
        ("es", "a las ocho y cuarto de la tarde", ("20:15",)),
        ("es", "a las diez de la mañana", ("10:00",)),
        ("es", "a las 21:30", ("21:30",)),
        ("es", "a la una y media", ("13:30",)),
        ("nl", "kwart over zeven", ("19:15",)),
        ("nl", "half één", ("12:30",)),
        ("nl", "vijf over half acht", ("19:35",)),
        ("nl", "om middernacht", ("00:00",)),
        ("nl", "om twaalf uur 's middags", ("12:00",)),
        ("nl", "om acht uur 's ochtends", ("08:00",)),
        ("nl", "om 19.30 uur", ("19:30",)),
        ("nl", "tien voor acht", ("19:50",)),
    ],
)
def test_times(code, text, times):
    assert read(code, text).times == times


@pytest.mark.parametrize(
    ("code", "text", "dates"),
    [
        ("en", "friday week", ("2026-12-04",)),
        ("en", "a week on Friday at eight", ("2026-12-04",)),
        ("en", "next Tuesday", ("2026-12-01",)),
        ("en", "this coming Friday", ("2026-11-27",)),
        ("en", "on Monday next week", ("2026-11-30",)),
        ("en", "in three days", ("2026-11-27",)),
        ("en", "a week from Friday", ("2026-12-04",)),
        ("en", "two weeks on Friday", ("2026-12-11",)),
        ("de", "Freitag in zwei Wochen", ("2026-12-11",)),
        ("de", "Samstag in acht Tagen", ("2026-12-05",)),
        ("es", "el viernes de dentro de dos semanas", ("2026-12-11",)),
        ("nl", "zaterdag over twee weken", ("2026-12-12",)),
        ("en", "in two weeks", ("2026-12-08",)),
        ("en", "a week from tomorrow", ("2026-12-02",)),
        ("en", "December 3rd", ("2026-12-03",)),
        ("en", "the day after tomorrow", ("2026-11-26",)),
        ("en", "on 2026-12-24", ("2026-12-24",)),
        ("de", "Freitag in einer Woche", ("2026-12-04",)),
        ("de", "am Freitagabend", ("2026-11-27",)),
        ("de", "am Sonnabend", ("2026-11-28",)),
        ("de", "nächsten Dienstag", ("2026-12-01",)),
        ("de", "Mittwoch nächster Woche", ("2026-12-02",)),
        ("de", "nächste Woche Mittwoch", ("2026-12-02",)),
        ("de", "übernächsten Samstag", ("2026-12-05",)),
        ("de", "in drei Tagen", ("2026-11-27",)),
        ("de", "heute in zwei Wochen", ("2026-12-08",)),
        ("de", "am 24.12.", ("2026-12-24",)),
        ("de", "am vierundzwanzigsten Dezember", ("2026-12-24",)),
        ("es", "el viernes de la semana que viene", ("2026-12-04",)),
        ("es", "el próximo martes", ("2026-12-01",)),
        ("es", "el jueves que viene", ("2026-11-26",)),
        ("es", "dentro de tres días", ("2026-11-27",)),
        ("es", "dentro de quince días", ("2026-12-08",)),
        ("es", "de hoy en ocho días", ("2026-12-01",)),
        ("es", "dentro de una semana", ("2026-12-01",)),
        ("es", "pasado mañana", ("2026-11-26",)),
        ("es", "el uno de enero", ("2027-01-01",)),
        ("es", "el 24/12", ("2026-12-24",)),
        ("nl", "vrijdag over een week", ("2026-12-04",)),
        ("nl", "vrijdagavond", ("2026-11-27",)),
        ("nl", "aanstaande zaterdag", ("2026-11-28",)),
        ("nl", "volgende week woensdag", ("2026-12-02",)),
        ("nl", "over drie dagen", ("2026-11-27",)),
        ("nl", "over twee weken", ("2026-12-08",)),
        ("nl", "vandaag over een week", ("2026-12-01",)),
        ("nl", "op 24 december", ("2026-12-24",)),
        ("nl", "overmorgen", ("2026-11-26",)),
    ],
)
def test_days(code, text, dates):
    assert read(code, text).dates == dates


def test_next_friday_on_a_friday_is_not_today():
    friday = date(2026, 11, 27)
    assert read("en", "on friday", friday).dates == ("2026-11-27",)
    assert read("en", "next friday", friday).dates == ("2026-12-04",)
    assert read("de", "am kommenden freitag", friday).dates == ("2026-12-04",)


def test_a_day_of_next_week_is_counted_from_the_week_and_not_from_today():
    sunday = date(2026, 11, 29)
    assert read("en", "on monday next week", sunday).dates == ("2026-11-30",)
    assert read("nl", "volgende week maandag", sunday).dates == ("2026-11-30",)


@pytest.mark.parametrize(
    ("code", "text", "digits"),
    [
        ("en", "the number is oh one six three double two seven", "0163227"),
        ("en", "my number is triple five one two three four", "5551234"),
        ("en", "the number is twenty two forty one nine", "22419"),
        ("en", "number 415-555-0132", "4155550132"),
        ("en", "the number is seven double zero nine hundred", "700900"),
        ("nl", "het nummer is 06 12 34 56 78", "0612345678"),
        ("de", "die nummer ist null eins sieben sechs zwo zwo drei", "0176223"),
        ("de", "die nummer ist null dreißig doppel fünf zwölf", "0305512"),
        ("de", "die nummer ist null eins sieben sechs fünfundvierzig", "017645"),
        ("es", "el número es seiscientos doce treinta y cuatro cincuenta y seis setenta", "612345670"),
        ("es", "el número es nueve uno doble cero tres", "91003"),
        ("nl", "het nummer is nul zes dubbel vier drie", "06443"),
        ("nl", "het nummer is nul zes twaalf vijfenveertig", "061245"),
    ],
)
def test_digits(code, text, digits):
    assert read(code, text).digits == digits


@pytest.mark.parametrize(
    ("code", "text", "name"),
    [
        ("en", "it is spelled W-A-L-K-E-R", "walker"),
        ("en", "that is m i double l e r", "miller"),
        ("en", "b as in bravo e r g", "berg"),
        ("de", "m wie martha e y e r", "meyer"),
        ("de", "m ü doppel l e r", "müller"),
        ("es", "g de gerona i l", "gil"),
        ("nl", "s van simon m i t", "smit"),
        ("nl", "b a dubbel k e r", "bakker"),
    ],
)
def test_spelled_names(code, text, name):
    assert read(code, text).names == (name,)


@pytest.mark.parametrize(
    ("code", "text", "people"),
    [
        ("en", "a party of twelve", (12,)),
        ("en", "we are booked as one table for eight people", (8,)),
        ("en", "I will book one table for four", (4,)),
        ("en", "we hold the table for 15 minutes", ()),
        ("en", "for one of them", ()),
        ("de", "wir sind zu fünft", (5,)),
        ("de", "ein tisch für zwei personen", (2,)),
        ("de", "wir halten den tisch 15 minuten", ()),
        ("es", "seremos siete", (7,)),
        ("es", "una mesa para cuatro personas a las nueve", (4,)),
        ("nl", "met z'n vieren", (4,)),
        ("nl", "een tafel voor drie personen", (3,)),
    ],
)
def test_people(code, text, people):
    assert read(code, text).party_sizes == people


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "we are located at 8 Mill Street"),
        ("en", "the rating is about 4.5"),
        ("en", "It is rated 4.2. Very good."),
        ("de", "die bewertung ist 4.5"),
        ("nl", "de beoordeling is 4,5"),
    ],
)
def test_addresses_and_ratings_are_no_times_and_no_dates(code, text):
    meaning = read(code, text)
    assert (meaning.times, meaning.dates, meaning.party_sizes) == ((), (), ())


@pytest.mark.parametrize(
    ("code", "lacking", "full"),
    [
        ("en", "we do not have a terrace", "we do not have a table"),
        ("de", "wir haben keine terrasse", "wir haben keinen tisch"),
        ("es", "no tenemos terraza", "no tenemos mesa"),
        ("nl", "we hebben geen terras", "we hebben geen tafel"),
    ],
)
def test_a_house_that_lacks_something_is_not_full(code, lacking, full):
    assert "full" not in read(code, lacking).intents
    assert "full" in read(code, full).intents


@pytest.mark.parametrize(
    ("code", "told", "asked"),
    [
        ("en", "our phone number is 415 555 0132", "what is your phone number"),
        ("de", "unsere telefonnummer ist 030 555 0132", "wie ist ihre telefonnummer"),
        ("es", "nuestro teléfono es 91 555 01 32", "me da un número de teléfono"),
        ("nl", "ons telefoonnummer is 020 555 0132", "wat is uw telefoonnummer"),
    ],
)
def test_a_number_that_is_told_is_not_asked_for(code, told, asked):
    assert "ask_phone" not in read(code, told).intents
    assert "ask_phone" in read(code, asked).intents


@pytest.mark.parametrize(
    ("code", "part", "house"),
    [
        ("en", "the terrace stays closed in winter", "we are closed on that day"),
        ("de", "die terrasse ist im winter geschlossen", "wir haben an dem tag geschlossen"),
        ("es", "la terraza está cerrada en invierno", "ese día cerramos"),
        ("nl", "het terras is in de winter gesloten", "die dag zijn we gesloten"),
    ],
)
def test_a_part_of_the_house_that_is_closed_closes_nothing_else(code, part, house):
    assert "closed" not in read(code, part).intents
    assert "closed" in read(code, house).intents
