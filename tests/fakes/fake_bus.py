"""One room between fake neighbours: what it hears is a list, what it says is a list, and time is a number.

Patch the room's own clock with `clock.read`; `Wait` lets time pass, and wakes the room where it asked for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

from engine.bus import TICK, Delivery
from engine.protocol import CLOCK_MODULUS_US, KIND_OF, Flag, Header, Message
from engine.settings import Settings
from engine.wiring import House, Keys

M = TypeVar("M", bound=Message)


class FakeClock:
    """Monotonic µs that pass only when the test says so."""

    def __init__(self, now_us: int = 1_000_000) -> None:
        self.now_us = now_us

    def read(self) -> int:
        return self.now_us


class Wait(NamedTuple):
    """Time passes."""

    ms: float


class Do(NamedTuple):
    """Something happens in the test between two messages."""

    action: Callable[[], object]


class Sent(NamedTuple):
    """One message that the room said."""

    at_us: int
    call: int
    message: Message
    flags: Flag
    sequence: int | None


class FakeBus:
    """What a room uses of `engine.bus.Bus`."""

    def __init__(self, clock: FakeClock, settings: Settings | None = None, room: str = "room") -> None:
        keys = Keys(b"", b"", b"", b"")
        self.house = House(room, 1, {}, {}, keys, settings or Settings())
        self.wake_at_us: int | None = None
        self.ready = False
        self.note = ""
        self.clock = clock
        self.sent: list[Sent] = []
        self.steps: Iterable[Delivery | Wait | Do] = ()
        self.come_together = False  # steps that follow one another have all come when the first is delivered
        self._next: Delivery | Wait | Do | None = None

    def next_is(self, kind: type[Message]) -> bool:
        return isinstance(self._next, Delivery) and isinstance(self._next.message, kind)

    def __iter__(self) -> Iterator[Delivery]:
        for step in self._with_next(self.steps) if self.come_together else self.steps:
            if isinstance(step, Do):
                step.action()
            elif isinstance(step, Wait):
                yield from self._pass(int(step.ms * 1000))
            else:
                yield step

    def _with_next(self, steps: Iterable[Delivery | Wait | Do]) -> Iterator[Delivery | Wait | Do]:
        coming = iter(steps)
        self._next = next(coming, None)
        while (step := self._next) is not None:
            self._next = next(coming, None)
            yield step

    def _pass(self, us: int) -> Iterator[Delivery]:
        until = self.clock.now_us + us
        while self.wake_at_us is not None and self.wake_at_us <= until:
            self.clock.now_us = max(self.clock.now_us, self.wake_at_us)
            self.wake_at_us = None
            yield TICK
        self.clock.now_us = until

    def send(self, call: int, message: Message, flags: Flag = Flag.NONE, sequence: int | None = None) -> int:
        self.sent.append(Sent(self.clock.now_us, call, message, flags, sequence))
        return self.clock.now_us

    def send_together(self, messages: list[tuple[int, Message, int]]) -> int:
        for call, message, sequence in messages:
            self.send(call, message, sequence=sequence)
        return self.clock.now_us

    def said(self, kind: type[M], call: int | None = None) -> list[M]:
        """Every message of a kind, in order."""
        return [s.message for s in self.sent if isinstance(s.message, kind) and call in (None, s.call)]


def heard(
    message: Message, call: int = 1, flags: Flag = Flag.NONE, sequence: int = 0, time_us: int = 0
) -> Delivery:
    """A message as it arrives."""
    kind = KIND_OF[type(message)]
    return Delivery(Header(kind, call, flags, sequence % 65536, time_us % CLOCK_MODULUS_US), message)
