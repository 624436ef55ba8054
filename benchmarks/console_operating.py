"""How fast an operator's keys act on a call: in a terminal, and with the microphone of a console in this process."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual import events

from benchmarks.console_pty import Terminal
from console.app import ConsoleApp
from console.audio.fake import FakeSound
from console.clock import SystemClock
from console.link.client import EngineLink
from console.state.store import Store
from engine.bus import now_us
from engine.client import Client, EngineAddress
from engine.launch import EngineProcess
from engine.protocol import Accepted, AgentFrame, AgentSilenced, Flag, OperatorAct, PlaceCall, Presence
from engine.report import percentile
from engine.scenario import find
from engine.settings import Settings

SCENARIO = "en/asks_name_phone"
OPERATOR = "bench"
ACKS = 30


def shares_of(values: list[float]) -> dict[str, float]:
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
            self.told += [(now_us(), message) for _, message in self.client.drain()]
            await asyncio.sleep(0.001)

    async def _hear(self, call: int) -> None:
        async for header, frame in self.client.listen(call):
            if isinstance(frame, AgentFrame) and header.flags & Flag.OPERATOR:
                self.voice_us.append(now_us())

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
    pressed_us = now_us()
    app.post_message(events.Key(key, key if character == "" else character))
    return pressed_us


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
        "command_ack_ms": shares_of(ack_ms),
        "arm_to_live_ms": round(percentile(live_ms, 0.5), 1),
        "mic_off_to_silence_ms": round(max(silent_ms), 1),
    }
