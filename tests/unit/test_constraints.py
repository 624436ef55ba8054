"""What the person allowed, as code; and what a tool does to the record."""

import msgspec
import pytest

from engine.dialogue.constraints import Allowed, Granted, Refusal, as_the_task_has_it, check
from engine.dialogue.tools import BadArguments, apply, parse
from engine.protocol import Reservation, Task

TASK = Task(restaurant="x", today="2026-11-24", date="2026-11-27", time="19:30", party_size=4, name="Anna Walker",
            accept_from="19:00", accept_until="20:00", accept_dates=("2026-11-28",), phone="+49301")  # fmt: skip
BOOKING = {"date": "2026-11-27", "time": "19:30", "party_size": 4, "name": "Anna Walker"}


@pytest.mark.parametrize(
    "change", [{}, {"time": "19:00"}, {"time": "20:00"}, {"date": "2026-11-28"}, {"phone": "+49301"}]
)
def test_what_the_person_accepts_may_be_booked(change):
    assert check(TASK, "book", BOOKING | change) == Allowed()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"time": "20:01"}, "time"),
        ({"time": "18:59"}, "time"),
        ({"date": "2026-11-29"}, "date"),
        ({"party_size": 20}, "party_size"),
        ({"name": "Peter Smith"}, "Anna Walker"),
        ({"phone": "+1555"}, "phone"),
        ({"time": "7 pm"}, "time"),
        ({"party_size": "four"}, "party_size"),
        ({"budget": 3}, "budget"),
    ],
)
def test_anything_else_is_refused_with_the_reason(change, word):
    verdict = check(TASK, "book", BOOKING | change)
    assert isinstance(verdict, Refusal) and word in verdict.reason


def test_a_call_that_books_does_not_cancel():
    assert isinstance(check(TASK, "cancel", {}), Refusal)
    assert isinstance(check(TASK, "change", BOOKING), Refusal)
    assert isinstance(check(TASK, "order_pizza", {}), Refusal)


def test_only_the_named_booking_may_be_cancelled():
    task = Task(kind="cancel", restaurant="x", today="2026-11-24", date="2026-11-27", time="19:30", party_size=4,
                name="Anna Walker", old_date="2026-11-26", old_time="18:00")  # fmt: skip
    assert check(task, "cancel", {"date": "2026-11-26", "time": "18:00"}) == Allowed()
    assert isinstance(check(task, "cancel", {"date": "2026-11-27"}), Refusal)


def test_a_booking_keeps_the_words_that_confirmed_each_value():
    record = apply(
        Reservation(), "book", BOOKING | {"confirmed_by": {"time": "at seven thirty"}}, "yes of course"
    )
    assert record.status == "booked"
    assert record.confirmed_by["time"] == "at seven thirty" and record.confirmed_by["date"] == "yes of course"


def test_booking_twice_changes_nothing():
    once = apply(Reservation(), "book", BOOKING, "yes")
    assert apply(once, "book", BOOKING, "yes yes") == once


def test_declining_does_not_undo_a_booking():
    booked = apply(Reservation(), "book", BOOKING, "yes")
    assert apply(booked, "decline", {}, "") == booked


def test_bad_arguments_name_the_tool_and_the_field():
    with pytest.raises(BadArguments, match=r"press_digits.*digits"):
        apply(Reservation(), "press_digits", {"digits": "1;2"}, "")


GRANTED = Granted(dates=("2026-12-01",), times=("22:00",), windows=(("17:00", "18:00"),), party_sizes=(6,))


@pytest.mark.parametrize(
    "change", [{"time": "22:00"}, {"time": "17:30"}, {"date": "2026-12-01"}, {"party_size": 6}, {}]
)
def test_what_an_operator_granted_may_be_booked_in_that_call(change):
    assert check(TASK, "book", BOOKING | change, GRANTED) == Allowed()
    assert (check(TASK, "book", BOOKING | change) == Allowed()) == (not change)


@pytest.mark.parametrize(
    "change", [{"time": "22:01"}, {"date": "2026-12-02"}, {"party_size": 7}, {"name": "Peter Smith"}]
)
def test_what_was_granted_allows_nothing_beside_it(change):
    assert isinstance(check(TASK, "book", BOOKING | change, GRANTED), Refusal)


def test_single_times_of_the_task_may_be_booked():
    task = msgspec.structs.replace(TASK, accept_times=("21:45",))
    assert check(task, "book", BOOKING | {"time": "21:45"}) == Allowed()


def test_a_person_may_write_a_number_where_a_model_must_not():
    assert parse("book", BOOKING | {"party_size": "4"}, typed=True) == parse("book", BOOKING)
    with pytest.raises(BadArguments, match="party_size"):
        parse("book", BOOKING | {"party_size": "4"})


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"time": "19:30\n"}, "time"),  # sorts between the earliest and the latest time
        ({"time": "1٩:3٠"}, "time"),
        ({"date": "2026-11-27\n"}, "date"),
        ({"date": "２０２６-11-27"}, "date"),
        ({"date": "2026-11-31"}, "no day of the calendar"),
        ({"date": "2026-11-23"}, "past"),
        ({"date": ["2026-11-27"]}, "date"),
        ({"date": object()}, "date"),
        ({"party_size": True}, "party_size"),
        ({"party_size": 4.5}, "party_size"),
        ({"party_size": "4"}, "party_size"),
        ({"name": "Anna\u200bWalker"}, "name"),
        ({"name": "Anna Walker\u202e"}, "name"),
        ({"name": "Аnna Walker"}, "Anna Walker"),  # the first letter is Cyrillic
        ({"name": "Anna Walker and nineteen friends"}, "Anna Walker"),
        ({"name": "x" * 501}, "name"),
        ({"reference": "r" * 501}, "reference"),
        ({"phone": "+49301\x00"}, "phone"),
        ({"phone": "+493012"}, "phone"),
        ({"phone": "+49301 or +1555"}, "phone"),
        ({"confirmed_by": "yes"}, "confirmed_by"),
        ({"confirmed_by": {"date": 4}}, "confirmed_by"),
    ],
)
def test_no_trick_with_signs_types_or_lengths_gets_through(change, word):
    verdict = check(TASK, "book", BOOKING | change)
    assert isinstance(verdict, Refusal) and word in verdict.reason


@pytest.mark.parametrize("arguments", [None, [], "date", 4])
def test_arguments_that_are_none_are_refused_in_words(arguments):
    assert isinstance(check(TASK, "book", arguments), Refusal)


@pytest.mark.parametrize("change", [{"name": "anna  WALKER "}, {"phone": "+49 (30) 1"}])
def test_name_and_phone_are_recorded_as_the_person_wrote_them(change):
    assert check(TASK, "book", BOOKING | change) == Allowed()
    written = as_the_task_has_it(TASK, BOOKING | change)
    assert written["name"] == "Anna Walker" and written.get("phone", "+49301") == "+49301"


def test_a_past_day_is_refused_even_where_it_was_granted():
    granted = Granted(dates=("2026-11-20",))
    assert isinstance(check(TASK, "book", BOOKING | {"date": "2026-11-20"}, granted), Refusal)


def test_a_refusal_says_all_that_would_be_allowed():
    task = msgspec.structs.replace(TASK, accept_times=("21:45",))
    refused = check(task, "book", BOOKING | {"time": "23:00"}, GRANTED)
    assert isinstance(refused, Refusal)
    assert all(t in refused.reason for t in ("19:30", "21:45", "22:00", "19:00 to 20:00", "17:00 to 18:00"))


def test_what_is_recorded_is_not_replaced_by_another_booking():
    booked = apply(Reservation(), "book", BOOKING, "yes")
    assert check(TASK, "book", BOOKING, record=booked) == Allowed()
    refused = check(TASK, "book", BOOKING | {"time": "20:00"}, record=booked)
    assert isinstance(refused, Refusal) and "19:30" in refused.reason


def test_a_reference_that_is_told_later_joins_the_booking_and_is_not_lost():
    booked = apply(Reservation(), "book", BOOKING, "yes", turn=3)
    with_reference = apply(booked, "book", BOOKING | {"reference": "K7"}, "the reference is K7", turn=4)
    assert with_reference.reference == "K7" and with_reference.confirmed_turn == 4
    assert apply(with_reference, "book", BOOKING, "bye", turn=5) == with_reference


def test_very_long_words_do_not_keep_a_booking_from_being_recorded():
    booked = apply(Reservation(), "book", BOOKING | {"confirmed_by": {"date": "x" * 9000}}, "y" * 9000)
    assert {len(words) for words in booked.confirmed_by.values()} == {500}


def test_a_message_leaves_no_number_of_anybody_else():
    assert check(TASK, "leave_message", {"text": "A table for 4 at 19:30, call +49301."}) == Allowed()
    for text in ("Call 0900 12 34 56.", "It is 49301 301.", "Ask for 49301555."):
        assert isinstance(check(TASK, "leave_message", {"text": text}), Refusal)
