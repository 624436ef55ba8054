"""What the console costs and how fast it is.

    python benchmarks/console.py [--json] [--calls 32] [--probe-s 65] [--simulated-s 600] [--repeat 10]

cpu_percent            of one core: the console in a terminal of 160x45, which watches 32 calls of 30 messages a second
message_to_screen_ms   from the moment a message is published to the moment its words are read from that terminal
rss_mib                after the first seconds, and after ten minutes of these calls. Only the first 65 s pass in real
                       time, the rest six times as fast, so that the same number of messages has gone through
command_ack_ms         from a key (m) to the act on the engine's events, which tells it once it is in the journal
arm_to_live_ms         from the key (p) on an armed microphone to the agent's silence; a real engine, a simulated line
mic_off_to_silence_ms  from the key (F9) to the last 20 ms of the operator on that line, 0 when none came after it; the
                       longest of all take-overs

The calls of the first three come from a process of their own over the same encrypted sockets as an engine's. The last
two have a microphone without a sound card: what a sound card adds is on its own side of the switch. Run it on a quiet
machine; it takes about five minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(
    0, str(Path(__file__).parents[1])
)  # before this folder, in which this file has the console's name

from textual import events

from benchmarks.console_pty import Terminal
from console.app import ConsoleApp
from console.audio.fake import FakeSound
from console.clock import SystemClock
from console.link.client import EngineLink
from console.state.store import Store
from engine.client import Client, EngineAddress
from engine.launch import EngineProcess
from engine.protocol import Accepted, AgentFrame, AgentSilenced, Flag, OperatorAct, PlaceCall, Presence
from engine.report import percentile
from engine.scenario import find
from engine.settings import Settings

ROOT = Path(__file__).parents[1]
WARM_UP_S = 5
SCENARIO = "en/asks_name_phone"
OPERATOR = "bench"
ACKS = 30


def watching(calls: int, probe_s: int, simulated_s: int, faster: float) -> dict[str, Any]:
    """The first three figures."""
    with tempfile.TemporaryDirectory(prefix="ct-") as folder:
        command = [
            sys.executable,
            str(ROOT / "benchmarks" / "console_load.py"),
            folder,
            "--calls",
            str(calls),
        ]
        command += ["--probe-s", str(probe_s), "--then-s", str(max(0, simulated_s - probe_s))]
        load = subprocess.Popen([*command, "--faster", str(faster)], stdout=subprocess.PIPE, text=True)
        terminal = Terminal(["--state-dir", folder, "--operator", OPERATOR])
        try:
            terminal.until("Restaurant")
            time.sleep(1)
            terminal.type("1")  # the call that has the probes
            terminal.until("probe00")
            process = psutil.Process(terminal.process.pid)
            time.sleep(WARM_UP_S)
            start_mib, began, cpu_s = _rss_mib(process), time.monotonic(), _cpu_s(process)
            first = max(terminal.seen_us)
            said = dict(_probes(load))
            cpu_percent = 100 * (_cpu_s(process) - cpu_s) / (time.monotonic() - began)
            assert load.stdout is not None
            if load.stdout.readline().strip() != "played":
                raise SystemExit("the load ended too soon; see above")
            time.sleep(1)
            end_mib = _rss_mib(process)
        finally:
            terminal.close()
            load.kill()
            load.wait()
    waited = [
        (seen_us - said[number]) / 1000
        for number, seen_us in terminal.seen_us.items()
        if number > first and number in said
    ]
    return {
        "cpu_percent": round(cpu_percent, 1),
        "message_to_screen_ms": _shares(waited),
        "rss_mib": {"start": round(start_mib, 1), "end": round(end_mib, 1)},
    }


def _probes(load: subprocess.Popen[str]) -> list[tuple[int, int]]:
    """(number, µs) of all probes, once the last has been said."""
    said = []
    assert load.stdout is not None
    for line in load.stdout:
        if line.strip() == "probed":
            return said
        number, at_us = line.split()
        said.append((int(number), int(at_us)))
    raise SystemExit("the load ended too soon; see above")


def _rss_mib(process: psutil.Process) -> float:
    return process.memory_info().rss / (1 << 20)


def _cpu_s(process: psutil.Process) -> float:
    return sum(process.cpu_times()[:2])


def _shares(values: list[float]) -> dict[str, float]:
    return {"p50": round(percentile(values, 0.5), 1), "p95": round(percentile(values, 0.95), 1)}


class Bystander:
    """Another console: what is told, and the operator's voice on the line, each with the time of its coming."""

    def __init__(self, address: EngineAddress) -> None:
        self.client = Client(address, OperatorAct, AgentSilenced, operator="bystander")
        self.told: list[tuple[int, Any]] = []
        self.voice_us: list[int] = []
        self.call = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def dial(self) -> int:
        """A call on the simulated line, heard from now on."""
        await self._stop()
        await asyncio.sleep(0.3)  # the subscription
        self.call = (await self.client.request(PlaceCall(scenario=str(find(SCENARIO))), Accepted)).call
        self._tasks = [asyncio.create_task(work) for work in (self._drain(), self._hear(self.call))]
        return self.call

    async def _drain(self) -> None:
        due = 0.0
        while True:
            if time.monotonic() >= due:
                due = time.monotonic() + 0.5
                self.client.send(Presence(listens_to=self.call))
            self.told += [(_now_us(), message) for _, message in self.client.drain()]
            await asyncio.sleep(0.001)

    async def _hear(self, call: int) -> None:
        async for header, frame in self.client.listen(call):
            if isinstance(frame, AgentFrame) and header.flags & Flag.OPERATOR:
                self.voice_us.append(_now_us())

    def first(self, since_us: int, holds: Callable[[Any], bool]) -> int | None:
        """When the first such message came."""
        return next((at for at, message in self.told if at >= since_us and holds(message)), None)

    async def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        await self._stop()
        self.client.close()


def _now_us() -> int:
    return time.monotonic_ns() // 1000


async def _until(holds: Callable[[], Any], what: str, timeout_s: float = 20.0) -> None:
    until_s = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > until_s:
            raise TimeoutError(what)
        await asyncio.sleep(0.002)


async def acks(address: EngineAddress, state: Path) -> list[float]:
    """Milliseconds from the key to the act, in a terminal."""
    line, found = Bystander(address), []
    terminal = Terminal(["--state-dir", str(state), "--operator", OPERATOR])
    try:
        await asyncio.to_thread(terminal.until, "live")
        await line.dial()
        await asyncio.to_thread(terminal.until, "hang up")
        await asyncio.sleep(1)
        for _ in range(ACKS):
            pressed_us = terminal.type("m")
            await _until(lambda: line.first(pressed_us, _is_own_act), "the engine has not carried out a key")  # noqa: B023
            at_us = line.first(pressed_us, _is_own_act)
            assert at_us is not None
            found.append((at_us - pressed_us) / 1000)
            await asyncio.sleep(0.25)
    finally:
        terminal.close()
        await line.close()
    return found


def _is_own_act(message: Any) -> bool:
    return isinstance(message, OperatorAct) and message.by == OPERATOR and not message.refused


def _is_silence(message: Any) -> bool:
    return isinstance(message, AgentSilenced) and message.reason == "operator"


async def take_overs(address: EngineAddress, state: Path, repeat: int) -> tuple[list[float], list[float]]:
    """Milliseconds from armed to live, and from off to silence."""
    line, live_ms, silent_ms = Bystander(address), [], []
    sound, store, clock = FakeSound(), Store(), SystemClock()
    link = EngineLink(state, store, clock.now_us, operator=OPERATOR)
    app = ConsoleApp(store, link, clock=clock, sound=sound, where=str(state))

    async def speaks() -> None:
        while True:
            sound.mic.speak()
            await asyncio.sleep(0.02)

    async with app.run_test(size=(160, 45)):
        voice = asyncio.create_task(speaks())
        try:
            await _until(lambda: store.link == "live", "the console has found no engine")
            for number in range(repeat):
                if number % 3 == 0:
                    store.want(await line.dial())
                    await _until(lambda: _picked_up(store, line.call), "nobody has picked up")
                one, other = await _take_over(app, line)
                live_ms.append(one)
                silent_ms.append(other)
        finally:
            voice.cancel()
            await line.close()
    return live_ms, silent_ms


def _picked_up(store: Store, call: int) -> bool:
    return store.selected == call and store.call is not None and store.call.state in ("listening", "speaking")


async def _take_over(app: ConsoleApp, line: Bystander) -> tuple[float, float]:
    mic = app.store.mic
    _press(app, "t")
    await _until(lambda: mic.stage == "armed", "the microphone was not armed")
    await asyncio.sleep(0.3)  # the box has said so
    pressed_us = _press(app, "p")
    await _until(lambda: line.first(pressed_us, _is_silence), "the agent was not silenced")
    live_us = line.first(pressed_us, _is_silence)
    assert live_us is not None
    await _until(lambda: mic.stage == "live" and not app.screen.is_modal, "the microphone is not live")
    await asyncio.sleep(0.2)
    _press(app, "space", " ")
    before = len(line.voice_us)
    await _until(lambda: len(line.voice_us) > before + 20, "the operator is not heard")
    off_us = _press(app, "f9", None)
    await asyncio.sleep(0.7)
    last_us = max(line.voice_us)
    _press(app, "H")
    await _until(lambda: app.screen.is_modal, "nothing asks what was agreed")
    await asyncio.sleep(0.1)
    _press(app, "enter", "\r")
    await _until(lambda: mic.stage == "off", "the call was not handed back")
    await asyncio.sleep(0.3)
    return (live_us - pressed_us) / 1000, max(0.0, (last_us - off_us) / 1000)


def _press(app: ConsoleApp, key: str, character: str | None = "") -> int:
    now_us = _now_us()
    app.post_message(events.Key(key, key if character == "" else character))
    return now_us


def acting(repeat: int) -> dict[str, Any]:
    """The other figures, with an engine of their own."""
    with tempfile.TemporaryDirectory(prefix="ct-") as folder, contextlib.ExitStack() as stack:
        state = Path(folder) / "state"
        process = EngineProcess(Settings(state_dir=str(state)), ["--state-dir", str(state)])
        stack.callback(process.stop)
        address = asyncio.run(process.ready())
        ack_ms = asyncio.run(acks(address, state))
        live_ms, silent_ms = asyncio.run(take_overs(address, state, repeat))
    return {
        "command_ack_ms": _shares(ack_ms),
        "arm_to_live_ms": round(percentile(live_ms, 0.5), 1),
        "mic_off_to_silence_ms": round(max(silent_ms), 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="only the figures, for programs")
    parser.add_argument("--calls", type=int, default=32)
    parser.add_argument("--probe-s", type=int, default=65, help="seconds in real time, at least 20")
    parser.add_argument("--simulated-s", type=int, default=600, help="seconds of the calls in all")
    parser.add_argument("--faster", type=float, default=6.0)
    parser.add_argument("--repeat", type=int, default=10, help="take-overs")
    options = parser.parse_args()
    figures = watching(options.calls, options.probe_s, options.simulated_s, options.faster)
    figures |= acting(options.repeat)
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(
                f"{name:<24}{value if not isinstance(value, dict) else '  '.join(f'{k} {v}' for k, v in value.items())}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
