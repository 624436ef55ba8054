"""supervisor: starts the house, watches it, obeys the consoles (obeying.py).

hears  everything the rooms say; the truth of simulated lines; commands of consoles
says   CallOpened, CallClosed, RoomStarted, Shutdown        to the rooms and lines
       HangUp, HoldLine, SendDigits, TransferLine, AnswerLine   to the line of a call
       what operators ask of calls, see engine/operating        to rooms and lines
       every event of a call, once it is in the journal     to consoles
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from engine.bus import HEARTBEAT_US, now_us
from engine.calls import Calls
from engine.errors import CallThingError, EngineError, ExitCode, StateError
from engine.house_sockets import HouseSockets
from engine.kept_time import CARRIES_AUDIO
from engine.obeying import Obeying
from engine.operating.desk import OperatorDesk
from engine.operating.record import ActsFile
from engine.protocol import (
    ROOMS,
    EngineEvent,
    Heartbeat,
    RoomStarted,
    Shutdown,
)
from engine.records.retention import keep_only
from engine.rooms import Command, Rooms, interpreter
from engine.settings import Settings
from engine.statedir import StateDirectory

log = logging.getLogger(__name__)
PATROL_S = 0.05  # how often the house is looked over
START_TIMEOUT_S = 30.0
DAY_S = 86_400
END_GRACE_S = 1.0  # for lines to say that they have ended
SOUND_GRACE_S = 3.0  # for recordings of calls that have just ended


class Supervisor:
    """One engine. `await run()` returns when it has ended and no process is left."""

    def __init__(
        self,
        settings: Settings,
        on_ready: Callable[[], None] = lambda: None,
        command: Command = interpreter,
    ) -> None:
        """Takes the state directory and all ports at once. Raises CallThingError with nothing left behind.

        command: starts a child; a benchmark has rooms of its own among them.
        """
        self._settings = settings
        self._alone_s = settings.engine.alone_s
        self._on_ready = on_ready
        self._state = StateDirectory(settings.state_path, own=settings.engine_path)
        try:
            self._sockets = HouseSockets(settings.engine)
        except BaseException:
            self._state.close()
            raise
        self._rooms = Rooms(settings, self._sockets.keys, self._sockets.ports, command)
        self._rooms.on_death = self._room_died
        self._calls = Calls(settings, self._sockets, self._rooms, self._state)
        self._desk = OperatorDesk(self._sockets, self._rooms, self._calls, ActsFile(self._state.path))
        self._failure: CallThingError | None = None
        self._stopping = asyncio.Event()
        self._obeying = Obeying(self._sockets, self._rooms, self._calls, self._desk, self._stopping.set)

    async def run(self) -> None:
        """Start everything, serve until told to stop, end everything. Raises CallThingError when it could not live."""
        self._sockets.open(self._rooms.ports)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup means it
                asyncio.get_running_loop().add_signal_handler(number, self._stopping.set)
        work = (self._hear_rooms, self._hear_truths, self._obeying.run, self._patrol, self._forget_old)
        tasks = [asyncio.create_task(each()) for each in work]
        for task in tasks:
            task.add_done_callback(self._work_ended)
        self._rooms.start()
        self._calls.afterwards.finish_recordings()
        try:
            await self._stopping.wait()
        finally:
            await self._calls.end_all(END_GRACE_S)
            self._sockets.say(0, Shutdown())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._rooms.stop()
            await self._calls.afterwards.recordings_finished(SOUND_GRACE_S)
            self._sockets.close()
            self._state.close()
        if self._failure is not None:
            raise self._failure

    def _work_ended(self, task: asyncio.Task[None]) -> None:
        """A part of the supervisor that fails takes the engine down in order, rather than leave it half alive."""
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the supervisor failed", exc_info=error)
            fault = EngineError(f"The supervisor failed ({error!r}). This is a fault of the program.")
            self._failure = error if isinstance(error, CallThingError) else fault
            self._stopping.set()

    async def _hear_rooms(self) -> None:
        async for header, message in self._sockets.from_rooms():
            match message:
                case Heartbeat():
                    self._rooms.heard(message)
                    self._calls.events.show(0, message)
                    if message.room in CARRIES_AUDIO:
                        self._calls.loop_was_late(message.late_ms)
                case EngineEvent() if not header.call:  # what is of one call is no business of the others
                    self._calls.events.tell(message)
                case _:
                    self._calls.take(header, message)

    async def _hear_truths(self) -> None:
        async for header, message in self._sockets.truths():
            self._calls.take(header, message)

    async def _patrol(self) -> None:
        """Heartbeats, rooms that have come back or hang, lines that have ended."""
        began_s, beat_due_s = time.monotonic(), 0.0
        alone_since_s = began_s
        while True:
            now_s = time.monotonic()
            if now_s >= beat_due_s:
                beat_due_s = now_s + HEARTBEAT_US / 1_000_000
                beat = Heartbeat("supervisor", 1, os.getpid(), self._obeying.is_ready)
                self._sockets.say(0, beat)
                self._calls.events.show(0, beat)
            self._open_rooms()
            if not self._obeying.is_ready:
                self._maybe_ready(now_s - began_s)
            for room in self._rooms.hung():
                log.warning("room %s has not answered for too long; killing it", room.child.name)
                room.child.kill()
            self._desk.look_after(now_us())
            self._calls.look_after(now_us())
            if self._obeying.is_draining and not self._calls.live() and not self._obeying.is_at_it:
                self._stopping.set()
            if self._sockets.has_clients() or self._calls.live():
                alone_since_s = now_s
            elif self._alone_s and now_s - alone_since_s > self._alone_s:
                log.info("no call and no client for %d s; the engine ends", self._alone_s)
                self._stopping.set()
            due_s = time.monotonic() + PATROL_S
            await asyncio.sleep(PATROL_S)
            self._calls.loop_was_late(max(0.0, time.monotonic() - due_s) * 1000)

    async def _forget_old(self) -> None:
        """Delete the calls that are older than the settings keep them: now, and once a day."""
        days = self._settings.journal.keep_days
        while days:
            try:
                gone = await asyncio.to_thread(keep_only, self._state.path, days, datetime.now(UTC))
                if gone:
                    log.info("%d calls older than %d days deleted", len(gone), days)
            except StateError as error:
                log.warning("%s", error)
            await asyncio.sleep(DAY_S)

    def _maybe_ready(self, waited_s: float) -> None:
        late = [room for room in ROOMS if not self._rooms.connected(room)]
        if not late:
            self._obeying.is_ready = True
            self._announce()
            self._on_ready()
        elif waited_s > START_TIMEOUT_S:
            self._failure = EngineError(
                f"Not ready after {START_TIMEOUT_S:.0f} s: {', '.join(late)}. Is the machine overloaded? Try again."
            )
            self._stopping.set()

    def _announce(self) -> None:
        """From here on clients find this engine."""
        self._state.announce(msgspec.to_builtins(self._sockets.address(self._obeying.epoch)))

    def _open_rooms(self) -> None:
        """Tell a room that has come back of the calls, and everyone that it is there."""
        for name, room in self._rooms.rooms.items():
            if room.opened or not self._rooms.connected(name):
                continue
            room.opened = True
            if room.incarnation > 1:
                self._calls.reopen(name)
                self._calls.room_started(RoomStarted(name, room.incarnation))  # type: ignore[arg-type]
                self._desk.room_back()
                text = f"room {name} is back after {time.monotonic() - room.died_at_s:.2f} s"
                log.info("%s", text)
                self._calls.events.tell(EngineEvent("info", text, name))

    async def _room_died(self, name: str, code: int, fatal: bool) -> None:
        words = f"exit code {code}" if code >= 0 else f"signal {-code}"
        if fatal:
            self._failure = failure_of(name, code, words, self._rooms.rooms[name].child.last_line)
            self._stopping.set()
            return
        log.warning("room %s ended (%s); starting it again", name, words)
        self._calls.room_died()
        self._calls.events.tell(
            EngineEvent("warning", f"room {name} ended ({words}); starting it again", name)
        )


def failure_of(name: str, code: int, words: str, last_line: str) -> CallThingError:
    """A room that cannot live, in its own words if it had any for people."""
    if code in (ExitCode.BAD_INPUT, ExitCode.ENGINE, ExitCode.STATE, ExitCode.MODEL) and last_line:
        error = CallThingError(last_line)
        error.exit_code = ExitCode(code)
        return error
    return EngineError(
        f"The room {name} ends again and again ({words}). logs/engine.log in the state directory says why."
    )
