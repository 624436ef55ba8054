"""The slots of one engine: which phase it is in, which jobs it has in hand, how many more it may have. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Phase = Literal["starting", "ready", "lost", "stopping"]
MOST_CALLS = 50_000  # of one engine: its call numbers end at 65,535


class Slots(msgspec.Struct, kw_only=True):
    """One engine, as far as it decides what is done with it."""

    name: str
    phase: Phase
    capacity: int
    since: datetime  # it is in this phase
    jobs: set[str] = msgspec.field(default_factory=set)  # that it has in hand
    claiming: int = 0  # slots that are kept for what is being claimed
    idle_since: datetime
    placed: int = 0
    ended: int = 0

    @property
    def busy(self) -> int:
        return len(self.jobs) + self.claiming

    @property
    def free(self) -> int:
        usable = self.phase == "ready" and self.placed + self.claiming < MOST_CALLS
        return max(0, self.capacity - self.busy) if usable else 0

    def fullness(self) -> tuple[int, float]:
        """To order engines by: the greatest has most calls; of several it is the oldest."""
        return self.busy, -self.since.timestamp()
