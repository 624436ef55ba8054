"""The tables of an evaluation's report: shares with their intervals, the comparison, every run. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.evaluation.intervals import wilson
from engine.evaluation.results import Comparison, Difference, Evaluation, Run, Share
from engine.report import percentile
from engine.reports.markup import Content, Markup, joined, tag
from engine.reports.shown import shown

VERDICT_WORDS = {
    "better": "better",
    "worse": "worse",
    "chance": "no more than chance explains",
    "unknown": "too few runs to say",
}
ORDER = ("failed", "passed", "skipped")
SHARES = ("success", "word errors", "cut-offs")


def shares_table(first: str, shares: Mapping[str, Share]) -> Markup:
    """A row for each language or kind, with the 95 % interval of its success."""
    titles = (first, "as expected", "95 % interval", "turns", "cut off", "word errors", "p50", "p95")
    rows = [_share(name, share) for name, share in shares.items()]
    return _table(titles, rows, "shares by")


def _share(name: str, share: Share) -> Markup:
    made = share.passed + share.failed
    success = "–" if share.success is None else f"{share.passed} of {made}"
    cells = [
        tag("td", tag("b", name)),
        tag("td", success, class_="number"),
        tag("td", interval(share.passed, made), class_="interval"),
        *(
            tag("td", words, class_="number")
            for words in (
                str(share.turns),
                str(share.cut_offs),
                shown(share.wer, ".1%"),
                shown(share.latency_ms.p50, ".0f"),
                shown(share.latency_ms.p95, ".0f"),
            )
        ),
    ]
    return tag("tr", *cells)


def interval(passed: int, of: int) -> Markup:
    """The share as a point on its interval, from 0 to 1; empty where nothing was made."""
    if not of:
        return Markup("")
    low, high = wilson(passed, of)
    told = f"{passed / of:.0%}, with 95 % certainty between {low:.0%} and {high:.0%}"
    return tag(
        "svg",
        tag("title", told),
        tag("rect", x=0, y=6, width=200, height=6, class_="track"),
        tag("rect", x=f"{low * 200:.1f}", y=4, width=f"{(high - low) * 200:.1f}", height=10, class_="span"),
        tag("rect", x=f"{passed / of * 196:.1f}", y=2, width=4, height=14, class_="point"),
        viewBox="0 0 200 18",
        preserveAspectRatio="none",
        role="img",
        aria_label=told,
    )


def comparison_table(comparison: Comparison) -> Markup:
    """All and each language; of single scenarios what chance does not explain."""
    told = [
        each
        for each in comparison.differences
        if "/" not in each.about or each.verdict in ("better", "worse")
    ]
    titles = ("", "figure", "before", "now", "difference, 95 %", "")
    table = _table(titles, [_difference(each) for each in told], "shares")
    lists = [
        tag("p", f"{words}: {', '.join(names)}", class_="faint")
        for words, names in (
            ("Only in the earlier one", comparison.gone),
            ("Only in this one", comparison.new),
        )
        if names
    ]
    head = tag(
        "h2",
        f"Against the evaluation of {comparison.began[:16].replace('T', ' ')}, version {comparison.version}",
    )
    return tag("section", head, tag("div", table, class_="scroll"), *lists, class_="card")


def _difference(each: Difference) -> Markup:
    how, unit = (".1%", "") if each.figure in SHARES else (".0f", " ms")
    span = "–"
    if each.low is not None and each.high is not None:
        span = f"{each.low:+{how}} to {each.high:+{how}}{unit}"
    cells = (each.about, each.figure, f"{each.before:{how}}{unit}", f"{each.now:{how}}{unit}", span)
    verdict = tag("td", VERDICT_WORDS.get(each.verdict, each.verdict), class_=each.verdict)
    return tag("tr", *(tag("td", cell) for cell in cells), verdict)


def runs_table(evaluation: Evaluation, links: Mapping[int, str]) -> Markup:
    """Every run, the failed ones first. links: its place in the evaluation → what of this page shows its call."""
    titles = (
        "verdict",
        "scenario",
        "run",
        "outcome",
        "turns",
        "p50",
        "p95",
        "word errors",
        "cut off",
        "length",
    )
    head = tag("tr", *(tag("th", tag("button", title, type="button"), scope="col") for title in titles))
    first = sorted(enumerate(evaluation.runs), key=lambda placed: ORDER.index(placed[1].verdict))
    rows = [_run(run, links.get(place, "")) for place, run in first]
    table = tag("table", tag("thead", head), tag("tbody", *rows), class_="runs", id="runs")
    return joined(_filters(evaluation.runs), tag("div", table, class_="scroll"))


def _filters(runs: Sequence[Run]) -> Markup:
    """Of use with a script alone, which shows them."""
    words = tag("input", type="search", placeholder="words: scenario, outcome, kind …", aria_label="Words")
    verdicts = _choice("verdict", dict.fromkeys(run.verdict for run in runs), "every verdict")
    languages = _choice("language", dict.fromkeys(run.language for run in runs), "every language")
    count = tag("span", class_="count faint", aria_live="polite")
    return tag("div", words, verdicts, languages, count, class_="filters", hidden=True)


def _choice(name: str, values: Mapping[str, None], every: str) -> Markup:
    options = [tag("option", every, value=""), *(tag("option", value, value=value) for value in values)]
    return tag("select", *options, name=name, aria_label=name)


def _run(run: Run, link: str) -> Markup:
    p50, p95 = percentile(run.latency_ms, 0.5), percentile(run.latency_ms, 0.95)
    wer = run.word_errors / run.words if run.words else None
    scenario: Content = tag("a", run.scenario, href=link) if link else run.scenario
    more: list[Content] = []
    if run.differences:
        summary = "why" if run.verdict == "skipped" else f"{len(run.differences)} not as expected"
        reasons = [tag("li", words) for words in run.differences]
        opened = run.verdict == "failed"
        more.append(tag("details", tag("summary", summary), tag("ul", *reasons), open=opened))
    if run.verdict == "failed" and run.journal and not link:
        more.append(tag("div", run.journal, class_="faint"))
    kinds = tag("div", ", ".join(run.kinds), class_="faint") if run.kinds else ""
    cells = [
        tag("td", run.verdict, class_=f"verdict {run.verdict}"),
        tag("td", scenario, kinds, *more, data_value=run.scenario),
        _number(run.run, str(run.run)),
        tag("td", run.outcome.replace("_", " ")),
        _number(run.turns, str(run.turns)),
        _number(p50, shown(p50, ".0f")),
        _number(p95, shown(p95, ".0f")),
        _number(wer, shown(wer, ".1%")),
        _number(run.cut_offs, str(run.cut_offs)),
        _number(run.seconds, f"{run.seconds:.0f} s"),
    ]
    return tag("tr", *cells, data_verdict=run.verdict, data_language=run.language)


def _number(value: float | None, words: str) -> Markup:
    return tag("td", words, class_="number", data_value="" if value is None else f"{value:g}")


def _table(titles: Sequence[str], rows: Sequence[Markup], kind: str) -> Markup:
    head = tag("thead", tag("tr", *(tag("th", title, scope="col") for title in titles)))
    return tag("table", head, tag("tbody", *rows), class_=kind)
