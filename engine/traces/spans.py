"""A call's journal as spans: when what happened, in which room, and for how long. Pure.

Attributes are ids of ours, states, counts and lengths. No name, number, word or argument of a call is among them, and
no text that might hold one: reasons are told only where they come out of a fixed list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from engine.protocol import (
    LINE_ENDS,
    BargeIn,
    BrainUse,
    CacheVerdict,
    CallClosed,
    CallState,
    EngineEvent,
    LineState,
    MicState,
    PlaybackStarted,
    Sentence,
    Spoken,
    ToolCalled,
    ToolDecided,
    ToolPending,
    TurnEnded,
    TurnLatency,
)
from engine.reports.clocks import Clocks, Step, in_a_row, media_began_ms

Value = str | int | float | bool
ROOT = 0  # place of the whole call among its spans
PHASES = {
    "waiting": "waiting",
    "dialling": "dialling",
    "ringing": "ringing",
    "early_media": "early media",
    "answered": "talking",
    "held": "on hold",
    "resumed": "talking",
}
STAGES_FORWARD = (("endpoint", "vad"), ("asr", "transcribe"), ("cache", "cache"), ("llm", "agent"))
STAGES_BACK = (("playback", "playback"), ("tts", "tts"))
FAILED = ("failed", "line_lost")  # outcomes that are ours to mend


@dataclass
class Span:
    """One stretch of a call. Times are in µs since it began."""

    name: str
    start_us: int
    end_us: int
    parent: int | None = ROOT  # place among the call's spans
    attributes: dict[str, Value] = field(default_factory=dict)
    events: list[tuple[int, str, dict[str, Value]]] = field(default_factory=list)
    failed: bool = False


def spans_of(
    about: dict[str, Any], steps: Iterable[Step], summary: dict[str, Any] | None = None
) -> list[Span]:
    """about: the journal's first line. The first span is the call; each stands behind its parent."""
    unwound = in_a_row(steps)
    clocks = Clocks(int(about.get("clock_us", 0)), media_began_ms(summary, unwound))
    call = _Call(about, clocks)
    for us, _, message in unwound:
        call.take(max(0, us), message)
    return call.spans()


class _Call:
    """Takes a call's events in, one after the other."""

    def __init__(self, about: dict[str, Any], clocks: Clocks) -> None:
        told = {"call.id": about.get("call"), "job.id": about.get("job"), "call.line": about.get("line")}
        root = Span("call", 0, 0, None, {key: str(value) for key, value in told.items() if value})
        self._spans = [root]
        self._clocks = clocks
        self._last_us = 0
        self._open: dict[str, Span] = {"line": self._add(Span("dialling", 0, 0))}  # ended by what follows
        self._begun: dict[
            int, tuple[int, int]
        ] = {}  # our answer to a turn → its first frame: utterance, when
        self._of_stage: dict[tuple[int, str], dict[str, Value]] = {}  # turn and stage → what is told with it
        self._stages: dict[tuple[int, str], Span] = {}
        self._asked: dict[int, tuple[str, int]] = {}  # requests to an operator: tool, when

    def _add(self, span: Span) -> Span:
        self._spans.append(span)
        return span

    @property
    def _root(self) -> Span:
        return self._spans[ROOT]

    def spans(self) -> list[Span]:
        """All of them; what nobody has ended ends with the call."""
        self._root.end_us = max(self._last_us, *(span.end_us for span in self._spans))
        for span in self._open.values():
            span.end_us = self._root.end_us
        for key, span in self._stages.items():
            span.attributes |= self._of_stage.get(key, {})  # some of it was told after the answer had begun
        return self._spans

    def take(self, us: int, message: object) -> None:
        """One event."""
        self._last_us = max(self._last_us, us)
        match message:
            case LineState():
                self._line(us, message)
            case TurnEnded():
                start_us, end_us = (
                    self._clocks.of_media(ms) * 1000 for ms in (message.start_ms, message.end_ms)
                )
                told: dict[str, Value] = {"turn": message.turn, "under_our_voice": message.under_our_voice}
                self._add(Span("far end speaks", max(0, start_us), max(0, end_us), ROOT, told))
            case CacheVerdict(ahead=False):
                told = {"cache.hit": message.hit, "cache.similarity": round(message.similarity, 3)}
                self._of_stage[message.turn, "cache"] = told
            case BrainUse():
                self._of_stage[message.turn, "llm"] = _of_brain(message)
            case PlaybackStarted() | Sentence() | Spoken():
                self._speech(us, message)
            case TurnLatency():
                self._answer(us, message)
            case ToolPending() | ToolDecided() | ToolCalled():
                self._tool(us, message)
            case _:
                self._of_whole_call(us, message)

    def _of_whole_call(self, us: int, message: object) -> None:
        told = self._root.attributes
        match message:
            case CallState(language=language):
                told["call.language"] = language
            case CallClosed():
                told["call.outcome"] = message.outcome
                told |= {"audio.lost_frames": message.lost_frames, "audio.late_frames": message.late_frames}
                told["rooms.restarts"] = message.restarts
                self._root.failed = message.outcome in FAILED
            case BargeIn():
                self._root.events.append((us, "barge-in", {"action": message.action}))
            case EngineEvent():
                about = {"level": message.level, "room": message.room}
                self._root.events.append((us, "engine event", dict(about)))
            case MicState(mode="off"):
                self._close("operator", us)
            case MicState() if "operator" not in self._open:
                self._open["operator"] = self._add(Span("operator", us, us))

    def _line(self, us: int, state: LineState) -> None:
        name = PHASES.get(state.state, "")
        line = self._open.get("line")
        if line is not None and line.name != name:
            if name == "waiting":
                line.name = name  # from the beginning: nobody is dialled
            else:
                self._close("line", us)
        if name and "line" not in self._open:
            self._open["line"] = self._add(Span(name, us, us))
        if state.state == "ended":
            reason = state.reason if state.reason in LINE_ENDS else "other"
            self._root.attributes["line.ended"] = reason

    def _close(self, what: str, us: int) -> None:
        span = self._open.pop(what, None)
        if span is not None:
            span.end_us = us

    def _speech(self, us: int, message: PlaybackStarted | Sentence | Spoken) -> None:
        key = f"speech {message.utterance}"
        match message:
            case Sentence(from_cache=True):
                self._of_stage.setdefault((message.turn, "cache"), {})["cache.served"] = True
            case PlaybackStarted():
                at_us = max(0, self._clocks.of_header(message.at_us, us) * 1000)
                self._begun[message.turn] = (message.utterance, at_us)
                self._close(key, at_us)
                told: dict[str, Value] = {"utterance": message.utterance, "turn": message.turn}
                self._open[key] = self._add(Span("agent speaks", at_us, at_us, ROOT, told))
            case Spoken(done=True) if key in self._open:
                span = self._open[key]
                span.attributes["sentences"] = int(span.attributes.get("sentences", 0)) + 1
                span.end_us = max(span.start_us, us)
                if message.cut:
                    span.attributes["cut"] = True
                if message.cut or message.ends_utterance:
                    del self._open[key]

    def _answer(self, us: int, latency: TurnLatency) -> None:
        """The waterfall ends with the first frame of our answer; what lies between its stages are the hops."""
        end_us = self._begun.get(latency.turn, (0, us))[1]
        start_us = max(0, end_us - round(latency.voice_to_voice_ms * 1000))
        told: dict[str, Value] = {
            "turn": latency.turn,
            "measured": latency.measured,
            "hops_ms": latency.hops_ms,
        }
        place = len(self._spans)
        self._add(Span("answer", start_us, end_us, ROOT, told))
        at_us = start_us
        for stage, room in STAGES_FORWARD:
            length_us = round(getattr(latency, f"{stage}_ms") * 1000)
            self._stage(place, latency.turn, (stage, room), at_us, at_us + length_us)
            at_us += length_us
        at_us = end_us
        for stage, room in STAGES_BACK:
            length_us = round(getattr(latency, f"{stage}_ms") * 1000)
            self._stage(place, latency.turn, (stage, room), at_us - length_us, at_us)
            at_us -= length_us

    def _stage(self, place: int, turn: int, named: tuple[str, str], start_us: int, end_us: int) -> None:
        stage, room = named
        span = Span(stage, max(0, start_us), max(0, end_us), place, {"room": room})
        self._stages[turn, stage] = self._add(span)

    def _tool(self, us: int, message: ToolPending | ToolDecided | ToolCalled) -> None:
        match message:
            case ToolPending(request=request, tool=tool):
                self._asked[request] = tool, us
            case ToolDecided(request=request) if request in self._asked:
                tool, since_us = self._asked.pop(request)
                told: dict[str, Value] = {"tool": tool, "approved": message.approved}
                told["in_time"] = bool(message.by)
                self._add(Span("operator asked", since_us, us, ROOT, told))
            case ToolCalled():
                self._add(Span("tool", us, us, ROOT, {"tool": message.tool, "refused": message.refused}))
            case _:
                return


def _of_brain(use: BrainUse) -> dict[str, Value]:
    told: dict[str, Value | None] = {
        "brain.model": use.model,
        "brain.requests": use.requests,
        "brain.tokens_in": use.tokens_in,
        "brain.tokens_out": use.tokens_out,
        "brain.usd": use.usd,
        "brain.first_token_ms": None if use.first_token_us is None else use.first_token_us / 1000,
        "brain.fallback": use.fallback,
    }
    return {key: value for key, value in told.items() if value is not None}
