"""A call's events as rows, one for each turn of the far end: when, what was heard, what came of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from engine.protocol import (
    CacheVerdict,
    FarEndTruth,
    Sentence,
    Speculated,
    ToolCalled,
    Transcript,
    TurnEnded,
    TurnLatency,
    elapsed_us,
)
from engine.rerun.media_time import MediaTime
from engine.rerun.past_call import Event

SLACK_MS = 60  # of both clocks, as in engine.evaluation.measuring: two frames and the detector's window


class Tool(msgspec.Struct, frozen=True):
    """One that was called."""

    tool: str
    arguments: dict[str, Any]
    refused: bool


class Turn(msgspec.Struct):
    """One. Times are media time: ms since the far end was first heard."""

    turn: int
    start_ms: int
    end_ms: int
    decided_ms: int
    hangover_ms: int
    reason: str  # why that was as long as it was
    under_our_voice: bool
    words: str = ""
    language: str = ""
    dropped: str = ""  # words that were not believed
    cut_off: bool = False  # judged over while they had not ended, as far as that is known
    hit: bool | None = None  # the cache's; None: it was not asked
    source: str = ""
    verdict: str = ""
    tools: list[Tool] = []
    said: list[str] = []  # by us, in answer to it
    latency_ms: float | None = None  # from their last audible sample to our first
    measured: str = ""
    prepared: bool = False  # the answer was, while it was not known whether the turn is over


class Truth(msgspec.Struct, frozen=True):
    """What the far end truly said, and when; media time."""

    text: str
    start_ms: int
    end_ms: int


class Heard(msgspec.Struct):
    """One call, as it was heard and answered."""

    turns: list[Turn]
    opening: list[str]  # what we said before the first turn was over
    truths: list[Truth]


def heard_in(events: Iterable[Event], clock_us: int, media: MediaTime) -> Heard:
    """clock_us: the header's clock when the call began."""
    turns: dict[int, Turn] = {}
    truths: list[Truth] = []
    opening: list[str] = []
    last = 0
    for _, _, message in events:
        match message:
            case TurnEnded(turn=turn):
                last = turn
                turns[turn] = Turn(
                    turn, message.start_ms, message.end_ms, message.decided_ms, message.hangover_ms,
                    message.reason, message.under_our_voice,
                )  # fmt: skip
            case FarEndTruth(text=text, start_us=start_us, end_us=end_us):
                times = (media.ms(elapsed_us(clock_us, us)) for us in (start_us, end_us))
                truths.append(Truth(text, *times))
            case Sentence(turn=turn, text=text) if text:
                row = turns.get(turn or last)
                (opening if row is None else row.said).append(text)
            case Transcript(final=True, turn=turn) if turn in turns:
                row = turns[turn]
                row.words, row.language, row.dropped = message.text, message.language, message.dropped
            case CacheVerdict(turn=turn, ahead=False) if turn in turns:
                row = turns[turn]
                row.hit, row.source, row.verdict = message.hit, message.source, message.verdict
            case ToolCalled(turn=turn) if (turn or last) in turns:
                turns[turn or last].tools.append(Tool(message.tool, message.arguments, message.refused))
            case TurnLatency(turn=turn) if turn in turns:
                row = turns[turn]
                row.latency_ms, row.measured = message.voice_to_voice_ms, message.measured
            case Speculated(turn=turn, kept=True) if turn in turns:
                turns[turn].prepared = True
    rows = [turns[turn] for turn in sorted(turns)]
    for row in rows:
        row.cut_off = any(cuts(row, truth.start_ms, truth.end_ms) for truth in truths)
    return Heard(rows, opening, sorted(truths, key=lambda truth: truth.start_ms))


def cuts(turn: Turn, start_ms: int, end_ms: int) -> bool:
    """Whether a turn was judged over in the middle of such speech. A "mhm" under our voice cuts nobody off."""
    return not turn.under_our_voice and start_ms + SLACK_MS < turn.decided_ms < end_ms - SLACK_MS
