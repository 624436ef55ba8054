"""What of a scenario may be set anew for one call: what is wanted, and the conditions at the restaurant. All as text.

How the call is expected to end is left as the file says it: it belongs to the values that stand there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, get_args

import msgspec

from engine.errors import ScenarioError
from engine.located_yaml import Place
from engine.protocol import Task
from engine.scenario_checks import check_task
from engine.scenario_parts import Personality, Restaurant, Scenario
from engine.scenario_values import LARGEST_PARTY, voice_problem

LONGEST_TEXT = 200  # characters; more is no wish but a letter

_TASK: dict[str, str] = {  # field → what it takes
    "date": "the day, as 2025-12-05",
    "time": "the time, as 19:30",
    "party_size": f"how many people, 1 to {LARGEST_PARTY}",
    "name": "in whose name, such as Anna Walker",
    "phone": "the number to give, as +441632960471, or nothing",
    "accept_from": "earliest time that would also do, as 18:30, or nothing",
    "accept_until": "latest time that would also do, as 20:30, or nothing",
    "accept_dates": "other days that would also do, as 2025-12-06, 2025-12-07, or nothing",
    "wishes": f"in words, at most {LONGEST_TEXT} characters, or nothing",
}
_TASK_CHANGED: dict[str, str] = {
    "old_date": "day of the booking there is, as 2025-12-05",
    "old_time": "time of the booking there is, as 19:30",
}
_RESTAURANT: dict[str, str] = {
    "noise_dbfs": "noise on the line, -90 to 0 dBFS, or none",
    "snr_db": "how far the noise is below the voice, -10 to 60 dB, or none: then noise_dbfs counts",
    "noise": "white, pub or street",
    "level_dbfs": "level of the voice, -60 to 0 dBFS",
    "band": "landline (300 to 3400 Hz), telephone (up to 4 kHz) or wide",
    "packet_loss": "percent of the packets from there that are lost, 0 to 30",
    "loss_burst": "how many are lost in a row, 1 to 10",
    "persona": f"who it is: {', '.join(get_args(Personality))}",
    "voice": "espeak-ng's name of a voice of the language, such as en-us+m3",
    "rate_wpm": "words a minute, 80 to 260",
    "pitch": "0 to 99",
    "after_ms": "reaction time, 0 to 20000 ms",
    "silence_s": "patience: seconds of silence until it asks who is there, up to 120",
    "ring_s": "seconds until it picks up, 0 to 120",
    "answers": "whether it picks up: true or false",
}
_TYPES = {
    kind: {field.name: field.type for field in msgspec.structs.fields(kind)} for kind in (Task, Restaurant)
}


class Variable(NamedTuple):
    """One thing that may be set anew."""

    name: str  # "task.date", "restaurant.noise_dbfs"
    value: str  # as it is now
    help: str  # what it takes


class _Given:
    """Values that were given for a call, instead of a file; see scenario_checks.Places."""

    def error(self, place: Place, what: str) -> ScenarioError:
        return ScenarioError(f"{'.'.join(map(str, place))}: {what}")


def variables_of(scenario: Scenario) -> list[Variable]:
    """What may be set anew in this scenario, with the values that it has."""
    parts: tuple[tuple[str, dict[str, str], Task | Restaurant], ...] = (
        ("task", _task_fields(scenario), scenario.task),
        ("restaurant", _restaurant_fields(scenario), scenario.restaurant),
    )
    return [
        Variable(f"{part}.{field}", _text(getattr(values, field)), takes)
        for part, fields, values in parts
        for field, takes in fields.items()
    ]


def with_variables(scenario: Scenario, variables: Mapping[str, str]) -> Scenario:
    """The scenario with these values in place of its own.

    Raises ScenarioError naming the variable that is not there, or that takes something else.
    """
    if not variables:
        return scenario
    known = {variable.name: variable for variable in variables_of(scenario)}
    task: dict[str, Any] = {}
    restaurant: dict[str, Any] = {}
    for name, text in variables.items():
        if name not in known:
            raise ScenarioError(f"{name}: this scenario has no such variable. It has: {', '.join(known)}.")
        part, _, field = name.partition(".")
        if (
            field == "noise_dbfs"
            and scenario.restaurant.snr_db is not None
            and text.strip() != known[name].value
        ):
            restaurant["snr_db"] = None  # one of the two counts: what was set anew
        kind, values = (Task, task) if part == "task" else (Restaurant, restaurant)
        values[field] = _value(kind, field, text.strip(), known[name])
    changed = msgspec.structs.replace(
        scenario,
        task=msgspec.structs.replace(scenario.task, **task),
        restaurant=msgspec.structs.replace(scenario.restaurant, **restaurant),
    )
    if task:
        check_task(_Given(), changed.task)
    if wrong := voice_problem(changed.restaurant.voice, scenario.spoken) if restaurant else "":
        raise ScenarioError(f"restaurant.voice: {wrong}")
    return changed


def _task_fields(scenario: Scenario) -> dict[str, str]:
    return _TASK if scenario.task.kind == "book" else _TASK | _TASK_CHANGED


def _restaurant_fields(scenario: Scenario) -> dict[str, str]:
    """A restaurant without steps cannot be made to pick up: it would have nothing to say."""
    without = () if scenario.restaurant.steps else ("answers",)
    return {field: takes for field, takes in _RESTAURANT.items() if field not in without}


def _text(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case tuple():
            return ", ".join(map(str, value))
        case float():
            return str(value).removesuffix(".0")
    return str(value)


def _value(kind: type[Task | Restaurant], field: str, text: str, variable: Variable) -> Any:
    """What a text means for a field; whether the value can be said and meant is checked with all of them."""
    wrong = ScenarioError(f"{variable.name}: {text or 'this'} will not do. It takes: {variable.help}.")
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise wrong
    if field == "accept_dates":
        return tuple(day.strip() for day in text.split(",") if day.strip())
    if field in ("noise_dbfs", "snr_db") and text.lower() in ("none", ""):
        return None
    try:
        value = msgspec.convert(text, _TYPES[kind][field], strict=False)
    except msgspec.ValidationError:
        raise wrong from None
    if isinstance(value, float) and math.isnan(value):
        raise wrong
    return value
