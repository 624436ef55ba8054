"""A room of the benchmark's engine: `python benchmarks/stub_rooms.py ROOM`, in the place of `engine.workers`.

transcribe, agent and tts are the engine's own rooms with a service of 0 ms behind each one's seam; the line notes what
passes over it; every other room is as it is.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # started as a script, from anywhere

from benchmarks.stub_plan import StubPlan
from engine.bus import now_us
from engine.protocol import CLOCK_MODULUS_US, LINE_RATE_HZ, Header, elapsed_us
from engine.wiring import House
from engine.workers.__main__ import Later, main, opened

AUDIBLE = 30  # of 32768; a voice that was made quieter is still heard
SAMPLES_PER_MS = LINE_RATE_HZ // 1000


class Notes:
    """A witness of the line: when our frames came, and what of each can be heard. One JSON file a call."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._begins: dict[int, int] = {}
        self._late_us: dict[int, int] = {}
        self._voice: dict[int, list[tuple[float, float, float]]] = {}

    def answered(self, call: int, at_us: int) -> None:
        self._begins[call] = at_us % CLOCK_MODULUS_US
        self._late_us[call] = 0
        self._voice[call] = []

    def sent(self, call: int, number: int, late_us: int) -> None:
        self._late_us[call] = max(late_us, self._late_us[call])

    def heard(self, call: int, header: Header, pcm: bytes) -> None:
        if call in self._begins:
            at_ms = elapsed_us(self._begins[call], header.time_us) / 1000
            audible = np.flatnonzero(np.abs(np.frombuffer(pcm, np.int16)) > AUDIBLE)
            if audible.size:
                first, last = (float(each) / SAMPLES_PER_MS for each in (audible[0], audible[-1] + 1))
                self._voice[call].append((at_ms, at_ms + first, at_ms + last))

    def ended(self, call: int) -> None:
        if call not in self._begins:
            return
        notes = {
            "begins_us": self._begins.pop(call),
            "late_ms": self._late_us.pop(call) / 1000,
            "voice_ms": self._voice.pop(call),
            "written_us": now_us(),
        }
        draft = self._folder / f".{call}.json"
        draft.write_text(json.dumps(notes))
        draft.replace(self._folder / f"{call}.json")


def stubbed(house: House, more: Later) -> None:
    """Run the room that the house's plan names."""
    plan = StubPlan.read()
    if house.line is not None:
        from engine.lines import recorded

        recorded.start(house, more, Notes(Path(plan.heard)))
        return
    from benchmarks.stub_services import ManifestEar, ToneVoice, TwoSentences
    from engine.workers import agent, transcribe, tts

    match house.room:
        case "transcribe":
            transcribe.start(house, ManifestEar(plan))
        case "agent":
            agent.start(house, lambda task, _: TwoSentences(plan, task))
        case "tts":
            tts.start(house, ToneVoice(plan))
        case _:
            opened(house, more)


if __name__ == "__main__":
    sys.exit(main(stubbed))
