"""An engine for the console's benchmark: calls that say thirty messages a second each, over the real wire.

    python benchmarks/console_load.py DIR [--calls 32] [--probe-s 65] [--then-s 535] [--faster 6]

At first in real time; the partials of call 1 carry numbered probes, and for each "number microseconds" to standard
output. Then `then-s` seconds of the same calls, so many times faster. It goes on until it is killed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1]))  # the engine that stands in is that of the tests

from engine.protocol import (
    CacheVerdict,
    CallState,
    Message,
    Sentence,
    SpeechStarted,
    Spoken,
    ToolCalled,
    Transcript,
    TurnEnded,
    Voice,
)
from engine.statedir import StateDirectory
from tests.fakes.fake_engine import FakeEngine
from tests.fakes.sample_call import turn_latency

TURN_MS = 10_000
VOICE_MS = 80  # each side: 25 a second together
PARTIAL_MS = 250
KEPT = 3000  # of what was said, for a console that asks to catch up
TEXT = "half past seven is full but I could do eight at the table by the window if that suits you"
WORDS = TEXT.split()


def state(call: int, name: str) -> CallState:
    return CallState(name, f"Restaurant {call}", "en", "simulated", "en/load")  # type: ignore[arg-type]


def turn(call: int, number: int) -> Iterator[tuple[int, Message]]:
    """Ten seconds of one call: they speak for four and a half, we answer for as long."""
    start = (number - 1) * TURN_MS
    yield 0, state(call, "listening")
    yield 10, SpeechStarted(number, start)
    for at in range(PARTIAL_MS, 4500, PARTIAL_MS):
        said = " ".join(WORDS[: 1 + at // PARTIAL_MS])
        yield at, Transcript(number, said, False, "en", 0.8, start, start + at)
    text = " ".join(WORDS)
    yield 4600, TurnEnded(number, start, start + 4500, start + 4600, 350, "sentence complete")
    yield 4620, Transcript(number, text, True, "en", 0.93, start, start + 4500, asr_us=62_000)
    yield 4630, CacheVerdict(number, number % 3 == 0, 0.9, verdict="below 0.85", cache_us=2000)
    yield 4640, ToolCalled("propose", {"time": "20:00"}, "within what the person accepts")
    yield 4650, Sentence(number, 0, True, number, text, "en")
    yield 4660, state(call, "speaking")
    yield 4680, turn_latency(number, asr=62, cache=3, llm=41, tts=58)
    for at in range(5000, 9500, PARTIAL_MS):
        yield at, Spoken(number, 0, " ".join(WORDS[: (at - 4750) // PARTIAL_MS]), False)
    yield 9600, Spoken(number, 0, text, True, True)
    for at in range(0, TURN_MS, VOICE_MS):
        far, agent = ((0.9, -20.0), (0.03, -57.0)) if at < 4500 else ((0.03, -57.0), (0.9, -20.0))
        wobble = (at // VOICE_MS * 7919 + call) % 9
        yield at, Voice("far", start + at, far[0], far[1] + wobble)
        yield at, Voice("agent", start + at, agent[0], agent[1] + wobble)


class Load:
    """All calls, message by message, on one clock."""

    def __init__(self, engine: FakeEngine, calls: int) -> None:
        self._engine, self._calls = engine, calls
        self._now_ms = 0
        self._probe = 0

    def _steps(self, until_ms: int) -> list[tuple[int, int, Message]]:
        steps = []
        for call in range(1, self._calls + 1):
            shift = call * 311  # so that they do not all do the same at once
            first = (self._now_ms + shift) // TURN_MS
            for number in range(first, (until_ms + shift) // TURN_MS + 1):
                begin = number * TURN_MS - shift
                steps += [
                    (begin + at, call, message)
                    for at, message in turn(call, number + 1)
                    if self._now_ms <= begin + at < until_ms
                ]
        return sorted(steps, key=lambda step: step[0])

    async def play(self, duration_ms: int, speed: float, probes: bool) -> None:
        """Go on for so long, by the calls' own clock."""
        began, from_ms = time.monotonic(), self._now_ms
        for second_ms in range(from_ms, from_ms + duration_ms, 1000):
            for at_ms, call, message in self._steps(second_ms + 1000):
                wait_s = (at_ms - from_ms) / 1000 / speed - (time.monotonic() - began)
                if wait_s > 0.002:
                    await asyncio.sleep(wait_s)
                await self._engine.say(self._with_probe(message) if probes and call == 1 else message, call)
            self._now_ms = second_ms + 1000
            del self._engine.history[: -KEPT * self._calls]

    def _with_probe(self, message: Message) -> Message:
        """Call 1's partials with a number that can be found on the screen."""
        if not isinstance(message, Transcript) or message.final:
            return message
        self._probe += 1
        print(self._probe, time.monotonic_ns() // 1000, flush=True)
        return msgspec.structs.replace(message, text=f"{message.text} probe{self._probe:05d}x")


async def serve(options: argparse.Namespace) -> None:
    with StateDirectory(options.folder, needed_free_bytes=0) as directory:
        engine = FakeEngine()
        engine.start()
        directory.announce(msgspec.structs.asdict(engine.address))
        load = Load(engine, options.calls)
        await load.play(options.probe_s * 1000, 1.0, probes=True)
        print("probed", flush=True)
        await load.play(options.then_s * 1000, options.faster, probes=False)
        print("played", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--calls", type=int, default=32)
    parser.add_argument("--probe-s", type=int, default=65)
    parser.add_argument("--then-s", type=int, default=535)
    parser.add_argument("--faster", type=float, default=6.0)
    asyncio.run(serve(parser.parse_args()))
