"""What went wrong with the database of the state directory, for people."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

BUSY_TIMEOUT_S = 2.0  # longer than any transaction of ours; whoever holds the lock longer is not us


def explanation(error: Exception, path: Path, what: str = "the reservations") -> str:
    """What went wrong and the next step, by SQLite's result code. what: lies in the file, in the plural."""
    if isinstance(error, OSError):
        code = sqlite3.SQLITE_FULL if error.errno == errno.ENOSPC else sqlite3.SQLITE_CANTOPEN
    else:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the extended part
    match code:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return (
                f"another process has held {what} for more than {BUSY_TIMEOUT_S:.0f} s. "
                f"See which with `fuser {path}`, end it and try again; nothing was written."
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return (
                f"{what} cannot be opened for writing ({error}). Check who owns the directory, "
                "or name another one with --state-dir."
            )
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
            return (
                f"{what} cannot be written ({error}). Is the disk full? Make room and try again; "
                "what was there before is unharmed."
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return (
                f"{what} are damaged ({error}). Move the file away to begin a new one; "
                f"`sqlite3 {path.name} .recover` shows what can be saved of it, and every call's journal still has it."
            )
    return f"{what} cannot be used ({error}). Move the file away to begin a new one."
