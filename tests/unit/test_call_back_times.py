"""When a restaurant wants to be called again: what it says, in four languages, and the moment that is meant."""

from __future__ import annotations

from datetime import date

import pytest

from engine.dialogue.call_back_times import call_back_at
from engine.dialogue.understanding import understand
from engine.languages import load

TUESDAY = date(2026, 11, 24)
NOW = "15:10"
SAID = {
    "en": {
        "call back after five": "24T17:00",
        "we open at six, try then": "24T18:00",
        "could you ring us again in half an hour": "24T15:40",
        "nobody who does bookings is here, ring tomorrow morning": "25T10:00",
        "please try again tomorrow at eleven": "25T11:00",
        "call us back at half past eight this evening": "24T20:30",
        "can you call back in about twenty minutes": "24T15:30",
        "call back in an hour and a half": "24T16:40",
        "give us a ring on thursday after two": "26T14:00",
        "call again later": "",
        "call back when we open": "",
        "we are full at seven, call back after nine maybe something opens up": "24T21:00",
        "call back at five no sorry at six": "24T18:00",
        "the boss is in from four, could you ring again then": "24T16:00",
        "try us again in a couple of hours": "24T17:10",
        "please call us back between five and six": "24T17:00",
        "could you call back around 6:30 p.m.": "24T18:30",
        "call back at 18:15": "24T18:15",
        "good evening we are too busy, call back tomorrow": "25T11:00",
        "call back tomorrow afternoon": "25T15:00",
        "ring us on friday at ten in the morning": "27T10:00",
        "call us next week": "30T11:00",
        "we close at ten so call before nine": "24T21:00",
        "call back in the morning": "25T10:00",
        "can you call back in an hour": "24T16:10",
        "I'm only the cook. The manager comes at quarter to six. Could you try again then?": "24T17:45",
        "give me ten minutes and call again": "24T15:20",
        "we're in the middle of service, please phone again after ten": "24T22:00",
        "ring back tonight": "24T18:00",
        "call back at noon tomorrow": "25T12:00",
        "Sorry, our reservations person starts at five. Please call back then.": "24T17:00",
        "Can you ring in ten minutes?": "24T15:20",
        "We're swamped, could you try us again in forty five minutes?": "24T15:55",
        "call again tomorrow between ten and twelve": "25T10:00",
        "Please call us back any time after 4 pm": "24T16:00",
        "best to call from half five": "24T17:30",
        "phone back on Saturday morning": "28T10:00",
        "I'd call back closer to seven": "24T19:00",
        "try again in three quarters of an hour": "24T15:55",
        "call after lunch": "24T16:10",
        "You'll have to ring again on Monday.": "30T11:00",
        "could you give us a call back at twenty past four": "24T16:20",
        "call back the day after tomorrow": "26T11:00",
        "ring me in two and a half hours": "24T17:40",
        "call us tomorrow evening at seven": "25T19:00",
        "The booking line opens at 9 a.m. tomorrow, please call then": "25T09:00",
        "call back at 5": "24T17:00",
        "I'll call you back in half an hour": "24T15:40",
        "call back in an hour or two": "24T16:10",
        "can you please call later this afternoon": "24T16:10",
        "we don't take bookings right now, ring after six thirty": "24T18:30",
        "call back in fifteen": "",
        "nobody's here who can help you, call Friday": "27T11:00",
        "please call again at nine in the morning": "25T09:00",
        "we reopen on Thursday at noon, try again then": "26T12:00",
        "come on, call in a minute": "",
    },
    "de": {
        "rufen Sie morgen ab elf noch mal an": "25T11:00",
        "in einer halben Stunde bitte noch mal anrufen": "24T15:40",
        "wir öffnen um sechs, versuchen Sie es dann noch einmal": "24T18:00",
        "rufen Sie nach halb sechs wieder an": "24T17:30",
        "rufen Sie bitte um achtzehn Uhr noch einmal an": "24T18:00",
        "können Sie in anderthalb Stunden noch mal anrufen": "24T16:40",
        "probieren Sie es morgen früh wieder": "25T10:00",
        "rufen Sie später wieder an": "",
        "rufen Sie am Donnerstag noch mal an": "26T11:00",
        "rufen Sie in einer Stunde wieder an": "24T16:10",
        "der Chef ist ab vier da, rufen Sie dann noch mal an": "24T16:00",
        "melden Sie sich morgen nachmittag noch mal": "25T15:00",
        "rufen Sie in zwanzig Minuten zurück": "24T15:30",
        "rufen Sie um Viertel nach fünf noch einmal an": "24T17:15",
        "rufen Sie bitte in einer Viertelstunde wieder an": "24T15:25",
        "wir haben bis fünf geschlossen, rufen Sie danach wieder an": "24T17:00",
        "rufen Sie um fünf, nein, um sechs wieder an": "24T18:00",
        "morgen früh um neun ist die Chefin da, rufen Sie da noch mal an": "25T09:00",
        "rufen Sie doch heute Abend noch mal an": "24T18:00",
        "ich rufe Sie in zwei Stunden zurück": "24T17:10",
        "rufen Sie Freitagvormittag wieder an": "27T10:00",
        "rufen Sie zwischen fünf und sechs noch mal an": "24T17:00",
        "nächste Woche bitte noch mal anrufen": "30T11:00",
        "Da müssten Sie um siebzehn Uhr dreißig noch mal durchklingeln": "24T17:30",
        "Bitte versuchen Sie es in zehn Minuten noch einmal": "24T15:20",
        "Probieren Sie's gegen sechs noch mal": "24T18:00",
        "Die Chefin kommt erst um vier, rufen Sie dann bitte wieder an": "24T16:00",
        "rufen Sie doch übermorgen noch mal an": "26T11:00",
        "Könnten Sie später am Abend noch mal anrufen, so gegen neun": "24T21:00",
        "Rufen Sie am besten morgen Vormittag an": "25T10:00",
        "in einer Dreiviertelstunde bitte nochmal anrufen": "24T15:55",
        "Wir rufen Sie um sechs zurück": "24T18:00",
        "ab 18 Uhr können Sie wieder anrufen": "24T18:00",
        "Ruf um halb acht nochmal an": "24T19:30",
        "Können Sie in zwei Stunden noch mal anrufen?": "24T17:10",
        "Melden Sie sich am Freitag ab zehn Uhr noch mal": "27T10:00",
        "rufen Sie bitte kurz nach fünf wieder an": "24T17:00",
        "Rufen Sie an, wenn wir öffnen": "",
        "Rufen Sie bitte heute Nachmittag um vier noch einmal an": "24T16:00",
        "dann rufen Sie Montag früh um neun noch mal an": "30T09:00",
        "um Viertel vor sechs ist jemand da, da können Sie es noch mal versuchen": "24T17:45",
        "am Wochenende bitte wieder anrufen": "",
        "rufen Sie nach dem Mittagsgeschäft noch mal an": "24T16:10",
    },
    "es": {
        "vuelva a llamar a partir de las ocho": "24T20:00",
        "llame dentro de media hora": "24T15:40",
        "abrimos a las seis, llame entonces": "24T18:00",
        "llame mañana por la mañana": "25T10:00",
        "vuelva a llamar en una hora": "24T16:10",
        "llámenos mañana a las once": "25T11:00",
        "vuelva a llamar más tarde": "",
        "llame el jueves": "26T11:00",
        "inténtelo de nuevo en veinte minutos": "24T15:30",
        "¿puede llamar a las cinco y media?": "24T17:30",
        "llame en una hora y media": "24T16:40",
        "el encargado llega a las siete, pruebe entonces": "24T19:00",
        "llame esta noche a partir de las nueve": "24T21:00",
        "vuelva a llamar sobre las seis menos cuarto": "24T17:45",
        "llame mañana por la tarde": "25T15:00",
        "le llamamos en un cuarto de hora": "24T15:25",
        "llame a las cinco, perdón, a las seis": "24T18:00",
        "vuelva a llamar la semana que viene": "30T11:00",
        "llame pasado mañana a mediodía": "26T12:00",
        "buenas tardes, llame mañana": "25T11:00",
        "¿Podría llamar dentro de diez minutos?": "24T15:20",
        "llámenos mañana a partir de las doce": "25T12:00",
        "el jefe viene a las cinco, vuelva a llamar a esa hora": "24T17:00",
        "pruebe otra vez en tres cuartos de hora": "24T15:55",
        "llame usted sobre las siete y media": "24T19:30",
        "vuelva a intentarlo el viernes por la tarde": "27T15:00",
        "le llamo yo en dos horas": "24T17:10",
        "mejor llame mañana temprano": "25T10:00",
        "llame esta tarde a las seis y cuarto": "24T18:15",
        "a partir de las nueve de la noche puede volver a llamar": "24T21:00",
        "nos puede llamar a las 18:30": "24T18:30",
        "vuelva a llamar cuando abramos": "",
        "puede llamar el sábado a las once de la mañana": "28T11:00",
        "llame en una horita": "24T16:10",
        "abrimos a la una, llame entonces": "25T13:00",
        "llame dentro de dos días": "26T11:00",
        "inténtelo a las cuatro y veinte": "24T16:20",
    },
    "nl": {
        "belt u over een uurtje terug": "24T16:10",
        "bel morgen na elf uur nog eens": "25T11:00",
        "over een half uur kunt u terugbellen": "24T15:40",
        "wij gaan om zes uur open, probeer het dan nog een keer": "24T18:00",
        "belt u na half zes terug": "24T17:30",
        "kunt u morgenochtend terugbellen": "25T10:00",
        "bel later terug": "",
        "belt u donderdag nog eens": "26T11:00",
        "over twintig minuten nog eens bellen": "24T15:30",
        "over twee uur terugbellen": "24T17:10",
        "na twee uur terugbellen": "25T14:00",
        "belt u vanavond om negen uur terug": "24T21:00",
        "belt u over anderhalf uur nog eens": "24T16:40",
        "belt u om vijf uur, nee, om zes uur terug": "24T18:00",
        "morgen vanaf tien uur is de chef er, belt u dan": "25T10:00",
        "bel over een kwartiertje terug": "24T15:25",
        "belt u volgende week terug": "30T11:00",
        "ik bel u over tien minuten terug": "24T15:20",
        "belt u morgenmiddag nog eens": "25T15:00",
        "Kunt u over tien minuten nog eens bellen?": "24T15:20",
        "Probeer het morgen na twaalven nog een keer": "25T12:00",
        "de baas komt om vijf uur, belt u dan nog eens": "24T17:00",
        "belt u over drie kwartier terug": "24T15:55",
        "u kunt rond half acht terugbellen": "24T19:30",
        "bel vrijdagmiddag even terug": "27T15:00",
        "ik bel u over twee uur terug": "24T17:10",
        "belt u morgenvroeg nog eens": "25T10:00",
        "kunt u vanmiddag om kwart over vier terugbellen": "24T16:15",
        "vanaf 18 uur kunt u weer bellen": "24T18:00",
        "bel terug als we open zijn": "",
        "belt u zaterdag om elf uur 's ochtends": "28T11:00",
        "om tien voor zes is er iemand, probeert u het dan nog eens": "24T17:50",
        "overmorgen terugbellen graag": "26T11:00",
        "over een half uurtje is de chef er weer, bel dan even": "24T15:40",
        "belt u na achten nog een keer": "24T20:00",
        "belt u maandag terug": "30T11:00",
    },
}
CASES = [(code, text, moment) for code, cases in SAID.items() for text, moment in cases.items()]


def moment_of(text: str, code: str = "en", now: str = NOW, understood: str = "") -> str:
    """Day of November and time; "" = none."""
    return call_back_at(text, code, TUESDAY, now, understood).removeprefix("2026-11-")


@pytest.mark.parametrize(("code", "text", "moment"), CASES)
def test_the_moment_that_they_name_is_understood(code, text, moment):
    assert moment_of(text, code) == moment
    assert "call_back" in understand(text, load(code), TUESDAY).intents


@pytest.mark.parametrize(
    ("text", "now", "moment"),
    [
        ("call back at ten", "09:40", "24T10:00"),
        ("call back at ten", "15:10", "24T22:00"),
        ("call back after eleven", "15:10", "25T11:00"),
        ("call back at five", "17:30", "25T17:00"),
        ("call back in twenty minutes", "23:50", "25T00:10"),
        ("call back in the morning", "08:00", "24T10:00"),
        ("call back on tuesday at five", "18:00", "30T17:00"),
    ],
)
def test_a_bare_hour_is_the_next_one_at_which_people_are_called(text, now, moment):
    expected = "2026-12-01T17:00" if moment == "30T17:00" else f"2026-11-{moment}"
    assert call_back_at(text, "en", TUESDAY, now) == expected


def test_without_a_clock_nothing_is_counted_from_now_and_noon_is_taken_for_it():
    assert moment_of("call back in half an hour", now="") == ""
    assert moment_of("call back at five", now="") == "24T17:00"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("no at six", "25T18:00"),
        ("no, on thursday", "26T17:00"),
        ("not at five, at seven", "25T19:00"),
        ("in an hour", "24T16:10"),
        ("in the morning", "25T10:00"),
        ("six", "25T18:00"),
        ("yes please", ""),
        ("yes, five", "25T17:00"),
        ("yes, tomorrow afternoon", "25T17:00"),
    ],
)
def test_a_correction_keeps_what_it_does_not_name(text, moment):
    assert moment_of(text, understood="2026-11-25T17:00") == moment


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "if anything changes please call us"),
        ("en", "are you calling about tonight"),
        ("en", "you can call us any time"),
        ("de", "Sie können jederzeit anrufen"),
        ("de", "danke für Ihren Anruf"),
        ("es", "puede llamarnos en cualquier momento"),
        ("es", "gracias por llamar"),
        ("nl", "belt u over een reservering"),
        ("nl", "belt u voor vanavond"),
        ("nl", "u kunt altijd bellen als er iets is"),
    ],
)
def test_who_only_speaks_of_calls_asks_for_none(code, text):
    assert "call_back" not in understand(text, load(code), TUESDAY).intents
