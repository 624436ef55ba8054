"""Scenarios as conversations in text and virtual time: no audio, no engine; only a model is waited for."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from engine.evaluation.measuring import Measured
from engine.evaluation.order import INTERRUPTED, Order, Told, from_measured, skipped
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
    with _interrupted() as stopping:

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
    model = SCRIPTED if brain.kind == SCRIPTED else brain.model
    with brain_of(model, brain, environment) as (make, wait):
        call = TextCall(order.planned.scenario, make, wait)
        outcome = call.run()
    found = Measured(outcome=outcome.outcome, reservation=call.reservation, turns=outcome.turns)
    found.answered = outcome.turns
    found.usd = _usd(outcome.tokens_in, outcome.tokens_out, brain)
    return from_measured(order, found)


def _usd(tokens_in: int | None, tokens_out: int | None, brain: BrainSettings) -> float | None:
    """None where tokens or price are not known."""
    if (
        tokens_in is None
        or tokens_out is None
        or not (brain.usd_per_million_in and brain.usd_per_million_out)
    ):
        return None
    return (tokens_in * brain.usd_per_million_in + tokens_out * brain.usd_per_million_out) / 1e6


@contextmanager
def _interrupted() -> Iterator[threading.Event]:
    """Set by the first Ctrl-C; the second ends the program."""
    stopping = threading.Event()

    def stop(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stopping.set()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield stopping
    finally:
        signal.signal(signal.SIGINT, before)
