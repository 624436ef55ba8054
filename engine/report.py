"""What a call was, from its events alone: who said what, what was heard, how long each answer took. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from engine.protocol import (
    BrainUse,
    CacheVerdict,
    FarEndTruth,
    Flag,
    Header,
    LineQuality,
    Message,
    PlaybackStarted,
    Reservation,
    ReservationChanged,
    Sentence,
    Speculated,
    Spoken,
    Transcript,
    TurnEnded,
    TurnLatency,
    elapsed_us,
)
from engine.report_prepared import PreparedAnswers

PARTS = ("endpoint", "asr", "cache", "llm", "tts", "playback", "hops", "voice_to_voice")
INTERNAL = ("frame", "arrived_us")  # of LineQuality: they tie latencies to packets
BY_RTCP = ("jitter_ms", "far_lost", "far_jitter_ms", "round_trip_ms")
MEASURES = ("detector", "wire", "truth")  # from where a latency is counted, the weakest first
OVERLAP_US = 100_000  # a transcript belongs to what was said at the same time, give or take


def percentile(values: list[float], share: float) -> float | None:
    """Nearest-rank percentile; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(1, math.ceil(share * len(ordered))) - 1]


def parts_of(latency: TurnLatency) -> dict[str, float]:
    """The waterfall under the names of the design, in milliseconds."""
    return {part: getattr(latency, f"{part}_ms") for part in PARTS}


def summary_of(latencies: list[dict[str, float]]) -> dict[str, dict[str, float | None]]:
    """p50 and p95 of each part."""
    return {
        part: {
            "p50": percentile([each[part] for each in latencies], 0.50),
            "p95": percentile([each[part] for each in latencies], 0.95),
        }
        for part in PARTS
    }


class _AgentTurn:
    def __init__(self, turn: int, language: str) -> None:
        self.turn, self.language = turn, language
        self.texts: dict[int, str] = {}
        self.spoken: dict[int, str] = {}
        self.start_us: int | None = None
        self.end_us = 0
        self.begun_us = 1 << 62  # when its first sentence was decided on


class BrainSpending:
    """What a call took of a language model: sums of what is known, None where nothing is."""

    def __init__(self) -> None:
        self._uses: list[BrainUse] = []

    def add(self, use: BrainUse) -> None:
        """One more turn."""
        self._uses.append(use)

    def fields(self) -> dict[str, Any] | None:
        """As plain values; None for a call without a model. `unknown`: turns of which the sums know nothing."""
        uses = self._uses
        if not uses:
            return None
        return {
            "model": uses[-1].model,
            "turns": len(uses),
            "requests": sum(use.requests for use in uses),
            "fallbacks": sum(use.fallback for use in uses),
            "tokens_in": _known_sum([use.tokens_in for use in uses]),
            "tokens_out": _known_sum([use.tokens_out for use in uses]),
            "usd": _known_sum([use.usd for use in uses]),
            "unknown": sum(use.tokens_in is None for use in uses),
            "first_token_ms": [
                round(use.first_token_us / 1000, 1) for use in uses if use.first_token_us is not None
            ],
        }


def _known_sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


class CallReport:
    """Collects one call's events; told every one of them in order."""

    def __init__(self) -> None:
        self._began_us: int | None = None
        self._agent: dict[int, _AgentTurn] = {}
        self._ended: dict[int, tuple[int, TurnEnded]] = {}
        self._heard: dict[
            int, tuple[int, int, Transcript]
        ] = {}  # turn → start and end, µs since the call began
        self._truths: list[tuple[int, int, str]] = []
        self._verdicts: dict[int, CacheVerdict] = {}
        self._latencies: dict[int, TurnLatency] = {}
        self.reservation = Reservation()
        self.brain = BrainSpending()
        self.prepared = PreparedAnswers()
        self.quality: LineQuality | None = None  # the last word of a real line on its media

    def step(self, header: Header, message: Message) -> None:
        """One event of the call."""
        if self._began_us is None:
            self._began_us = header.time_us
        at_us = elapsed_us(self._began_us, header.time_us)
        match message:
            case TurnEnded():
                self._ended[message.turn] = (at_us, message)
            case Transcript(final=True) if not header.flags & Flag.AGAIN:
                self._transcript(at_us, message)
            case FarEndTruth(text=text):
                start = elapsed_us(self._began_us, message.start_us)
                self._truths.append((start, elapsed_us(self._began_us, message.end_us), text))
            case CacheVerdict():
                self._verdicts.setdefault(message.turn, message)
            case Sentence(text=text) if text and not header.flags & Flag.AGAIN:
                turn = self._agent.setdefault(message.utterance, _AgentTurn(message.turn, message.language))
                turn.texts[message.index] = text
                turn.begun_us = min(turn.begun_us, at_us)
            case PlaybackStarted(at_us=started) if message.utterance in self._agent:
                turn = self._agent[message.utterance]
                turn.start_us = turn.start_us or elapsed_us(self._began_us, started)
            case Spoken() if message.utterance in self._agent:
                turn = self._agent[message.utterance]
                if message.text:
                    turn.spoken[message.index] = message.text
                turn.end_us = at_us
            case TurnLatency():
                self._latencies[message.turn] = message
            case ReservationChanged(reservation=reservation):
                self.reservation = reservation
            case LineQuality():
                self.quality = message
            case BrainUse():
                self.brain.add(message)
            case Speculated():
                self.prepared.add(message)

    def _transcript(self, at_us: int, final: Transcript) -> None:
        decided_us, ended = self._ended.get(final.turn, (at_us, None))
        decided_ms = ended.decided_ms if ended else final.end_ms
        start = decided_us - (decided_ms - final.start_ms) * 1000
        self._heard[final.turn] = (start, decided_us - (decided_ms - final.end_ms) * 1000, final)

    def turns(self) -> list[dict[str, Any]]:
        """Both sides' turns in the order in which they began."""
        return sorted([*self._far_turns(), *self._agent_turns()], key=lambda turn: turn["start_ms"])

    def _far_turns(self) -> list[dict[str, Any]]:
        left = list(self._heard.values())
        rows = []
        for start, end, text in self._truths:
            mine = [h for h in left if h[0] < end + OVERLAP_US and h[1] > start - OVERLAP_US]
            left = [h for h in left if h not in mine]
            heard = " ".join(h[2].text for h in mine if h[2].text)
            language = mine[0][2].language if mine else None
            rows.append(_row("restaurant", text, heard, language, start, end))
        for start, end, final in left:
            rows.append(_row("restaurant", None, final.text, final.language, start, end))
        return rows

    def _agent_turns(self) -> list[dict[str, Any]]:
        rows = []
        for turn in self._agent.values():
            said = " ".join(turn.texts[i] for i in sorted(turn.texts))
            spoken = " ".join(turn.spoken[i] for i in sorted(turn.spoken))
            start = turn.start_us if turn.start_us is not None else turn.begun_us
            row = _row("agent", said, spoken, turn.language, start, max(start, turn.end_us))
            verdict, latency = self._verdicts.get(turn.turn), self._latencies.get(turn.turn)
            if verdict is not None:
                row["cache"] = {"hit": verdict.hit, "similarity": verdict.similarity}
            if latency is not None:
                row["latency_ms"] = parts_of(latency)
                row["latency_measured"] = latency.measured
            rows.append(row)
        return rows

    def latencies(self) -> list[dict[str, float]]:
        """The waterfall of every answered turn."""
        return [parts_of(latency) for latency in self._latencies.values()]

    def latency_measured(self) -> str | None:
        """From where the latencies are counted: where turns differ, the weakest; None without any."""
        measured = {latency.measured for latency in self._latencies.values()}
        return next((each for each in MEASURES if each in measured), None)

    def line_fields(self) -> dict[str, Any] | None:
        """How the media of the line did, in the end; None where the line has no word of it.

        What only RTCP tells is None until it has reported.
        """
        if self.quality is None:
            return None
        fields = {name: value for name, value in _plain(self.quality).items() if name not in INTERNAL}
        if not (self.quality.received or self.quality.sent):
            fields |= dict.fromkeys(BY_RTCP)
        return fields

    def reservation_fields(self) -> dict[str, Any]:
        """The record as plain values."""
        return _plain(self.reservation)


def _plain(message: Message) -> dict[str, Any]:
    """All fields of a message, those that have their default too."""
    return dict(msgspec.to_builtins({field: getattr(message, field) for field in message.__struct_fields__}))


def _row(
    who: str, text: str | None, heard: str, language: str | None, start_us: int, end_us: int
) -> dict[str, Any]:
    return {
        "who": who,
        "text": text,
        "heard": heard,
        "language": language,
        "start_ms": start_us // 1000,
        "end_ms": end_us // 1000,
        "cache": None,
        "latency_ms": None,
        "latency_measured": None,
    }
