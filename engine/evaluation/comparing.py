"""Two evaluations: what got better and what worse, and what chance explains. Pure.

Over all scenarios and over those of a language the interval comes from drawing anew: scenarios, the same on both
sides, and of each of them runs. So every scenario is held against itself. A single scenario has Newcombe's interval for
its success and Welch's for the means of its runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from engine.evaluation.drawing import Figure, draws, latency, once, ratio
from engine.evaluation.intervals import Interval, difference_of_means, difference_of_shares, resampled
from engine.evaluation.results import Comparison, Difference, Evaluation, Run

FEW_SCENARIOS = 3  # with fewer, drawing scenarios anew says nothing
Runs = Mapping[str, list[Run]]  # by scenario

FIGURES: dict[str, Figure] = {
    "success": ratio(lambda run: run.verdict == "passed", lambda run: 1),
    "latency p50": latency(0.5),
    "latency p95": latency(0.95),
    "word errors": ratio(lambda run: run.word_errors, lambda run: run.words),
    "cut-offs": ratio(lambda run: run.cut_offs, lambda run: run.turns if run.words else 0),
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
    was, is_now = _all(old), _all(new)
    drawn = None
    if len(old) >= FEW_SCENARIOS:
        drawn = draws([[len(runs) for runs in side.values()] for side in (old, new)])
    for name, figure in FIGURES.items():
        before, now = _value(figure, was), _value(figure, is_now)
        if before is None or now is None:
            continue
        span = resampled(figure(is_now, drawn[1]) - figure(was, drawn[0])) if drawn else None
        if name == "success" and span is not None and span.low == span.high:
            span = _of_shares(was, is_now)  # of each side all or none passed: no draw differs from another
        yield _difference(about, name, before, now, span)


def _value(figure: Figure, runs: Sequence[Run]) -> float | None:
    value = float(figure(runs, once(runs))[0])
    return None if value != value else value


def _all(runs: Runs) -> list[Run]:
    return [run for some in runs.values() for run in some]


def _of_one(about: str, old: list[Run], new: list[Run]) -> Iterator[Difference]:
    for name in OF_ONE_SCENARIO:
        figure = FIGURES[name]
        before, now = _value(figure, old), _value(figure, new)
        if before is None or now is None:
            continue
        if name == "success":
            span: Interval | None = _of_shares(old, new) if min(len(old), len(new)) > 1 else None
        else:
            each_run = [
                [value for run in side if (value := _value(figure, [run])) is not None] for side in (old, new)
            ]
            span = difference_of_means(*each_run)
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
