"""The operator's microphone and ear through a real sound system, a real engine and the console in a real terminal."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from engine.client import Client
from engine.launch import EngineProcess
from engine.protocol import (
    AgentFrame,
    AgentSilenced,
    CallState,
    FarFrame,
    Flag,
    MicState,
    OperatorLeft,
    PlaceCall,
    Presence,
)
from engine.scenario import find
from engine.settings import Settings
from tests.console.test_terminal import ROOT, Tmux
from tests.fakes.pulse import Ear, Mouth, PulseServer, missing

LOUD = 1500  # int16; the tone has 8000, and what is not meant to be heard is digital silence
pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=missing()),
    pytest.mark.skipif(shutil.which("tmux") is None, reason="not installed: tmux"),
]


@pytest.fixture
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("p")  # short: a socket's path has a limit


@pytest.fixture
def sound(folder):
    server = PulseServer(folder / "s")
    yield server
    server.close()


@pytest.fixture
def engine(folder):
    state = folder / "state"
    process = EngineProcess(Settings(state_dir=str(state)), ["--state-dir", str(state)])
    process.address = asyncio.run(process.ready())
    yield process
    process.stop()


@pytest.fixture
def console(folder, sound, engine):
    tmux = Tmux(folder)
    program = f"{sys.executable} -m console --operator nora --state-dir {folder / 'state'}"
    own = " ".join(
        f"{name}='{sound.environment[name]}'" for name in ("HOME", "XDG_RUNTIME_DIR", "PULSE_SERVER")
    )
    tmux("new-session", "-d", "-x", "120", "-y", "40", f"cd {ROOT}; {own} {program}")
    tmux("set", "-g", "focus-events", "on")
    yield tmux
    tmux("kill-server")


class Bystander:
    """Another console, which hears the line and what is told of the microphone."""

    def __init__(self, address) -> None:
        self.client = Client(address, MicState, AgentSilenced, CallState, OperatorLeft, operator="bystander")
        self.call = 0
        self.told = []
        self.operator: list[tuple[float, np.ndarray]] = []  # when it was seen, 20 ms at 48 kHz
        self.far_loud = 0

    async def __aenter__(self):
        self._tasks = [asyncio.create_task(self._attend())]
        return self

    async def __aexit__(self, *_):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.client.close()

    async def dial(self, scenario: str) -> None:
        await asyncio.sleep(0.3)  # the subscription
        self.call = (await self.client.request(PlaceCall(scenario=str(find(scenario))), answer_kind())).call
        self._tasks.append(asyncio.create_task(self._hear()))

    async def _attend(self) -> None:
        while True:
            self.client.send(Presence(listens_to=self.call))
            self.told += [message for _, message in self.client.drain()]
            await asyncio.sleep(0.05)

    async def _hear(self) -> None:
        async for header, frame in self.client.listen(self.call):
            pcm = np.frombuffer(frame.pcm, np.int16)
            if isinstance(frame, AgentFrame) and header.flags & Flag.OPERATOR:
                self.operator.append((time.monotonic(), pcm))
            elif isinstance(frame, FarFrame) and np.abs(pcm).max() > LOUD:
                self.far_loud += 1

    def loud_since(self, since_s: float) -> list[float]:
        return [at for at, pcm in self.operator if at >= since_s and np.abs(pcm).max() > LOUD]

    def last(self, kind):
        return next((message for message in reversed(self.told) if isinstance(message, kind)), None)


def answer_kind():
    from engine.protocol import Accepted

    return Accepted


async def until(holds, what, timeout_s=30.0):
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < timeout_s, what() if callable(what) else what
        await asyncio.sleep(0.02)


@pytest.mark.timeout(150)
async def test_a_voice_goes_from_the_microphone_to_the_line_and_the_far_end_to_the_ear(
    engine, sound, console, folder
):
    mouth, ear = Mouth(sound), Ear(sound)
    try:
        async with Bystander(engine.address) as line:
            await until(lambda: "engine ●" in console.screen(), console.screen)
            await line.dial("en/accepts")
            await until(lambda: line.far_loud > 5, console.screen)
            console("send-keys", "t")
            await until(lambda: "microphone  default" in console.screen(), console.screen)
            await until(lambda: "granted, for" in console.screen(), console.screen)
            assert not line.operator
            console("send-keys", "p")
            await until(lambda: "● LIVE call 1" in console.screen(), console.screen)
            await until(lambda: line.last(AgentSilenced) == AgentSilenced("operator", "nora"), line.told)

            mouth.tone.set()  # before the key: nothing of it may be heard
            await asyncio.sleep(0.5)
            assert not line.operator
            mouth.tone.clear()
            await asyncio.sleep(0.5)  # until it has run out of the sound system

            pressed = time.monotonic()
            console("send-keys", "Space")
            await until(lambda: bool(line.operator), console.screen)
            print(f"talk key to the first frame on the line: {1000 * (line.operator[0][0] - pressed):.0f} ms")
            spoke = time.monotonic()
            mouth.tone.set()
            await until(lambda: len(line.loud_since(spoke)) > 25, console.screen)
            first_ms = 1000 * (line.loud_since(spoke)[0] - spoke)
            print(f"voice to the line, with the sound server's own buffers: {first_ms:.0f} ms")
            assert first_ms < 2000  # 60 on a quiet machine
            tone = np.concatenate([pcm for at, pcm in line.operator if at >= line.loud_since(spoke)[5]])[
                :24_000
            ]
            spectrum = np.abs(np.fft.rfft(tone.astype(float) * np.hanning(tone.size)))
            assert abs(spectrum.argmax() * 48_000 / tone.size - 440) < 10

            muted = time.monotonic()
            console("send-keys", "F9")
            await until(lambda: "muted" in console.screen(), console.screen)
            await asyncio.sleep(0.6)
            last_ms = 1000 * (max(at for at, _ in line.operator) - muted)
            print(f"microphone off to the last frame on the line: {last_ms:.0f} ms")
            assert last_ms < 1000 and "LIVE" in console.screen()

            await until(lambda: np.abs(ear.heard()).max(initial=0) > LOUD, "the far end is not heard", 20)
            console("send-keys", "H")
            await until(lambda: "what was agreed" in console.screen(), console.screen)
            console("send-keys", "nothing yet", "Enter")
            await until(lambda: line.last(MicState) == MicState("off", "nora", why="handed back"), line.told)
            await until(lambda: "mic OFF" in console.screen(), console.screen)
    finally:
        mouth.close()
        ear.close()
    assert "ALSA" not in console.screen()
