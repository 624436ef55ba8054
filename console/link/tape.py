"""The journal of one call, read whole: what happened when, where it is worth stopping, what was marked."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from engine.errors import StateError
from engine.journal import EVENTS, read
from engine.protocol import (
    CLOCK_MODULUS_US,
    KIND_OF,
    Alert,
    BargeIn,
    CacheVerdict,
    CallClosed,
    DigitHeard,
    EngineEvent,
    Header,
    LineState,
    Message,
    MicState,
    OperatorAct,
    OperatorWords,
    PlaybackStarted,
    Sentence,
    SpeechStarted,
    ToolCalled,
    ToolDecided,
    ToolPending,
    Transcript,
    TurnEnded,
    Voice,
    elapsed_us,
)
from engine.records.sound import sound_file

MATTERS = (
    Transcript,
    Sentence,
    ToolCalled,
    ToolPending,
    ToolDecided,
    BargeIn,
    TurnEnded,
    CacheVerdict,
    OperatorAct,
    OperatorWords,
    MicState,
    Alert,
    LineState,
    DigitHeard,
    EngineEvent,
    CallClosed,
)
_NUMBERED = re.compile(r"\d{8}-\d{6}-\d+-(\d{1,5})")


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment that an operator wanted to be remembered."""

    at_us: int
    by: str
    note: str


@dataclass
class Tape:
    """Times are µs since the call's beginning."""

    folder: Path
    number: int  # of the call in its engine
    began: datetime  # local time
    clock_us: int  # the header's clock at the call's beginning
    events: list[tuple[Header, Message]] = field(default_factory=list)
    times_us: list[int] = field(default_factory=list)  # of the events; never falling
    stops: list[int] = field(default_factory=list)  # places of the events that matter
    turns_us: dict[int, int] = field(default_factory=dict)  # turn of the far end → when it began
    marks: list[Mark] = field(default_factory=list)
    media_us: int = 0  # when the far end's first frame came: where the recorded sound begins
    unreadable: int = 0  # lines that are no event, or of a kind that is not known here
    finished: bool = False  # the call was closed in order
    audio: Path | None = None

    @property
    def length_us(self) -> int:
        return self.times_us[-1] if self.times_us else 0

    def turns_until(self, position_us: int) -> int:
        """How many turns of the far end had begun."""
        return bisect_right(sorted(self.turns_us.values()), position_us)

    def wall(self, position_us: int) -> datetime:
        """Local time at a position."""
        return self.began + timedelta(microseconds=position_us)


def read_tape(folder: Path) -> Tape:
    """Read a journal's folder. Raises StateError when there is none, or nothing in it that can be read.

    Lines that are cut, no event or of an unknown kind are left out and counted.
    """
    about, lines = _head(folder)
    found = _ascending(read(folder))
    if not found:
        raise StateError(
            f"{folder}: nothing in its journal can be read by this version. It has {lines} lines."
        )
    clock_us = about.get("clock_us")
    if not isinstance(clock_us, int):
        clock_us = _estimated_clock(found)
    tape = Tape(folder, _number(about.get("call")), _began(about.get("wall")), clock_us)
    tape.unreadable = max(0, lines - len(found))
    tape.audio = sound_file(folder)
    latest_us = 0
    for us, flags, message in found:
        latest_us = max(latest_us, us)
        kind = KIND_OF[type(message)]
        header = Header(kind, tape.number, flags, 0, (clock_us + us) % CLOCK_MODULUS_US)
        tape.events.append((header, message))
        tape.times_us.append(latest_us)
        _index(tape, message, us, latest_us)
    tape.media_us = _media_begins(found)
    return tape


def _index(tape: Tape, message: Message, us: int, latest_us: int) -> None:
    """Note what an event is for the one who steps through."""
    if isinstance(message, MATTERS):
        tape.stops.append(len(tape.events) - 1)
    if isinstance(message, SpeechStarted):
        tape.turns_us.setdefault(message.turn, latest_us)
    elif isinstance(message, OperatorAct) and message.action == "mark" and not message.refused:
        about_us = us
        if message.at_us:
            about_us += elapsed_us((tape.clock_us + us) % CLOCK_MODULUS_US, message.at_us)
        tape.marks.append(Mark(max(0, about_us), message.by, message.words))
    elif isinstance(message, CallClosed):
        tape.finished = True


def _head(folder: Path) -> tuple[dict[str, Any], int]:
    """The journal's first line, empty when it cannot be read, and the number of lines after it."""
    try:
        raw = (folder / EVENTS).read_bytes()
    except OSError as error:
        raise StateError(f"{folder}: no journal can be read there ({error.strerror}).") from None
    first, _, rest = raw.partition(b"\n")
    try:
        about = json.loads(first)
    except ValueError:
        about = {}
    return about if isinstance(about, dict) else {}, len(rest.splitlines())


def _ascending(events: Iterable[tuple[Any, Any, Message]]) -> list[tuple[int, Any, Message]]:
    """The events with times that go beyond what the header's clock can tell apart, 35 minutes."""
    found: list[tuple[int, Any, Message]] = []
    last_us = 0
    for us, flags, message in events:
        if not isinstance(us, int):
            continue
        last_us += elapsed_us(last_us % CLOCK_MODULUS_US, us % CLOCK_MODULUS_US)
        found.append((max(0, last_us), flags, message))
    return found


def _estimated_clock(events: list[tuple[int, Any, Message]]) -> int:
    """The clock at the beginning, of a journal that does not tell it: from a message that tells a time itself."""
    for us, _, message in events:
        if isinstance(message, PlaybackStarted):
            return (message.at_us - us) % CLOCK_MODULUS_US
    return 0


def _media_begins(events: list[tuple[int, Any, Message]]) -> int:
    """When media time began: what was told soonest after it was heard is nearest to it."""
    heard = [us - m.end_ms * 1000 for us, _, m in events if isinstance(m, Voice) and m.side == "far"]
    judged = [us - m.decided_ms * 1000 for us, _, m in events if isinstance(m, TurnEnded)]
    return max(0, min(heard or judged or [0]))


def _number(call: object) -> int:
    named = _NUMBERED.fullmatch(call) if isinstance(call, str) else None
    number = int(named[1]) if named else 1
    return number if 0 < number < 1 << 16 else 1


def _began(wall: object) -> datetime:
    try:
        return datetime.fromisoformat(str(wall)).astimezone().replace(tzinfo=None)
    except ValueError:
        return datetime.fromtimestamp(0, UTC).replace(tzinfo=None)
