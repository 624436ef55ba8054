"""The two clocks of a console: the one of the messages' headers, and the one on the wall."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from engine.protocol import elapsed_us


class SystemClock:
    """The machine's clocks. Tests pass one that stands still."""

    def now_us(self) -> int:
        """CLOCK_MONOTONIC in µs, as in the headers but not wrapped."""
        return time.monotonic_ns() // 1000

    def wall(self) -> datetime:
        """Local time."""
        return datetime.now()


def wall_of(at_us: int, now_us: int, wall: datetime) -> datetime:
    """The wall time of a header's time, less than 35 minutes ago."""
    return wall - timedelta(microseconds=elapsed_us(at_us, now_us))
