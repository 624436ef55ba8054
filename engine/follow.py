"""Place a scenario's call, follow it to its end, and tell how it went: as lines for people or as one JSON object."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine.client import Client
from engine.errors import CallThingError, NoEngine
from engine.operating.told import OperatorLines
from engine.protocol import (
    Accepted,
    CallClosed,
    CallState,
    DigitHeard,
    EngineEvent,
    HangUp,
    Header,
    LanguageSwitched,
    LineAction,
    LineQuality,
    LineState,
    Message,
    PlaceCall,
    ReservationChanged,
    Sentence,
    SoundHeard,
    Spoken,
    ToolCalled,
    Transcript,
    TurnLatency,
    elapsed_us,
)
from engine.report import PARTS, CallReport, summary_of
from engine.report_prepared import prepared_words
from engine.scenario import Scenario

POLL_S = 0.02
SILENT_ENGINE_S = 5.0  # it gives a heartbeat four times a second
Print = Callable[[str], None]
COUNTED_FROM = {
    "truth": "the true end of the far end's speech (truth)",
    "wire": "the arrival of the last packet with speech (wire)",
    "detector": "the detector's last voiced window (detector)",
}


class Followed:
    """A call that has ended, and all that was seen of it."""

    def __init__(self) -> None:
        self.report = CallReport()
        self.closed: CallClosed | None = None
        self.journal = ""
        self.wall_s = 0.0


async def follow(
    client: Client, path: Path, show: Print | None = None, place: PlaceCall | None = None
) -> Followed:
    """Place the call of a scenario and stay until it is closed. Ctrl-C hangs it up.

    place: another call than the simulated one of that scenario.
    Raises NoEngine when the engine is gone; BrokenPipeError, after hanging up, when nobody reads what `show` prints.
    """
    followed = Followed()
    began = time.monotonic()
    accepted = await client.request(place or PlaceCall(scenario=str(path.absolute())), Accepted)
    lines = Lines(show) if show else None
    unread: BrokenPipeError | None = None
    alive_until = time.monotonic() + SILENT_ENGINE_S
    with _interrupt_hangs_up(client, accepted.call) as hang_up:
        while followed.closed is None:
            for header, message in client.drain():
                alive_until = time.monotonic() + SILENT_ENGINE_S
                if header.call != accepted.call:
                    continue
                followed.report.step(header, message)
                try:
                    if lines:
                        lines.step(header, message)
                except BrokenPipeError as error:
                    lines, unread = None, error
                    hang_up()
                match message:
                    case CallClosed():
                        followed.closed = message
                    case CallState(journal=journal):
                        followed.journal = journal
            if time.monotonic() > alive_until:
                raise NoEngine(
                    f"The engine (process {client.address.pid}) has ended or hangs; its log is logs/engine.log in the "
                    f"state directory, and what was said until then is in {followed.journal or 'its journal'}. "
                    "Start it again: call-thing engine"
                )
            await asyncio.sleep(POLL_S)
    if unread is not None:
        raise unread
    followed.wall_s = time.monotonic() - began
    return followed


@contextlib.contextmanager
def _interrupt_hangs_up(client: Client, call: int) -> Iterator[Callable[[], None]]:
    """Ctrl-C hangs up; so does what is yielded."""
    loop = asyncio.get_running_loop()
    pending: set[asyncio.Task[None]] = set()

    async def ask() -> None:
        with contextlib.suppress(CallThingError):  # it has ended just now, which is what was wanted
            await client.request(HangUp("operator"), Accepted, call)

    def hang_up() -> None:
        loop.remove_signal_handler(signal.SIGINT)  # the second Ctrl-C ends us at once
        pending.add(loop.create_task(ask()))

    loop.add_signal_handler(signal.SIGINT, hang_up)
    try:
        yield hang_up
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        for task in pending:
            task.cancel()


class Lines:
    """The call as lines: time, who, text, latency."""

    def __init__(self, show: Print) -> None:
        self._show = show
        self._began_us: int | None = None
        self._sentences: dict[int, list[str]] = {}
        self._spoken: dict[int, dict[int, str]] = {}
        self._latency: dict[int, str] = {}
        self._turn_of: dict[int, int] = {}
        self._media = ("", "")  # codec and encryption
        self._operators = OperatorLines()

    def step(self, header: Header, message: Message) -> None:
        """One event."""
        if self._began_us is None:
            self._began_us = header.time_us
        at_s = elapsed_us(self._began_us, header.time_us) / 1e6
        match message:
            case LineState() | DigitHeard() | LineAction():
                self._line(at_s, "line", words_of(message))
            case LanguageSwitched():
                self._line(at_s, "language", f"{message.was or '?'} → {message.language}: {message.reason}")
            case SoundHeard(sound=sound, on=True, reason=reason) if sound not in ("noise", "silence"):
                self._line(at_s, "sound", f"{sound} ({reason})")
            case LineQuality(codec=codec, encryption=encryption) if codec:
                if (codec, encryption) != self._media:
                    self._media = (codec, encryption)
                    self._line(at_s, "line", f"{codec}, {encryption or 'not encrypted'}")
            case Transcript(final=True, text=text) if text:
                self._line(at_s, "restaurant", text)
            case Sentence(turn=turn, utterance=utterance) if turn:
                self._turn_of[utterance] = turn
            case TurnLatency(turn=turn, voice_to_voice_ms=ms, measured=measured):
                self._latency[turn] = f"   [{ms:.0f} ms, {measured}]"
            case Spoken():
                self._say(at_s, message)
            case ToolCalled(tool=tool, refused=refused, result=result):
                self._line(at_s, "tool", f"{tool} → {'refused: ' if refused else ''}{result}")
            case ReservationChanged(reservation=record):
                self._line(
                    at_s, "record", f"{record.status} {record.date} {record.time} for {record.party_size}"
                )
            case EngineEvent(level=level, text=text):
                self._line(at_s, level, text)
            case _ if (line := self._operators.step(message)) is not None:
                self._line(at_s, *line)

    def _say(self, at_s: float, report: Spoken) -> None:
        texts = self._spoken.setdefault(report.utterance, {})
        if report.text:
            texts[report.index] = report.text
        if not report.ends_utterance or not texts:
            return
        turn = self._turn_of.get(report.utterance, 0)
        cut = " …" if report.cut else ""
        self._line(
            at_s, "agent", " ".join(texts[i] for i in sorted(texts)) + cut + self._latency.get(turn, "")
        )
        del self._spoken[report.utterance]

    def _line(self, at_s: float, who: str, text: str) -> None:
        self._show(f"{int(at_s) // 60:02d}:{at_s % 60:04.1f}  {who:<10}  {text}")


def words_of(event: LineState | DigitHeard | LineAction) -> str:
    """What happened on the line, for people."""
    match event:
        case LineState(state=state, reason=reason, detail=detail):
            why = ": ".join(part for part in (reason, detail) if part)
            return state.replace("_", " ") + (f" ({why})" if why else "")
        case DigitHeard(digit=digit, duration_ms=duration_ms):
            return f"key {digit} pressed ({duration_ms} ms)"
        case LineAction(action=action, done=done, words=words):
            return f"{action} {'done' if done else 'failed'}" + (f": {words}" if words else "")


def as_json(name: str, scenario: Scenario, followed: Followed) -> dict[str, Any]:
    """The object that `call --json` prints."""
    closed = followed.closed or CallClosed("failed")
    differences = scenario.expected.differences(closed.outcome, followed.report.reservation)
    return {
        "scenario": name,
        "outcome": closed.outcome,
        "reason": closed.reason,
        "expected": {
            "outcome": scenario.expected.outcome,
            "reservation": dict(scenario.expected.reservation),
        },
        "ok": not differences,
        "differences": differences,
        "reservation": followed.report.reservation_fields(),
        "turns": followed.report.turns(),
        "latency_ms": summary_of(followed.report.latencies()),
        "latency_measured": followed.report.latency_measured(),
        "line": followed.report.line_fields(),
        "brain": followed.report.brain.fields(),
        "prepared": followed.report.prepared.fields(),
        "audio_lost_frames": closed.lost_frames,
        "restarts": closed.restarts,
        "journal": followed.journal,
        "wall_s": round(followed.wall_s, 2),
    }


def brain_words(used: dict[str, Any]) -> str:
    """What a call took of a language model, in a line for people."""
    tokens = "tokens not told"
    if used["tokens_in"] is not None:
        tokens = f"{used['tokens_in']} tokens read, {used['tokens_out'] or 0} written"
    cost = "cost not known" if used["usd"] is None else f"${used['usd']:.4f}"
    fallbacks = (
        f", {used['fallbacks']} of {used['turns']} turns by the scripted brain" if used["fallbacks"] else ""
    )
    return f"model {used['model']}: {tokens}, {cost}{fallbacks}"


def print_result(result: dict[str, Any]) -> None:
    """Reservation and latency table, for people, on standard output."""
    record = result["reservation"]
    print(f"\n{result['outcome']}: {result['reason']}" if result["reason"] else f"\n{result['outcome']}")
    print("\nreservation")
    for field in ("status", "date", "time", "party_size", "name", "phone"):
        confirmed = record["confirmed_by"].get(field)
        words = f'   "{confirmed}"' if confirmed else ""
        print(f"  {field:<12}{record[field] or '–'}{words}")
    print("\nlatency [ms]        p50      p95")
    for part in PARTS:
        row = result["latency_ms"][part]
        cells = "".join(f"{row[p]:>9.1f}" if row[p] is not None else f"{'–':>9}" for p in ("p50", "p95"))
        print(f"  {part.replace('_', ' '):<15}{cells}")
    if result["latency_measured"]:
        print(f"  counted from {COUNTED_FROM[result['latency_measured']]}")
    if words := prepared_words(result["prepared"]):
        print(f"\n{words}")
    if result["brain"]:
        print(f"\n{brain_words(result['brain'])}")
    for difference in result["differences"]:
        print(f"not as expected: {difference}", file=sys.stderr)
