"""Which consoles are there, whose they are, and which calls they listen to. Pure."""

from __future__ import annotations

from typing import NamedTuple

from engine.protocol import Operators

GONE_AFTER_US = 3_000_000  # a console gives a sign once a second


class Listening(NamedTuple):
    """Somebody begins, or stops, to hear a call."""

    operator: str
    call: int
    begins: bool


class _Console(NamedTuple):
    operator: str
    readonly: bool
    listens_to: int  # 0 = no call
    seen_us: int


class Attendance:
    """Every step returns who begins and stops listening; `operators()` is then compared with what was told before."""

    def __init__(self) -> None:
        self._consoles: dict[bytes, _Console] = {}

    def seen(
        self, console: bytes, operator: str, readonly: bool, listens_to: int, now_us: int
    ) -> list[Listening]:
        """A console has given a sign. `console` tells two of the same operator apart."""
        before = self._listeners()
        self._consoles[console] = _Console(operator, readonly, listens_to, now_us)
        return self._changes(before)

    def tick(self, now_us: int) -> list[Listening]:
        """Consoles that have given no sign for too long are gone."""
        gone = [name for name, each in self._consoles.items() if now_us - each.seen_us > GONE_AFTER_US]
        if not gone:
            return []
        before = self._listeners()
        for name in gone:
            del self._consoles[name]
        return self._changes(before)

    def call_over(self, call: int) -> list[Listening]:
        """There is nothing more to hear there."""
        before = self._listeners()
        for name, each in self._consoles.items():
            if each.listens_to == call:
                self._consoles[name] = each._replace(listens_to=0)
        return self._changes(before)

    def operators(self) -> Operators:
        """Who may give commands, by name, and who listens where; a console that only reads is no operator."""
        names = {each.operator for each in self._consoles.values() if not each.readonly}
        listening = {each.operator: each.listens_to for each in self._consoles.values() if each.listens_to}
        return Operators(tuple(sorted(names)), dict(sorted(listening.items())))

    def listened(self) -> frozenset[int]:
        """The calls that somebody hears."""
        return frozenset(each.listens_to for each in self._consoles.values() if each.listens_to)

    def _listeners(self) -> set[tuple[str, int]]:
        return {(each.operator, each.listens_to) for each in self._consoles.values() if each.listens_to}

    def _changes(self, before: set[tuple[str, int]]) -> list[Listening]:
        after = self._listeners()
        stops = [Listening(operator, call, False) for operator, call in sorted(before - after)]
        return stops + [Listening(operator, call, True) for operator, call in sorted(after - before)]
