"""Regression cases: recorded calls held again in virtual time, one after the other."""

from __future__ import annotations

from engine.errors import CallThingError
from engine.evaluation.interrupts import interrupted
from engine.evaluation.measuring import Measured
from engine.evaluation.order import INTERRUPTED, Order, Told, failed, judged, skipped
from engine.evaluation.results import Run
from engine.rerun.case import held, load
from engine.rerun.running import How
from engine.settings import Settings


def by_rerun(orders: list[Order], settings: Settings, told: Told, broken_off: bool = False) -> list[Run]:
    """All of them. told: hears of each as it ends. broken_off: by a Ctrl-C before, so that all are skipped.

    Ctrl-C lets the one end that has begun; the others are skipped.
    """
    runs = []
    with interrupted() as stopping:
        if broken_off:
            stopping.set()
        for order in orders:
            runs.append(skipped(order, INTERRUPTED) if stopping.is_set() else _run(order, settings))
            told(runs[-1])
    return runs


def _run(order: Order, settings: Settings) -> Run:
    case = load(order.planned.path)
    try:
        found, differences = held(case, settings, How())
    except CallThingError as error:
        return failed(order, str(error))
    turns = len(found.now.turns)
    figures = Measured(outcome="held again", turns=turns, seconds=found.seconds)
    return judged(order, figures, [each.text for each in differences])
