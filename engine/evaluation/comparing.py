"""Two evaluations: what got better and what worse, and what chance explains. Pure.

Over all scenarios and over those of a language the interval comes from drawing anew: scenarios, the same on both
sides, and of each of them runs. So every scenario is held against itself. A single scenario has Newcombe's interval for
its success and Welch's for the means of its runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np

from engine.evaluation.intervals import Interval, difference_of_means, difference_of_shares, resampled
from engine.evaluation.results import Comparison, Difference, Evaluation, Run
from engine.report import percentile

FEW_SCENARIOS = 3  # with fewer, drawing scenarios anew says nothing
Figure = Callable[[Sequence[Run]], float | None]
Runs = Mapping[str, list[Run]]  # by scenario


def _latency(share: float) -> Figure:
    return lambda runs: percentile([ms for run in runs for ms in run.latency_ms], share)


def _success(runs: Sequence[Run]) -> float | None:
    return sum(run.verdict == "passed" for run in runs) / len(runs) if runs else None


def _word_errors(runs: Sequence[Run]) -> float | None:
    words = sum(run.words for run in runs)
    return sum(run.word_errors for run in runs) / words if words else None


def _cut_offs(runs: Sequence[Run]) -> float | None:
    turns = sum(run.turns for run in runs)
    return sum(run.cut_offs for run in runs) / turns if turns else None


FIGURES: dict[str, Figure] = {
    "success": _success,
    "latency p50": _latency(0.5),
    "latency p95": _latency(0.95),
    "word errors": _word_errors,
    "cut-offs": _cut_offs,
}
OF_ONE_SCENARIO = ("success", "latency p50", "word errors")


def compared(now: Evaluation, before: Evaluation) -> Evaluation:
    """The first with how it differs from the second."""
    old, new = _by_scenario(before), _by_scenario(now)
    shared = sorted(old.keys() & new.keys())
    languages = {name: new[name][0].language for name in shared}
    groups = {"all": shared}
    for language in dict.fromkeys(languages.values()):
        groups[language] = [name for name in shared if languages[name] == language]
    differences = [
        each
        for about, names in groups.items()
        for each in _of_many(about, {n: old[n] for n in names}, {n: new[n] for n in names})
    ]
    differences += [each for name in shared for each in _of_one(name, old[name], new[name])]
    comparison = Comparison(
        before.began,
        before.version,
        differences,
        sorted(old.keys() - new.keys()),
        sorted(new.keys() - old.keys()),
    )
    return msgspec.structs.replace(now, comparison=comparison)


def _by_scenario(evaluation: Evaluation) -> dict[str, list[Run]]:
    """Runs that were made."""
    found: dict[str, list[Run]] = {}
    for run in evaluation.runs:
        if run.verdict != "skipped":
            found.setdefault(run.scenario, []).append(run)
    return found


def _of_many(about: str, old: Runs, new: Runs) -> Iterator[Difference]:
    for name, figure in FIGURES.items():
        before, now = figure(_all(old)), figure(_all(new))
        if before is None or now is None:
            continue
        span = None
        if len(old) >= FEW_SCENARIOS:
            span = resampled(lambda dice, figure=figure: _drawn(dice, old, new, figure))  # type: ignore[misc]
        if name == "success" and span is not None and span.low == span.high:
            span = _of_shares(_all(old), _all(new))  # all or none passed: nothing can be drawn that differs
        yield _difference(about, name, before, now, span)


def _drawn(dice: np.random.Generator, old: Runs, new: Runs, figure: Figure) -> float | None:
    names = list(old)
    chosen = [names[number] for number in dice.integers(0, len(names), len(names))]
    before, now = (
        figure([side[name][number] for name in chosen for number in _some(dice, len(side[name]))])
        for side in (old, new)
    )
    return None if before is None or now is None else now - before


def _some(dice: np.random.Generator, of: int) -> Sequence[int]:
    return [0] if of == 1 else dice.integers(0, of, of).tolist()


def _all(runs: Runs) -> list[Run]:
    return [run for some in runs.values() for run in some]


def _of_one(about: str, old: list[Run], new: list[Run]) -> Iterator[Difference]:
    for name in OF_ONE_SCENARIO:
        figure = FIGURES[name]
        before, now = figure(old), figure(new)
        if before is None or now is None:
            continue
        if name == "success":
            span: Interval | None = _of_shares(old, new) if min(len(old), len(new)) > 1 else None
        else:
            means = [[value for run in side if (value := figure([run])) is not None] for side in (old, new)]
            span = difference_of_means(*means)
        yield _difference(about, name, before, now, span)


def _of_shares(old: Sequence[Run], new: Sequence[Run]) -> Interval:
    counts = [(sum(run.verdict == "passed" for run in side), len(side)) for side in (old, new)]
    return difference_of_shares(*counts)


def _difference(about: str, name: str, before: float, now: float, span: Interval | None) -> Difference:
    if span is None:
        return Difference(about, name, before, now)
    verdict: Literal["better", "worse", "chance"] = "chance"
    if span.low > 0 or span.high < 0:
        higher_is_better = name == "success"
        verdict = "better" if (span.low > 0) == higher_is_better else "worse"
    return Difference(about, name, before, now, span.low, span.high, verdict)
