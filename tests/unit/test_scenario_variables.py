"""What of a scenario may be set anew for one call, and what is refused."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, strategies as st

from engine.errors import ScenarioError
from engine.scenario import find, listing, load
from engine.scenario_variables import variables_of, with_variables

ACCEPTS = load(find("en/accepts"))


@pytest.mark.parametrize("path", listing(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_scenario_is_itself_with_the_variables_that_it_has(path):
    scenario = load(path)
    variables = variables_of(scenario)
    assert with_variables(scenario, {variable.name: variable.value for variable in variables}) == scenario
    assert all(variable.help for variable in variables)
    assert len({variable.name for variable in variables}) == len(variables)


def test_what_is_wanted_and_the_conditions_are_set_anew():
    changed = with_variables(
        ACCEPTS,
        {
            "task.date": "2025-12-06",
            "task.time": " 20:00 ",
            "task.party_size": "6",
            "task.name": "Bo Lindqvist",
            "task.wishes": "a high chair, please",
            "task.accept_from": "19:00",
            "task.accept_until": "21:00",
            "task.accept_dates": "2025-12-07,2025-12-08",
            "restaurant.noise_dbfs": "-35.5",
            "restaurant.band": "wide",
            "restaurant.voice": "en-us+f3",
            "restaurant.silence_s": "4",
            "restaurant.answers": "false",
        },
    )
    task, restaurant = changed.task, changed.restaurant
    assert (task.date, task.time, task.party_size, task.name) == ("2025-12-06", "20:00", 6, "Bo Lindqvist")
    assert (task.accept_from, task.accept_until) == ("19:00", "21:00")
    assert task.accept_dates == ("2025-12-07", "2025-12-08")
    assert task.wishes == "a high chair, please"
    assert (restaurant.noise_dbfs, restaurant.band, restaurant.voice) == (-35.5, "wide", "en-us+f3")
    assert (restaurant.silence_s, restaurant.answers) == (4.0, False)
    assert restaurant.steps == ACCEPTS.restaurant.steps and changed.expected == ACCEPTS.expected
    assert ACCEPTS.task.party_size == 4  # the file's own stays as it is


def test_nothing_is_given_where_nothing_may_be():
    emptied = with_variables(ACCEPTS, {"task.phone": "", "restaurant.noise_dbfs": "none"})
    assert emptied.task.phone == "" and emptied.restaurant.noise_dbfs is None
    values = {variable.name: variable.value for variable in variables_of(emptied)}
    assert values["restaurant.noise_dbfs"] == "none" and values["restaurant.silence_s"] == "8"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("task.date", "tomorrow", "task.date: tomorrow is no date; write it as 2025-12-05."),
        ("task.date", "", "task.date: this is no date"),
        ("task.date", "2025-11-30", "task.date: 2025-11-30 lies before today (2025-12-01)"),
        ("task.date", "2026-12-01", "task.date: 2026-12-01 is a year or more"),
        ("task.time", "half past seven", "task.time: half past seven is no time of day"),
        ("task.party_size", "many", "task.party_size: many will not do. It takes: how many people, 1 to 99."),
        ("task.party_size", "0", "task.party_size: must be from 1 to 99"),
        ("task.party_size", "4.5", "task.party_size: 4.5 will not do"),
        ("task.name", "R2D2", "task.name: R2D2 cannot be spelled"),
        ("task.phone", "12", "task.phone: 12 is no phone number"),
        ("task.accept_from", "18:00", "task: accept_from and accept_until come together"),
        ("task.accept_dates", "2025-12-06; 2025-12-07", "task.accept_dates.0: 2025-12-06; 2025-12-07 is no"),
        ("task.wishes", "a\nb", "task.wishes: a\nb will not do"),
        ("task.wishes", "x" * 201, "at most 200 characters"),
        ("task.kind", "cancel", "task.kind: this scenario has no such variable. It has: task.date, "),
        ("date", "2025-12-06", "date: this scenario has no such variable"),
        ("task.old_date", "2025-12-06", "no such variable"),
        ("restaurant.steps", "{}", "no such variable"),
        (
            "restaurant.noise_dbfs",
            "loud",
            "restaurant.noise_dbfs: loud will not do. It takes: noise on the line",
        ),
        ("restaurant.noise_dbfs", "20", "-90 to 0 dBFS, or none"),
        ("restaurant.noise_dbfs", "nan", "restaurant.noise_dbfs: nan will not do"),
        ("restaurant.silence_s", "inf", "up to 120"),
        ("restaurant.silence_s", "0", "up to 120"),
        ("restaurant.band", "AM", "telephone (up to 4 kHz) or wide"),
        ("restaurant.answers", "maybe", "true or false"),
        ("restaurant.voice", "de+m3", "restaurant.voice: de+m3 does not speak en"),
        ("restaurant.voice", "", "restaurant.voice:"),
        ("restaurant.after_ms", "-1", "0 to 20000 ms"),
    ],
)
def test_what_will_not_do_is_refused_with_its_name_and_what_it_takes(name, text, words):
    with pytest.raises(ScenarioError) as refused:
        with_variables(ACCEPTS, {name: text})
    assert words in str(refused.value)


def test_a_time_outside_of_the_window_is_refused_until_the_window_is_widened():
    window = {"task.accept_from": "18:00", "task.accept_until": "20:00"}
    with pytest.raises(ScenarioError, match=r"task\.time: 22:00 lies outside"):
        with_variables(ACCEPTS, {**window, "task.time": "22:00"})
    wider = with_variables(ACCEPTS, {**window, "task.time": "22:00", "task.accept_until": "22:30"})
    assert wider.task.time == "22:00"


def test_the_booking_to_change_can_be_set_where_there_is_one():
    names = {variable.name for variable in variables_of(load(find("en/changes_booking")))}
    assert {"task.old_date", "task.old_time"} <= names
    with pytest.raises(ScenarioError, match="old_date and old_time are needed"):
        with_variables(load(find("en/changes_booking")), {"task.old_date": ""})


def test_a_restaurant_that_has_nothing_to_say_cannot_be_made_to_pick_up():
    silent = load(find("en/no_answer"))
    assert "restaurant.answers" not in {variable.name for variable in variables_of(silent)}
    with pytest.raises(ScenarioError, match="no such variable"):
        with_variables(silent, {"restaurant.answers": "true"})


NAMES = [variable.name for variable in variables_of(ACCEPTS)]


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=30), max_size=3))
def test_whatever_is_given_is_taken_or_refused_in_words(variables):
    try:
        changed, refused = with_variables(ACCEPTS, variables), ""
    except ScenarioError as error:
        changed, refused = ACCEPTS, str(error)
    assert not refused or any(name.split(".")[0] in refused for name in variables)
    again = {variable.name: variable.value for variable in variables_of(changed)}
    assert with_variables(changed, again) == changed
    assert msgspec.json.encode(changed)


def test_noise_that_is_set_anew_takes_the_place_of_the_distance_to_the_voice():
    pub = load(find("en/noisy_pub"))
    assert with_variables(pub, {"restaurant.noise_dbfs": "-50"}).restaurant.snr_db is None
    assert with_variables(pub, {"restaurant.noise_dbfs": "-60"}).restaurant.snr_db == 10
    nearer = with_variables(ACCEPTS, {"restaurant.snr_db": "5", "restaurant.noise": "street"}).restaurant
    assert (nearer.snr_db, nearer.noise) == (5.0, "street")


def test_line_and_character_are_set_anew():
    changed = with_variables(
        ACCEPTS,
        {"restaurant.packet_loss": "8", "restaurant.loss_burst": "3", "restaurant.persona": "hurried"},
    ).restaurant
    assert (changed.packet_loss, changed.loss_burst, changed.persona) == (8.0, 3.0, "hurried")
    with pytest.raises(ScenarioError, match="patient, hurried"):
        with_variables(ACCEPTS, {"restaurant.persona": "sleepy"})
