"""The meters of both sides: windows gathered into messages, since each message costs more than what is in it. Pure."""

from __future__ import annotations

from typing import Literal

from engine.protocol import Level, Voice
from engine.turns.windows import Window

TOGETHER = 4  # windows of a side: the first waits 96 ms for the last

Side = Literal["far", "agent"]


class Meters:
    """One call's. Each window is told once, in order."""

    def __init__(self) -> None:
        self._waiting: dict[Side, list[Window]] = {"far": [], "agent": []}

    def add(self, side: Side, window: Window) -> list[Voice]:
        """One more window; what is to be told now. What waits of the other side goes along with the far end's."""
        self._waiting[side].append(window)
        if len(self._waiting[side]) < TOGETHER:
            return []
        return self.rest() if side == "far" else self._told(side)

    def rest(self) -> list[Voice]:
        """All that waits."""
        return [*self._told("far"), *self._told("agent")]

    def _told(self, side: Side) -> list[Voice]:
        windows = self._waiting[side]
        if not windows:
            return []
        self._waiting[side] = []
        *before, (probability, level_dbfs) = [
            (round(window.probability, 3), round(window.level_dbfs, 1)) for window in windows
        ]
        levels = tuple(Level(*each) for each in before)
        return [Voice(side, windows[-1].end_ms, probability, level_dbfs, levels)]
