"""What types cannot say about a scenario: values that could not be said, and whether its steps hang together."""

from __future__ import annotations

import string
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Protocol, get_args, get_type_hints

from engine.errors import ScenarioError
from engine.located_yaml import LocatedYaml, Place
from engine.protocol import Reservation, Task
from engine.scenario_parts import FACTS, NEW, PATIENCE, SLOTS, Fact, Scenario, Step, When
from engine.scenario_values import heard_problem, problem, voice_problem, words_of

_NEEDED = frozenset(
    {"restaurant", "today", "date", "time", "party_size", "name"}
)  # of a task; "" is no value
_STATUSES: tuple[str, ...] = get_args(get_type_hints(Reservation)["status"])
KEYS = "0123456789*#"
_WHOLE_YEAR = timedelta(days=365)
_STEPS: Place = ("restaurant", "steps")


class Places(Protocol):
    """Where the values stand that are checked: a file, or what was given for a call."""

    def error(self, place: Place, what: str) -> ScenarioError:
        """The error for one place."""
        ...


def check(file: LocatedYaml, scenario: Scenario) -> None:
    """Raises ScenarioError for the first thing that could not work."""
    if not scenario.title.strip():
        raise file.error(("title",), "is empty; say in a few words what the call is about.")
    check_task(file, scenario.task)
    _check_expected(file, scenario)
    restaurant, steps = scenario.restaurant, scenario.restaurant.steps
    if file.contains(("restaurant", "snr_db")) and file.contains(("restaurant", "noise_dbfs")):
        raise file.error(
            ("restaurant", "snr_db"), "and noise_dbfs both say how loud the noise is; remove one of them."
        )
    _refuse(file, ("restaurant", "voice"), voice_problem(restaurant.voice, scenario.spoken))
    if not restaurant.answers:
        if steps:
            raise file.error(_STEPS, "a restaurant that never answers has no steps; remove them.")
        return
    if next(iter(steps), None) != "greet":
        raise file.error(_STEPS, "the first step must be named `greet`.")
    for name, step in steps.items():
        _check_step(file, name, step, steps)
        _check_menu(file, (*_STEPS, name), step)
        if restaurant.machine:
            _check_machine(file, (*_STEPS, name), step)
    _check_reachable(file, steps)


def check_task(file: Places, task: Task) -> None:
    """Raises ScenarioError for the first value of a task that could not be said or be meant."""
    for field in task.__struct_fields__:
        if (value := getattr(task, field)) or field in _NEEDED:
            _refuse(file, ("task", field), problem(field, value))
    for number, day in enumerate(task.accept_dates):
        _refuse(file, ("task", "accept_dates", number), problem("date", day))
    _check_days(file, task)
    _check_window(file, task)
    if task.kind != "book" and not (task.old_date and task.old_time):
        raise file.error(
            ("task", "kind"), f"to {task.kind} a booking, old_date and old_time are needed; add them."
        )


def _check_days(file: Places, task: Task) -> None:
    """On the phone a day is said without its year, so that it can only be one of the next 365."""
    days: list[tuple[Place, str]] = [(("date",), task.date)]
    days += [(("accept_dates", number), day) for number, day in enumerate(task.accept_dates)]
    days += [(("old_date",), task.old_date)] if task.old_date else []
    today = date.fromisoformat(task.today)
    for place, day in days:
        if date.fromisoformat(day) < today:
            raise file.error(("task", *place), f"{day} lies before today ({task.today}); take a later one.")
        if date.fromisoformat(day) - today >= _WHOLE_YEAR:
            raise file.error(
                ("task", *place), f"{day} is a year or more after today ({task.today}); take an earlier one."
            )


def _check_window(file: Places, task: Task) -> None:
    """`accept_from` to `accept_until` is one stretch of an evening around `time`."""
    if bool(task.accept_from) != bool(task.accept_until):
        raise file.error(("task",), "accept_from and accept_until come together; add the other one.")
    if not task.accept_from:
        return
    window = f"{task.accept_from} to {task.accept_until}"
    if task.accept_from > task.accept_until:
        raise file.error(
            ("task", "accept_from"), f"{window} runs backwards; exchange the two. No window passes midnight."
        )
    if not task.accept_from <= task.time <= task.accept_until:
        raise file.error(
            ("task", "time"), f"{task.time} lies outside of what is accepted ({window}); widen that window."
        )


def _check_expected(file: LocatedYaml, scenario: Scenario) -> None:
    place: Place = ("expected", "reservation")
    if not scenario.expected.reservation:
        raise file.error(
            place,
            "is missing; say what the record must hold: its date, time and so on, or, where nothing may be booked, "
            "{status: open}, {status: declined} or {status: cancelled}.",
        )
    for field, value in scenario.expected.reservation.items():
        if field not in Reservation.__struct_fields__ or field == "confirmed_by":
            known = ", ".join(name for name in Reservation.__struct_fields__ if name != "confirmed_by")
            raise file.error((*place, field), f"is no field of a reservation. Fields: {known}.")
        if isinstance(value, int) != (field == "party_size"):
            kind = "a number" if field == "party_size" else "text"
            raise file.error((*place, field), f"must be {kind}.")
        if field == "status" and value not in _STATUSES:
            raise file.error((*place, field), f"{value} is no status. Statuses: {', '.join(_STATUSES)}.")
        if value:  # "" and 0 say that the record must hold nothing there
            _refuse(file, (*place, field), problem(field, value))


def _check_step(file: LocatedYaml, name: str, step: Step, steps: dict[str, Step]) -> None:
    place: Place = (*_STEPS, name)
    if step.language and not step.say:
        raise file.error((*place, "language"), "is that of `say`, which is missing; add it.")
    _check_slots(file, (*place, "say"), step)
    for part in ("offer", "remember"):
        for fact in FACTS:
            if file.contains(believed := (*place, part, fact)):
                _refuse(file, believed, heard_problem(fact, getattr(getattr(step, part), fact)))
    if step.next and (step.then or step.hang_up):
        raise file.error(
            (*place, "next"), "never comes to pass beside `then` or `hang_up`; remove one of them."
        )
    if step.then and step.hang_up:
        raise file.error((*place, "then"), "never comes to pass beside `hang_up`; remove one of them.")
    if step.interrupt_after_words and not step.next:
        raise file.error((*place, "interrupt_after_words"), "needs a `next` to go to; add it.")
    if not (step.say or step.play or step.hang_up or step.next or step.keys):
        raise file.error(place, "does nothing; add a `say`, `play`, `next` or `hang_up`.")
    for where, target in _targets(step):
        if target not in steps:
            raise file.error((*place, *where), f"there is no step named {target}. Steps: {', '.join(steps)}.")
    for number, branch in enumerate(step.next):
        here: Place = (*place, "next", number)
        if branch.when == When() and number < len(step.next) - 1:
            raise file.error(here, "has no `when`, so that what follows it never happens; put it last.")
        _check_when(file, (*here, "when"), branch.when)


def _check_when(file: LocatedYaml, place: Place, when: When) -> None:
    """Every condition must be one that can hold."""
    for fact in FACTS:
        value = getattr(when, fact)
        if file.contains((*place, fact)) and value not in ("any", "none"):
            _refuse(file, (*place, fact), heard_problem(fact, value))
    for number, phrase in enumerate(when.says):
        if not words_of(phrase):
            raise file.error((*place, "says", number), "has no word in it; write what the agent must say.")
    if not 0 <= when.visits <= PATIENCE:
        raise file.error(
            (*place, "visits"),
            f"never holds: a step is taken at most {PATIENCE} times; write 1 to {PATIENCE}.",
        )


def _check_menu(file: LocatedYaml, place: Place, step: Step) -> None:
    """A menu hears keys, so that whatever waits for the agent's words would wait for ever."""
    for key in step.keys:
        if len(key) != 1 or key not in KEYS:
            raise file.error((*place, "keys", key), f"is no key of a telephone; write one of {KEYS}.")
    for field in ("next", "then", "hang_up", "needs", "interrupt_after_words"):
        if step.keys and getattr(step, field):
            raise file.error((*place, field), "is of no use to a menu, which waits for a key; remove it.")


def _check_machine(file: LocatedYaml, place: Place, step: Step) -> None:
    """A machine learns nothing, so that whatever waits for the agent's words would wait for ever."""
    for field in ("next", "needs", "interrupt_after_words", "keys"):
        if getattr(step, field):
            raise file.error(
                (*place, field), "is of no use to an answering machine, which hears nothing; remove it."
            )
    unknown: list[Fact] = sorted(step.slots - step.remember.given().keys())
    if unknown:
        raise file.error(
            (*place, "say"), f"an answering machine cannot know {{{unknown[0]}}}; write the words themselves."
        )


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
                (*_STEPS, name), "no step leads here; name it in a `next`, `then`, `keys` or `on_silence`."
            )


def _targets(step: Step) -> Iterator[tuple[Place, str]]:
    """Where a step leads, each with the place that says so."""
    for number, branch in enumerate(step.next):
        yield ("next", number, "go"), branch.go
    for field in ("then", "on_silence"):
        if target := getattr(step, field):
            yield (field,), target
    for key, target in step.keys.items():
        yield ("keys", key), target


def _check_slots(file: LocatedYaml, place: Place, step: Step) -> None:
    try:
        parsed = list(string.Formatter().parse(step.say))
    except ValueError as error:
        raise file.error(place, f"{error}; slots look like {{time}}.") from None
    for _, name, form, conversion in parsed:
        if name is None:
            continue
        fact = SLOTS.get(name.removeprefix(NEW))
        if not fact:
            raise file.error(
                place, f"there is no slot {{{name}}}. Slots: {', '.join(SLOTS)}, or {NEW}time and so on."
            )
        if form or conversion:
            written = f"!{conversion}" * bool(conversion) + f":{form}" * bool(form)
            raise file.error(place, f"a slot is filled with words and takes no {written}; write {{{name}}}.")
        if name.startswith(NEW) and fact not in step.offer.given():
            raise file.error(place, f"{{{name}}} needs `offer: {{{fact}: …}}` in the same step; add it.")
    if step.say and not any(name or words_of(literal) for literal, name, _, _ in parsed):
        raise file.error(place, "has no word in it; write what is said, or `play: silence`.")


def _refuse(file: Places, place: Place, what: str) -> None:
    if what:
        raise file.error(place, what)
