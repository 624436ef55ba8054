"""Reach the engine of a state directory: the one that runs there, or a new one for as long as it is needed."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

from engine.client import Client, EngineAddress
from engine.errors import CallThingError, EngineError, NoEngine, StateError
from engine.protocol import (
    KINDS,
    Accepted,
    CallClosed,
    GetSnapshot,
    Heartbeat,
    Message,
    Snapshot,
    StopEngine,
    unpack_header,
)
from engine.settings import Settings
from engine.statedir import ADVICE, LOG, StateDirectory, check_usable, is_held

READY_TIMEOUT_S = 40.0
STOP_TIMEOUT_S = 8.0
POLL_S = 0.05
HEAR_TIMEOUT_S = 5.0
END_MARGIN_S = 10.0  # a call that has become too long is hung up, and then wound up
LIVE_POLL_S = 0.5  # a snapshot is some megabytes at most


def address_of(path: Path) -> EngineAddress | None:
    """The engine that runs on a state directory, or None."""
    found = StateDirectory.running(path)
    if found is None:
        return None
    try:
        return msgspec.convert(found, EngineAddress)
    except msgspec.ValidationError:
        raise NoEngine(
            f"{path}: the engine there is of another version. Stop it and start it again."
        ) from None


class EngineGone(NoEngine):
    """The engine of another command has ended while we were connecting to it."""


class EngineProcess:
    """An engine of our own. It ends when we end, in whatever way that happens.

    Where another command starts one on the same directory at the same moment, one of the two gets it; the other
    command uses that one, and what it started has ended by itself.
    """

    def __init__(self, settings: Settings, arguments: list[str]) -> None:
        """arguments: flags that make the engine use the same settings. Raises StateError for an unusable directory."""
        self._path = settings.state_path
        check_usable(self._path)  # said here: the engine's own words go to a file on that disk
        self._log_path = self._path / LOG
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._log_path.parent.mkdir(mode=0o700, exist_ok=True)
            log = _open_log(self._log_path)
            self._log_begins = os.fstat(log).st_size
        except OSError as error:
            raise StateError(f"{self._log_path}: cannot be written ({error.strerror}). {ADVICE}") from None
        self._process = subprocess.Popen(
            [sys.executable, "-m", "engine", "engine", "--with-parent", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,  # Ctrl-C is ours; we end the engine in order
        )
        os.close(log)

    def _last_words(self) -> str:
        try:
            text = self._log_path.read_bytes()[self._log_begins :].decode("utf-8", "replace")
        except OSError:
            text = ""
        lines = [line for line in text.splitlines() if line.strip()]
        return lines[-1] if lines else f"The engine ended and said nothing. Its log: {self._log_path}"

    async def ready(self) -> EngineAddress:
        """Wait until an engine answers. Raises CallThingError with our engine's own words when it does not."""
        until, lost = time.monotonic() + READY_TIMEOUT_S, False
        while time.monotonic() < until:
            code = self._process.poll()
            lost = lost or (code is not None and is_held(self._path))
            if lost and not is_held(self._path):
                raise EngineGone("The engine of another command ended while this one connected. Try again.")
            if code is not None and not lost:
                error = CallThingError(self._last_words().removeprefix("call-thing: "))
                error.exit_code = code if code > 0 else EngineError.exit_code  # type: ignore[assignment]
                raise error
            address = address_of(self._path)
            if address is not None and (lost or self.is_at(address)):
                return address
            await asyncio.sleep(POLL_S)
        raise EngineError(
            f"The engine was not ready within {READY_TIMEOUT_S:.0f} s. Its log: {self._log_path}"
        )

    def is_at(self, address: EngineAddress) -> bool:
        """Is that our engine, and not the one of a command which was faster?"""
        return address.pid == self._process.pid

    def stop(self) -> None:
        """End it in order, and in any case."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()


def _open_log(path: Path) -> int:
    """The engine's log, for appending; the one before is kept beside it as engine.log.1. Raises OSError.

    It is locked for as long as an engine has it open: a log that is being written is not moved away.
    """
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(log).st_size:
            path.replace(path.with_name(f"{path.name}.1"))
            os.close(log)
            return _open_log(path)
    return log


@contextlib.asynccontextmanager
async def engine_client(
    settings: Settings, arguments: list[str], tell: Callable[[str], None], *kinds: type[Message]
) -> AsyncIterator[Client]:
    """A connected client that hears events already; starts an engine if none runs on the state directory.

    An engine that was started for this ends with it, but not before the calls that others have placed there.
    tell: is given what people should know of that. kinds: the events to hear, Heartbeat among them; none = all.
    """
    process, client = await _connected(settings, arguments, tell, *kinds)
    try:
        try:
            yield client
        except Exception:
            if process is not None:
                await _others_have_ended(client, settings.call.max_seconds + END_MARGIN_S, tell)
            raise
        if process is not None:
            await _others_have_ended(client, settings.call.max_seconds + END_MARGIN_S, tell)
    finally:
        client.close()
        if process is not None:
            process.stop()


async def _connected(
    settings: Settings, arguments: list[str], tell: Callable[[str], None], *kinds: type[Message]
) -> tuple[EngineProcess | None, Client]:
    """A client of the engine there is, or of a new one; the process is None when the engine is not ours."""
    path, until = settings.state_path, time.monotonic() + READY_TIMEOUT_S
    while True:
        address = address_of(path)
        process = None if address is not None else EngineProcess(settings, arguments)
        try:
            if process is not None:
                address = await process.ready()
                if not process.is_at(address):
                    process.stop()
                    process = None
            assert address is not None
            if process is None:
                tell(running(address))
            client = Client(address, *kinds)
            try:
                await _hear(client, path)
            except BaseException:
                client.close()
                raise
            return process, client
        except BaseException as error:
            if process is not None:
                process.stop()
            if not isinstance(error, EngineGone) or time.monotonic() > until:
                raise


def running(address: EngineAddress) -> str:
    """What to tell people where an engine runs already: the settings of this command do not count there."""
    return f"the running engine (process {address.pid}) and its settings are used"


async def _others_have_ended(client: Client, limit_s: float, tell: Callable[[str], None]) -> None:
    """Wait until no call goes on in our engine; Ctrl-C ends the waiting, the engine, and those calls."""
    until, told = time.monotonic() + limit_s, False
    while time.monotonic() < until:
        try:
            live = live_calls(await client.request(GetSnapshot(), Snapshot))
        except CallThingError:
            return  # it has ended, and its calls with it
        if not live:
            return
        if not told:
            calls = "1 other call goes" if len(live) == 1 else f"{len(live)} other calls go"
            tell(f"{calls} on in this engine; it ends after that. Ctrl-C ends them now.")
            told = True
        await asyncio.sleep(LIVE_POLL_S)


def live_calls(snapshot: Snapshot) -> set[int]:
    """The numbers of the calls that have not ended: the last event of a call is that it is closed."""
    headers = [unpack_header(head) for head, _ in snapshot.events]
    closed = {header.call for header in headers if KINDS[header.kind] is CallClosed}
    return {header.call for header in headers if header.call} - closed


async def stop_engine(path: Path) -> None:
    """End the engine that runs on a state directory, in order. Raises NoEngine when there is none, or it stays."""
    address = address_of(path)
    if address is None:
        raise NoEngine(f"No engine runs on {path}. --state-dir names another directory.")
    client = Client(address)
    try:
        await client.request(StopEngine(), Accepted)
    finally:
        client.close()
    until = time.monotonic() + STOP_TIMEOUT_S
    while time.monotonic() < until:
        if address_of(path) is None:
            return
        await asyncio.sleep(POLL_S)
    raise NoEngine(f"The engine (process {address.pid}) is still there. End it by hand: kill {address.pid}")


async def _hear(client: Client, path: Path) -> None:
    """Until the first event: from then on nothing is missed. Raises EngineGone when the engine ends meanwhile."""
    until = time.monotonic() + HEAR_TIMEOUT_S
    while time.monotonic() < until:
        if any(isinstance(message, Heartbeat) for _, message in client.drain()):
            return
        if address_of(path) != client.address:
            raise EngineGone("The engine has ended. Try again.")
        await asyncio.sleep(POLL_S)
    raise NoEngine(
        f"The engine (process {client.address.pid}) gives no sign of life. Its log: {path / LOG}. "
        "Stop it and start it again: call-thing engine"
    )
