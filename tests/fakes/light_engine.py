"""An engine that makes no sound: it takes the real commands, and writes each call that it "dials" into a file.

python -m tests.fakes.light_engine --state-dir DIR --engine-dir DIR --alone-s N     as a local pool starts engines
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
from pathlib import Path

import msgspec

from engine.placed_calls import NONE
from engine.protocol import (
    Accepted,
    CallClosed,
    FindPlaced,
    HangUp,
    LineState,
    Message,
    Outcome,
    PlaceCall,
    PlacedCall,
    Refused,
    StopEngine,
)
from engine.statedir import StateDirectory
from tests.fakes.fake_engine import FakeEngine
from tests.fakes.standing_still import perhaps

LASTS_S = (0.05, 0.4)
LOG, PLAN = "dialled", "plan"  # in the state directory


class LightEngine(FakeEngine):
    """Calls that end by themselves."""

    def __init__(self, state: Path, name: str) -> None:
        super().__init__()
        self.address = msgspec.structs.replace(self.address, pid=os.getpid())
        self.ended = asyncio.Event()
        self._state, self._name = state, name
        self.lasts_s = LASTS_S
        self.outcomes: tuple[Outcome, ...] = ("booked", "booked", "booked", "no_table", "busy")
        self._keys: dict[str, PlacedCall] = {}
        self._chance = random.Random(name)

    async def _obey(self, call: int, command: Message) -> Message:
        match command:
            case PlaceCall() if self.refuses:
                return Refused(self.refuses)
            case PlaceCall(key=key, task=task) if key in self._keys:
                known = self._keys[key]
                return Accepted(known.call) if known.call else Refused("given up before it was placed")
            case PlaceCall(key=key, task=task) if task is not None:
                perhaps(self._state / PLAN, "told", key, os.getpid())
                self._calls += 1
                write(self._state / LOG, f"invite {key} {task.phone} {self._name}")
                self._keys[key] = PlacedCall(call=self._calls, call_id=f"{self._name}-{self._calls}")
                perhaps(self._state / PLAN, "dialled", key, os.getpid())
                self._go(self._course(self._calls, key, task.phone))
                return Accepted(self._calls)
            case FindPlaced(key=key):
                return self._keys.setdefault(key, NONE)
            case StopEngine():
                asyncio.get_running_loop().call_later(0.05, self.ended.set)
                return Accepted()
            case HangUp():
                self.commands.append((call, command))
                await self._over(call, "hung_up")
                return Accepted(call)
        return await super()._obey(call, command)

    async def _course(self, call: int, key: str, phone: str) -> None:
        outcome = self._chance.choice(self.outcomes)
        lasts_s = self._chance.uniform(*self.lasts_s)
        if outcome != "busy":
            await asyncio.sleep(lasts_s / 2)
            self._keys[key] = msgspec.structs.replace(self._keys[key], answered=True)
            await self.say(LineState("answered"), call)
        await asyncio.sleep(lasts_s / 2)
        write(self._state / LOG, f"end {key} {phone} {self._name}")
        await self._over(call, outcome)

    async def _over(self, call: int, outcome: Outcome) -> None:
        [key] = [key for key, placed in self._keys.items() if placed.call == call]
        if not self._keys[key].outcome:
            status = "booked" if outcome == "booked" else "open"
            self._keys[key] = msgspec.structs.replace(self._keys[key], outcome=outcome, status=status)
            await self.say(CallClosed(outcome), call)


def write(log: Path, line: str) -> None:
    """One line, handed to the system before this returns."""
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, f"{line}\n".encode())
    finally:
        os.close(file)


async def serve(state: Path, own: Path) -> None:
    """Be an engine until told to stop."""
    with StateDirectory(state, needed_free_bytes=0, own=own) as directory:
        engine = LightEngine(state, own.name)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, engine.ended.set)
        engine.start()
        directory.announce(msgspec.structs.asdict(engine.address))
        await engine.ended.wait()
        await engine.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--engine-dir", type=Path, required=True)
    parser.add_argument("--alone-s", type=int)
    options = parser.parse_args()
    asyncio.run(serve(options.state_dir, options.engine_dir))
