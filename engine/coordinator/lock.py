"""One coordinator at a time for a state directory: two would both believe that an engine's calls are theirs."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from engine.errors import AlreadyRunning, StateError
from engine.statedir import ADVICE, check_usable

LOCK = "coordinator.lock"


class CoordinatorLock:
    """Held until `close`, or until this process ends in whatever way."""

    def __init__(self, folder: Path) -> None:
        """folder: the state directory. Raises AlreadyRunning, or StateError where it cannot be used."""
        check_usable(folder)
        path = folder / LOCK
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)  # not inherited by engines
        except OSError as error:
            raise StateError(f"{path}: cannot be opened ({error.strerror}). {ADVICE}") from None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._descriptor)
            raise AlreadyRunning(
                f"A coordinator (process {pid}) already runs on {folder}. `call-thing coordinator --status` shows it; "
                f"kill {pid} lets its calls end and ends it. Or name another directory with --state-dir."
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, b"%d\n" % os.getpid(), 0)

    def close(self) -> None:
        """Let the next one in."""
        os.close(self._descriptor)
