"""An engine whose services are stubs: `python benchmarks/stub_engine.py SETTINGS.json`, ended by closing its input.

The supervisor, the bus, capture, vad, cache and playback are the real ones, each room a process of its own.
"""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1]))  # started as a script, from anywhere

from benchmarks.stub_plan import StubPlan
from engine.client import EngineAddress
from engine.errors import EngineError
from engine.launch import address_of
from engine.settings import Settings
from engine.supervisor import Supervisor

ROOM = str(Path(__file__).parent / "stub_rooms.py")
READY_S = 90.0
STOP_S = 10.0
LONGEST_CALL_S = 1800


class StubEngine:
    """A process of its own, for as long as it is needed."""

    def __init__(self, folder: Path, plan: StubPlan, settings: dict[str, Any] | None = None) -> None:
        """folder: everything it writes. settings: what differs from the defaults, as in a settings file."""
        self._state = folder / "state"
        told = {
            "state_dir": str(self._state),
            "call": {"max_seconds": LONGEST_CALL_S},
            **(settings or {}),
        }
        where = folder / "settings.json"
        where.write_bytes(msgspec.json.encode(told))
        self._log = folder / "engine.log"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(where)],
                stdin=subprocess.PIPE,
                stderr=log,
                env=plan.write(folder / "plan.json"),
            )

    def ready(self) -> EngineAddress:
        """Wait for it. Raises EngineError with its own words when it does not come up."""
        until = time.monotonic() + READY_S
        while time.monotonic() < until and self._process.poll() is None:
            address = address_of(self._state) if self._state.is_dir() else None
            if address is not None and address.pid == self._process.pid:
                return address
            time.sleep(0.05)
        raise EngineError(f"The benchmark's engine did not start:\n{self.words()}")

    def words(self) -> str:
        """The end of its log."""
        return "\n".join(self._log.read_text("utf-8", "replace").splitlines()[-12:])

    def times(self, words: str) -> int:
        """How often its log has these words."""
        return self._log.read_text("utf-8", "replace").count(words)

    def stop(self) -> None:
        """End it and everything in it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _end_with_parent(engine: asyncio.Task[None], loop: asyncio.AbstractEventLoop) -> None:
    while os.read(0, 1):
        pass
    loop.call_soon_threadsafe(engine.cancel)


async def _serve(settings: Settings) -> None:
    engine = asyncio.create_task(
        Supervisor(settings, command=lambda room: [sys.executable, ROOM, room]).run()
    )
    watch = (engine, asyncio.get_running_loop())
    threading.Thread(target=_end_with_parent, args=watch, daemon=True).start()
    try:
        await engine
    except asyncio.CancelledError:
        return


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(_serve(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Settings)))
