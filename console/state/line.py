"""The line of one call: how its media does, what came back, what was pressed, who holds it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from engine.protocol import DigitHeard, Echo, LineQuality, LineState, elapsed_us

FRESH_US = 3_000_000  # a line tells once a second: older figures, and an older echo, are not of now
WINDOW = 11  # reports: the ten seconds between the first and the last hold two reports of the far end
MAX_DIGITS = 64
LOSS_LIMIT = 0.03  # share of packets; a conversation suffers beyond, says ITU-T G.1010
PLAYOUT_LIMIT_MS = 120.0  # a playout point in its place stands at about 40 ms, a drifted one beyond 110
ROUND_TRIP_LIMIT_MS = 300.0  # twice the one-way delay of ITU-T G.114


@dataclass(frozen=True, slots=True)
class Losses:
    """Shares of packets, 0..1; None where nothing is known yet."""

    far: float | None = None  # theirs, which we miss
    near: float | None = None  # ours, which they say they miss


@dataclass(slots=True)
class Line:
    """What the line itself has told. `known`: whether it ever did."""

    known: bool = False
    digits: str = ""  # that the far end has pressed, the newest last
    held: bool = False
    held_by: str = ""  # as the line says it: "far_end", …
    answered: bool = False
    detail: str = ""  # of its end, in the far end's side's words
    _reports: deque[LineQuality] = field(default_factory=lambda: deque(maxlen=WINDOW))
    _told_us: int = 0
    _echo: Echo | None = None
    _echo_us: int = 0

    @property
    def quality(self) -> LineQuality | None:
        """The last report."""
        return self._reports[-1] if self._reports else None

    def state(self, message: LineState) -> None:
        """Take a step of the line. Only hold makes a line worth a place of its own."""
        match message.state:
            case "answered":
                self.answered = True
            case "held":
                self.known = self.held = True
                self.held_by = message.reason
            case "resumed":
                self.held = False
            case "ended":
                self.held, self.detail = False, message.detail
            case _:
                pass

    def measured(self, message: LineQuality, at_us: int) -> None:
        last = self.quality
        if last is not None and (message.received < last.received or message.sent < last.sent):
            self._reports.clear()  # another stream, counted from its own beginning
        self._reports.append(message)
        self.known, self._told_us = True, at_us

    def echoed(self, message: Echo, at_us: int) -> None:
        self.known, self._echo, self._echo_us = True, message, at_us

    def digit(self, message: DigitHeard) -> None:
        self.known = True
        self.digits = (self.digits + message.digit)[-MAX_DIGITS:]

    def echo(self, now_us: int) -> Echo | None:
        """What came back lately."""
        fresh = self._echo is not None and elapsed_us(self._echo_us, now_us) <= FRESH_US
        return self._echo if fresh else None

    def is_fresh(self, now_us: int) -> bool:
        """Whether the figures are of now."""
        return bool(self._reports) and elapsed_us(self._told_us, now_us) <= FRESH_US

    @property
    def far_has_reported(self) -> bool:
        """Whether the far end's side has told how it receives us; until then its figures are all zero."""
        last = self.quality
        return last is not None and bool(last.far_lost or last.far_jitter_ms or last.round_trip_ms)

    def losses(self, whole_call: bool = False) -> Losses:
        """Of the last ten seconds, or of the whole call."""
        last = self.quality
        if last is None:
            return Losses()
        first = LineQuality() if whole_call or len(self._reports) == 1 else self._reports[0]
        lost, far_lost = last.lost - first.lost, last.far_lost - first.far_lost
        return Losses(
            far=_share(lost, last.received - first.received + lost),
            near=_share(far_lost, last.sent - first.sent) if self.far_has_reported else None,
        )


def _share(part: int, whole: int) -> float | None:
    return min(1.0, max(0.0, part / whole)) if whole > 0 else None
