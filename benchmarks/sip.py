"""How the SIP line does: two line processes on loopback with Opus, and many short calls in a row.

    python benchmarks/sip.py [--json] [--calls 200] [--bursts 50]

Every figure is taken where the engine takes its own: from the moment playback hands a frame to the line's process to
the moment capture gets the far end's. It holds both processes, both hops, Opus, RTP and the jitter buffer of 20 ms.
Needs no account and nothing installed but the project; run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))  # the far ends are those of the tests

from engine.bus import HEARTBEAT_US, now_us
from engine.lines.placing import LEAD_MS, SIP
from engine.protocol import FRAME_MS, LINE_RATE_HZ, AnswerLine, FlushVoice, HangUp
from engine.report import percentile
from tests.fakes.sip.line_harness import LineHouse
from tests.fakes.sip.line_heard import FrameHeard, Line
from tests.fakes.sip.programs import free_port
from tests.fakes.sip.python_peer import python_peer
from tests.fakes.sip.tones import audible, tone

SEED = 1
BURST_S = 0.06  # as short as a syllable
BETWEEN_S = (0.25, 0.27)  # bursts are heard out, and begin at any moment of the packet clock
SETTLE_S = 1.5
TURN_S = 2
BURSTS = 50  # one way; of them 3/5 so many there and back, 2/5 so many cuts, 1/5 so many seconds of load
LISTEN_S = 1.0  # a burst that has not come by then is lost
FRAME_SAMPLES = LINE_RATE_HZ * FRAME_MS // 1000
LEAD_S = LEAD_MS[SIP] / 1000  # how far ahead of the line our voice is, as playback sends it
WARM_CALLS = 5  # until everything a process needs is loaded
OPUS = {"codecs": ("opus",), "jitter_buffer_ms": 20}


class Onset:
    """When the first audible frame after a silence came in at one end."""

    def __init__(self, line: Line, then: Callable[[], object] | None = None) -> None:
        """then: done at once in the house's thread, such as answering with a burst."""
        self.at_us = 0
        self._heard, self._then = threading.Event(), then
        line.on_frame = self._look

    def _look(self, frame: FrameHeard) -> None:
        if not self.at_us and audible(frame.pcm):
            self.at_us = frame.received_us
            if self._then is not None:
                self._then()
            self._heard.set()

    def wait(self) -> int | None:
        """Monotonic µs, or None when it did not come."""
        return self.at_us if self._heard.wait(LISTEN_S) else None


class Pair:
    """Two lines that talk to each other."""

    def __init__(self, near: Line, far: Line, bursts: int) -> None:
        self.near, self.far, self._bursts = near, far, bursts
        self._chance = random.Random(SEED)
        self.lost = 0
        self._burst = tone(1000, BURST_S, LINE_RATE_HZ)

    def _pause(self) -> None:
        self.near.on_frame = self.far.on_frame = None
        time.sleep(self._chance.uniform(*BETWEEN_S))

    def one_way(self) -> list[float]:
        """From our frame to its sound at the far end's capture, ms."""
        taken = []
        for _ in range(self._bursts):
            self._pause()
            onset = Onset(self.far)
            self._take(taken, self.near.say(self._burst), onset.wait())
        return taken

    def round_trip(self) -> list[float]:
        """There, and at once back again, ms."""
        taken = []
        for _ in range(self._bursts * 3 // 5):
            self._pause()
            back = Onset(self.near)
            Onset(self.far, lambda: self.far.say(self._burst))
            self._take(taken, self.near.say(self._burst), back.wait())
        return taken

    def barge_in(self) -> list[float]:
        """From the cut to the last audible frame at the far end's capture, ms."""
        taken = []
        for _ in range(self._bursts * 2 // 5):
            self._pause()
            self.near.say(tone(1000, 2.0, LINE_RATE_HZ))
            time.sleep(self._chance.uniform(0.5, 0.52))
            flushed_us = self.near.tell_from_playback(FlushVoice())
            time.sleep(0.3)
            heard = [frame.received_us for frame in list(self.far.frames)[-40:] if audible(frame.pcm)]
            self._take(taken, flushed_us, heard[-1] if heard else None)
        return taken

    def _take(self, taken: list[float], from_us: int, to_us: int | None) -> None:
        if to_us is None:
            self.lost += 1
        else:
            taken.append((to_us - from_us) / 1000)

    def load(self) -> tuple[float, float]:
        """CPU in % of a core and memory in MiB of one line process while the two sides talk, each in its turn."""
        processes = [psutil.Process(line.process.pid) for line in (self.near, self.far)]
        before, began_s = sum(_cpu_s(each) for each in processes), time.monotonic()
        voice = tone(440, self._bursts / 5, LINE_RATE_HZ)
        for at in range(0, len(voice), 2 * FRAME_SAMPLES):  # playback sends two whenever two have left
            speaker = (self.near, self.far)[at // (LINE_RATE_HZ * TURN_S) % 2]
            speaker.say(voice[at : at + 2 * FRAME_SAMPLES])
            time.sleep(max(0.0, began_s + at / LINE_RATE_HZ - LEAD_S - time.monotonic()))
        used_s = sum(_cpu_s(each) for each in processes) - before
        memory = [each.memory_info().rss / 2**20 for each in processes]
        return 100 * used_s / (time.monotonic() - began_s) / len(processes), max(memory)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def talk(house: LineHouse, bursts: int) -> dict[str, Any]:
    """Latency and load of one call between two line processes."""
    port = free_port()
    with house.line(sip={**OPUS, "port": port}) as far:
        far.until_it_listens(port)
        started_us = now_us()
        with house.line(f"sip:call-thing@127.0.0.1:{port}", sip=OPUS) as near:
            far.until_state("ringing")
            far.tell(AnswerLine())
            near.until_state("answered")
            far.until_state("answered")
            time.sleep(SETTLE_S)
            pair = Pair(near, far, bursts)
            one_way, round_trip, barge_in = pair.one_way(), pair.round_trip(), pair.barge_in()
            cpu_percent, rss_mib = pair.load()
            near.tell(HangUp())
            near.until_state("ended")
    return {
        "one_way_ms": spread(one_way),
        "round_trip_ms": spread(round_trip),
        "barge_in_ms": spread(barge_in),
        "cpu_percent_per_call": round(cpu_percent, 1),
        "rss_mib_per_call": round(rss_mib, 1),
        "process_start_ms": round((near.state_times_us[0] - started_us) / 1000, 1),
        "bursts_lost": pair.lost,
    }


def dial_in_a_row(house: LineHouse, count: int) -> dict[str, Any]:
    """Short calls, one after the other, in one line process; the far end picks up at once.

    From the plan's way into the process to the answer's way out, INVITE and 200 between them.
    """
    waits: list[float] = []
    lost = 0
    with ExitStack() as ends:
        far = ends.enter_context(python_peer(Path(ends.enter_context(tempfile.TemporaryDirectory()))))
        line = first = ends.enter_context(house.line(far.uri, sip={"calls_per_process": 2}))
        process = psutil.Process(first.process.pid)
        before = _open_things(process)
        given_us = 0
        for number in range(1, count + 1):
            try:
                line.until_state("answered")
                if given_us:  # the first one waited for its process
                    waits.append((line.state_times_us[-1] - given_us) / 1000)
                line.hang_up()
            except AssertionError:
                lost += 1
            if number == min(WARM_CALLS, count):
                before = _open_things(process)
            if number < count:
                given_us = now_us()
                line = house.more(first, far.uri)
        after = _open_things(process)
    return {
        "dial_to_established_ms": spread(waits),
        "calls": count,
        "lost": lost,
        "growth_mib": round((after[0] - before[0]) / 2**20, 2),
        "growth_descriptors": after[1] - before[1],
        "growth_threads": after[2] - before[2],
    }


def _open_things(process: psutil.Process) -> tuple[int, int, int]:
    """Memory in bytes, descriptors, threads."""
    return process.memory_info().rss, process.num_fds(), process.num_threads()


def spread(values: list[float]) -> dict[str, float | None]:
    """p50 and p95, to a tenth of a millisecond."""
    shares = {"p50": percentile(values, 0.5), "p95": percentile(values, 0.95)}
    return {name: None if value is None else round(value, 1) for name, value in shares.items()}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--bursts", type=int, default=BURSTS)
    arguments = parser.parse_args()
    with LineHouse(beat_s=HEARTBEAT_US / 1e6) as house:
        figures = talk(house, arguments.bursts) | dial_in_a_row(house, arguments.calls)
    if arguments.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            print(f"{name:<28}{value}")
    return 0 if not figures["lost"] and not figures["bursts_lost"] else 1


if __name__ == "__main__":
    sys.exit(main())
