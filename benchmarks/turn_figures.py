"""Figures of turn-taking from what passed over a line: who could be heard when. The same for every engine. Pure.

Every delay counts from the true end or onset of speech in the file, never from a detector's event.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from benchmarks.turn_inputs import InputFile, Turn
from engine.report import percentile

SILENCE_S = 0.3  # without our voice: it has stopped
BREATH_S = 0.25  # a shorter hole within our voice begins nothing new
GOES_ON_SHARE = 0.9  # of the long answer that has to be heard around a back-channel


class Heard(NamedTuple):
    """A piece of our voice: when it was handed to the line, its first and its last audible sample; s into the file."""

    at_s: float
    first_s: float
    last_s: float


class Played(NamedTuple):
    """One file as it went: the pieces of our voice in their order, and when the engine decided that a turn is over."""

    caller: InputFile
    voice: list[Heard]
    decided_s: list[float]
    long_answer_s: float


class Figures(NamedTuple):
    """All that is counted; those of several files are added."""

    voice_to_voice_ms: tuple[float, ...] = ()
    after_decision_ms: tuple[float, ...] = ()
    turns: int = 0
    unanswered: int = 0
    paused_turns: int = 0
    false_cut_offs: int = 0
    barge_in_ms: tuple[float, ...] = ()
    not_over_us: int = 0  # our voice was not on the line when they began: nothing was measured
    not_yielded: int = 0  # interruptions after which we said the long answer to its end all the same
    backchannels: int = 0
    resumed: int = 0

    def __add__(self, other: object) -> Figures:  # type: ignore[override]
        assert isinstance(other, Figures)
        return Figures(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


def figures_of(played: Played) -> Figures:
    """Of one file."""
    figures = Figures()
    onsets = _onsets(played.voice)
    turns = played.caller.turns
    for number, turn in enumerate(turns):
        until_s = turns[number + 1].start_s if number + 1 < len(turns) else float("inf")
        if turn.kind == "turn":
            figures += _of_turn(turn, until_s, onsets, played.decided_s)
        elif turn.kind == "interruption":
            figures += _of_interruption(turn, until_s, played.voice, _goes_on(number, until_s, played))
        elif turn.kind == "backchannel":
            figures += _of_backchannel(turn, played.voice, _goes_on(number, until_s, played))
    return figures


def _onsets(voice: list[Heard]) -> list[Heard]:
    """The pieces with which our voice begins after a silence."""
    return [
        piece
        for number, piece in enumerate(voice)
        if not number or piece.first_s - voice[number - 1].last_s > BREATH_S
    ]


def _of_turn(turn: Turn, until_s: float, onsets: list[Heard], decided_s: list[float]) -> Figures:
    cut_in = any(turn.start_s < onset.at_s < turn.end_s for onset in onsets)
    counted = Figures(
        turns=0 if turn.pauses_ms else 1,
        paused_turns=1 if turn.pauses_ms else 0,
        false_cut_offs=1 if cut_in else 0,
    )
    answer = next((onset for onset in onsets if turn.end_s <= onset.at_s < until_s), None)
    if answer is None:
        return counted._replace(unanswered=0 if cut_in else 1)
    decided = max((each for each in decided_s if turn.start_s < each <= answer.at_s), default=None)
    return counted._replace(
        voice_to_voice_ms=() if turn.pauses_ms else ((answer.at_s - turn.end_s) * 1000,),
        after_decision_ms=() if decided is None else ((answer.at_s - decided) * 1000,),
    )


def _of_interruption(turn: Turn, until_s: float, voice: list[Heard], goes_on: bool) -> Figures:
    if not _sounds(voice, turn.start_s):
        return Figures(not_over_us=1)
    silent_s = turn.start_s
    for piece in voice:
        if piece.last_s <= turn.start_s or piece.first_s >= until_s:
            continue
        if piece.first_s - silent_s > SILENCE_S and piece.first_s > turn.end_s:
            break  # they have been heard out: what comes is the answer
        silent_s = piece.last_s
    return Figures(barge_in_ms=((silent_s - turn.start_s) * 1000,), not_yielded=1 if goes_on else 0)


def _of_backchannel(turn: Turn, voice: list[Heard], goes_on: bool) -> Figures:
    if not _sounds(voice, turn.start_s):
        return Figures(not_over_us=1)
    return Figures(backchannels=1, resumed=1 if goes_on else 0)


def _goes_on(number: int, until_s: float, played: Played) -> bool:
    """Was the long answer heard to its end, before and after this turn together?"""
    begins_s = played.caller.turns[number - 1].end_s if number else 0.0
    heard_s = sum(each.last_s - each.first_s for each in played.voice if begins_s <= each.at_s < until_s)
    return heard_s >= GOES_ON_SHARE * played.long_answer_s


def _sounds(voice: list[Heard], at_s: float) -> bool:
    """Is our voice on the line at a moment, or was it until a breath before?"""
    return any(piece.first_s <= at_s <= piece.last_s + BREATH_S for piece in voice)


def as_json(figures: Figures) -> dict[str, Any]:
    """As the benchmarks print them."""
    shown: dict[str, Any] = {
        "voice_to_voice_ms": spread(figures.voice_to_voice_ms),
        "after_decision_ms": spread(figures.after_decision_ms),
        "turns": figures.turns,
        "unanswered": figures.unanswered,
        "false_cut_offs": figures.false_cut_offs,
        "paused_turns": figures.paused_turns,
        "barge_in_ms": spread(figures.barge_in_ms),
        "not_yielded": figures.not_yielded,
        "resumed": figures.resumed,
        "backchannels": figures.backchannels,
    }
    if figures.not_over_us:
        shown["not_over_us"] = figures.not_over_us
    return shown


def spread(values: tuple[float, ...]) -> dict[str, float | None]:
    """Median and 95th percentile, ms; None where nothing was measured."""
    if not values:
        return {"p50": None, "p95": None}
    return {
        "p50": round(percentile([*values], 0.5) or 0.0, 1),
        "p95": round(percentile([*values], 0.95) or 0.0, 1),
    }
