"""Programs that the peers are: found or skipped for, started, and ended by their own process id."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

FIRST_PORT = (
    10_000  # below the lines' own range for audio (20000-29998) and below what systems hand out by themselves
)
LAST_PORT = 19_900
PATIENCE_S = 20.0  # for anything that normally takes much less than a second; a busy machine gets the rest

_steps = itertools.count((os.getpid() * 37) % ((LAST_PORT - FIRST_PORT) // 2))


def needed(program: str, package: str) -> str:
    """The program's path; skips the test where it is not installed."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed: apt-get install {package}")
    return path


def free_port() -> int:
    """An even port that is free, and so is the odd one above it: UDP and TCP, on every address.

    Processes that look at the same time begin at different places, so that they seldom meet.
    """
    for step in _steps:
        port = FIRST_PORT + 2 * (step % ((LAST_PORT - FIRST_PORT) // 2))
        if all(
            _is_free(each, kind)
            for each in (port, port + 1)
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)
        ):
            return port
    raise AssertionError("unreachable: the counter never ends")


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True


class Program:
    """One running program, its output in a file."""

    def __init__(
        self, command: list[str], folder: Path, name: str, output_folder: Path | None = None
    ) -> None:
        """folder: where it runs, and where its output goes if no other folder is named."""
        self.output_file = (output_folder or folder) / f"{name}.out"
        with self.output_file.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "TERM": "dumb"},
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self.output_file.read_text(errors="replace")

    def end(self) -> None:
        """By its own process id: politely, then at once."""
        for signal_it in (self.process.terminate, self.process.kill):
            if self.process.poll() is not None:
                return
            with contextlib.suppress(ProcessLookupError):
                signal_it()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(2)


def until(
    condition: Callable[[], object], what: str | Callable[[], str], patience_s: float = PATIENCE_S
) -> None:
    """Wait for something that another process does. Raises AssertionError naming it when it does not come."""
    give_up_s = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > give_up_s:
            words = what if isinstance(what, str) else what()
            raise AssertionError(f"not within {patience_s:.0f} s: {words}")
        time.sleep(0.01)
