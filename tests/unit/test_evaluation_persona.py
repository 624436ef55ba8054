"""`call-thing evaluate --persona`: every restaurant as somebody else."""

from __future__ import annotations

import pytest

from engine.errors import ScenarioError, SettingsError
from engine.evaluate_command import _check_persona
from engine.evaluation.by_audio import ScenarioCalls
from engine.evaluation.finding import planned, with_persona
from engine.evaluation.order import orders_of
from engine.lines.placing import SIMULATED, line_for
from engine.options import Chosen
from engine.protocol import PlaceCall
from engine.scenario import find
from engine.settings import Settings


def test_restaurants_are_played_by_another_character_and_end_as_before():
    (each,) = planned(["en/accepts"])
    hurried = with_persona(each, "hurried")
    assert hurried.scenario is not None and each.scenario is not None
    assert hurried.scenario.restaurant.persona == "hurried"
    assert hurried.scenario.expected == each.scenario.expected
    assert with_persona(each, "") is each
    placed = ScenarioCalls().place(orders_of([hurried], 1)[0])
    assert placed is not None and placed.variables == {"restaurant.persona": "hurried"}
    plain = ScenarioCalls().place(orders_of([each], 1)[0])
    assert plain is not None and plain.variables == {}


def test_character_that_there_is_not_is_refused():
    (each,) = planned(["en/accepts"])
    with pytest.raises(ScenarioError, match="patient, hurried"):
        with_persona(each, "sleepy")


def test_recordings_have_no_persona_and_a_model_needs_its_key():
    chosen = Chosen(None, None)
    with pytest.raises(SettingsError, match="--stub"):
        _check_persona("hurried", chosen, stub=True)
    with pytest.raises(SettingsError, match="no model is named"):
        _check_persona("llm", chosen, stub=False)
    _check_persona("chatty", chosen, stub=False)


@pytest.mark.parametrize(
    ("name", "persona", "acted"),
    [("accepts", "llm", True), ("accepts", "chatty", False), ("voicemail", "llm", False)],
)
def test_only_a_restaurant_that_a_model_plays_gets_the_model_s_key(name: str, persona: str, acted: bool):
    command = PlaceCall(scenario=str(find(name)), line=SIMULATED, variables={"restaurant.persona": persona})
    assert line_for(command, Settings(), {}).acted is acted
