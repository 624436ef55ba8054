"""The reservation tasks: what a line becomes, and that the restaurant knows only what it is told."""

import json
import random
import sys

import pytest

from benchmarks.task_calls import visits
from benchmarks.tasks import main, run, summary
from benchmarks.text_restaurant import Attempt, Plan, TextRestaurant

GOAL = {
    "restaurant_name": "Blue Heron",
    "city": "Springfield",
    "date": "2026-12-03",
    "time": "18:30",
    "party_size": 3,
}


def attempt(result, reaction="", offer="", **changes):
    made = {"requested": GOAL | changes, "result": result}
    if offer:
        made["callee_changes"] = {"time": offer}
    return made | ({"caller_reaction": reaction} if reaction else {})


def line(*attempts, booked=None, number=0, asks=(), wrong=(), kind="accepted_at_once", **changes):
    return {
        "id": f"made-up-{number}",
        "ref_date": "2026-12-01",
        "kinds": [kind],
        "goal": GOAL | changes,
        "changes_before_booking": [],
        "fallbacks_caller_takes": [],
        "callee_behaviour": {"asks": list(asks), "wrong_readback": list(wrong), "attempts": list(attempts)},
        "expected": {
            "outcome": "booked" if booked else "not_booked",
            "reservation": booked and GOAL | booked,
        },
        "transcript": [],
    }


LINES = {
    "accepted": (line, (attempt("accepted"),), {"booked": {"time": "18:30"}}),
    "asks again": (
        line,
        (attempt("accepted"),),
        {"booked": {"time": "18:30"}, "asks": ("time", "date", "party_size")},
    ),
    "wrong at first": (
        line,
        (attempt("accepted"),),
        {
            "booked": {"time": "18:30"},
            "wrong": (
                {"slot": "party_size", "callee_said": 2, "caller_corrects_to": 3},
                {"slot": "date", "callee_said": "2026-12-01", "caller_corrects_to": "2026-12-03"},
            ),
        },
    ),
    "offer taken": (
        line,
        (attempt("rejected", "accepts_offer", "19:00"), attempt("accepted", time="19:00")),
        {"booked": {"time": "19:00"}},
    ),
    "asks for another time": (
        line,
        (attempt("rejected", "asks_for_other"), attempt("accepted", time="12:15")),
        {"booked": {"time": "12:15"}},
    ),
    "asks for another day": (
        line,
        (attempt("rejected", "asks_for_other"), attempt("accepted", date="2026-12-05")),
        {"booked": {"date": "2026-12-05"}},
    ),
    "another restaurant": (
        line,
        (attempt("rejected", "asks_for_other"), attempt("accepted", restaurant_name="Red Crow")),
        {"booked": {"restaurant_name": "Red Crow"}},
    ),
    "offer that will not do": (line, (attempt("rejected", "gives_up", "21:00"),), {}),
    "nothing": (line, (attempt("rejected", "gives_up"),), {}),
}


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("number", range(6))
def test_task_ends_as_it_should_however_the_restaurant_says_it(name, number):
    made, attempts, changes = LINES[name]
    result = run(made(*attempts, number=number, **changes))
    said = "\n".join(words for call in result.calls for words in call.said)
    assert result.as_expected, said
    assert not result.outside


def test_an_end_that_was_not_expected_is_counted_as_such():
    result = run(line(attempt("rejected", "gives_up"), booked={"time": "18:30"}, kind="rejected_then_booked"))
    figures = summary([result, run(line(attempt("accepted"), booked={"time": "18:30"}))])
    assert figures == {
        "tasks": 2,
        "as_expected": 0.5,
        "outside_constraints": 0,
        "by_kind": {
            "accepted_at_once": {"tasks": 1, "as_expected": 1.0},
            "rejected_then_booked": {"tasks": 1, "as_expected": 0.0},
        },
    }


def test_an_offer_nobody_would_take_is_not_in_the_task():
    ((task, plan),) = visits(line(attempt("rejected", "gives_up", "21:00")))
    assert (task.accept_times, task.accept_from, task.accept_dates) == ((), "", ())
    assert plan.attempts[0].offer == "21:00"


PLAN = Plan("Blue Heron", "Springfield", "2026-12-01", (), {}, (Attempt("2026-12-03", "18:30", 3, True),))


@pytest.mark.parametrize("seed", range(8))
def test_a_restaurant_that_is_told_nothing_books_nothing(seed):
    restaurant = TextRestaurant(PLAN, random.Random(seed))
    restaurant.greets()
    for _ in range(3):
        assert "?" in restaurant.hears("Hello.")
    assert restaurant.known == {} and restaurant.booked == {}


@pytest.mark.parametrize("seed", range(8))
def test_a_restaurant_writes_down_what_it_was_told_and_has_only_its_own_tables(seed):
    restaurant = TextRestaurant(PLAN, random.Random(seed))
    restaurant.greets()
    restaurant.hears(
        "A table for three people, on Thursday the third of December, at six thirty p m, please."
    )
    restaurant.hears("The name is Grace Miller.")
    restaurant.hears("The name is Grace Miller.")
    told = "So that is a table for {} people, on Thursday the third of December, at {}, under the name Grace Miller"
    restaurant.hears(told.format("three", "six thirty p m") + ", is that right?")
    assert (restaurant.booked["party_size"], restaurant.booked["time"]) == (3, "18:30")
    restaurant.hears(told.format("four", "eight p m") + ", is that right?")
    assert restaurant.booked == {}


def test_a_house_of_many_insists_on_its_name():
    restaurant = TextRestaurant(PLAN._replace(asks=("restaurant_name",)), random.Random(1))
    restaurant.greets()
    for _ in range(4):
        restaurant.hears(
            "A table for three people, on Thursday the third of December, at six thirty p m, please."
        )
    assert restaurant.hung_up and restaurant.booked == {}


def test_the_command_prints_one_object_with_the_names_agreed_on(tmp_path, monkeypatch, capsys):
    file = tmp_path / "tasks.jsonl"
    made = [
        line(attempt("accepted"), booked={"time": "18:30"}),
        line(attempt("rejected", "gives_up"), number=1),
    ]
    file.write_text("\n".join(json.dumps(each) for each in made) + "\n\n")
    monkeypatch.setattr(sys, "argv", ["tasks.py", str(file), "--json"])
    assert main() == 0
    figures = json.loads(capsys.readouterr().out)
    assert list(figures) == ["tasks", "as_expected", "outside_constraints", "by_kind"]
    assert figures["by_kind"] == {"accepted_at_once": {"tasks": 2, "as_expected": 1.0}}
