"""What stands above a call's timeline: where, when, what came of it, and its figures. Pure."""

from __future__ import annotations

from datetime import datetime

from engine.records.telling import clock
from engine.report import percentile
from engine.reports.happenings import outcome_tone
from engine.reports.markup import Markup, tag
from engine.reports.parts import CallPicture
from engine.reports.shown import shown

LANGUAGES = {"en": "English", "de": "German", "es": "Spanish", "nl": "Dutch"}


def head(picture: CallPicture) -> Markup:
    """Name, badge, one line of circumstances, and the figures."""
    outcome = picture.outcome.replace("_", " ") or "unfinished"
    badge = tag("span", outcome, class_=f"badge tone-{outcome_tone(picture.outcome)}")
    title = tag("h1", tag("span", picture.restaurant or picture.name), badge)
    about = [
        _when(picture.began),
        LANGUAGES.get(picture.language, picture.language),
        f"{picture.line} line" if picture.line else "",
        picture.scenario,
        picture.name,
    ]
    line = tag("p", " · ".join(filter(None, about)), class_="faint")
    reason = tag("p", picture.reason, class_="reason") if picture.reason else Markup("")
    return tag("header", title, line, reason, tag("dl", *_figures(picture), class_="figures"), class_="head")


def _figures(picture: CallPicture) -> list[Markup]:
    whole = [turn.latency.whole_ms for turn in picture.turns if turn.latency is not None]
    verdicts = [turn.cache for turn in picture.turns if turn.cache is not None]
    refused = sum(each.kind == "tool" and each.tone == "bad" for each in picture.happenings)
    called = sum(each.kind == "tool" for each in picture.happenings)
    cuts = sum(each.kind == "barge-in: cut" for each in picture.happenings)
    prepared = [each for turn in picture.turns for each in turn.prepared]
    p50, p95 = (shown(percentile(whole, share), ".0f", " ms") for share in (0.5, 0.95))
    cards = [
        ("length", clock(picture.length_ms * 1000), ""),
        ("turns", str(len(picture.turns)), "of the restaurant"),
        ("answer after", p50, f"p95 {p95}"),
        ("from the cache", _of([verdict.hit for verdict in verdicts]), "replies"),
        ("prepared ahead", _of([each.kept for each in prepared]), "answers kept"),
        ("interruptions", str(cuts), "stopped the agent"),
        ("tools", str(called), f"{refused} refused" if refused else "none refused"),
    ]
    return [
        tag("div", tag("dt", name), tag("dd", tag("b", value), " ", tag("small", note)))
        for name, value, note in cards
    ]


def _of(held: list[bool]) -> str:
    return f"{sum(held)} of {len(held)}" if held else "–"


def _when(began: str) -> str:
    try:
        return f"{datetime.fromisoformat(began):%Y-%m-%d %H:%M:%S} UTC"
    except ValueError:
        return ""
