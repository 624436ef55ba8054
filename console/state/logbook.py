"""Every event with the time on the wall at which it was, as they came. Plain Python; kept for 10,000 of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from console.state.events import Event
from console.state.store import Store
from engine.protocol import elapsed_us

MAX_LINES = 10_000
LEVELS = ("info", "warning", "error")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One event. `words`: what a filter is compared with."""

    number: int  # in this book, from 0
    wall: datetime
    event: Event
    words: str

    def shown(self, filter_words: list[str], level: str) -> bool:
        """Whether it has all the words, and is of that level or above."""
        return LEVELS.index(self.event.level) >= LEVELS.index(level) and all(
            word in self.words for word in filter_words
        )


class LogBook:
    """Headers count 71 minutes and begin anew, so the wall's time is written down when an event comes."""

    def __init__(self, *, over_snapshots: bool = True) -> None:
        """over_snapshots: keep what was told before the store was made anew; else begin anew with it."""
        self.lines: deque[LogLine] = deque(maxlen=MAX_LINES)
        self.version = 0  # grows when lines were added
        self.began = 0  # grows when they were thrown away
        self._over_snapshots = over_snapshots
        self._store: Store | None = None
        self._generation = self._seen = -1
        self._next = 0

    def take(self, store: Store, wall: datetime) -> None:
        """Write down what is new in the store. wall: the local time now."""
        if store is self._store and store.generation == self._generation:
            new = min(store.events_version - self._seen, len(store.events))
            if new <= 0:
                return
            events: Iterator[Event] = islice(store.events, len(store.events) - new, None)
        else:
            if store is not self._store or not self._over_snapshots:
                self.lines.clear()
                self.began += 1
            known = {line.event for line in self.lines}
            events = (event for event in list(store.events) if event not in known)
        for event in events:
            self._add(event, wall - timedelta(microseconds=elapsed_us(event.at_us, store.now_us)))
        self._store, self._generation, self._seen = store, store.generation, store.events_version
        self.version += 1

    def _add(self, event: Event, wall: datetime) -> None:
        who = f"call {event.call}" if event.call else "engine"
        words = f"{who} {event.topic} {event.text}".casefold()
        self.lines.append(LogLine(self._next, wall, event, words))
        self._next += 1
