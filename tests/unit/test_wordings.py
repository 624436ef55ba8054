"""Wordings of a restaurant that are easily taken for something else."""

from __future__ import annotations

from datetime import date

import pytest

from engine.dialogue.main_intent import main_intent
from engine.dialogue.meaning import Meaning
from engine.dialogue.understanding import understand
from engine.languages import load

TODAY = date(2026, 11, 24)  # a Tuesday


def read(code: str, text: str, expecting: str = "") -> Meaning:
    return understand(text, load(code), TODAY, near_time="19:30", expecting=expecting)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "For four?"),
        ("en", "This Saturday?"),
        ("de", "Zu viert?"),
        ("es", "¿A las ocho?"),
        ("nl", "Met z'n vieren?"),
    ],
)
def test_a_value_with_a_question_mark_wants_a_yes(code, text):
    assert main_intent(read(code, text)) == "confirm_request"
    assert main_intent(read(code, text.strip("¿?"))) is None


@pytest.mark.parametrize(
    ("code", "text"),
    [("en", "How are you today?"), ("de", "Wie geht es Ihnen heute?"), ("es", "¿Cómo está hoy?")],
)
def test_a_polite_question_with_a_day_in_it_wants_no_yes(code, text):
    assert "confirm_request" not in read(code, text).intents


@pytest.mark.parametrize(
    ("code", "text"),
    [("en", "I can't hear you"), ("de", "Ich kann Sie nicht verstehen"), ("nl", "ik kan u niet verstaan")],
)
def test_who_does_not_understand_us_refuses_nothing(code, text):
    meaning = read(code, text)
    assert main_intent(meaning) == "ask_repeat" and meaning.polarity is None


@pytest.mark.parametrize(
    ("code", "text", "intent"),
    [
        ("en", "What did you say?", "ask_repeat"),
        ("en", "Who did you say you were?", "ask_who"),
        ("de", "Was sagten Sie?", "ask_repeat"),
        ("es", "¿Qué ha dicho?", "ask_repeat"),
        ("nl", "Wie zei u dat u was?", "ask_who"),
        ("es", "¿Se la reservo?", "offer_to_book"),
        ("en", "Hang on, is this a robot?", "ask_robot"),
        ("de", "Mit d oder mit t?", "ask_spelling"),
        ("es", "¿Romero con erre?", "ask_spelling"),
        ("es", "Llame a partir de las cinco", "call_back"),
    ],
)
def test_a_question_is_what_it_asks(code, text, intent):
    assert main_intent(read(code, text)) == intent


@pytest.mark.parametrize(
    ("code", "asked", "told"),
    [
        ("en", "is it booked?", "it is booked, anything else?"),
        ("de", "Ist es reserviert?", "Ist reserviert, noch etwas?"),
        ("es", "¿Está reservada?", "Está reservada, ¿algo más?"),
        ("nl", "Is het gereserveerd?", "Het is gereserveerd, nog iets?"),
    ],
)
def test_whether_it_is_booked_is_not_that_it_is(code, asked, told):
    assert "booking_confirmed" not in read(code, asked).intents
    assert "booking_confirmed" in read(code, told).intents


@pytest.mark.parametrize(
    ("code", "back", "away"),
    [
        ("en", "let me see, yes, we have that", "let me see if we have a table"),
        ("de", "Moment, ja, da haben wir noch was frei", "Moment, ja"),
        ("es", "a ver, sí, sí que tenemos", "a ver si tenemos mesa"),
        ("nl", "even kijken, ja, dat hebben we nog", "ja, even kijken"),
    ],
)
def test_a_hold_is_over_when_a_yes_with_more_follows(code, back, away):
    assert "hold" not in read(code, back).intents
    assert "hold" in read(code, away).intents or code == "es"


def test_a_tag_denies_nothing():
    assert read("es", "el viernes a las ocho, ¿no?").polarity is None
    assert read("es", "a las ocho no").polarity is False


def test_a_name_that_is_asked_back_is_a_name_only_after_ours():
    assert read("en", "Smith, was it?", "name_again").names == ("smith",)
    assert read("en", "Smith, was it?").names == ()
    assert read("en", "Lovely, anything else?", "name_again").names == ()


@pytest.mark.parametrize(
    ("code", "text", "times"),
    [
        ("en", "I can offer you 1930", ("19:30",)),
        ("en", "it is at 1930 Fourth Street", ()),
        ("de", "um 1930 Uhr", ("19:30",)),
        ("es", "a las 2015", ("20:15",)),
        ("nl", "1945 uur kan", ("19:45",)),
        ("en", "got you down for eight", ("20:00",)),
        ("es", "sábado, ocho de la tarde", ("20:00",)),
    ],
)
def test_times_of_a_day(code, text, times):
    assert read(code, text).times == times


@pytest.mark.parametrize(
    ("code", "text", "day"),
    [
        ("en", "in a fortnight", "2026-12-08"),
        ("en", "Friday fortnight", "2026-12-11"),
        ("en", "a week today", "2026-12-01"),
        ("en", "on New Year's Eve", "2026-12-31"),
        ("de", "an Heiligabend", "2026-12-24"),
        ("de", "am vierundzwanzigsten Zwölften", "2026-12-24"),
        ("de", "am zweiten Weihnachtstag", "2026-12-26"),
        ("es", "en Nochevieja", "2026-12-31"),
        ("nl", "tweede kerstdag", "2026-12-26"),
    ],
)
def test_days_by_their_names_and_by_their_distance(code, text, day):
    assert read(code, text).dates == (day,)


@pytest.mark.parametrize(
    ("code", "text", "name"),
    [
        ("es", "ele, o, pe, e, zeta", "lopez"),
        ("es", "i griega, a, ge, u, e", "yague"),
        ("es", "doble ele, a, ene, o", "llano"),
        ("en", "K, A, T, zed", "katz"),
    ],
)
def test_letters_said_by_their_names_spell_a_name(code, text, name):
    assert read(code, text).names == (name,)


@pytest.mark.parametrize(
    ("code", "text"),
    [("en", "at four thirty p m I have something"), ("es", "a las ocho de ese día"), ("es", "y de este no")],
)
def test_small_words_and_parts_of_the_day_spell_nothing(code, text):
    assert read(code, text).names == ()


@pytest.mark.parametrize(
    ("code", "text", "digits"),
    [
        ("de", "null eins sieben null zwölf vierunddreißig", "01701234"),
        ("nl", "nul zes twaalf vierendertig zesenvijftig", "06123456"),
        ("es", "seis doce treinta y cuatro cincuenta y seis", "6123456"),
    ],
)
def test_a_number_in_groups_of_two_is_one_number(code, text, digits):
    assert (read(code, text).digits, read(code, text).times) == (digits, ())
