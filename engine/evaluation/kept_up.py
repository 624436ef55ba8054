"""Whether the machine kept real time, as the engine measured it in each call; and what to do where it did not. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from engine.evaluation.results import Run

LATE_FRAMES = 10  # of our voice in a call: 0.2 s of holes, which anybody hears
LAG_MS = 60.0  # p99: three frames; 15 ms of it are meant, and turns are judged in steps of 32 ms
BEHIND_MS = 300.0  # a far end that spoke so much more slowly than it should
FEW = 3  # calls that are named


def kept_up(runs: Sequence[Run]) -> bool | None:
    """Whether every call that was made kept real time; None without one."""
    made = [run for run in runs if run.journal]
    return not any(_late(run) for run in made) if made else None


def remarks_of(runs: Sequence[Run], parallel: int) -> list[str]:
    """What to say where it did not. parallel: calls at once."""
    late = [run for run in runs if run.journal and _late(run)]
    if not late:
        return []
    frames, lag_ms, behind_ms = (
        max(run.late_frames for run in late),
        max(run.lag_ms for run in late),
        max(run.behind_ms for run in late),
    )
    advice = (
        f"Try --parallel {parallel // 2}, or nothing else on this machine."
        if parallel > 1
        else "Something else keeps this machine busy: try again when it does not."
    )
    made = sum(bool(run.journal) for run in runs)
    worst = sorted(late, key=_how_late, reverse=True)[:FEW]
    return [
        f"The machine did not keep real time in {len(late)} of {made} calls: up to {frames} frames of our voice left "
        f"late, loops were up to {lag_ms:.0f} ms late (p99), and far ends fell up to {behind_ms:.0f} ms behind. "
        f"Latencies, cut-offs and failures there say something of this machine, not of the agent. {advice}",
        "Worst: " + ", ".join(f"{run.scenario} (run {run.run})" for run in worst),
    ]


def _late(run: Run) -> bool:
    return run.late_frames > LATE_FRAMES or run.lag_ms > LAG_MS or run.behind_ms > BEHIND_MS


def _how_late(run: Run) -> float:
    return max(run.late_frames / LATE_FRAMES, run.lag_ms / LAG_MS, run.behind_ms / BEHIND_MS)
