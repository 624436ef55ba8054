"""Every scenario as a conversation in text and virtual time: the scripted brain and the simulated restaurant.

The agent's side is given the task and what the restaurant said, the restaurant what the agent said; hearing is
perfect, or loses a word here and there.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.brains.scripted import Scripted
from engine.dialogue.constraints import acceptable_date, acceptable_time
from engine.dialogue.moves import Answered, Heard, Said, Say
from engine.finetune.text_call import TextCall
from engine.scenario import Scenario, find, listing, load

SCENARIOS = listing()
LOST_WORDS = 0.12
SEEDS = range(12)


def call_of(scenario: Scenario, as_heard: Callable[[str], str] = str) -> TextCall:
    return TextCall(scenario, lambda task, memory: Scripted(task, task.language, memory), as_heard=as_heard)


def losing_words(seed: int) -> Callable[[str], str]:
    dice = random.Random(seed)
    return lambda text: " ".join(word for word in text.split() if dice.random() >= LOST_WORDS)


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", SCENARIOS, ids=name_of)
def test_call_ends_as_the_scenario_expects(path: Path) -> None:
    scenario = load(path)
    if not scenario.restaurant.answers:
        assert scenario.expected.outcome == "no_answer"
        return
    ended = call_of(scenario).run()
    assert ended.as_expected, "\n".join((*ended.differences, *ended.said))


@pytest.mark.parametrize("path", SCENARIOS, ids=name_of)
def test_lost_words_never_lead_to_a_booking_the_task_does_not_allow(path: Path) -> None:
    scenario = load(path)
    if not scenario.restaurant.answers:
        return
    task = scenario.task
    for seed in SEEDS:
        call = call_of(scenario, losing_words(seed))
        ended, reservation = call.run(), call.reservation
        report = f"seed {seed}\n" + "\n".join(ended.said)
        assert ended.outcome != "failed", report
        if reservation.status in ("booked", "changed"):
            assert acceptable_date(task, reservation.date), report
            assert acceptable_time(task, reservation.time), report
            assert (reservation.party_size, reservation.name) == (task.party_size, task.name), report


def test_agent_that_is_asked_to_repeat_its_asking_to_repeat_says_its_request() -> None:
    task = load(find("en/accepts")).task
    brain = Scripted(task, "en")
    list(brain.step(Answered()))
    said: list[str] = []
    for turn, words in enumerate(("good evening", "in the garden", "could you repeat that please"), 1):
        said = [
            move.text
            for move in brain.step(Heard(turn=turn, text=words, language="en"))
            if isinstance(move, Say)
        ]
        for text in said:
            list(brain.step(Said(text=text)))
    assert "four people" in said[0]


@pytest.mark.parametrize("path", SCENARIOS, ids=name_of)
def test_restaurant_believes_what_the_agent_booked(path: Path) -> None:
    """Both sides must have written down the same; otherwise four people come to a table for five."""
    scenario = load(path)
    if not scenario.restaurant.answers:
        return
    call = call_of(scenario)
    if call.run().outcome == "booked":
        known, reservation = call.persona.known, call.reservation
        assert known["date"] == reservation.date
        assert known["time"] == reservation.time
        assert known["party_size"] == reservation.party_size
        assert str(known["name"]).lower() in reservation.name.lower()
