"""An engine without rooms, on a node of a cluster: it writes down its calls, and they last until they are let go.

python -m tests.fakes.clustered_engine LOG, and the flags of a pool. LOG: a line each, "invite KEY ENGINE HOST". Where
there is a file LOG.let-go, calls end as booked.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import zmq
import zmq.asyncio

from engine.bus import now_us
from engine.journal import JournalWriter
from engine.placed_calls import NONE
from engine.protocol import (
    Accepted,
    CallClosed,
    FindPlaced,
    Flag,
    Header,
    LineState,
    Message,
    PlaceCall,
    PlacedCall,
    Reservation,
    StopEngine,
    Task,
)
from engine.settings_sources import load
from engine.statedir import StateDirectory
from tests.fakes.fake_engine import FakeEngine

LOOK_S = 0.05


class ClusteredEngine(FakeEngine):
    def __init__(self, host: str, state: StateDirectory, log: Path) -> None:
        self._host = host
        super().__init__()
        self.address = msgspec.structs.replace(self.address, pid=os.getpid(), host=host)
        self.stopping = asyncio.Event()
        self._state, self._log = state, log
        self._keys: dict[str, PlacedCall] = {}

    def _bound(self, kind: int, secret: bytes, port: int) -> zmq.asyncio.Socket:
        sock = self._context.socket(kind)
        sock.linger = 0
        sock.curve_server = True
        sock.curve_secretkey = secret
        sock.bind(f"tcp://{self._host}:*")
        return sock

    async def _obey(self, call: int, command: Message) -> Message:
        match command:
            case PlaceCall(key=key, task=task) if task is not None:
                self._calls += 1
                call_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{self._state.number}-{self._calls}"
                self._write(f"invite {key} {self._state.own.name} {self._host}")
                self._keys[key] = PlacedCall(call=self._calls, call_id=call_id)
                self._go(self._course(self._calls, key, task))
                return Accepted(self._calls)
            case FindPlaced(key=key):
                return self._keys.setdefault(key, NONE)
            case StopEngine():
                self.stopping.set()
                return Accepted()
        return await super()._obey(call, command)

    async def _course(self, call: int, key: str, task: Task) -> None:
        placed, began_us = self._keys[key], now_us()
        about = {"call": placed.call_id, "key": key, "task": msgspec.to_builtins(task)}
        journal = JournalWriter(self._state.journals / placed.call_id, about, began_us)
        header = Header(0, call, Flag.NONE, 0, now_us() % (1 << 32))
        journal.append(header, LineState("answered"))
        await self.say(LineState("answered"), call)
        while not self._log.with_suffix(".let-go").exists():
            await asyncio.sleep(LOOK_S)
        reservation = Reservation(status="booked", date=task.date, time=task.time, party_size=task.party_size)
        journal.close(
            {"outcome": "booked", "reason": "", "reservation": msgspec.to_builtins(reservation)},
            (header, CallClosed("booked")),
        )
        self._keys[key] = msgspec.structs.replace(
            placed, answered=True, outcome="booked", status="booked", journal=str(journal.folder)
        )
        await self.say(CallClosed("booked"), call)

    def _write(self, line: str) -> None:
        file = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, f"{line}\n".encode())
        os.fsync(file)
        os.close(file)


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


async def serve(host: str, state: StateDirectory, log: Path) -> None:
    engine = ClusteredEngine(host, state, log)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, engine.stopping.set)
    engine.start()
    state.announce(msgspec.structs.asdict(engine.address))
    await engine.stopping.wait()
    await engine.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("log", type=Path)
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--engine-dir", type=Path, required=True)
    parser.add_argument("--alone-s", type=int)
    parser.add_argument("--with-parent", action="store_true", required=True)
    options = parser.parse_args()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    host = load(options.settings, environment={}).engine.host
    with (
        contextlib.suppress(KeyboardInterrupt),
        StateDirectory(options.state_dir, needed_free_bytes=0, own=options.engine_dir) as directory,
    ):
        asyncio.run(serve(host, directory, options.log))
