"""Leave when the terminal goes away. Left alone, a Textual app would read an ended input over and over."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections.abc import Callable

CHECK_EVERY_S = 0.5
GRACE_S = 1.5  # for an orderly end; the screen cannot be written to any more, so it may never come


class TerminalWatch:
    """Calls `gone` when the terminal hangs up, and ends the process itself when that does not help.

    A thread of its own: the event loop may be stuck writing to a terminal that nobody reads.
    """

    def __init__(self, gone: Callable[[], None], *fds: int) -> None:
        """fds: where the terminal is; input and output where none is named. A page has a pipe for each."""
        self._gone = gone
        self._fds = fds or (0, 1)
        self._hung_up = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="terminal-watch", daemon=True)

    def start(self) -> None:
        """From the main thread, which is where signals arrive."""
        signal.signal(signal.SIGHUP, lambda *_: self._hung_up.set())
        self._thread.start()

    def stop(self) -> None:
        """The console has ended by itself."""
        self._over.set()
        self._hung_up.set()

    def _run(self) -> None:
        while not self._hung_up.wait(CHECK_EVERY_S):
            if any(map(is_gone, self._fds)):
                break
        if self._over.is_set():
            return
        threading.Thread(target=self._gone, daemon=True).start()  # it may never return
        if not self._over.wait(GRACE_S):
            os._exit(1)


def is_gone(fd: int) -> bool:
    """Whether nobody is at the other end of this descriptor any more."""
    poll = select.poll()
    poll.register(fd, 0)  # hang-ups and errors are reported whether asked for or not
    try:
        return any(events & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, events in poll.poll(0))
    except OSError:
        return True


def present() -> bool:
    """Whether there is a terminal at all (a web driver brings its own)."""
    return bool(os.environ.get("TEXTUAL_DRIVER")) or (sys.stdin.isatty() and sys.stdout.isatty())
