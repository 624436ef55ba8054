"""What a peer is given to do, and what came of it: files to play, words to hear, our voice to note.

Runs in the peers' environments: the standard library and numpy alone.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
import wave
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

FRAME_S = 0.02
TONE_HZ = 440


class Word(NamedTuple):
    """One word of a file; heard from here on."""

    text: str
    heard_s: float
    turn: int


class Call:
    """One file on its way through a peer."""

    def __init__(self, job: Job, told: dict[str, Any]) -> None:
        self.job = job
        self.name: str = told["name"]
        self.words = [Word(*word) for word in told["words"]]
        self.stops_s: list[float] = told["stops_s"]  # where speech truly pauses or ends
        self.speak_at_s: list[float] = told["speak_at_s"]  # where we are made to say something long
        self.pcm, self.rate_hz = _pcm(Path(told["path"]))
        for first_s, last_s in told["mute_s"]:
            first, last = int(first_s * self.rate_hz), int(last_s * self.rate_hz)
            quiet = self.pcm[first - (last - first) // 2 - 1 : first]  # the line's noise from before
            for at in range(first, last):
                self.pcm[at] = quiet[(at - first) % max(1, len(quiet))] if len(quiet) else 0
        self.voice: list[tuple[float, float, float]] = []
        self.decided_s: list[float] = []
        self.late_s = 0.0
        self._begins_s = math.inf

    def begin(self) -> None:
        """The file begins now."""
        self._begins_s = time.monotonic()

    def now_s(self) -> float:
        """Where in the file we are; negative before it has begun."""
        return time.monotonic() - self._begins_s

    def words_until(self, at_s: float) -> list[Word]:
        """What has been said by then."""
        return [word for word in self.words if word.heard_s <= at_s]

    def heard(self, at_s: float, first_s: float, last_s: float) -> None:
        """A piece of our voice was handed to the line; when it sounds."""
        self.voice.append((at_s, first_s, last_s))

    def decided(self) -> None:
        """The peer has decided that a turn is over."""
        self.decided_s.append(self.now_s())

    async def frames(self) -> AsyncIterator[bytes]:
        """The file in frames of 20 ms, each when its last sample would have been spoken."""
        size = int(self.rate_hz * FRAME_S)
        for number in range(len(self.pcm) // size):
            due_s = (number + 1) * FRAME_S
            await asyncio.sleep(max(0.0, due_s - self.now_s()))
            self.late_s = max(self.late_s, self.now_s() - due_s)
            yield self.pcm[number * size : (number + 1) * size].tobytes()


class Job:
    """A profile, and the files to be played with it."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.profile: str = told["profile"]
        self.answer: str = told["answer"]
        self.long_answer: str = told["long_answer"]
        self.ms_a_character: int = told["ms_a_character"]
        self.amplitude: int = told["amplitude"]
        self._at_once: int = told["at_once"]
        self._tones: dict[str, bytes] = {}
        self.calls = [Call(self, each) for each in told["files"]]

    @classmethod
    def read(cls, path: Path) -> Job:
        """As benchmarks/peers.py wrote it."""
        return cls(json.loads(path.read_text()))

    def tone(self, text: str, rate_hz: int) -> bytes:
        """What stands for a spoken sentence."""
        text = text.strip()
        if text not in self._tones:
            samples = rate_hz * self.ms_a_character * len(text) // 1000
            wave_of = (
                int(self.amplitude * math.cos(2 * math.pi * TONE_HZ * n / rate_hz)) for n in range(samples)
            )
            self._tones[text] = array("h", wave_of).tobytes()
        return self._tones[text]

    async def run(self, converse: Callable[[Call], Awaitable[None]]) -> None:
        """All files, some at a time."""
        room = asyncio.Semaphore(self._at_once)

        async def one(call: Call) -> None:
            async with room:
                await converse(call)

        await asyncio.gather(*(one(call) for call in self.calls))

    def result(self) -> dict[str, Any]:
        """By the files' names."""
        return {
            call.name: {"voice": call.voice, "decided_s": call.decided_s, "late_ms": call.late_s * 1000}
            for call in self.calls
        }


def _pcm(path: Path) -> tuple[array[int], int]:
    """16 bits, mono."""
    with wave.open(str(path)) as file:
        pcm = array("h", file.readframes(file.getnframes()))
        return pcm[:: file.getnchannels()], file.getframerate()
