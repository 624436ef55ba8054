"""The call as a table, which needs no script: who said what, what was decided, how long the answer took. Pure."""

from __future__ import annotations

from typing import NamedTuple

from engine.records.telling import clock
from engine.reports.markup import Content, Markup, joined, tag
from engine.reports.parts import CallPicture, Happening, Turn, Utterance

SHOWN = (
    "tool",
    "record",
    "approval",
    "consent",
    "waits",
    "act",
    "language",
    "alert",
    "left",
    "key",
    "barge-in: cut",
    "end",
)
WHO = {"agent": "agent", "operator": "operator"}
WORDY = ("confirmed_by", "confirmed by", "said last")  # said in a row of its own already


class _Row(NamedTuple):
    at_ms: int
    item: str  # which drawn thing it tells of, as the script names it
    who: str
    words: Content
    decision: Content
    after: Content


def turns_table(picture: CallPicture) -> Markup:
    """In the order of time."""
    rows = [_turn(turn) for turn in picture.turns]
    rows += [_utterance(said, place) for place, said in enumerate(picture.utterances)]
    rows += [
        _happening(happening, place)
        for place, happening in enumerate(picture.happenings)
        if happening.kind in SHOWN
    ]
    titles = ("time", "who", "what, and what was decided on it", "answer")
    top = tag("thead", tag("tr", *(tag("th", title, scope="col") for title in titles)))
    body = tag("tbody", *(_tr(row) for row in sorted(rows, key=lambda row: row.at_ms)))
    return tag("table", top, body, class_="log")


def _tr(row: _Row) -> Markup:
    return tag(
        "tr",
        tag("td", tag("button", clock(row.at_ms * 1000), type="button", class_="at")),
        tag("td", row.who),
        tag(
            "td", row.words, tag("div", row.decision, class_="faint") if row.decision else "", class_="words"
        ),
        tag("td", row.after, class_="number"),
        data_item=row.item,
        data_at_ms=row.at_ms,
        class_=f"who-{row.who}",
    )


def _turn(turn: Turn) -> _Row:
    words: Content = turn.text or (
        tag("em", turn.dropped) if turn.dropped else tag("em", "nothing understood")
    )
    if turn.truth and turn.truth.casefold() != turn.text.casefold():
        words = joined(words, tag("div", "truly: ", turn.truth, class_="faint"))
    decision = ""
    if turn.decided_ms:
        decision = f"over after {turn.hangover_ms} ms: {turn.reason}"
    if turn.under_our_voice:
        decision += ", under our voice"
    after = f"{turn.latency.whole_ms:.0f} ms" if turn.latency else ""
    return _Row(turn.start_ms, f"turn:{turn.number}", "restaurant", words, decision, after)


def _utterance(said: Utterance, place: int) -> _Row:
    unsaid = said.text[len(said.said) :] if said.cut and said.text.startswith(said.said) else ""
    words = joined(said.said if unsaid else said.text, tag("s", unsaid) if unsaid else "")
    decision = "from the cache" if said.from_cache else ""
    if said.cut:
        decision = f"{decision}, cut off" if decision else "cut off"
    return _Row(said.start_ms, f"said:{place}", WHO[said.who], words, decision, "")


def _happening(happening: Happening, place: int) -> _Row:
    facts = ", ".join(
        f"{fact.name} {fact.value}" for fact in happening.facts if not fact.name.endswith(WORDY)
    )
    words = joined(tag("b", happening.title, class_=f"tone-{happening.tone}"), " ", facts)
    return _Row(happening.at_ms, f"event:{place}", happening.lane, words, "", "")
