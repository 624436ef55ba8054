"""Recorded menus: which key leads to a table, in either order of key and purpose, and what is no menu."""

from __future__ import annotations

import pytest

from engine.dialogue.menus import key_for_us, keys_offered
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
