"""Deadlines, in the clock of the headers."""

from __future__ import annotations

from engine.protocol import elapsed_us


def seconds_left(deadline_us: int, now_us: int) -> int:
    """Whole seconds until then, rounded up; 0 once it is past."""
    return max(0, -(-elapsed_us(now_us, deadline_us) // 1_000_000))
