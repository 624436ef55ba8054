"""The report of an evaluation: its figures, how they are spread, every run, and the calls that failed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from engine.errors import StateError
from engine.evaluation.results import Evaluation
from engine.records.past import past_call
from engine.reports.call_page import article, draw, made_by
from engine.reports.distribution import distribution
from engine.reports.frame import page
from engine.reports.markup import Markup, joined, tag
from engine.reports.run_tables import comparison_table, interval, runs_table, shares_table
from engine.reports.shown import shown

MOST_CALLS = 20  # failed ones that are drawn inside of the page
OF_SOUND = ("answer after", "word errors", "cut off", "talked over")  # unknown where nothing was heard
MOST_BYTES = 12_000_000  # that they may take together; the others are named


def run_page(evaluation: Evaluation, *, audio: bool = True) -> str:
    """The whole file. Failed calls are in it as far as they have room, with their sound if `audio`."""
    calls, links = _failed_calls(evaluation, audio)
    left_out = sum(run.verdict == "failed" and bool(run.journal) for run in evaluation.runs) - len(links)
    about = ["Failed calls are links: the call itself stands at the end of this page."] if links else []
    about += (
        [f"{left_out} more failed calls have no room here: `call-thing report` shows each."]
        if left_out
        else []
    )
    body = joined(
        _head(evaluation),
        comparison_table(evaluation.comparison) if evaluation.comparison is not None else "",
        _shares(evaluation),
        _distributions(evaluation),
        tag(
            "section",
            tag("h2", "Every run"),
            *(tag("p", words, class_="faint") for words in about),
            runs_table(evaluation, links),
            class_="card",
        ),
        *calls,
    )
    return page("Evaluation · Call-Thing", body, made_by())


def _failed_calls(evaluation: Evaluation, audio: bool) -> tuple[list[Markup], dict[int, str]]:
    """The calls, and which run has which; those whose record cannot be read any more have none."""
    calls: list[Markup] = []
    links: dict[int, str] = {}
    taken = 0
    for place, run in enumerate(evaluation.runs):
        if run.verdict != "failed" or not run.journal or len(calls) >= MOST_CALLS or taken >= MOST_BYTES:
            continue
        try:
            drawn = draw(past_call(Path(run.journal), datetime.now(UTC)), audio=audio)
        except StateError:
            continue  # deleted meanwhile; the run itself stands in the table
        made = article(drawn, len(calls) + 1, back=True)
        if taken + len(made) > MOST_BYTES:
            continue
        taken += len(made)
        calls.append(made)
        links[place] = f"#call-{len(calls)}"
    return calls, links


def _head(evaluation: Evaluation) -> Markup:
    made = evaluation.passed + evaluation.failed
    tone = "good" if not evaluation.failed else "bad"
    badge = tag("span", f"{evaluation.passed} of {made} as expected", class_=f"badge tone-{tone}")
    kept_up = {True: "real time was kept", False: "the machine did not keep up: times are worth little"}
    about = [
        evaluation.began[:19].replace("T", " ") + (" UTC" if evaluation.began else ""),
        "in text" if evaluation.text else "by audio",
        f"{evaluation.brain} brain" if evaluation.brain else "",
        f"version {evaluation.version}" if evaluation.version else "",
        f"{evaluation.seconds / 60:.0f} min" if evaluation.seconds >= 60 else f"{evaluation.seconds:.0f} s",
        kept_up.get(evaluation.real_time, "") if evaluation.real_time is not None else "",
    ]
    whole, p50, p95 = evaluation.all, evaluation.latency_ms.p50, evaluation.latency_ms.p95
    figures = (
        ("as expected", shown(whole.success, ".1%"), f"{evaluation.failed} failed, {evaluation.skipped} skipped"),
        ("runs", str(made), f"of {evaluation.scenarios} scenarios"),
        ("answer after", shown(p50, ".0f", " ms"), "p95 " + shown(p95, ".0f", " ms")),
        ("word errors", shown(whole.wer, ".1%"), ""),
        ("cut off", str(whole.cut_offs), f"of {whole.turns} turns"),
        ("talked over", f"{whole.talk_over_ms / 1000:.1f} s", ""),
        ("cost", "–" if whole.usd is None else f"${whole.usd:.4f}", ""),
    )  # fmt: skip
    tiles = [
        tag("div", tag("dt", name), tag("dd", tag("b", value), " ", tag("small", note)))
        for name, value, note in figures
        if not (evaluation.text and name in OF_SOUND)
    ]
    span = tag("div", interval(evaluation.passed, made), class_="interval", aria_hidden="true")
    remarks = [tag("p", words, class_="note") for words in evaluation.remarks]
    line = tag("p", " · ".join(filter(None, about)), class_="faint")
    title = tag("h1", tag("span", "Evaluation"), badge)
    return tag("header", title, line, span, *remarks, tag("dl", *tiles, class_="figures"), class_="head")


def _shares(evaluation: Evaluation) -> Markup:
    sections = [
        tag(
            "section",
            tag("h2", title),
            tag("div", shares_table(first, shares), class_="scroll"),
            class_="card",
        )
        for title, first, shares in (
            ("By language", "language", evaluation.by_language),
            ("By kind", "kind", evaluation.by_kind),
        )
        if shares
    ]
    return joined(*sections)


def _distributions(evaluation: Evaluation) -> Markup:
    made = [run for run in evaluation.runs if run.verdict != "skipped"]
    latencies = [ms for run in made for ms in run.latency_ms]
    errors = [100 * run.word_errors / run.words for run in made if run.words]
    lengths = [run.seconds for run in made if run.seconds]
    cards = [
        tag("section", tag("h2", title), chart, class_="card")
        for title, chart in (
            ("How long answers took", distribution(latencies, "ms", "Latency of the answers")),
            ("Word errors of a call", distribution(errors, "%", "Word errors of each call")),
            ("Length of the calls", distribution(lengths, "s", "Length of the calls")),
        )
        if chart
    ]
    note = tag("p", "Bars: how many. Line: which share lies below.", class_="faint") if cards else ""
    return joined(tag("div", *cards, class_="split") if cards else "", note)
