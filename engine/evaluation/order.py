"""One run that is to be made, and how what came of it becomes a Run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from engine.errors import StateError
from engine.evaluation.finding import Planned
from engine.evaluation.measuring import Measured, measured
from engine.evaluation.results import Run, Verdict
from engine.journal import EVENTS, read

INTERRUPTED = "interrupted before it had ended"
Told = Callable[[Run], None]


class Order(NamedTuple):
    """One scenario, for the so many-th time."""

    planned: Planned
    run: int  # from 1


def orders_of(planned: list[Planned], repeat: int) -> list[Order]:
    """All scenarios once, then once more: an evaluation that is broken off has something of each."""
    return [Order(each, number) for number in range(1, repeat + 1) for each in planned]


def was_broken_off(runs: list[Run]) -> bool:
    """Whether Ctrl-C came before all was done."""
    return any(INTERRUPTED in run.differences for run in runs)


def skipped(order: Order, why: str) -> Run:
    """It was not made, or not to its end."""
    return _run(order, "skipped", [why])


def failed(order: Order, why: str) -> Run:
    """There is no record of it."""
    return _run(order, "failed", [why])


def from_journal(order: Order, folder: Path) -> Run:
    """A call of a scenario that has ended, by its record, held against what is expected of it."""
    try:
        return _against(order, _measured(order, folder), str(folder))
    except Unreadable as error:
        return failed(order, str(error))


class Unreadable(Exception):
    """Why the record of a call cannot be read."""


def _measured(order: Order, folder: Path) -> Measured:
    scenario = order.planned.scenario
    try:
        about = json.loads((folder / EVENTS).open("rb").readline())
        events = [(at_us, message) for at_us, _, message in read(folder)]
        return measured(events, about["clock_us"], scenario.spoken if scenario else order.planned.language)
    except (OSError, StateError, ValueError, KeyError) as error:
        raise Unreadable(f"{folder}: the record of the call cannot be read ({error})") from None


def _against(order: Order, found: Measured, journal: str) -> Run:
    scenario = order.planned.scenario
    differences = scenario.expected.differences(found.outcome, found.reservation) if scenario else []
    return judged(order, found, differences, journal)


def from_text(order: Order, found: Measured) -> Run:
    """A call of a scenario without a record."""
    return _against(order, found, "")


def from_load(order: Order, folder: Path) -> Run:
    """A call to stub services: as expected when every turn that was heard was answered."""
    try:
        found = _measured(order, folder)
    except Unreadable as error:
        return failed(order, str(error))
    unanswered = found.turns - found.answered
    why = "no turn was heard" if not found.turns else f"{unanswered} of {found.turns} turns were not answered"
    return judged(order, found, [why] if unanswered or not found.turns else [], str(folder))


def judged(order: Order, found: Measured, differences: list[str], journal: str = "") -> Run:
    """With all figures; failed where there is a difference."""
    figures = {name: getattr(found, name) for name in FIGURES}
    return _run(order, "failed" if differences else "passed", differences, journal=journal, **figures)


FIGURES = tuple({field.name for field in msgspec.structs.fields(Measured)} - {"reservation"})


def _run(order: Order, verdict: Verdict, differences: list[str], **figures: Any) -> Run:
    planned = order.planned
    return Run(
        scenario=planned.name,
        language=planned.language,
        kinds=list(planned.kinds),
        run=order.run,
        verdict=verdict,
        differences=differences,
        **figures,
    )
