"""supervisor: starts the house, watches it, owns calls, commands and journals.

hears  everything the rooms say; the truth of simulated lines; commands of consoles
says   CallOpened, CallClosed, RoomStarted, HangUp, Shutdown   to the rooms and lines
       every event of a call, once it is in the journal        to consoles
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import zmq
import zmq.asyncio
from zmq.auth.asyncio import AsyncioAuthenticator

from engine.bus import ROOM_ZAP_DOMAIN, AllowList, Keys, Sequencer, bind_to, connect_to, listening_socket, now_us
from engine.client import EngineAddress
from engine.errors import CallThingError, EngineError, ExitCode, StateError
from engine.live_call import LiveCall
from engine.protocol import (
    CLOCK_MODULUS_US,
    ROOMS,
    Accepted,
    AgentFrame,
    CallClosed,
    CallOpened,
    Checkpoint,
    EngineEvent,
    FarEndTruth,
    FarFrame,
    Flag,
    GetSnapshot,
    HangUp,
    Header,
    Heartbeat,
    LineState,
    MalformedMessage,
    Message,
    PlaceCall,
    Refused,
    RoomStarted,
    Shutdown,
    Snapshot,
    SpeechAudio,
    StopEngine,
    elapsed_us,
    pack,
    unpack,
)
from engine.rooms import Child, Rooms
from engine.settings import Settings
from engine.statedir import StateDirectory

log = logging.getLogger(__name__)
CONSOLE_ZAP_DOMAIN = "consoles"
PATROL_S = 0.05  # how often the house is looked over
SETTLE_US = 1_500_000  # after the line has ended: the agent may still draw its conclusion from the last words
RECENT_CALLS = 20  # ended calls that a console is still told of
START_TIMEOUT_S = 30.0


class Supervisor:
    """One engine. `await run()` returns when it has ended and no process is left."""

    def __init__(self, settings: Settings, on_ready: Callable[[], None] = lambda: None) -> None:
        """Takes the state directory and all ports at once. Raises CallThingError with nothing left behind."""
        self._settings = settings
        self._on_ready = on_ready
        self._state = StateDirectory(settings.state_path)
        try:
            self._open_sockets()
        except BaseException:
            self._state.close()
            raise
        self._calls: dict[int, LiveCall] = {}
        self._ended: list[LiveCall] = []
        self._next_call = 1
        self._ready = False
        self._failure: CallThingError | None = None
        self._stopping = asyncio.Event()

    def _open_sockets(self) -> None:
        engine = self._settings.engine
        if engine.host not in ("127.0.0.1", "localhost"):
            raise EngineError(
                f"engine.host: {engine.host} is not loopback. This version listens on 127.0.0.1 alone; "
                "reach it from elsewhere through an ssh tunnel."
            )
        self._keys = Keys.generate()
        self._console_public, self._console_secret = zmq.curve_keypair()
        self._listeners = {
            "supervisor": listening_socket(),
            "truth": listening_socket(),
            "commands": _listen("engine.command_port", engine.command_port),
            "events": _listen("engine.event_port", engine.event_port),
        }
        ports = {name: sock.getsockname()[1] for name, sock in self._listeners.items()}
        self._rooms = Rooms(self._settings, self._keys, ports)
        self._rooms.on_death = self._room_died
        self._context = zmq.asyncio.Context()
        self._pub = self._context.socket(zmq.PUB)
        self._events = self._context.socket(zmq.PUB)
        self._commands = self._context.socket(zmq.ROUTER)
        self._truth = self._context.socket(zmq.PULL)
        self._heard = self._context.socket(zmq.SUB)
        self._numbers = Sequencer()
        self._event_numbers = Sequencer()

    async def run(self) -> None:
        """Start everything, serve until told to stop, end everything. Raises CallThingError when it could not start."""
        gate = AsyncioAuthenticator(self._context)
        gate.start()
        gate.configure_curve_callback(ROOM_ZAP_DOMAIN, AllowList(self._keys.client_public))
        gate.configure_curve_callback(CONSOLE_ZAP_DOMAIN, AllowList(self._console_public))
        self._bind()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self._stopping.set)
        tasks = [
            asyncio.create_task(work())
            for work in (self._hear_rooms, self._hear_truth, self._obey, self._patrol)
        ]
        self._rooms.start()
        try:
            await self._stopping.wait()
        finally:
            await self._shut_down(tasks)
            gate.stop()
            for sock in (self._pub, self._events, self._commands, self._truth, self._heard):
                sock.close(linger=100)
            self._context.term()
            self._state.close()
        if self._failure is not None:
            raise self._failure

    def _bind(self) -> None:
        ports = self._rooms.ports
        fds = {name: sock.detach() for name, sock in self._listeners.items()}  # ZeroMQ closes them
        bind_to(self._pub, fds["supervisor"], ports["supervisor"], self._keys, ROOM_ZAP_DOMAIN)
        bind_to(self._truth, fds["truth"], ports["truth"], self._keys, ROOM_ZAP_DOMAIN)
        bind_to(self._events, fds["events"], ports["events"], self._keys, CONSOLE_ZAP_DOMAIN)
        bind_to(self._commands, fds["commands"], ports["commands"], self._keys, CONSOLE_ZAP_DOMAIN)
        self._heard.subscribe(b"")
        self._heard.rcvhwm = 50_000
        for room in ROOMS:
            connect_to(self._heard, ports[room], self._keys)

    def _announce(self) -> None:
        self._epoch = uuid.uuid4().hex
        address = EngineAddress(
            pid=os.getpid(),
            epoch=self._epoch,
            host="127.0.0.1",
            command_port=self._rooms.ports["commands"],
            event_port=self._rooms.ports["events"],
            server_public=self._keys.server_public.decode(),
            client_public=self._console_public.decode(),
            client_secret=self._console_secret.decode(),
        )
        self._state.announce(msgspec.to_builtins(address))

    # --- to the rooms and to the consoles -------------------------------------------------------------

    def _say(self, call: int, message: Message, flags: Flag = Flag.NONE) -> Header:
        """To the rooms."""
        at_us = now_us()
        number = self._numbers.number(type(message), call)
        self._pub.send_multipart(pack(message, call, number, at_us, flags))
        return Header(0, call, flags, number, at_us % (1 << 32))

    def _show(self, call: int, message: Message, time_us: int | None = None, flags: Flag = Flag.NONE) -> None:
        """To the journal of the call, then to the consoles."""
        at_us = (now_us() if time_us is None else time_us) % (1 << 32)
        live = self._calls.get(call)
        head, payload = pack(message, call, self._event_numbers.number(type(message), call), at_us, flags)
        if live is not None:
            try:
                live.journal.append(Header(0, call, flags, 0, at_us), message)
            except StateError as error:
                self._lose(live, error)  # what happens to it from here on is shown without a record
            live.keep(head, payload, message)
        self._events.send_multipart([head, payload])

    def _lose(self, live: LiveCall, error: Exception) -> None:
        """A call that cannot be recorded is not continued."""
        if live.outcome is None:
            live.outcome = ("failed", str(error))
            log.error("%s", error)
            self._say(live.number, HangUp("the journal cannot be written"))
            self._tell("error", str(error))

    def _tell(self, level: str, text: str, room: str = "") -> None:
        event = EngineEvent(level, text, room)  # type: ignore[arg-type]
        self._show(0, event)
        for number in self._calls:
            self._show(number, event)

    # --- what comes in -----------------------------------------------------------------------------------

    async def _hear_rooms(self) -> None:
        raw: Any = zmq.Socket.shadow(self._heard)
        while True:
            await self._heard.poll()
            for _ in range(500):
                try:
                    header, message = unpack(raw.recv_multipart(zmq.NOBLOCK))
                except zmq.Again:
                    break
                except MalformedMessage as error:
                    log.warning("dropped a malformed message: %s", error)
                    continue
                self._take(header, message)
            await asyncio.sleep(0)

    def _take(self, header: Header, message: Message) -> None:
        if isinstance(message, Heartbeat):
            self._rooms.heard(message)
            self._show(0, message)
            return
        if isinstance(message, EngineEvent):
            self._tell(message.level, message.text, message.room)
            return
        live = self._calls.get(header.call)
        if live is None or isinstance(message, SpeechAudio):
            return
        if isinstance(message, FarFrame | AgentFrame):
            try:
                live.frame(header, message)
            except OSError as error:
                self._lose(live, error)
            return
        if header.flags & Flag.AGAIN:
            return  # offered to a neighbour that was restarted; it stands in the journal already
        follows = live.take(header, message)
        if not isinstance(message, _NOT_SHOWN):
            self._show(header.call, message, header.time_us, header.flags)
        for follow in follows:
            self._show(header.call, follow)
        if live.wanted is not None and live.line_ended is None:
            self._say(header.call, HangUp("done"))

    async def _hear_truth(self) -> None:
        while True:
            try:
                header, message = unpack(await self._truth.recv_multipart())
            except MalformedMessage:
                continue
            live = self._calls.get(header.call)
            if live is not None and isinstance(message, FarEndTruth):
                live.take(header, message)
                self._show(header.call, message, header.time_us)

    async def _room_died(self, name: str, code: int, fatal: bool) -> None:
        last_line = self._rooms.rooms[name].child.last_line
        words = f"exit code {code}" if code >= 0 else f"signal {-code}"
        if fatal:
            self._failure = _failure_of(name, code, words, last_line)
            self._stopping.set()
            return
        log.warning("room %s ended (%s); starting it again", name, words)
        for live in self._calls.values():
            live.restarts += 1
        self._tell("warning", f"room {name} ended ({words}); starting it again", name)

    # --- the round ------------------------------------------------------------------------------------------

    async def _patrol(self) -> None:
        """Heartbeats, rooms that have come back, lines that have ended, calls that last too long."""
        beat_due_us = 0
        began_us = now_us()
        while True:
            now = now_us()
            if now >= beat_due_us:
                beat_due_us = now + self._settings.engine.heartbeat_ms * 1000
                beat = Heartbeat("supervisor", 1, os.getpid(), self._ready, late_ms=0.0)
                self._say(0, beat)
                self._show(0, beat)
            self._open_rooms()
            if not self._ready and all(self._rooms.connected(room) for room in ROOMS):
                self._ready = True
                self._announce()
                self._on_ready()
            if not self._ready and now - began_us > START_TIMEOUT_S * 1e6:
                late = ", ".join(room for room in ROOMS if not self._rooms.connected(room))
                self._failure = EngineError(f"Not ready after {START_TIMEOUT_S:.0f} s: {late}. Is the machine overloaded?")
                self._stopping.set()
            for room in self._rooms.hung():
                log.warning("room %s has not answered for too long; killing it", room.child.name)
                if room.child.process is not None and room.child.process.returncode is None:
                    room.child.process.kill()
            for live in list(self._calls.values()):
                await self._look_after(live, now)
            await asyncio.sleep(PATROL_S)

    def _open_rooms(self) -> None:
        """Tell a room that has come back of the calls, and everyone that it is there."""
        for name, room in self._rooms.rooms.items():
            if room.opened or not self._rooms.connected(name):
                continue
            room.opened = True
            if room.incarnation > 1:
                for live in self._calls.values():
                    opened = CallOpened(
                        live.task, live.call_id, live.line, live.started_us, name, live.checkpoints.get(name, b"")
                    )
                    self._say(live.number, opened, Flag.AGAIN)
                self._say(0, RoomStarted(name, room.incarnation))  # type: ignore[arg-type]
                text = f"room {name} is back"
                if room.died_at_s:
                    text += f" after {asyncio.get_running_loop().time() - room.died_at_s:.2f} s"
                log.info("%s", text)
                self._tell("info", text, name)

    async def _look_after(self, live: LiveCall, now: int) -> None:
        if live.line_ended is not None:
            settled = live.wanted is not None or elapsed_us(live.line_ended_us, now % CLOCK_MODULUS_US) > SETTLE_US
            if settled or live.outcome is not None:
                await self._close(live)
            return
        if now - live.started_us > self._settings.call.max_seconds * 1_000_000 and live.outcome is None:
            live.outcome = ("failed", f"longer than {self._settings.call.max_seconds} s")
            self._say(live.number, HangUp("too long"))

    async def _close(self, live: LiveCall) -> None:
        if live.outcome is None:
            self._show(live.number, live.end())
        else:
            live.state = "ended"
            self._show(live.number, live.describe())
        outcome, reason = live.outcome or ("failed", "")
        closed = CallClosed(outcome, reason, live.lost_frames, live.restarts)
        self._say(live.number, closed)
        self._show(live.number, closed)
        del self._calls[live.number]
        trouble = live.close()
        if trouble is not None:
            log.error("%s", trouble.text)
            self._show(0, trouble)
        self._ended = [*self._ended, live][-RECENT_CALLS:]
        if live.process is not None:
            await live.process.stop()

    # --- commands ------------------------------------------------------------------------------------------------

    async def _obey(self) -> None:
        while True:
            frames = await self._commands.recv_multipart()
            try:
                header, command = unpack(frames[1:])
            except MalformedMessage as error:
                log.warning("dropped a malformed command: %s", error)
                continue
            try:
                answer = await self._carry_out(header, command)
            except CallThingError as error:
                answer = Refused(str(error))
            await self._commands.send_multipart([frames[0], *pack(answer, header.call, header.sequence, now_us())])

    async def _carry_out(self, header: Header, command: Message) -> Message:
        match command:
            case PlaceCall():
                return Accepted(await self._place(command))
            case HangUp():
                if header.call not in self._calls:
                    return Refused(f"There is no live call {header.call}; it may have ended just now.")
                self._say(header.call, command)
                self._show(header.call, EngineEvent("info", "hang up: asked for by the operator"))
                return Accepted(header.call)
            case GetSnapshot():
                return self._snapshot()
            case StopEngine():
                asyncio.get_running_loop().call_later(0.05, self._stopping.set)
                return Accepted()
        return Refused(f"{type(command).__name__} is no command.")

    def _snapshot(self) -> Snapshot:
        calls = [*self._ended, *self._calls.values()]
        events = tuple(event for live in calls for event in live.kept)
        return Snapshot(self._epoch if self._ready else "", self._ready, self._rooms.states(), events)

    async def _place(self, command: PlaceCall) -> int:
        """Open a call and its line; its number. Raises CallThingError when it is refused."""
        from engine.lines.placing import line_for

        if not self._ready:
            raise EngineError("The engine is still starting; try again in a moment.")
        task, scenario = line_for(command, self._settings)
        number = self._next_call
        stem = f"{Path(scenario).parent.name}-{Path(scenario).stem}" if scenario else "call"
        call_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{stem}-{number}-{os.getpid()}"
        name = f"{Path(scenario).parent.name}/{Path(scenario).stem}" if scenario else ""
        live = LiveCall(number, call_id, task, command.line, name, self._state.journals, now_us(), record=True)
        self._next_call += 1
        self._calls[number] = live
        self._show(number, live.describe())
        self._say(number, CallOpened(task, call_id, command.line, live.started_us))
        live.process = Child("line")
        await live.process.start(self._rooms.line_house(number, scenario))
        asyncio.create_task(self._watch_line(live))  # noqa: RUF006
        return number

    async def _watch_line(self, live: LiveCall) -> None:
        assert live.process is not None
        code = await live.process.wait()
        await asyncio.sleep(0.5)  # what it said last may still be under way
        if live.line_ended is None and live.number in self._calls:
            words = f"the line ended unexpectedly (exit code {code}; {live.process.last_line})"
            self._take(Header(0, live.number, Flag.NONE, 0, now_us() % (1 << 32)), LineState("ended", words))

    async def _shut_down(self, tasks: list[asyncio.Task[None]]) -> None:
        for live in list(self._calls.values()):
            self._say(live.number, HangUp("the engine ends"))
        until = asyncio.get_running_loop().time() + 1.0
        while self._calls and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(PATROL_S)
        for live in list(self._calls.values()):
            await self._close(live)
        self._say(0, Shutdown())
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception) and self._failure is None:
                log.error("supervisor task failed", exc_info=result)
                self._failure = EngineError(f"The supervisor failed: {result!r}. This is a fault of the program.")
        await self._rooms.stop()


_NOT_SHOWN = (FarFrame, AgentFrame, SpeechAudio, Heartbeat, Checkpoint)


def _failure_of(name: str, code: int, words: str, last_line: str) -> CallThingError:
    """A room that cannot live, in its own words if it had any for people."""
    error: CallThingError = EngineError(f"The room {name} ends again and again ({words}). The lines above say why.")
    if code in (ExitCode.BAD_INPUT, ExitCode.ENGINE, ExitCode.STATE, ExitCode.MODEL) and last_line:
        error = CallThingError(last_line)
        error.exit_code = ExitCode(code)
    return error


def _listen(field: str, port: int) -> Any:
    try:
        return listening_socket(port=port)
    except OSError as error:
        raise EngineError(
            f"{field}: port {port} on 127.0.0.1 cannot be used ({error.strerror}). "
            "Set another one, or 0 to let the system choose."
        ) from None
