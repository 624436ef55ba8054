"""The runs of an evaluation, summed up: over all, by language and by kind. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from engine.evaluation.results import Evaluation, Percentiles, Run, Share
from engine.report import percentile


def share_of(runs: Sequence[Run]) -> Share:
    """Some runs together."""
    passed, failed = (sum(run.verdict == verdict for run in runs) for verdict in ("passed", "failed"))
    words = sum(run.words for run in runs)
    costs = [run.usd for run in runs if run.usd is not None]
    return Share(
        runs=len(runs),
        passed=passed,
        failed=failed,
        skipped=len(runs) - passed - failed,
        success=passed / (passed + failed) if passed + failed else None,
        turns=sum(run.turns for run in runs),
        cut_offs=sum(run.cut_offs for run in runs),
        talk_over_ms=round(sum(run.talk_over_ms for run in runs), 1),
        wer=sum(run.word_errors for run in runs) / words if words else None,
        latency_ms=percentiles_of(runs),
        usd=sum(costs) if costs else None,
    )


def percentiles_of(runs: Sequence[Run]) -> Percentiles:
    """Of all their answered turns."""
    latencies = [ms for run in runs for ms in run.latency_ms]
    return Percentiles(percentile(latencies, 0.5), percentile(latencies, 0.95))


def by_language(runs: Sequence[Run]) -> dict[str, Share]:
    """A share for each language there is, in the order in which they come."""
    return {
        language: share_of([run for run in runs if run.language == language])
        for language in dict.fromkeys(run.language for run in runs)
    }


def by_kind(runs: Sequence[Run]) -> dict[str, Share]:
    """The same for each kind; a run of several kinds counts in each of them."""
    kinds = sorted({kind for run in runs for kind in run.kinds})
    return {kind: share_of([run for run in runs if kind in run.kinds]) for kind in kinds}


def evaluation_of(runs: Sequence[Run], **about: Any) -> Evaluation:
    """Everything about one evaluation. about: the fields that no run tells, such as `began`."""
    total = share_of(runs)
    return Evaluation(
        scenarios=len({run.scenario for run in runs}),
        passed=total.passed,
        failed=total.failed,
        skipped=total.skipped,
        by_language=by_language(runs),
        by_kind=by_kind(runs),
        latency_ms=total.latency_ms,
        runs=list(runs),
        all=total,
        version=version("call-thing"),
        **about,
    )
