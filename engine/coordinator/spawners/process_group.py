"""The processes of one engine on this machine: is any of them left, and ending them all.

An engine is started as the leader of a process group of its own, and its rooms and lines are in that group. Its lock
(engine/statedir.py) names the leader, and when that was written down: a process number may be somebody else's by now.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import msgspec

STAT_STATE, STAT_GROUP, STAT_START = 0, 2, 19  # of the fields after the name in /proc/PID/stat, see proc(5)
ENDED = ("Z", "X")  # a zombie does nothing any more
SLACK_S = 2.0  # between two clocks, of which one counts in hundredths


class Leader(msgspec.Struct, frozen=True):
    """Who leads the group, by an engine's lock."""

    pid: int
    locked_at: float  # seconds since 1970


def leader(folder: Path) -> Leader | None:
    """The engine that had this folder last; None: none ever had."""
    lock = folder / "engine.lock"
    try:
        pid = int(lock.read_text("ascii"))
        return Leader(pid, lock.stat().st_mtime) if pid > 1 else None
    except (OSError, ValueError):
        return None


def is_left(group: Leader) -> bool:
    """Whether a process of the group lives. The leader's number in somebody else's hands is not the group."""
    try:
        os.killpg(group.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False  # another account's: ours would let us
    members = _members(group.pid)
    if group.pid in members and _started_at(members[group.pid]) > group.locked_at + SLACK_S:
        return False
    return any(fields[STAT_STATE] not in ENDED for fields in members.values())


def kill(group: Leader) -> None:
    """End all of the group at once, if there is one."""
    if is_left(group):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group.pid, signal.SIGKILL)


def _members(group: int) -> dict[int, list[str]]:
    """Process number → what is known of it: its state, its group, its start, at the places of /proc/PID/stat."""
    proc = Path("/proc")
    if not (proc / "self" / "stat").exists():
        return _members_by_ps(group)
    members = {}
    for entry in proc.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[STAT_GROUP]) == group:
                    members[int(entry.name)] = fields
    return members


def _members_by_ps(group: int) -> dict[int, list[str]]:
    """The same on macOS. When they started is not looked at there."""
    said = subprocess.run(["ps", "-axo", "pid=,pgid=,stat="], capture_output=True, text=True, check=False)
    rows = [line.split() for line in said.stdout.splitlines()]
    return {
        int(pid): [state[:1], "", str(group), *["0"] * STAT_START]
        for pid, owner, state in rows
        if int(owner) == group
    }


def _started_at(fields: list[str]) -> float:
    """Seconds since 1970 when a process was started; 0 where that is not known."""
    ticks = int(fields[STAT_START])
    if not ticks:
        return 0.0
    up_s = float(Path("/proc/uptime").read_text().split()[0])
    return time.time() - up_s + ticks / os.sysconf("SC_CLK_TCK")
