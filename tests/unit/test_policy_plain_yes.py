"""A yes books only when it answers the read-back and little else is said with it."""

import pytest

from engine.dialogue.moves import FarEndSilent
from engine.dialogue.reference import reference_in, without_reference
from tests.unit.test_policy import opened
from tests.unit.test_policy_agreement import read_back

PHONE = "yes of course and a phone number please"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "yes for smith, only outside though"),
        ("en", "okay for two hours at the counter next to the kitchen"),
        ("de", "ja für schmidt, allerdings nur draußen am fenster"),
        ("es", "sí para garcía, aunque solamente fuera en la calle"),
        ("nl", "ja voor jansen, hoewel alleen buiten aan het water"),
    ],
)
def test_a_yes_with_more_beside_it_is_asked_about_and_then_for_a_person(language, words):
    call = read_back(language)
    call.hears(words)
    assert call.reservation.status == "open"
    call.hears(words)
    assert (call.reservation.status, call.outcome) == ("open", "needs_human")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "yes at the bar"),
        ("en", "yes for smith"),
        ("en", "yes on the terrace"),
        ("en", "it's booked for Smith"),
        ("en", "great, but it's a shared table"),
        ("en", "dogs are no problem"),
        ("en", "you could have booked online"),
        ("de", "ja für schmidt"),
        ("de", "ja, mit Mindestverzehr"),
        ("de", "Ist es reserviert?"),
        ("de", "der Tisch ist für jemand anderen reserviert"),
        ("de", "ja ja ich höre Sie"),
        ("es", "sí en la barra"),
        ("es", "claro, si hay una cancelación"),
        ("es", "la mesa está reservada para otra persona"),
        ("nl", "ja voor jansen"),
        ("nl", "ja, in de kelder"),
        ("nl", "de tafel is gereserveerd voor iemand anders"),
    ],
)
def test_a_yes_to_something_else_or_narrowed_down_books_nothing(language, words):
    call = read_back(language)
    call.hears(words)
    assert call.reservation.status != "booked"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Let me see, yes, that's right."),
        ("en", "Yes, that's right. You can park behind the house."),
        ("en", "all booked, is there anything else?"),
        ("en", "yes on friday at half past seven"),
        ("de", "Ja, das stimmt. Parken können Sie im Hof."),
        ("de", "Ist notiert, haben Sie noch einen Wunsch?"),
        ("es", "sí, ya está reservada"),
        ("es", "sí, sin problema"),
        ("nl", "ja mevrouw, dat staat zo"),
    ],
)
def test_what_only_goes_with_a_yes_narrows_nothing_down(language, words):
    call = read_back(language)
    call.hears(words)
    assert call.outcome == "booked"


def test_a_place_that_is_among_the_wishes_narrows_nothing_down():
    call = read_back(wishes="a table on the terrace, if possible")
    call.hears("yes on the terrace")
    assert call.outcome == "booked"


def test_a_plain_yes_after_one_with_more_beside_it_books():
    call = read_back()
    call.hears("okay for two hours at the counter next to the kitchen")
    call.hears("yes that is right")
    assert call.outcome == "booked"


@pytest.mark.parametrize("words", ["sure at which one", "Sure. And where is that?", "yes what do you mean?"])
def test_a_question_that_begins_with_a_yes_is_none(words):
    call = read_back()
    call.hears(words if words.endswith("?") else words + "?")
    assert call.reservation.status == "open"


@pytest.mark.parametrize("words", ["okay", "yes thank you", "sure that is possible"])
def test_a_yes_after_the_name_has_been_given_is_to_the_name(words):
    call = read_back()
    call.hears("under what name please")
    assert call.hears(words).startswith("So that is a table for four people")
    assert call.reservation.status == "open"
    call.hears("yes")
    assert call.outcome == "booked"


def test_a_yes_to_are_you_still_there_is_not_to_the_read_back():
    call = read_back()
    call.tell(FarEndSilent(silent_ms=6000))
    assert "is that right" in call.hears("yes")
    assert call.reservation.status == "open"


def test_booked_after_the_name_has_been_given_is_booked():
    call = read_back()
    call.hears("under what name please", "good your table is booked")
    assert call.outcome == "booked"


@pytest.mark.parametrize(
    ("language", "words", "then"),
    [
        ("en", "one moment i write that down", "so yes that is right"),
        ("en", "yes one moment i just write that down", "so yes that is right"),
        ("en", "one moment, noted", "so yes that is right"),
        ("de", "moment ich schreibe das auf", "so ja das stimmt"),
        ("de", "einen moment ich notiere das", "so ja das stimmt"),
        ("de", "ja moment ich trage das eben ein", "so ja das stimmt"),
        ("es", "un momento lo apunto", "sí es correcto"),
        ("nl", "een moment ik schrijf het op", "ja dat klopt"),
        ("nl", "ja moment ik noteer het even", "ja dat klopt"),
    ],
)
def test_who_is_still_writing_has_not_agreed(language, words, then):
    call = read_back(language)
    call.hears(words)
    assert call.reservation.status == "open"
    call.hears(then)
    assert call.outcome == "booked"


@pytest.mark.parametrize(
    "digits",
    ["four nine three zero one two three four five six eight", "three oh one two three four five seven"],
)
def test_misheard_telephone_digits_are_corrected(digits):
    call = opened()
    call.hears(PHONE)
    said = call.hears(f"so the number is {digits}")
    assert said.startswith("No, the number is four nine three, zero one two, three four five, six seven")
    assert call.reservation.status == "open"


@pytest.mark.parametrize(
    "digits",
    [
        "four nine three zero one two three four five six seven",
        "zero three zero one two three four five six seven",
        "four five six seven",
    ],
)
def test_telephone_digits_that_are_right_need_no_correction(digits):
    call = opened()
    call.hears(PHONE)
    assert "No, the number" not in call.hears(f"the number is {digits}")


def test_telephone_digits_that_stay_wrong_bring_a_person():
    call = opened()
    call.hears(PHONE, *["the number is four nine three zero one two nine nine"] * 4)
    assert call.outcome == "needs_human"


def test_the_digits_of_a_booking_are_no_misheard_telephone_number():
    call = opened()
    call.hears(PHONE)
    call.hears("yes we have a table", "yes your table is booked the booking number is eight one one two six")
    assert (call.outcome, call.reservation.reference) == ("booked", "81126")


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("It is booked, the reference is QX7Z41.", "QX7Z41"),
        ("Your code is Q X 7 Z 4 1.", "QX7Z41"),
        ("Your code: Q, X, 7, Z, 4, 1. Goodbye.", "QX7Z41"),
        ("Reserviert, Nummer QXTZVW.", "QXTZVW"),
        ("At 7 p m I have something.", ""),
        ("That is W, A, L, K, E, R.", ""),
        ("YES WE HAVE A TABLE AT SEVEN", ""),
        ("at 19:30 on 2026-11-27 for 4", ""),
    ],
)
def test_a_reference_is_letters_and_digits_that_are_no_word(text, reference):
    assert reference_in(text) == reference
    assert (without_reference(text) == text) is (reference == "")


def test_a_spelled_reference_is_no_name_and_stands_in_the_record():
    call = read_back()
    call.hears("Yes, your table is booked, the reference is Q X 7 Z 4 1.")
    assert (call.outcome, call.reservation.reference) == ("booked", "QX7Z41")


def test_a_moment_on_hold_does_not_make_a_yes_to_the_name_one_to_the_read_back():
    call = read_back()
    call.hears("under what name please", "one moment please")
    assert "is that right" in call.hears("yes that is possible")
    assert call.reservation.status == "open"


def test_a_yes_after_a_moment_on_hold_is_to_the_read_back():
    call = read_back()
    call.hears("one moment please", "yes that is right")
    assert call.outcome == "booked"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "yes outside only"),
        ("en", "your table is booked, without the children though"),
        ("de", "ja nur draußen"),
        ("de", "ihr tisch ist reserviert allerdings ohne kinder"),
        ("es", "vale solo en la terraza"),
        ("es", "sí sin niños"),
        ("nl", "ja alleen buiten"),
        ("nl", "goed maar zonder kinderen"),
    ],
)
def test_a_yes_that_is_narrowed_down_does_not_book(language, words):
    call = read_back(language)
    call.hears(words)
    assert call.reservation.status == "open"
    call.hears(words)
    assert (call.reservation.status, call.outcome) in (("open", "needs_human"), ("open", None))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "yes exactly sir"),
        ("en", "correct, see you on friday"),
        ("en", "yes that's correct, we look forward to seeing you"),
        ("de", "ja so machen wir das"),
        ("de", "ja das habe ich so aufgeschrieben"),
        ("es", "sí todo correcto"),
        ("es", "sí les esperamos el viernes"),
        ("nl", "ja dat is in orde"),
        ("nl", "ja hoor"),
    ],
)
def test_the_ways_in_which_people_say_yes_book_at_once(language, words):
    call = read_back(language)
    call.hears(words)
    assert call.outcome == "booked"


def test_misheard_digits_do_not_undo_the_read_back_and_a_reference_said_early_is_kept():
    call = read_back()
    call.hears(
        "and a phone number please", "so the number is four nine three zero one two three four five six eight"
    )
    call.hears("okay it is booked the reference is QX7Z41")
    assert (call.outcome, call.reservation.reference) == ("booked", "QX7Z41")
    early = opened()
    early.hears("yes your table is booked the reference is QX7Z41", "yes that is right")
    assert (early.outcome, early.reservation.reference) == ("booked", "QX7Z41")


def test_a_table_that_is_free_is_no_yes_to_cancelling():
    call = read_back("en", kind="cancel", old_date="2026-11-27", old_time="19:30")
    call.hears("on friday at half past seven we have a table")
    assert call.reservation.status == "open"


def test_a_question_ends_the_hold_though_nothing_of_it_is_known():
    call = opened()
    call.hears("one moment please")
    assert call.hears("frabjous day?")
    call.hears("one moment please")
    assert not call.hears("frabjous day")


@pytest.mark.parametrize("words", ["no thanks, bye", "no, I am busy, goodbye"])
def test_who_says_no_and_goodbye_is_not_asked_again(words):
    call = opened()
    assert call.hears(words) == "Thank you, goodbye."
    assert call.reservation.status == "open"
