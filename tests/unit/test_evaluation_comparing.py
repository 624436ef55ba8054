"""Two evaluations side by side: what got better or worse, and what chance explains."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import pytest

from engine.evaluation.comparing import compared
from engine.evaluation.intervals import (
    difference_of_means,
    difference_of_shares,
    t_quantile,
    wilson,
)
from engine.evaluation.results import Difference, Evaluation, Run
from engine.evaluation.shares import evaluation_of


@pytest.mark.parametrize(
    ("passed", "of", "low", "high"),
    # Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), table I
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_as_published(passed: int, of: int, low: float, high: float) -> None:
    assert wilson(passed, of) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    # Newcombe, Interval estimation for the difference between independent proportions, ibid., table II, method 10
    [
        ((48, 80), (56, 70), -0.3339, -0.0524),
        ((3, 10), (9, 10), -0.8090, -0.1705),
        ((0, 10), (10, 10), -1.0, -0.6075),
    ],
)
def test_newcombes_interval_is_as_published(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    found = difference_of_shares(first, second)
    assert (-found.high, -found.low) == pytest.approx((low, high), abs=2e-3)


@pytest.mark.parametrize(
    ("freedom", "t"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (5, 2.571), (10, 2.228), (30, 2.042), (1e6, 1.960)],
)
def test_students_quantiles_are_those_of_the_tables(freedom: float, t: float) -> None:
    assert t_quantile(freedom) == pytest.approx(t, rel=0.01)


def test_one_value_says_nothing_about_means() -> None:
    assert difference_of_means([1.0], [2.0, 3.0]) is None


def test_equal_values_differ_by_exactly_that() -> None:
    assert difference_of_means([1.0, 1.0], [3.0, 3.0]) == (2.0, 2.0)


def runs_of(
    seed: int, names: Iterable[str], repeat: int, success: float = 1.0, latency_ms: float = 200.0
) -> list[Run]:
    dice = random.Random(seed)
    return [
        Run(
            name, name.split("/")[0], [], number + 1, "passed" if dice.random() < success else "failed",
            turns=5, words=40, word_errors=dice.randrange(4), latency_ms=[dice.gauss(latency_ms, 20) for _ in range(5)],
        )  # type: ignore[arg-type]
        for number in range(repeat)
        for name in names
    ]  # fmt: skip


NAMES = [f"{language}/s{number}" for language in ("en", "de") for number in range(15)]


def differences(before: Sequence[Run], now: Sequence[Run]) -> dict[tuple[str, str], Difference]:
    found: Evaluation = compared(evaluation_of(now), evaluation_of(before, began="2025-12-05T19:00:00"))
    assert found.comparison is not None
    return {(each.about, each.figure): each for each in found.comparison.differences}


def test_the_same_agent_once_more_differs_by_chance_alone() -> None:
    found = differences(runs_of(1, NAMES, 3, 0.9), runs_of(2, NAMES, 3, 0.9))
    for figure in ("success", "latency p50", "word errors", "cut-offs"):
        assert found["all", figure].verdict == "chance", figure


def test_faster_answers_are_better_and_fewer_bookings_worse() -> None:
    found = differences(runs_of(1, NAMES, 3, 0.97, 260.0), runs_of(2, NAMES, 3, 0.6, 200.0))
    assert found["all", "latency p50"].verdict == "better"
    assert found["all", "success"].verdict == "worse"
    assert found["de", "success"].verdict == "worse"


def test_the_interval_holds_the_difference() -> None:
    each = differences(runs_of(1, NAMES, 3, 0.97, 260.0), runs_of(2, NAMES, 3, 0.6, 200.0))[
        "all", "latency p50"
    ]
    assert each.low is not None and each.high is not None
    assert each.low < each.now - each.before < each.high < 0


def test_all_passed_and_none_passed_is_no_interval_without_width() -> None:
    found = differences(runs_of(1, NAMES, 1), runs_of(2, NAMES, 1))["all", "success"]
    assert found.low is not None and found.low < 0 < (found.high or 0)
    assert found.verdict == "chance"


def test_one_run_of_a_scenario_says_nothing_about_chance() -> None:
    found = differences(runs_of(1, ["en/a"], 1), runs_of(2, ["en/a"], 1, success=0.0))
    assert {each.verdict for each in found.values() if each.about == "en/a"} == {"unknown"}
    assert found["all", "success"].verdict in ("chance", "unknown")


def test_a_scenario_that_always_passed_and_now_always_fails_is_worse() -> None:
    found = differences(runs_of(1, ["en/a"], 5), runs_of(2, ["en/a"], 5, success=0.0))
    assert found["en/a", "success"].verdict == "worse"


def test_scenarios_of_one_side_alone_are_named_and_not_compared() -> None:
    now, before = (
        evaluation_of(runs_of(1, ["en/a", "en/b"], 2)),
        evaluation_of(runs_of(1, ["en/b", "en/c"], 2)),
    )
    comparison = compared(now, before).comparison
    assert comparison is not None
    assert (comparison.gone, comparison.new) == (["en/c"], ["en/a"])
    assert {each.about for each in comparison.differences} == {"all", "en", "en/b"}


def test_the_same_evaluations_always_compare_alike() -> None:
    before, now = runs_of(1, NAMES, 2, 0.8), runs_of(2, NAMES, 2, 0.9)
    assert differences(before, now) == differences(before, now)
