"""The bootstrap: scenarios drawn anew, the same ones on both sides, and of each of them its runs. Pure.

A draw is how often each run was taken, so that every figure of all draws is a product of matrices. The dice are seeded:
the same runs give the same draws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from engine.evaluation.intervals import RESAMPLES
from engine.evaluation.results import Run

SEED = 20_251_205
Figure = Callable[[Sequence[Run], np.ndarray], np.ndarray]
"""Of runs, and how often each was taken: shape (draws, runs) → (draws,), nan where there is nothing to say."""


def draws(sides: Sequence[Sequence[int]]) -> list[np.ndarray]:
    """For each side how often each of its runs is taken, shape (RESAMPLES, runs).

    sides: of each the number of runs of every scenario, in one order; runs are numbered scenario by scenario.
    """
    dice = np.random.default_rng(SEED)
    scenarios = len(sides[0])
    chosen = dice.multinomial(scenarios, np.full(scenarios, 1 / scenarios), size=RESAMPLES)
    return [
        np.hstack(
            [
                dice.multinomial(chosen[:, place] * runs, np.full(runs, 1 / runs))
                for place, runs in enumerate(side)
            ]
        )
        for side in sides
    ]


def once(runs: Sequence[Run]) -> np.ndarray:
    """Every run as it was, in the place of draws: shape (1, runs)."""
    return np.ones((1, len(runs)), np.int64)


def ratio(part: Callable[[Run], float], whole: Callable[[Run], float]) -> Figure:
    """A sum by a sum."""

    def figure(runs: Sequence[Run], taken: np.ndarray) -> np.ndarray:
        parts, wholes = (taken @ np.array([of(run) for run in runs], float) for of in (part, whole))
        return np.divide(parts, wholes, out=np.full(len(taken), np.nan), where=wholes > 0)

    return figure


def latency(share: float) -> Figure:
    """Nearest-rank percentile of the answered turns, in ms."""

    def figure(runs: Sequence[Run], taken: np.ndarray) -> np.ndarray:
        values = np.array([ms for run in runs for ms in run.latency_ms], float)
        if not values.size:
            return np.full(len(taken), np.nan)
        owner = np.repeat(np.arange(len(runs)), [len(run.latency_ms) for run in runs])
        order = np.argsort(values, kind="stable")
        ranks = np.cumsum(taken[:, owner[order]], axis=1)
        wanted = np.maximum(1, np.ceil(share * ranks[:, -1]))
        places = np.argmax(ranks >= wanted[:, None], axis=1)
        return np.where(ranks[:, -1] > 0, values[order][places], np.nan)

    return figure
