"""One time that was heard once loses no table: the agent asks, unless they have said that ours is not to be had."""

from __future__ import annotations

import pytest

from tests.unit.test_policy import Call

SEVEN = {"time": "19:00", "accept_from": "", "accept_until": ""}
AGREES = {
    "en": ("yes, we still have a table at quarter to nine", "At eight forty five p m? I asked for seven p m"),
    "de": ("gern, um Viertel vor neun hätten wir was frei", "Um zwanzig Uhr fünfundvierzig? Ich hatte nach"),
    "es": ("claro, a las nueve menos cuarto tenemos una mesa", "¿A las ocho y cuarenta y cinco"),
    "nl": ("jazeker, om kwart voor negen hebben we een tafel", "Om twintig uur vijfenveertig? Ik bedoelde"),
}
REFUSES = {
    "en": ("no, at seven everything is taken, only at quarter to nine", "we could only do quarter to nine"),
    "de": ("um sieben ist alles voll, um Viertel vor neun ginge es", "erst um Viertel vor neun"),
    "es": ("a las siete está completo, a las nueve menos cuarto sí", "solo a las nueve menos cuarto"),
    "nl": ("om zeven uur zitten we vol, kwart voor negen kan", "pas om kwart voor negen"),
}


def at_seven(code: str = "en", **changes: object) -> Call:
    call = Call(language=code, **{**SEVEN, **changes})
    call.hears("hola" if code == "es" else "hallo")
    return call


@pytest.mark.parametrize("code", AGREES)
def test_an_agreement_to_another_time_is_asked_about(code):
    words, question = AGREES[code]
    call = at_seven(code)
    assert question in call.hears(words) and call.outcome is None


@pytest.mark.parametrize("words", ["i can offer you quarter to nine", "what about quarter to nine"])
def test_an_offer_that_does_not_refuse_our_time_is_asked_about(words):
    assert "I asked for seven p m, would that be possible" in at_seven().hears(words)


@pytest.mark.parametrize("code", REFUSES)
@pytest.mark.parametrize("number", [0, 1])
def test_a_clear_refusal_is_one_at_once(code, number):
    call = at_seven(code)
    call.hears(REFUSES[code][number])
    assert call.outcome == "no_table"


def test_who_says_the_time_again_means_it():
    call = at_seven()
    call.hears(AGREES["en"][0], "yes, at quarter to nine")
    assert call.outcome == "no_table"


def test_a_yes_to_the_question_is_read_back_with_our_time():
    call = at_seven()
    call.hears(AGREES["en"][0])
    assert "at seven p m, under the name Anna Walker, is that right" in call.hears("yes of course")
    call.hears("yes that is right, it is booked")
    assert (call.outcome, call.reservation.time) == ("booked", "19:00")


def test_within_a_window_the_window_is_asked_for_once_more():
    call = at_seven(accept_from="18:30", accept_until="19:30")
    assert "between six thirty" in call.hears("i am sorry we are full at seven")
    assert "between six thirty" in call.hears("yes, we have a table at quarter to nine")
    call.hears("no, quarter to nine")
    assert call.outcome == "no_table"


def test_a_time_that_would_do_is_taken_without_a_question():
    call = at_seven(accept_from="18:30", accept_until="21:00")
    assert "eight forty five p m is fine" in call.hears(AGREES["en"][0])
