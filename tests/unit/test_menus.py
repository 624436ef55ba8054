"""Recorded menus: which key leads to a table, in either order of key and purpose, and what is no menu."""

from __future__ import annotations

import pytest

from engine.dialogue.menus import key_for_us, keys_offered, misses_our_key
from engine.dialogue.moves import FarEndSilent, UseTool
from tests.unit.test_policy import Call

OURS = {
    "en": {
        "thanks for calling for directions press one to make a reservation press two for all else press zero": "2",
        "to hear when we are open press one for all other enquiries press two": "2",
        "if you would like to book a table press one if you are running late press two": "1",
        "press one for takeaway press two for table bookings press three for anything else": "2",
        "to cancel a booking press one for a new booking press two": "2",
        "please press one to continue": "",
        "press nine for me": "",
        "we have a table for two": "",
    },
    "de": {
        "für lieferungen drücken sie bitte die eins für reservierungen drücken sie die zwei": "2",
        "möchten sie einen tisch bestellen dann drücken sie die eins": "1",
        "wenn sie mit einem mitarbeiter sprechen möchten drücken sie die null": "0",
        "drücken sie die eins für den lieferdienst drücken sie die vier für eine tischreservierung": "4",
        "drücken sie die neun für mich": "",
    },
    "es": {
        "para pedidos a domicilio pulse uno para hacer una reserva pulse dos": "2",
        "si desea una mesa marque el dos si desea hablar con nosotros marque el tres": "2",
        "pulse tres para reservas": "3",
        "pulse nueve para mí": "",
    },
    "nl": {
        "voor afhalen toets één voor reserveringen toets twee": "2",
        "wilt u een tafel reserveren druk dan op één": "1",
        "toets vijf voor reserveringen": "5",
        "voor het annuleren van een reservering kies één voor een nieuwe reservering kies twee": "2",
        "toets negen voor mij": "",
    },
}
CASES = [(code, words, key) for code, cases in OURS.items() for words, key in cases.items()]


@pytest.mark.parametrize(("code", "words", "key"), CASES)
def test_key_for_a_table_is_found_in_the_menu(code, words: str, key: str):
    assert key_for_us(words, code) == key
    assert not key or key in keys_offered(words, code)


CLEAR = {
    "en": [
        ("for table bookings press wobble all other questions press three", ""),
        ("for bookings press blur for other questions press three", ""),
        ("to book a table press the blur key to speak to somebody press nought", ""),
        ("press one for gift vouchers press blur for reservations press four for anything else", ""),
        ("for gift vouchers press one for reservations press blur for anything else press three", "2"),
        ("press one for gift vouchers blur for reservations press three for anything else", "2"),
        ("for reservations press blur for gift vouchers press two for anything else press zero", "1"),
        ("for reservations press blur for takeaway press blur for vouchers press three", "1"),
        ("for vouchers press one for jobs press blur for bookings press blur for all else press four", "3"),
        ("thank you for calling press one for reservations press two for takeaway", "1"),
        ("welcome to the harbour press one for takeaway press two for reservations", "2"),
        ("for opening hours and directions press one for bookings press two", "2"),
        ("to select a table press two for anything else press three", "2"),
        ("for takeaway press two for bookings press blur for anything else press one", ""),
    ],
    "de": [
        ("für tischreservierungen drücken sie die wumm für alle anderen fragen drücken sie die drei", ""),
        (
            "für gutscheine drücken sie die eins für reservierungen die wumm drücken für sonstiges die drei drücken",
            "2",
        ),
        ("um einen tisch zu bestellen drücken sie die zwei für alles andere drücken sie die drei", "2"),
        (
            "drücken sie die eins für gutscheine wumm für reservierungen drücken sie die drei für sonstiges",
            "2",
        ),
    ],
    "es": [
        ("para reservas pulse bla para otras consultas pulse tres", ""),
        ("para pedidos pulse uno para reservas pulse bla para otras consultas pulse tres", "2"),
        ("gracias por llamar pulse uno para pedidos pulse dos para reservas", "2"),
    ],
    "nl": [
        ("voor reserveringen toets bla voor overige vragen toets drie", ""),
        ("voor afhalen toets één voor reserveringen toets bla voor overige vragen toets drie", "2"),
        ("bedankt voor het bellen toets één voor reserveringen toets twee voor overige vragen", "1"),
    ],
}


@pytest.mark.parametrize(("code", "words", "key"), [(code, *case) for code in CLEAR for case in CLEAR[code]])
def test_a_key_that_was_not_understood_is_never_that_of_the_next_clause(code, words: str, key: str):
    """Where order tells it, it is taken; else the menu is heard once more."""
    assert misses_our_key(words, code) == (not key)
    if key:
        assert key_for_us(words, code) == key and key in keys_offered(words, code)


def test_who_alters_a_booking_waits_for_the_key_for_that():
    words = "for a new booking press one to cancel a booking press blur for anything else press four"
    assert key_for_us(words, "en") == "1" and not misses_our_key(words, "en")
    assert misses_our_key(words, "en", alters=True)


@pytest.mark.parametrize(
    "words", ["for a table outside you can choose", "we have a table for two", "press blur"]
)
def test_what_offers_no_key_is_no_menu(words):
    assert not misses_our_key(words, "en") and not keys_offered(words, "en")


def test_who_alters_a_booking_takes_the_key_for_that():
    words = "for a new booking press one to cancel a booking press two for anything else press three"
    assert key_for_us(words, "en") == "1"
    assert key_for_us(words, "en", alters=True) == "2"
    assert key_for_us("for reservations press one", "en", alters=True) == "1"


def presses(call: Call) -> list[str]:
    return [move.arguments["digits"] for move in call.moves if isinstance(move, UseTool)]


def test_menu_is_answered_with_its_key_and_nobody_is_spoken_to():
    call = Call()
    assert call.hears("for reservations press two for anything else press three") == ""
    assert presses(call) == ["2"]


def test_whoever_a_menu_leads_to_is_waited_for_and_told_everything():
    call = Call()
    call.hears("for reservations press two")
    assert call.tell(FarEndSilent(silent_ms=8000)) == ""
    said = call.hears("reservations good evening how can i help you")
    assert said.startswith("Hello, this is an AI assistant") and "a table for four" in said


def test_menu_that_began_under_our_opening_gets_its_key_all_the_same():
    call = Call()
    assert "I would like to book" in call.hears("welcome to the golden lantern")
    assert call.hears("for reservations press two") == ""
    assert "a table for four" in call.hears("good evening what can i do for you")
    assert presses(call) == ["2"]


def test_nobody_dials_with_the_agent_once_the_table_is_booked():
    call = Call()
    call.hears("good evening", "yes of course we have a table", "yes that is right your table is booked")
    before = len(call.moves)
    call.hears("for reservations press two")
    assert not [move for move in call.moves[before:] if isinstance(move, UseTool)]


UNCLEAR = "for reservations press blur for all other questions press three"


def test_a_menu_whose_key_was_not_understood_is_heard_again():
    call = Call()
    assert call.hears(UNCLEAR) == "" and presses(call) == []
    assert call.tell(FarEndSilent(silent_ms=8000)) == ""
    assert call.hears("for reservations press two for all other questions press three") == ""
    assert presses(call) == ["2"]


def test_a_menu_that_stays_unclear_leads_to_somebody():
    call = Call()
    assert call.hears(UNCLEAR, UNCLEAR) == ""
    assert presses(call) == ["3"]


def test_somebody_who_picks_up_instead_is_spoken_to():
    call = Call()
    call.hears(UNCLEAR)
    assert "a table for four" in call.hears("reservations good evening how can i help you")
