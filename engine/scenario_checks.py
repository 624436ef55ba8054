"""What types cannot say about a scenario: dates, times, voices, and whether its steps hang together."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from datetime import date

from engine.located_yaml import LocatedYaml, Place
from engine.protocol import Reservation
from engine.scenario_parts import NEW, SLOTS, Scenario, Step, When

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_TIME_FIELDS = frozenset({"time", "old_time", "accept_from", "accept_until"})
_DATE_FIELDS = frozenset({"today", "date", "old_date"})
_STEPS: Place = ("restaurant", "steps")


def check(file: LocatedYaml, scenario: Scenario) -> None:
    """Raises ScenarioError for the first thing that could not work."""
    _check_task(file, scenario)
    _check_expected(file, scenario)
    language, voice = scenario.language, scenario.restaurant.voice
    if not re.fullmatch(rf"{language}(-[\w-]+)?(\+\w+)?", voice):
        raise file.error(
            ("restaurant", "voice"), f"{voice} does not speak {language}; take one such as {language}+m3."
        )
    steps = scenario.restaurant.steps
    if not scenario.restaurant.answers:
        if steps:
            raise file.error(_STEPS, "a restaurant that never answers has no steps; remove them.")
        return
    if next(iter(steps), None) != "greet":
        raise file.error(_STEPS, "the first step must be named `greet`.")
    for name, step in steps.items():
        _check_step(file, name, step, steps)
    _check_reachable(file, steps)


def _check_task(file: LocatedYaml, scenario: Scenario) -> None:
    task = scenario.task
    for field in task.__struct_fields__:
        _check_value(file, ("task", field), field, getattr(task, field))
    for number, day in enumerate(task.accept_dates):
        _check_value(file, ("task", "accept_dates", number), "date", day)
    if task.date < task.today:
        raise file.error(("task", "date"), f"{task.date} lies before today ({task.today}); take a later one.")
    if task.party_size < 1:
        raise file.error(("task", "party_size"), "must be at least 1.")
    if bool(task.accept_from) != bool(task.accept_until):
        raise file.error(("task",), "accept_from and accept_until come together; add the other one.")
    if task.kind != "book" and not (task.old_date and task.old_time):
        raise file.error(
            ("task", "kind"), f"to {task.kind} a booking, old_date and old_time are needed; add them."
        )


def _check_expected(file: LocatedYaml, scenario: Scenario) -> None:
    place: Place = ("expected", "reservation")
    for field, value in scenario.expected.reservation.items():
        if field not in Reservation.__struct_fields__ or field == "confirmed_by":
            known = ", ".join(name for name in Reservation.__struct_fields__ if name != "confirmed_by")
            raise file.error((*place, field), f"is no field of a reservation. Fields: {known}.")
        if isinstance(value, int) != (field == "party_size"):
            kind = "a number" if field == "party_size" else "text"
            raise file.error((*place, field), f"must be {kind}.")
        _check_value(file, (*place, field), field, value)


def _check_step(file: LocatedYaml, name: str, step: Step, steps: dict[str, Step]) -> None:
    place: Place = (*_STEPS, name)
    _check_slots(file, (*place, "say"), step)
    for part in ("offer", "remember"):
        for field, value in getattr(step, part).given().items():
            _check_value(file, (*place, part, field), field, value)
    if step.next and (step.then or step.hang_up):
        raise file.error(
            (*place, "next"), "never comes to pass beside `then` or `hang_up`; remove one of them."
        )
    if step.then and step.hang_up:
        raise file.error((*place, "then"), "never comes to pass beside `hang_up`; remove one of them.")
    if step.interrupt_after_words and not step.next:
        raise file.error((*place, "interrupt_after_words"), "needs a `next` to go to; add it.")
    if not (step.say or step.play or step.hang_up or step.next):
        raise file.error(place, "does nothing; add a `say`, `play`, `next` or `hang_up`.")
    for where, target in _targets(step):
        if target not in steps:
            raise file.error((*place, *where), f"there is no step named {target}. Steps: {', '.join(steps)}.")
    for number, branch in enumerate(step.next):
        here: Place = (*place, "next", number)
        if branch.when == When() and number < len(step.next) - 1:
            raise file.error(here, "has no `when`, so that what follows it never happens; put it last.")
        for field in ("date", "time"):
            if (value := getattr(branch.when, field)) not in ("any", "none"):
                _check_value(file, (*here, "when", field), field, value)


def _check_reachable(file: LocatedYaml, steps: dict[str, Step]) -> None:
    reached, todo = set(), ["greet"]
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += [target for _, target in _targets(steps[name])]
    for name in steps:
        if name not in reached:
            raise file.error(
                (*_STEPS, name), "no step leads here; name it in a `next`, `then` or `on_silence`."
            )


def _targets(step: Step) -> Iterator[tuple[Place, str]]:
    """Where a step leads, each with the place that says so."""
    for number, branch in enumerate(step.next):
        yield ("next", number, "go"), branch.go
    for field in ("then", "on_silence"):
        if target := getattr(step, field):
            yield (field,), target


def _check_slots(file: LocatedYaml, place: Place, step: Step) -> None:
    try:
        names = [name for _, name, _, _ in string.Formatter().parse(step.say) if name is not None]
    except ValueError as error:
        raise file.error(place, f"{error}; slots look like {{time}}.") from None
    for name in names:
        fact = SLOTS.get(name.removeprefix(NEW))
        if not fact:
            raise file.error(
                place, f"there is no slot {{{name}}}. Slots: {', '.join(SLOTS)}, or {NEW}time and so on."
            )
        if name.startswith(NEW) and fact not in step.offer.given():
            raise file.error(place, f"{{{name}}} needs `offer: {{{fact}: …}}` in the same step; add it.")


def _check_value(file: LocatedYaml, place: Place, field: str, value: object) -> None:
    """Dates and times must be real ones; "" stands for none."""
    if value in ("", None):
        return
    if field in _TIME_FIELDS and not _TIME.fullmatch(str(value)):
        raise file.error(place, f"{value} is no time of day; write it as 19:30.")
    if field in _DATE_FIELDS:
        try:
            if date.fromisoformat(str(value)).isoformat() != value:
                raise ValueError
        except ValueError:
            raise file.error(place, f"{value} is no date; write it as 2025-12-05.") from None
