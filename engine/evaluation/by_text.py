"""Scenarios as conversations in text and virtual time: no audio, no engine; only a model is waited for."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from engine.acting.asking import played
from engine.evaluation.interrupts import interrupted
from engine.evaluation.measuring import Measured
from engine.evaluation.order import INTERRUPTED, Order, Told, from_text, skipped
from engine.evaluation.results import Run
from engine.finetune.comparing import SCRIPTED, brain_of
from engine.finetune.text_call import TextCall
from engine.settings import BrainSettings


def by_text(
    orders: list[Order], brain: BrainSettings, environment: Mapping[str, str], parallel: int, told: Told
) -> list[Run]:
    """All runs, so many at once, in the order of `orders`. told: hears of each as it ends; from several threads.

    Ctrl-C lets those end that have begun; the others count as skipped. Raises SettingsError where a key is missing.
    """
    with interrupted() as stopping:

        def one(order: Order) -> Run:
            run = skipped(order, INTERRUPTED) if stopping.is_set() else run_by_text(order, brain, environment)
            told(run)
            return run

        if parallel == 1:
            return [one(order) for order in orders]
        with ThreadPoolExecutor(parallel) as pool:
            return list(pool.map(one, orders))


def run_by_text(order: Order, brain: BrainSettings, environment: Mapping[str, str]) -> Run:
    """One call, by the brain that the settings name."""
    scenario = order.planned.scenario
    assert scenario is not None  # cases are held again, see by_rerun
    model = SCRIPTED if brain.kind == SCRIPTED else brain.model
    with (
        brain_of(model, brain, environment) as (make, wait),
        played(scenario, brain, environment) as (part, ready),
    ):
        call = TextCall(scenario, make, wait, part=part, wait_for_part=ready)
        outcome = call.run()
    found = Measured(outcome=outcome.outcome, reservation=call.reservation, turns=outcome.turns)
    found.answered = outcome.turns
    found.usd = _usd(outcome.tokens_in, outcome.tokens_out, brain)
    return from_text(order, found)


def _usd(tokens_in: int | None, tokens_out: int | None, brain: BrainSettings) -> float | None:
    """None where tokens or price are not known."""
    if (
        tokens_in is None
        or tokens_out is None
        or not (brain.usd_per_million_in and brain.usd_per_million_out)
    ):
        return None
    return (tokens_in * brain.usd_per_million_in + tokens_out * brain.usd_per_million_out) / 1e6
