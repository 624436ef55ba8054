"""When do they hear "one moment, please", while the agent waits for an operator? Pure: time is passed in."""

from __future__ import annotations

AFTER_US = 2_000_000  # of silence, for the first time: most approvals come sooner
AGAIN_US = 10_000_000


class Holding:
    """One call's waiting."""

    def __init__(self, told_us: int = 0) -> None:
        self.told_us = told_us  # when they were last told to wait; 0 = they were not

    def told(self, now_us: int) -> None:
        """They are being told now."""
        self.told_us = now_us

    def over(self) -> None:
        """There is nothing to wait for any more."""
        self.told_us = 0

    def due(self, since_us: int, quiet_us: int, now_us: int) -> bool:
        """Whether they are to be told. since_us: when the waiting began. quiet_us: since when nobody speaks."""
        if not self.told_us:
            return now_us >= max(since_us, quiet_us) + AFTER_US
        return now_us >= max(self.told_us, quiet_us) + AGAIN_US
