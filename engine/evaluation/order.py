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


def skipped(order: Order, why: str) -> Run:
    """It was not made, or not to its end."""
    return _run(order, "skipped", [why])


def failed(order: Order, why: str) -> Run:
    """There is no record of it."""
    return _run(order, "failed", [why])


def from_journal(order: Order, folder: Path) -> Run:
    """A call that has ended, by its record."""
    try:
        about = json.loads((folder / EVENTS).open("rb").readline())
        events = [(at_us, message) for at_us, _, message in read(folder)]
        found = measured(events, about["clock_us"], order.planned.scenario.spoken)
    except (OSError, StateError, ValueError, KeyError) as error:
        return failed(order, f"{folder}: the record of the call cannot be read ({error})")
    return from_measured(order, found, str(folder))


def from_measured(order: Order, found: Measured, journal: str = "") -> Run:
    """Held against what the scenario expects."""
    differences = order.planned.scenario.expected.differences(found.outcome, found.reservation)
    figures = {name: getattr(found, name) for name in FIGURES}
    return _run(order, "failed" if differences else "passed", differences, journal=journal, **figures)


FIGURES = tuple({field.name for field in msgspec.structs.fields(Measured)} - {"reservation"})


def _run(order: Order, verdict: Verdict, differences: list[str], **figures: Any) -> Run:
    scenario = order.planned.scenario
    return Run(
        scenario=order.planned.name,
        language=scenario.language,
        kinds=list(scenario.kinds),
        run=order.run,
        verdict=verdict,
        differences=differences,
        **figures,
    )
