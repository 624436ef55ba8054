"""Runs are summed up by language and kind; and a machine that did not keep up is told so."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.evaluation.kept_up import kept_up, remarks_of
from engine.evaluation.results import Evaluation, Run
from engine.evaluation.shares import evaluation_of, share_of


def run(scenario: str = "en/accepts", verdict: str = "passed", number: int = 1, **figures: Any) -> Run:
    language = scenario.split("/")[0]
    return Run(scenario, language, figures.pop("kinds", []), number, verdict, **figures)  # type: ignore[arg-type]


def test_success_is_of_those_that_were_made() -> None:
    share = share_of([run(), run(verdict="failed"), run(verdict="skipped")])
    assert (share.runs, share.passed, share.failed, share.skipped, share.success) == (3, 1, 1, 1, 0.5)


def test_nothing_made_is_no_success_and_no_failure() -> None:
    share = share_of([run(verdict="skipped")])
    assert share.success is None
    assert (share.wer, share.usd, share.latency_ms.p50) == (None, None, None)


def test_word_errors_are_of_all_words_together() -> None:
    share = share_of([run(words=90, word_errors=9), run(words=10, word_errors=6)])
    assert share.wer == 0.15


def test_latency_is_over_turns_and_not_over_calls() -> None:
    share = share_of([run(latency_ms=[100.0] * 9), run(latency_ms=[900.0])])
    assert (share.latency_ms.p50, share.latency_ms.p95) == (100.0, 900.0)


def test_a_run_counts_in_its_language_and_in_each_of_its_kinds() -> None:
    runs = [
        run("en/a", kinds=["noise", "hold"]),
        run("de/b", "failed", kinds=["noise"]),
        run("de/b", number=2),
    ]
    evaluation = evaluation_of(runs)
    assert {name: share.runs for name, share in evaluation.by_language.items()} == {"en": 1, "de": 2}
    assert {name: (share.passed, share.failed) for name, share in evaluation.by_kind.items()} == {
        "hold": (1, 0),
        "noise": (1, 1),
    }
    assert (evaluation.scenarios, evaluation.passed, evaluation.failed) == (2, 2, 1)


def test_json_has_the_agreed_names_and_can_be_read_back() -> None:
    evaluation = evaluation_of([run(latency_ms=[200.0])], began="2025-12-05T19:00:00+00:00")
    shown = msgspec.json.decode(msgspec.json.encode(evaluation))
    agreed = {"scenarios", "passed", "failed", "skipped", "by_language", "by_kind", "latency_ms", "runs"}
    assert agreed <= shown.keys()
    assert shown["latency_ms"] == {"p50": 200.0, "p95": 200.0}
    assert msgspec.json.decode(msgspec.json.encode(evaluation), type=Evaluation) == evaluation


def test_calls_on_a_quiet_machine_kept_real_time() -> None:
    runs = [run(journal="/j", late_frames=1, lag_ms=20.0, behind_ms=40.0)]
    assert kept_up(runs) is True
    assert remarks_of(runs, 4) == []


def test_one_late_call_is_told_with_what_to_do() -> None:
    runs = [run(journal="/j"), run("de/slow", journal="/j", late_frames=40, lag_ms=180.0)]
    assert kept_up(runs) is False
    told = " ".join(remarks_of(runs, 32))
    assert "1 of 2 calls" in told
    assert "40 frames" in told
    assert "180 ms" in told
    assert "--parallel 16" in told
    assert "de/slow" in told


def test_one_call_at_a_time_is_not_told_to_be_fewer() -> None:
    assert "--parallel" not in " ".join(remarks_of([run(journal="/j", behind_ms=900.0)], 1))


def test_in_text_there_is_no_time_to_keep() -> None:
    assert kept_up([run()]) is None
