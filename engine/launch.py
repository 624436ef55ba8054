"""Reach the engine of a state directory: the one that runs there, or a new one for as long as it is needed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from engine.client import Client, EngineAddress
from engine.errors import CallThingError, EngineError, NoEngine
from engine.protocol import Accepted, Heartbeat, StopEngine
from engine.settings import Settings
from engine.statedir import StateDirectory

READY_TIMEOUT_S = 40.0
STOP_TIMEOUT_S = 8.0
POLL_S = 0.05


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


class EngineProcess:
    """An engine of our own. It ends when we end, in whatever way that happens."""

    def __init__(self, settings: Settings, arguments: list[str]) -> None:
        """arguments: flags that make the engine use the same settings."""
        self._path = settings.state_path
        self._log_path = self._path / "logs" / "engine.log"
        try:
            self._log_path.parent.mkdir(parents=True, exist_ok=True)
            log: int | None = os.open(self._log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError:
            log = None  # the engine itself will say what is wrong with the directory
        self._process = subprocess.Popen(
            [sys.executable, "-m", "engine", "engine", "--with-parent", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log if log is not None else subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is ours; we end the engine in order
        )
        if log is not None:
            os.close(log)

    def _last_words(self) -> str:
        try:
            text = self._log_path.read_text("utf-8", "replace")
        except OSError:
            text = self._process.stderr.read().decode(errors="replace") if self._process.stderr else ""
        lines = [line for line in text.splitlines() if line.strip()]
        return lines[-1] if lines else "it said nothing"

    async def ready(self) -> EngineAddress:
        """Wait until it answers. Raises CallThingError with the engine's own words when it does not."""
        until = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < until:
            code = self._process.poll()
            if code is not None:
                error = CallThingError(self._last_words().removeprefix("call-thing: "))
                error.exit_code = code if code > 0 else EngineError.exit_code  # type: ignore[assignment]
                raise error
            address = address_of(self._path)
            if address is not None and address.pid == self._process.pid:
                return address
            await asyncio.sleep(POLL_S)
        raise EngineError(
            f"The engine was not ready within {READY_TIMEOUT_S:.0f} s. Its log: {self._log_path}"
        )

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


@contextlib.asynccontextmanager
async def engine_client(settings: Settings, arguments: list[str]) -> AsyncIterator[Client]:
    """A connected client that hears events already; starts an engine if none runs on the state directory."""
    address = address_of(settings.state_path)
    process = None if address is not None else EngineProcess(settings, arguments)
    try:
        if address is None:
            assert process is not None
            address = await process.ready()
        client = Client(address)
        try:
            await _hear(client)
            yield client
        finally:
            client.close()
    finally:
        if process is not None:
            process.stop()


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


async def _hear(client: Client) -> None:
    """Until the first event: from then on nothing is missed."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if any(isinstance(message, Heartbeat) for _, message in client.drain()):
            return
        await asyncio.sleep(POLL_S)
    raise NoEngine(
        f"The engine (process {client.address.pid}) gives no sign of life. "
        "Stop it and start it again: call-thing engine"
    )
