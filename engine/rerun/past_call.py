"""A recorded call as it can be held once more: its task, its events, its sound, and when media time began."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np

from engine import journal
from engine.errors import StateError
from engine.lines.placing import LONGEST_S
from engine.protocol import (
    CLOCK_MODULUS_US,
    FRAME_MS,
    HEARING_RATE_HZ,
    Flag,
    LineState,
    Message,
    SoundKept,
    Task,
)
from engine.records.sound import read_samples, sound_file
from engine.rerun.media_time import MediaTime

IMPORTED = "imported"  # the line of a call that was somebody else's recording
FRAME_SAMPLES = HEARING_RATE_HZ * FRAME_MS // 1000

Asks = Literal["", "announce", "consent"]
Event = tuple[int, Flag, Message]  # µs since the call began


class PastCall(NamedTuple):
    """One folder, read."""

    folder: Path
    task: Task
    line: str
    scenario: str
    clock_us: int  # the header's clock when the call began
    events: list[Event]
    pcm: np.ndarray  # int16, shape (samples, 2): the far end, what we sent
    media_us: int  # since the call began: when the first frame of the far end was heard
    asks: Asks = ""  # what was said of recording it

    @property
    def frames(self) -> int:
        """Of 20 ms, the last filled up with silence."""
        return -(-len(self.pcm) // FRAME_SAMPLES)

    @property
    def media(self) -> MediaTime:
        """Which sample was heard when."""
        return MediaTime(self.events, self.media_us)

    @property
    def seconds(self) -> float:
        """Of the far end's sound."""
        return len(self.pcm) / HEARING_RATE_HZ


def read_call(folder: Path) -> PastCall:
    """Raises StateError where there is no journal, no sound, no task, or more than an engine could hold."""
    events = list(journal.read(folder))
    header = _header(folder)
    path = sound_file(folder)
    if path is None:
        raise StateError(
            f"{folder.name} has no recording, so that its far end cannot be heard once more. Calls on real lines are "
            "recorded only where policy allows it."
        )
    pcm = read_samples(path).pcm
    if not len(pcm):
        raise StateError(f"{folder.name}: nothing is in {path.name}; the far end was never heard.")
    if len(pcm) > LONGEST_S * HEARING_RATE_HZ:
        raise StateError(
            f"{folder.name} is longer than {LONGEST_S // 60} minutes, after which a call's clock wraps."
        )
    try:
        task = msgspec.convert(header.get("task"), Task)
    except msgspec.ValidationError as error:
        raise StateError(
            f"{folder.name}: its journal does not say what the call was to bring ({error})."
        ) from None
    return PastCall(
        folder,
        task,
        str(header.get("line", "")),
        str(header.get("scenario", "")),
        int(header.get("clock_us", 0)) % CLOCK_MODULUS_US,
        events,
        pcm,
        _media_us(folder, events),
        _asks(header),
    )


def _header(folder: Path) -> dict[str, Any]:
    try:
        with (folder / journal.EVENTS).open("rb") as file:
            header = json.loads(file.readline())
    except (OSError, ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or "journal" not in header:
        raise StateError(f"{folder}: {journal.EVENTS} does not begin as a journal does.")
    return header


def _asks(header: dict[str, Any]) -> Asks:
    """Records of older versions do not say."""
    told = header.get("recording")
    return told if told in ("announce", "consent") else ""


def _media_us(folder: Path, events: list[Event]) -> int:
    """As summary or journal say; of an old record that does not: when somebody picked up."""
    try:
        began_us = json.loads((folder / journal.SUMMARY).read_bytes())["audio"]["began_us"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        began_us = None
    if isinstance(began_us, int):
        return max(0, began_us)
    told = (message.began_us for _, _, message in events if isinstance(message, SoundKept))
    picked_up = (us for us, _, each in events if isinstance(each, LineState) and each.state == "answered")
    return max(0, next(told, next(picked_up, 0)))
