"""A call's events as what a report draws: turns with their decisions, what was said, and what else happened. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.protocol import (
    BrainUse,
    CacheVerdict,
    CallState,
    FarEndTruth,
    Flag,
    Message,
    OperatorWords,
    PlaybackStarted,
    Sentence,
    Speculated,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    Spoken,
    Transcript,
    TurnEnded,
    TurnLatency,
    Voice,
)
from engine.report import PARTS, parts_of
from engine.reports.clocks import Clocks, Step, in_a_row, media_began_ms
from engine.reports.happenings import Happenings, record_facts
from engine.reports.meters import Meters
from engine.reports.parts import Cache, CallPicture, Fact, Latency, Prepared, Reason, Span, Turn
from engine.reports.said import Said
from engine.reports.words import Heard, word_times

RECORDING_WORDS = {
    "off": "This call was not to be recorded.",
    "announce": "Recording was to be announced; before that, the restaurant's voice is not kept.",
    "consent": "Recording was to be asked for; without a yes, the restaurant's voice is not kept.",
}
OVERLAP_MS = 100  # what was truly said belongs to the turn heard at that time, give or take


def timeline(
    name: str, header: dict[str, Any], summary: dict[str, Any] | None, steps: Iterable[Step]
) -> CallPicture:
    """All of a call but its sound. header, summary: as the journal has them; summary None: it has none."""
    steps = in_a_row(steps)
    clocks = Clocks(_number(header.get("clock_us")), media_began_ms(summary, steps))
    drawing = _Drawing(clocks)
    for us, flags, message in steps:
        drawing.step(us, flags, message)
    length_ms = max([us // 1000 for us, _, _ in steps], default=0)
    task = header.get("task")
    task = task if isinstance(task, dict) else {}
    ended = summary or {}
    return CallPicture(
        name=name,
        began=str(header.get("wall", "")),
        restaurant=str(task.get("restaurant", "")),
        language=str(task.get("language", "en")),
        line=str(header.get("line", "")),
        scenario=str(header.get("scenario", "")),
        outcome=str(ended.get("outcome", "")),
        reason=str(ended.get("reason", "")),
        length_ms=length_ms,
        recorded=bool(header.get("recorded")),
        goal=_goal(task),
        result=drawing.result,
        turns=drawing.turns(),
        utterances=drawing.said.utterances(),
        happenings=drawing.happenings.all(length_ms),
        states=drawing.states(length_ms),
        meter=drawing.meters.whole(),
        notes=_notes(header, summary),
    )


class _Drawing:
    """Collects; told every event in order."""

    def __init__(self, clocks: Clocks) -> None:
        self.happenings = Happenings(clocks)
        self.meters = Meters(clocks)
        self.said = Said(clocks)
        self.result: list[Fact] = []
        self._clocks = clocks
        self._turns: dict[int, Turn] = {}
        self._partials: dict[int, list[Heard]] = {}
        self._truths: list[tuple[int, int, str]] = []
        self._latencies: dict[int, TurnLatency] = {}
        self._states: list[tuple[int, str]] = []

    def step(self, us: int, flags: Flag, message: Message) -> None:
        at_ms, media = us // 1000, self._clocks.of_media
        match message:
            case Voice():
                self.meters.step(message)
            case SpeechStarted(turn=turn, start_ms=start_ms):
                self._turn(turn, media(start_ms))
            case SpeechPaused(turn=turn, end_ms=end_ms):
                self._turn(turn, media(end_ms)).pauses.append((media(end_ms), 0))
            case SpeechResumed(turn=turn):
                self._resumed(turn, at_ms)
            case TurnEnded():
                self._ended(message)
            case Transcript():
                self._heard(message)
            case FarEndTruth(text=text, start_us=start_us, end_us=end_us):
                place = self._clocks.of_header(start_us, us), self._clocks.of_header(end_us, us)
                self._truths.append((*place, text))
            case CacheVerdict(turn=turn):
                self._turn(turn, at_ms).cache = Cache(
                    message.hit, message.similarity, message.threshold, message.verdict, message.nearest,
                    message.template, message.ahead,
                )  # fmt: skip
            case Speculated(turn=turn, kept=kept, reason=reason, saved_us=saved_us):
                self._turn(turn, at_ms).prepared.append(Prepared(kept, reason, saved_us / 1000))
            case BrainUse(turn=turn) if turn:
                self._turn(turn, at_ms).brain += brain_facts(message)
            case TurnLatency(turn=turn):
                self._latencies[turn] = message
            case CallState(state=state):
                self._states.append((at_ms, state))
            case Sentence() | PlaybackStarted() | Spoken() | OperatorWords():
                self.said.step(us, flags, message)
            case _:
                reservation = getattr(message, "reservation", None)
                if reservation is not None:
                    self.result = record_facts(reservation)
                self.happenings.step(us, message)

    def _turn(self, number: int, at_ms: int) -> Turn:
        return self._turns.setdefault(number, Turn(number, at_ms, at_ms))

    def _resumed(self, number: int, at_ms: int) -> None:
        pauses = self._turn(number, at_ms).pauses
        if pauses and not pauses[-1][1]:
            pauses[-1] = pauses[-1][0], at_ms

    def _ended(self, ended: TurnEnded) -> None:
        media = self._clocks.of_media
        turn = self._turn(ended.turn, media(ended.start_ms))
        turn.start_ms, turn.end_ms = media(ended.start_ms), media(ended.end_ms)
        turn.decided_ms, turn.hangover_ms = media(ended.decided_ms), ended.hangover_ms
        turn.reason, turn.under_our_voice = ended.reason, ended.under_our_voice
        turn.weights = [Reason(weight.reason, weight.ms) for weight in ended.weights]

    def _heard(self, heard: Transcript) -> None:
        media = self._clocks.of_media
        turn = self._turn(heard.turn, media(heard.start_ms))
        if not turn.decided_ms:
            turn.end_ms = max(turn.end_ms, media(heard.end_ms))
        if heard.final or not turn.decided_ms:
            turn.text, turn.language, turn.confidence = heard.text, heard.language, heard.confidence
        if heard.final:
            turn.dropped = heard.dropped
        else:
            self._partials.setdefault(heard.turn, []).append((media(heard.end_ms), heard.text))

    def turns(self) -> list[Turn]:
        """With what is only known once all was seen."""
        found = sorted(self._turns.values(), key=lambda turn: (turn.start_ms, turn.number))
        for turn in found:
            turn.pauses = [(start, end or turn.decided_ms or start) for start, end in turn.pauses]
            turn.words = word_times(
                turn.text, self._partials.get(turn.number, ()), turn.start_ms, turn.end_ms
            )
            turn.latency = self._latency(turn)
        for start_ms, end_ms, text in self._truths:
            heard = [
                turn for turn in found
                if turn.start_ms < end_ms + OVERLAP_MS and turn.end_ms > start_ms - OVERLAP_MS
            ]  # fmt: skip
            if heard:
                heard[0].truth = f"{heard[0].truth} {text}".strip()
        return found

    def _latency(self, turn: Turn) -> Latency | None:
        latency = self._latencies.get(turn.number)
        answer = self.said.answer_to(turn.number)
        if latency is None or answer is None:
            return None
        parts = [(part, ms) for part, ms in parts_of(latency).items() if part != PARTS[-1]]
        whole = latency.voice_to_voice_ms
        return Latency(answer - whole, answer, whole, parts, latency.measured)

    def states(self, until_ms: int) -> list[Span]:
        """How the call stood, without gaps."""
        changes = [
            change for before, change in zip([(0, ""), *self._states], self._states, strict=False)
            if before[1] != change[1]
        ]  # fmt: skip
        ends = [*(at_ms for at_ms, _ in changes[1:]), until_ms]
        return [Span(at_ms, end_ms, state) for (at_ms, state), end_ms in zip(changes, ends, strict=False)]


def brain_facts(use: BrainUse) -> list[Fact]:
    """What a turn took of a language model."""
    tokens = f"{use.tokens_in} in, {use.tokens_out} out" if use.tokens_in is not None else ""
    shown = {
        "model": use.model,
        "tokens": tokens,
        "cost": f"${use.usd:.5f}" if use.usd is not None else "",
        "first token": f"{use.first_token_us / 1000:.0f} ms" if use.first_token_us is not None else "",
        "scripted brain spoke in its place": (use.reason or "yes") if use.fallback else "",
    }
    return [Fact(name, value) for name, value in shown.items() if value]


def _goal(task: dict[str, Any]) -> list[Fact]:
    """What the call was to bring, as the task says."""
    hidden = ("restaurant", "today")
    return [
        Fact(str(name).replace("_", " "), ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in task.items()
        if value not in ("", None, [], False) and name not in hidden
    ]  # fmt: skip


def _notes(header: dict[str, Any], summary: dict[str, Any] | None) -> list[str]:
    notes = []
    if summary is None:
        notes.append("The record has no summary: the call goes on, or was broken off.")
    asked = RECORDING_WORDS.get(str(header.get("recording", "")))
    if asked:
        notes.append(asked)
    redacted = header.get("redacted")
    if isinstance(redacted, dict):
        notes.append(f"Redacted: {redacted.get('what', '')}.")
        left_out = redacted.get("left_out")
        if isinstance(left_out, dict) and left_out:
            notes.append(
                "Left out: " + ", ".join(f"{count} {kind}" for kind, count in left_out.items()) + "."
            )
    return notes


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
