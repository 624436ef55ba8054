"""The processes of the house: start a room, notice that it is gone, start it again.

A child is a fresh interpreter (`python -m engine.workers ROOM`), never a fork: CUDA and threads survive no fork.
It gets its plan on standard input, which stays open for as long as the supervisor lives.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable

from engine.brains.keys import key_names
from engine.lines.passwords import password_names
from engine.protocol import ROOMS, Heartbeat
from engine.settings import Settings
from engine.wiring import WIRING, House, Keys, LinePlan, listening_socket
from engine.workers.__main__ import plan

log = logging.getLogger(__name__)
MAX_RESTARTS = 5  # of one room within RESTART_WINDOW_S; more is a fault that restarting does not mend
RESTART_WINDOW_S = 30.0
LOADING_S = 60.0  # a large recogniser comes from a slow disk; until then a room gives no heartbeat
SLOW_ROOMS = {"transcribe": 6}  # times the patience: a large model on a CPU needs seconds for one long turn
LENT = {
    "lines": "capture",
    "played": "playback",
}  # PULL ports that lines push to, and the rooms they belong to
Command = Callable[[str], list[str]]  # a child's name → what to run in its place
GRACE_S = 1.5  # between "please end" and SIGTERM, and again until SIGKILL


def interpreter(name: str) -> list[str]:
    """A fresh interpreter with a room in it, or with a line."""
    return [sys.executable, "-m", "engine.workers", name]


class Child:
    """One child process and its last words."""

    def __init__(self, name: str, command: Command = interpreter) -> None:
        self.name = name
        self._command = command
        self.process: asyncio.subprocess.Process | None = None
        self.last_line = ""

    async def start(self, house: House) -> None:
        """Spawn the interpreter and hand it its plan. Passwords in the environment stay here; a room gets its own key.

        One that ends before it has read its plan is no error here: `wait` tells.
        """
        withheld = password_names(house.settings.sip)
        if self.name != "agent" and not (house.line is not None and house.line.acted):
            withheld |= key_names(house.settings.brain)
        if self.name != "cache":
            withheld.add(house.settings.cache.key_env)
        environment = {name: value for name, value in os.environ.items() if name not in withheld}
        self.process = await asyncio.create_subprocess_exec(
            *self._command(self.name),
            stdin=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=list(house.fds.values()),
            env={**environment, "OMP_NUM_THREADS": "1"},
        )
        with contextlib.suppress(ConnectionError):
            await self.tell(house)

    async def tell(self, part: House | LinePlan) -> None:
        """Write to its standard input: its plan, or a further line. Raises ConnectionError when it is gone."""
        assert self.process is not None and self.process.stdin is not None
        self.process.stdin.write(plan(part))
        await self.process.stdin.drain()

    def close_input(self) -> None:
        """Let it know that nothing more will come, whereupon it ends."""
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()

    async def wait(self) -> int:
        """Until it ends; its words on standard error go to the log meanwhile. Returns the exit code."""
        assert self.process is not None and self.process.stderr is not None
        while True:
            try:
                line = await self.process.stderr.readline()
            except ValueError:  # longer than asyncio's 64 KiB: its beginning is thrown away, the room is not
                continue
            if not line:
                return await self.process.wait()
            self.last_line = line.decode(errors="replace").rstrip() or self.last_line
            sys.stderr.write(f"{self.name}: {line.decode(errors='replace')}")

    def kill(self) -> None:
        """End it at once, if it lives."""
        if self.process is not None and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()

    async def stop(self) -> None:
        """End it: first by itself, then by SIGTERM, at last by SIGKILL."""
        process = self.process
        if process is None:
            return
        for end in (None, process.terminate, process.kill):
            if end is not None:
                with contextlib.suppress(ProcessLookupError):
                    end()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), GRACE_S)
                return


class RoomHealth:
    """What is known of one room."""

    def __init__(self, name: str, command: Command = interpreter) -> None:
        self.child = Child(name, command)
        self.incarnation = 0
        self.beat: Heartbeat | None = None
        self.beat_at_s = time.monotonic()
        self.opened = False  # it has been told of the calls since its last start
        self.started_at: deque[float] = deque(maxlen=MAX_RESTARTS)
        self.died_at_s = 0.0

    def begin(self, now_s: float) -> None:
        """A new incarnation is started now."""
        self.incarnation += 1
        self.opened, self.beat, self.beat_at_s = False, None, now_s
        self.started_at.append(now_s)


class Rooms:
    """The seven rooms, started, watched and restarted."""

    def __init__(
        self, settings: Settings, keys: Keys, ports: dict[str, int], command: Command = interpreter
    ) -> None:
        """ports: of the supervisor's own sockets; those of the rooms are opened here. command: starts each child."""
        self._settings = settings
        self.command = command
        self._keys = keys
        self._listeners: dict[str, socket.socket] = {name: listening_socket() for name in (*ROOMS, *LENT)}
        self.ports = ports | {name: sock.getsockname()[1] for name, sock in self._listeners.items()}
        self.rooms: dict[str, RoomHealth] = {name: RoomHealth(name, command) for name in ROOMS}
        self.restarts = 0
        self._watchers: list[asyncio.Task[None]] = []
        self._ending = False
        self.on_death: Callable[[str, int, bool], Awaitable[None]] | None = None

    def start(self) -> None:
        """Start all rooms and keep them alive from here on."""
        self._watchers = [asyncio.create_task(self._keep_alive(room)) for room in self.rooms.values()]

    def house(self, name: str, incarnation: int) -> House:
        """The plan for a room."""
        fds = {"pub": self._listeners[name].fileno()}
        for port, room in LENT.items():
            if room == name:
                fds[port] = self._listeners[port].fileno()
        return House(name, incarnation, self.ports, fds, self._keys, self._settings)

    def line_house(self, plan: LinePlan) -> House:
        """The plan for a line process, which binds nothing."""
        return House("line", plan.call, self.ports, {}, self._keys, self._settings, plan)

    async def _keep_alive(self, room: RoomHealth) -> None:
        while True:
            room.begin(time.monotonic())
            await room.child.start(self.house(room.child.name, room.incarnation))
            code = await room.child.wait()
            if self._ending:
                return
            ready = room.beat is not None and room.beat.ready
            room.died_at_s = time.monotonic()
            self.restarts += 1
            crowded = (
                len(room.started_at) == MAX_RESTARTS
                and time.monotonic() - room.started_at[0] < RESTART_WINDOW_S
            )
            fatal = crowded or (not ready and code > 0 and room.incarnation == 1)
            if self.on_death is not None:
                await self.on_death(room.child.name, code, fatal)
            if fatal:
                return

    def heard(self, beat: Heartbeat) -> None:
        """A room's heartbeat."""
        room = self.rooms.get(beat.room)
        if room is not None and beat.incarnation == room.incarnation:
            room.beat, room.beat_at_s = beat, time.monotonic()

    def connected(self, name: str) -> bool:
        """Is the room ready, does it hear all it should, and is it heard by all who should hear it?"""
        beat = self.rooms[name].beat
        if beat is None or not beat.ready:
            return False
        if any(beat.hears.get(other) != self._incarnation(other) for other in WIRING[name]):
            return False
        return all(self._hears(hearer, name) for hearer in ROOMS if name in WIRING[hearer])

    def _hears(self, hearer: str, name: str) -> bool:
        beat = self.rooms[hearer].beat
        return beat is not None and beat.hears.get(name) == self._incarnation(name)

    def _incarnation(self, name: str) -> int:
        return 1 if name == "supervisor" else self.rooms[name].incarnation

    def states(self) -> dict[str, str]:
        """Every room's state in one word."""
        return {
            name: "ready" if self.connected(name) else "starting" if room.child.process else "down"
            for name, room in self.rooms.items()
        }

    def hung(self) -> list[RoomHealth]:
        """Rooms that live but have not given a heartbeat for too long; loading a model may take longer."""
        now = time.monotonic()
        return [room for room in self.rooms.values() if now - room.beat_at_s > self._patience_s(room)]

    def _patience_s(self, room: RoomHealth) -> float:
        limit = self._settings.engine.hung_after_ms / 1000 * SLOW_ROOMS.get(room.child.name, 1)
        return limit if room.beat is not None else limit + LOADING_S

    async def stop(self) -> None:
        """End all rooms; returns when none is left."""
        self._ending = True
        await asyncio.gather(*(room.child.stop() for room in self.rooms.values()))
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        for listener in self._listeners.values():
            listener.close()
