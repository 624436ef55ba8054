"""Other times that would do are asked for one by one; what they come back with is taken, or the next is asked for."""

import pytest

from tests.unit.test_policy import Call, opened
from tests.unit.test_policy_agreement import GREETING

TIMES = {"accept_from": "", "accept_until": "", "accept_times": ("18:00", "21:00")}
FULL = {"en": "i am sorry we are fully booked at that time", "de": "da sind wir leider ausgebucht",
        "es": "lo siento a esa hora estamos completos", "nl": "dan zijn we helaas volgeboekt"}  # fmt: skip
YES = {"en": "yes that is possible", "de": "ja das geht", "es": "sí es posible", "nl": "ja dat kan"}
RIGHT = {"en": "yes that is right", "de": "ja das stimmt", "es": "sí es correcto", "nl": "ja dat klopt"}


@pytest.mark.parametrize("language", ["en", "de", "es", "nl"])
def test_a_yes_to_another_time_that_would_do_is_read_back_and_booked(language):
    call = Call(language=language, **TIMES)
    call.hears(GREETING[language], FULL[language], YES[language])
    assert call.reservation.status == "open"
    call.hears(RIGHT[language])
    assert (call.outcome, call.reservation.time) == ("booked", "18:00")


def test_times_are_asked_for_once_each_and_then_the_call_is_given_up():
    call = opened(**TIMES)
    assert call.hears("we are full at half past seven") == "Would six p m be possible instead?"
    assert call.hears("no six is full too") == "Would nine p m be possible instead?"
    call.hears("no sorry nothing at nine either")
    assert (call.outcome, call.reservation.status) == ("no_table", "declined")


def test_an_offer_that_will_not_do_is_answered_with_a_time_that_would():
    call = opened(**TIMES)
    assert (
        call.hears("half past seven is full i can offer you ten p m") == "Would six p m be possible instead?"
    )


def test_a_time_they_offer_themselves_is_not_asked_for():
    call = opened(**TIMES)
    assert "nine p m is fine" in call.hears("half past seven is full but nine p m would be possible")
    call.hears("yes")
    assert call.reservation.time == "21:00"


def test_their_read_back_of_the_time_we_asked_for_is_no_mistake():
    call = opened(**TIMES)
    call.hears("we are full at half past seven")
    call.hears("under what name please")
    said = call.hears("so four people on friday at six p m under walker is that right")
    assert said == "Yes, that is right."
    call.hears("good your table is booked")
    assert (call.outcome, call.reservation.time) == ("booked", "18:00")


def test_a_question_before_the_answer_does_not_lose_the_time_we_asked_for():
    call = opened(**TIMES)
    call.hears("we are full at half past seven")
    call.hears("and the name")
    assert "six p m" in call.hears("yes that is possible")


def test_on_another_day_the_time_of_the_task_is_asked_for_again_and_then_the_others():
    call = opened(**TIMES | {"accept_times": ("18:00",)}, accept_dates=("2026-11-28",))
    call.hears("we are full at half past seven")
    assert "Saturday" in call.hears("no six is full too")
    assert "Saturday" in call.hears("yes that is possible")
    assert call.hears("no sorry on saturday half past seven is full") == "Would six p m be possible instead?"
    call.hears("yes that is possible", "yes that is right")
    assert (call.reservation.date, call.reservation.time) == ("2026-11-28", "18:00")


def test_a_look_into_the_book_that_ends_with_a_yes_is_not_waited_for():
    call = opened(**TIMES)
    call.hears("we are full at half past seven")
    assert "six p m" in call.hears("let me see yes six p m is possible")


@pytest.mark.parametrize(
    ("language", "question", "answer"),
    [
        ("en", "which restaurant are you calling for", "It is about Golden Lantern."),
        ("en", "which location", "It is about Golden Lantern."),
    ],
)
def test_a_house_of_many_is_told_which_restaurant(language, question, answer):
    call = Call(language=language)
    call.hears(GREETING[language])
    assert call.hears(question) == answer


def test_a_greeting_that_asks_which_restaurant_is_told_after_the_request():
    call = Call()
    said = call.hears("good evening which restaurant are you calling for")
    assert said.startswith("Hello, this is an AI assistant") and said.endswith("It is about Golden Lantern.")


def test_a_time_said_to_another_day_that_we_asked_for_agrees_to_the_day():
    call = opened(**TIMES, accept_dates=("2026-11-28",))
    call.hears("we are full at half past seven", "no six is full too")
    assert "Saturday" in call.hears("no sorry nothing at nine either")
    assert "Saturday" in call.hears("let me see yes six p m is free")
    call.hears("yes that is right")
    assert (call.reservation.date, call.reservation.time) == ("2026-11-28", "18:00")


def test_a_time_within_the_window_we_asked_for_is_no_mistake():
    call = opened()
    call.hears("we are fully booked at half past seven")
    said = call.hears("so that would be eight p m")
    assert "No," not in said and "eight p m" in said


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "no nothing at nine either"),
        ("de", "um neun auch nicht"),
        ("es", "a las nueve tampoco hay nada"),
        ("nl", "om negen uur ook niet"),
    ],
)
def test_the_time_we_asked_for_said_with_a_no_is_no_offer(language, words):
    call = Call(language=language, **TIMES | {"accept_times": ("21:00", "18:00")})
    call.hears(GREETING[language], FULL[language])
    call.hears(words)
    assert call.brain._memory.other_time == "18:00"
    call.hears(YES[language], RIGHT[language])
    assert (call.outcome, call.reservation.time) == ("booked", "18:00")


def test_hours_told_meanwhile_are_no_refusal_of_the_time_we_asked_for():
    call = opened(**TIMES)
    call.hears("we are full at half past seven", "dinner starts at five")
    assert call.outcome is None
    call.hears("yes six is possible", "yes")
    assert (call.outcome, call.reservation.time) == ("booked", "18:00")


def test_another_time_that_is_full_was_misheard_and_ours_is_said_again_once():
    call = opened(**TIMES)
    assert call.hears("sorry we are fully booked at seven") == "No, at seven thirty p m, please."
    assert call.hears("sorry we are fully booked at seven") == "Would six p m be possible instead?"
    call = opened(**TIMES)
    assert "Friday the twenty seventh" in call.hears("sorry on saturday we are fully booked")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "neither at half seven nor at eight, we are full"),
        ("de", "um halb acht ist nichts frei, um acht auch nicht"),
        ("es", "a las siete y media no hay nada, tampoco a las ocho"),
        ("nl", "half acht is vol, acht uur ook niet"),
    ],
)
def test_of_several_times_that_are_all_full_none_is_taken(language, words):
    call = Call(language=language, accept_from="19:00", accept_until="20:30")
    call.hears(GREETING[language], words)
    assert call.brain._memory.time == "19:30" and not call.brain._memory.read_back


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "half seven no, eight yes"),
        ("de", "halb acht geht nicht, aber um acht ginge es"),
        ("es", "a las siete y media no, pero a las ocho sí"),
        ("nl", "half acht niet, acht uur wel"),
    ],
)
def test_of_two_times_the_one_that_is_not_refused_is_taken(language, words):
    call = Call(language=language, accept_from="19:00", accept_until="20:30")
    call.hears(GREETING[language], words, RIGHT[language])
    assert (call.outcome, call.reservation.time) == ("booked", "20:00")


@pytest.mark.parametrize("language", ["en", "de", "es", "nl"])
def test_a_booking_that_is_told_in_answer_to_another_time_is_at_that_time(language):
    told = {"en": "that is noted", "de": "ist notiert", "es": "queda apuntado", "nl": "dat is genoteerd"}
    call = Call(language=language, **TIMES)
    call.hears(GREETING[language], FULL[language], told[language], RIGHT[language])
    assert (call.outcome, call.reservation.time) == ("booked", "18:00")
