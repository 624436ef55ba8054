"""Journals of the operated call, written by the engine's own writer."""

from __future__ import annotations

import json
import wave
from pathlib import Path

from engine.journal import JournalWriter
from tests.fakes.sample_call import with_voices
from tests.fakes.taken_over_call import END_MS, RESTAURANT, numbered, operated

CALL = "20260511-184012-77-7"
WALL = "2026-05-11T18:40:12.000"  # local time, wherever the tests run
START_US = (1 << 32) - 3_000_000  # the clock of the headers wraps in the third second


def sample_journal(
    journals: Path,
    call: str = CALL,
    *,
    until_ms: int = END_MS,
    sound: bool = False,
    voices: bool = False,
    summary: bool | None = None,
) -> Path:
    """A folder as an engine leaves it: complete, or of a call that was cut off."""
    folder = journals / call
    task = {"restaurant": RESTAURANT, "today": "2026-05-11", "date": "2026-05-15", "time": "20:00"}
    about = {"call": call, "line": "simulated", "scenario": "en/operated", "task": task}
    writer = JournalWriter(folder, about, START_US)
    steps = operated(START_US)
    for header, message in numbered(7, with_voices(steps) if voices else steps, START_US):
        if (header.time_us - START_US) % (1 << 32) <= until_ms * 1000:
            writer.append(header, message)
    if summary if summary is not None else until_ms == END_MS:
        writer.close({"call": call, "outcome": "booked", "reason": ""})
    events = folder / "events.jsonl"
    first, _, rest = events.read_bytes().partition(b"\n")
    events.write_bytes(json.dumps({**json.loads(first), "wall": WALL}).encode() + b"\n" + rest)
    if sound:
        with wave.open(str(folder / "audio.wav"), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(16_000)
            file.writeframes(b"\x10\x00\x20\x00" * 16 * until_ms)
    return folder
