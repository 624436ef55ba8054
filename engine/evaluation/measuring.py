"""What one call was, measured from the events of its journal and from nothing else. Pure.

Where the far end tells what it truly said (a simulated line does), a turn that was judged over in the middle of it is a
cut-off, our voice that began in the middle of it is talk-over, and its words are what the recogniser is held against.
Without that these three stay 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from engine.evaluation.word_errors import errors
from engine.protocol import (
    BargeIn,
    BrainUse,
    CallClosed,
    FarEndTruth,
    LanguageCode,
    Message,
    PlaybackStarted,
    Reservation,
    ReservationChanged,
    Speculated,
    Spoken,
    Transcript,
    TurnEnded,
    TurnLatency,
    elapsed_us,
)

SLACK_US = 60_000  # of both clocks: two frames and the detector's window

Event = tuple[int, Message]  # µs since the call began, and what happened


class Measured(msgspec.Struct):
    """One call. See results.Run, whose fields these become."""

    outcome: str = ""
    reservation: Reservation = Reservation()
    turns: int = 0
    answered: int = 0
    cut_offs: int = 0
    talk_over_ms: float = 0.0
    words: int = 0
    word_errors: int = 0
    latency_ms: list[float] = []
    usd: float | None = None
    seconds: float = 0.0
    lost_frames: int = 0
    late_frames: int = 0
    lag_ms: float = 0.0
    behind_ms: float = 0.0


class Span(NamedTuple):
    """A stretch of the call, µs since it began."""

    start_us: int
    end_us: int


def measured(events: Iterable[Event], clock_us: int, spoken: LanguageCode) -> Measured:
    """All figures of a call.

    clock_us: the header's clock when the call began, as the journal's first line has it. spoken: the far end's
    language, in which numbers in digits are read.
    """
    heard = list(events)
    found = Measured()
    answered: set[int] = set()
    truths: list[tuple[Span, str]] = []
    finals: dict[int, str] = {}
    costs: list[float | None] = []
    for at_us, message in heard:
        found.seconds = max(found.seconds, at_us / 1e6)
        match message:
            case FarEndTruth(text=text, start_us=start_us, end_us=end_us):
                truths.append((Span(elapsed_us(clock_us, start_us), elapsed_us(clock_us, end_us)), text))
            case Transcript(final=True, turn=turn, text=text) if text:
                finals.setdefault(turn, text)
            case PlaybackStarted(turn=turn) if turn:
                answered.add(turn)
            case TurnLatency(voice_to_voice_ms=ms):
                found.latency_ms.append(ms)
            case BrainUse(usd=usd) | Speculated(usd=usd):
                costs.append(usd)
            case ReservationChanged(reservation=reservation):
                found.reservation = reservation
            case CallClosed():
                found.outcome, found.lost_frames = message.outcome, message.lost_frames
                found.late_frames, found.lag_ms = message.late_frames, message.lag_ms
                found.behind_ms = message.behind_ms
    known = [usd for usd in costs if usd is not None]
    found.usd = sum(known) if known else None
    found.turns, found.answered = len(finals), len(answered & finals.keys())
    spans = [span for span, _ in truths]
    found.cut_offs = _cut_offs(heard, spans)
    found.talk_over_ms = _talk_over_ms(heard, spans, clock_us)
    if truths:
        said = " ".join(text for _, text in sorted(truths))
        wrong = errors(said, " ".join(finals[turn] for turn in sorted(finals)), spoken)
        found.words, found.word_errors = wrong.words, wrong.wrong
    return found


def _cut_offs(events: list[Event], truths: list[Span]) -> int:
    """Turns judged over while the far end had not ended. A "mhm" under our voice is nothing that we would answer."""
    ended = [at_us for at_us, each in events if isinstance(each, TurnEnded) and not each.under_our_voice]
    return sum(
        any(truth.start_us + SLACK_US < at_us < truth.end_us - SLACK_US for truth in truths)
        for at_us in ended
    )


def _talk_over_ms(events: list[Event], truths: list[Span], clock_us: int) -> float:
    """How long both spoke where it was we who began while they did."""
    over_us = 0
    for voice in _our_voice(events, clock_us):
        for truth in truths:
            if truth.start_us + SLACK_US < voice.start_us < truth.end_us - SLACK_US:
                over_us += min(voice.end_us, truth.end_us) - voice.start_us
    return over_us / 1000


def _our_voice(events: list[Event], clock_us: int) -> list[Span]:
    """Our utterances, each from its first frame to its end or to where it was first silenced."""
    voice: list[Span] = []
    began_us: dict[int, int] = {}
    for at_us, message in events:
        match message:
            case PlaybackStarted(utterance=utterance, at_us=started_us):
                began_us.setdefault(utterance, elapsed_us(clock_us, started_us))
            case Spoken(utterance=utterance, ends_utterance=ends, cut=cut) if ends or cut:
                if utterance in began_us:
                    voice.append(Span(began_us.pop(utterance), at_us))
            case BargeIn(action="hold" | "cut"):
                voice += [Span(start_us, at_us) for start_us in began_us.values()]
                began_us.clear()
    return voice
