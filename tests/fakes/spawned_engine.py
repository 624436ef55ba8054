"""An engine without rooms: its lock, its address, its sockets, a child of its own, calls that last until ended.

    python -m tests.fakes.spawned_engine [--fails WORDS | --silent | --deaf] --engine-dir D --alone-s N --state-dir D

What is not among its flags is in its environment, as in a container; `--with-parent`: it ends with its input. It starts
in a tenth of the time of a real one, and obeys the same commands, for the tests of who starts engines.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import msgspec

from engine.house_sockets import HouseSockets
from engine.protocol import ROOMS, Accepted, HangUp, Message, Ping, PlaceCall, Refused, StopEngine
from engine.settings import EngineSettings
from engine.statedir import StateDirectory

PATROL_S = 0.02
ENGINE = "CALL_THING_ENGINE__"
CHILD = "import sys, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); sys.stdin.read()"


class SpawnedEngine:
    def __init__(self, deaf: bool, alone_s: int) -> None:
        self.deaf = deaf  # it says yes to everything and goes on
        self.alone_s = alone_s
        self.sockets = HouseSockets(EngineSettings())
        self.stopping = asyncio.Event()
        self.draining = False
        self.calls = 0

    async def obey(self) -> None:
        async for who, header, command in self.sockets.commands():
            await self.sockets.answer(who, header, self.answer(command))

    def answer(self, command: Message) -> Message:
        match command:
            case PlaceCall() if self.draining:
                return Refused("it ends")
            case PlaceCall():
                self.calls += 1
            case HangUp():
                self.calls = 0
            case StopEngine(after_calls=True):
                self.draining = not self.deaf
            case StopEngine():
                self.end()
            case Ping():
                pass
        return Accepted(self.calls)

    def end(self) -> None:
        if not self.deaf:
            self.stopping.set()

    async def patrol(self) -> None:
        alone_s = 0.0
        while True:
            alone_s = 0.0 if self.sockets.has_clients() or self.calls else alone_s + PATROL_S
            if (self.draining and not self.calls) or (self.alone_s and alone_s > self.alone_s):
                self.stopping.set()
            await asyncio.sleep(PATROL_S)

    async def run(self, state: StateDirectory) -> None:
        self.sockets.open(dict.fromkeys(ROOMS, 9))  # where nobody listens
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.end)
        tasks = [asyncio.create_task(each()) for each in (self.obey, self.patrol)]
        state.announce(msgspec.to_builtins(self.sockets.address("light")))
        await self.stopping.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.sockets.close()


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--fails", default="")
    parser.add_argument("--silent", action="store_true")
    parser.add_argument("--deaf", action="store_true")
    parser.add_argument("--engine-dir", type=Path, default=os.environ.get(f"{ENGINE}DIRECTORY"))
    parser.add_argument("--alone-s", type=int, default=os.environ.get(f"{ENGINE}ALONE_S", 0))
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--with-parent", action="store_true")
    parser.add_argument("--settings", type=Path)
    parser.add_argument("command", nargs="?", choices=["engine"])
    chosen = parser.parse_args()
    if chosen.fails:
        sys.exit(f"call-thing: {chosen.fails}")
    with StateDirectory(chosen.state_dir, own=chosen.engine_dir, needed_free_bytes=0) as state:
        child = subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE)
        (state.own / "child").write_text(str(child.pid))
        if chosen.with_parent:
            threading.Thread(target=_end_with_parent, daemon=True).start()
        if chosen.silent:
            signal.pause()
        asyncio.run(SpawnedEngine(chosen.deaf, chosen.alone_s).run(state))
        child.communicate()


if __name__ == "__main__":
    main()
