"""Numbers on the screen: latency with its parts, what the cache did, how loud each side is."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil

from engine.protocol import CacheVerdict as CacheVerdict, Speculated, TurnLatency

PARTS = ("endpoint", "asr", "cache", "llm", "tts", "playback", "hops", "voice_to_voice")
MIN_SAMPLES = 20  # below it no percentile is shown: quantiles of three turns once put p95 under p50
KEPT_TURNS = 200
KEPT_VERDICTS = 50
BUDGET_MS = 1000.0  # voice to voice; longer and people ask "hello?"


def percentile(values: Iterable[float], share: float) -> float | None:
    """Nearest-rank percentile, None below MIN_SAMPLES. share: 0..1."""
    ordered = sorted(values)
    if len(ordered) < MIN_SAMPLES:
        return None
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def parts_of(message: TurnLatency) -> dict[str, float]:
    """Milliseconds by part, in the order of PARTS."""
    return {part: getattr(message, f"{part}_ms") for part in PARTS}


@dataclass(slots=True)
class Latency:
    """The last turns' waterfalls, oldest first."""

    turns: deque[dict[str, float]] = field(default_factory=lambda: deque(maxlen=KEPT_TURNS))
    measured: deque[str] = field(
        default_factory=lambda: deque(maxlen=KEPT_TURNS)
    )  # from where, see TurnLatency
    version: int = 0

    def add(self, message: TurnLatency) -> None:
        self.turns.append(parts_of(message))
        self.measured.append(message.measured)
        self.version += 1

    def only(self, measured: str) -> Latency:
        """The turns that were measured so: a percentile over several kinds would be of none of them."""
        alike = Latency(version=self.version)
        for turn, kind in zip(self.turns, self.measured, strict=True):
            if kind == measured:
                alike.turns.append(turn)
                alike.measured.append(kind)
        return alike

    def now(self, part: str) -> float | None:
        """The last turn's milliseconds."""
        return self.turns[-1][part] if self.turns else None

    def percentile(self, part: str, share: float) -> float | None:
        return percentile((turn[part] for turn in self.turns), share)

    def history(self, part: str, turns: int) -> list[float]:
        """The last turns' milliseconds, oldest first."""
        return [turn[part] for turn in self.turns][-turns:]


@dataclass(slots=True)
class CacheUse:
    """Hits of one call, and why the last one was or was not served."""

    hits: int = 0
    lookups: int = 0
    last: CacheVerdict | None = None
    verdicts: deque[CacheVerdict] = field(default_factory=lambda: deque(maxlen=KEPT_VERDICTS))  # oldest first
    forgotten: set[str] = field(default_factory=set)  # ids of replies that an operator had thrown away

    def add(self, message: CacheVerdict) -> None:
        self.hits += message.hit
        self.lookups += 1
        self.last = message
        self.verdicts.append(message)


@dataclass(slots=True)
class Meter:
    """One side's level now; None when nothing was measured lately."""

    level_dbfs: float
    probability: float
    at_us: int


@dataclass(slots=True)
class Prepared:
    """Answers that were prepared before it was known whether a turn was over."""

    said: int = 0
    thrown_away: int = 0
    questions: int = 0  # to a model, for what was thrown away

    def add(self, message: Speculated) -> None:
        self.said += message.kept
        self.thrown_away += not message.kept
        self.questions += message.requests

    def words(self) -> str:
        """In a line; "" where there were none."""
        if not self.said + self.thrown_away:
            return ""
        asked = f", {self.questions} asked for nothing" if self.questions else ""
        return f"prepared: {self.said} said, {self.thrown_away} not{asked}"
