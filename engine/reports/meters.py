"""The meters of a whole call: probability of speech and levels, one byte a window. Pure."""

from __future__ import annotations

import base64

from engine.protocol import Level, Voice
from engine.reports.clocks import Clocks
from engine.reports.parts import Meter

WINDOW_MS = 32
FLOOR_DBFS = -90.0
MOST_WINDOWS = 24 * 3600 * 1000 // WINDOW_MS  # a day; what is later has lost its clock


class Meters:
    """Told every Voice of a call."""

    def __init__(self, clocks: Clocks) -> None:
        self._began_ms = clocks.media_began_ms
        self._probability, self._far, self._agent = bytearray(), bytearray(), bytearray()

    def step(self, voice: Voice) -> None:
        """The newest window and those before it."""
        levels = [*voice.before, Level(voice.probability, voice.level_dbfs)]
        place = voice.end_ms // WINDOW_MS - len(levels)
        if place < 0 or place + len(levels) > MOST_WINDOWS:
            return
        if voice.side == "far":
            _write(self._probability, place, [level.probability for level in levels])
        track = self._far if voice.side == "far" else self._agent
        _write(track, place, [1 - level.level_dbfs / FLOOR_DBFS for level in levels])

    def whole(self) -> Meter | None:
        """None where the journal has none, as a redacted one."""
        if not self._far and not self._agent:
            return None
        tracks = [
            base64.b64encode(bytes(track)).decode() for track in (self._probability, self._far, self._agent)
        ]
        return Meter(round(self._began_ms), WINDOW_MS, *tracks)


def _write(track: bytearray, place: int, values: list[float]) -> None:
    track.extend(bytes(max(0, place + len(values) - len(track))))
    for at, value in enumerate(values, place):
        track[at] = 1 + round(254 * min(1.0, max(0.0, value)))
