"""What the detector says of 32 ms of far-end audio."""

from __future__ import annotations

import msgspec


class Window(msgspec.Struct, frozen=True):
    """One 32 ms window of far-end audio as the detector judged it."""

    probability: float
    level_dbfs: float
    end_ms: int
