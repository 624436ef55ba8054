"""A terminal for the console's benchmark: what is painted, and when. It answers as a modern one does."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
COLUMNS, ROWS = 160, 45
SYNC_QUERY, SYNC_ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"  # synchronised output: supported
PROBE = re.compile(rb"probe(\d{5})x")
KEPT_BYTES = 200_000


class Terminal:
    """The console in a terminal of 160x45. A thread reads what it paints."""

    def __init__(self, arguments: list[str]) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        left_out = ("NO_COLOR", "SSH_CONNECTION", "TEXTUAL_DRIVER")
        environment = {name: value for name, value in os.environ.items() if name not in left_out}
        environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "console", *arguments],
            cwd=ROOT, env=environment, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.seen_us: dict[int, int] = {}  # probe → when it was painted first
        self._painted = b""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        tail = b""
        while True:
            try:
                data = os.read(self._master, 1 << 16)
            except OSError:  # the console has ended
                return
            now_us = time.monotonic_ns() // 1000
            if not data:
                return
            whole = tail + data
            if SYNC_QUERY in whole:
                os.write(self._master, SYNC_ANSWER)
                whole = whole.replace(SYNC_QUERY, b"")
            for found in PROBE.finditer(whole):
                self.seen_us.setdefault(int(found[1]), now_us)
            tail = whole[-16:]
            self._painted = (self._painted + data)[-KEPT_BYTES:]

    def type(self, keys: str) -> int:
        """Press keys; the time just before, in µs of the monotonic clock."""
        now_us = time.monotonic_ns() // 1000
        os.write(self._master, keys.encode())
        return now_us

    def until(self, words: str, timeout_s: float = 30.0) -> None:
        """Wait until these have been painted. Raises TimeoutError."""
        until_s = time.monotonic() + timeout_s
        while words.encode() not in self._painted:
            if time.monotonic() > until_s:
                raise TimeoutError(f"the console has not shown {words!r} within {timeout_s:.0f} s")
            time.sleep(0.02)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)
        self._thread.join(timeout=2)
