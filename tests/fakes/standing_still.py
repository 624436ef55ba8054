"""Where a process is to be killed: whoever passes that point first stands still there, and says who it is.

A file `at-POINT` in a folder is the wish; the process that is first at the point takes it by renaming it, and waits.
"""

from __future__ import annotations

import time
from pathlib import Path

POINTS = ("claimed", "dialing", "told", "dialled")
"""coordinator: the job is claimed; it is written down as being dialled · engine: it was told to; it has dialled."""


def wish(folder: Path, point: str) -> None:
    """Have the next process that passes this point stand still."""
    (folder / f"at-{point}").touch()


def taken(folder: Path, point: str) -> tuple[int, str] | None:
    """Process and job of who stands still at this point; None: nobody yet."""
    try:
        pid, job = (folder / f"still-{point}").read_text("ascii").split()
    except (FileNotFoundError, ValueError):
        return None
    (folder / f"still-{point}").unlink()
    return int(pid), job


def perhaps(folder: Path, point: str, job: str, pid: int) -> None:
    """Pass this point, or stand still at it for good."""
    mine = folder / f"at-{point}-{pid}"
    try:
        (folder / f"at-{point}").rename(mine)
    except FileNotFoundError:
        return
    mine.write_text(f"{pid} {job}", "ascii")
    mine.rename(folder / f"still-{point}")
    while True:
        time.sleep(3600)
