"""An evaluation for people: its progress on standard error, its figures as text."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from engine.evaluation.results import Comparison, Difference, Evaluation, Run, Share
from engine.reports.shown import shown
from engine.terminal import plain

MOST_NAMES = 8
MARK = {"passed": "ok   ", "failed": "FAIL ", "skipped": "skip "}
WORDS = {"better": "better", "worse": "WORSE", "chance": "no difference that chance does not explain"}


@contextmanager
def progress(total: int) -> Iterator[Callable[[Run], None]]:
    """What to tell of each run as it ends: a bar on a terminal, else a line. Any thread may call it."""
    one_at_a_time = threading.Lock()
    if not sys.stderr.isatty():
        done = 0

        def line(run: Run) -> None:
            nonlocal done
            with one_at_a_time:
                done += 1
                sys.stderr.write(f"{done:>4}/{total}  {line_of(run)}\n")
                sys.stderr.flush()

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)

        def step(run: Run) -> None:
            with one_at_a_time:
                if run.verdict == "failed":
                    bar.console.print(line_of(run), markup=False, highlight=False)
                bar.update(task, advance=1, description=run.scenario)

        yield step


def line_of(run: Run) -> str:
    """One run, in a line."""
    why = "; ".join(run.differences)
    return plain(
        f"{MARK[run.verdict]} {run.scenario:<32}{run.seconds:>6.1f} s  {why or run.outcome}"
    ).rstrip()


def lines_of(evaluation: Evaluation) -> list[str]:
    """The whole evaluation."""
    lines = ["", *_table("language", {**evaluation.by_language, "all": evaluation.all})]
    if evaluation.by_kind:
        lines += ["", *_table("kind", evaluation.by_kind)]
    failed = [line_of(run) for run in evaluation.runs if run.verdict == "failed"]
    if failed:
        lines += ["", *failed]
    if evaluation.comparison is not None:
        lines += ["", *comparison_lines(evaluation.comparison)]
    if evaluation.real_time:
        lines += ["", "real time was kept in every call"]
    return [*lines, *(f"\n{remark}" for remark in evaluation.remarks)]


def _table(first: str, shares: Mapping[str, Share]) -> list[str]:
    head = f"{first:<20}{'as expected':>15}{'turns':>7}{'cut off':>9}{'talk-over':>11}{'word errors':>13}"
    rows = [head + f"{'p50':>8}{'p95':>8} ms{'cost':>10}"]
    for name, share in shares.items():
        made = share.passed + share.failed
        success = "–" if share.success is None else f"{share.passed}/{made} {share.success:.0%}"
        skipped = f"  {share.skipped} skipped" if share.skipped else ""
        heard = share.wer is not None  # else nobody knows what was truly said: in text, on other lines
        cut_offs, talk_over = (
            (f"{share.cut_offs}", f"{share.talk_over_ms / 1000:.1f} s") if heard else ("–", "–")
        )
        rows.append(
            f"{name:<20}{success:>15}{share.turns:>7}{cut_offs:>9}{talk_over:>11}"
            f"{shown(share.wer, '.1%'):>13}{shown(share.latency_ms.p50, '.0f'):>8}"
            f"{shown(share.latency_ms.p95, '.0f'):>8}   {shown(share.usd, '.4f'):>10}{skipped}"
        )
    return rows


def comparison_lines(comparison: Comparison) -> list[str]:
    """What got better and what worse; of single scenarios only what chance does not explain."""
    lines = [f"against the evaluation of {comparison.began} (version {comparison.version})"]
    wide = [each for each in comparison.differences if "/" not in each.about]
    narrow = [each for each in comparison.differences if "/" in each.about]
    lines += [_difference(each) for each in wide]
    told = [each for each in narrow if each.verdict in ("better", "worse")]
    lines += [_difference(each) for each in told]
    judged = sum(each.verdict != "unknown" for each in narrow)
    if judged:
        lines.append(
            f"single scenarios: {len(told)} of {judged} figures differ; about {judged * 0.05:.0f} would by chance alone"
        )
    elif narrow:
        lines.append("single scenarios: one run each says nothing about chance; --repeat 3 or more does")
    for words, names in (
        ("only in the earlier one", comparison.gone),
        ("only in this one", comparison.new),
    ):
        if names:
            more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
            lines.append(f"{words}: {', '.join(names[:MOST_NAMES])}{more}")
    return lines


def _difference(each: Difference) -> str:
    how = ".1%" if each.figure in ("success", "word errors", "cut-offs") else ".0f"
    unit = " ms" if each.figure.startswith("latency") else ""
    words = WORDS.get(each.verdict, "too few runs to say")
    span = ""
    if each.low is not None and each.high is not None:
        span = f" ({each.low:+{how}} to {each.high:+{how}}{unit})"
    return f"  {each.about:<28}{each.figure:<13}{each.before:{how}} → {each.now:{how}}{unit}{span}: {words}"
