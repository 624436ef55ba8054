"""A model records only what was read back aloud and answered to."""

from __future__ import annotations

import pytest

from engine.brains.history import History
from engine.brains.read_back import Spoken, refusal, talk_of
from engine.protocol import Task

TASK = Task(
    restaurant="La Luna", today="2025-06-02", date="2025-06-06", time="19:00", party_size=2, name="Anna Berg"
)
BOOKING = {"date": "2025-06-06", "time": "19:00", "party_size": 2, "name": "Anna Berg"}
ALL = "A table for two people, on Friday the sixth of June, at seven p m, under the name Anna Berg."


def why(*talk: tuple[str, str], arguments=None, tool="book", task=TASK, language="en") -> str:
    return refusal([Spoken(who, text) for who, text in talk], task, tool, arguments or BOOKING, language)


def test_all_values_in_one_turn_and_an_answer_will_do():
    assert not why(("we", ALL), ("they", "Yes, that is right."))


def test_the_turn_may_have_several_sentences():
    talk = [
        ("we", "A table for two people, on Friday the sixth of June."),
        ("we", "At seven p m, for Anna Berg."),
    ]
    assert not why(*talk, ("they", "Yes."))


def test_a_question_between_does_no_harm():
    talk = [
        ("we", ALL),
        ("they", "Yes, and your phone number?"),
        ("we", "I can not give you one."),
        ("they", "Fine."),
    ]
    assert not why(*talk)


@pytest.mark.parametrize(
    ("talk", "reason"),
    [
        ([], "not heard"),
        ([("we", ALL)], "not answered"),
        ([("they", "Yes."), ("we", ALL)], "not answered"),
        ([("we", ALL), ("they", "Sorry, could you repeat that?")], "not answered"),
        ([("we", ALL), ("they", "One moment, please.")], "not answered"),
        ([("we", ALL.replace("seven p m", "seven p m, or at eight p m")), ("they", "Yes.")], "time"),
        ([("we", ALL), ("they", "No, that is not right.")], "said no"),
        ([("we", ALL), ("they", "Yes, at half past eight then.")], "time"),
        ([("we", ALL), ("they", "Yes, on Saturday the seventh of June.")], "day"),
        ([("we", ALL), ("they", "Yes, a table for five people.")], "people"),
        ([("we", ALL), ("they", "Yes?"), ("we", "At eight p m, please."), ("they", "Yes.")], "time"),
        ([("we", ALL.replace("under the name Anna Berg", "please")), ("they", "Yes.")], "name"),
        ([("we", ALL.replace("for two people, ", "")), ("they", "Yes.")], "number of people"),
        (
            [
                ("we", "A table, please."),
                ("they", "For two on Friday the sixth of June at seven, Berg? Yes."),
            ],
            "heard",
        ),
    ],
)
def test_anything_less_will_not(talk, reason):
    assert reason in why(*talk)


def test_other_values_than_those_read_back_are_refused():
    assert why(("we", ALL), ("they", "Yes."), arguments={**BOOKING, "time": "19:30"})


def test_it_may_be_read_back_again_after_a_no():
    talk = [
        ("we", ALL),
        ("they", "No, half past seven."),
        ("we", ALL.replace("seven p m", "half past seven p m")),
    ]
    assert not why(*talk, ("they", "Yes."), arguments={**BOOKING, "time": "19:30"})


def test_what_a_booking_was_before_its_change_may_be_spoken_of():
    task = Task(
        **{f: getattr(TASK, f) for f in TASK.__struct_fields__} | {"kind": "change", "old_time": "18:00"}
    )
    assert not why(("we", ALL), ("they", "Yes, from six p m to seven p m."), tool="change", task=task)


def test_a_cancellation_needs_day_time_and_name():
    said = ("we", "Please cancel the booking of Anna Berg, on Friday the sixth of June, at seven p m.")
    assert not why(said, ("they", "Yes."), tool="cancel", arguments={"name": "Anna Berg"})
    assert why(("they", "Yes."), tool="cancel", arguments={"name": "Anna Berg"})


@pytest.mark.parametrize(
    ("language", "text", "yes"),
    [
        ("de", "Ein Tisch für zwei Personen, am Freitag, dem sechsten Juni, um neunzehn Uhr, auf Berg.", "Ja."),
        ("es", "Una mesa para dos personas, el viernes seis de junio, a las siete de la tarde, Berg.", "Sí."),
        ("nl", "Een tafel voor twee personen, op vrijdag zes juni, om zeven uur 's avonds, op naam van Berg.", "Ja."),
    ],
)  # fmt: skip
def test_it_holds_in_every_language(language, text, yes):
    assert not why(("we", text), ("they", yes), language=language)
    assert why(("they", yes), language=language)


def test_a_name_that_is_spelled_counts():
    assert not why(("we", ALL.replace("Anna Berg", "B, E, R, G")), ("they", "Yes."))


def test_only_what_was_really_heard_counts():
    history = History()
    history.say(ALL, ALL)
    history.reported(ALL[:30], True)
    history.heard("Yes.")
    assert "left out" in refusal(talk_of(history.lines), TASK, "book", BOOKING, "en")


def test_other_tools_and_arguments_that_can_not_be_read_are_not_its_business():
    assert not why(tool="end_call", arguments={"reason": "done"})
    assert not why(arguments={"date": "someday"})
