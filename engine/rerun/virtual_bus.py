"""One room's end of a bus in memory, and the thread in which its loop runs.

A room reads from its bus in a loop that does not return. So each has a thread, of which only one runs at a time: a
thread that asks for its next message gives the word back to the house (virtual_house.py).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from engine.bus import Delivery
from engine.numbering import Sequencer
from engine.protocol import CallOpened, Flag, Message
from engine.wiring import House

if TYPE_CHECKING:
    from engine.rerun.virtual_house import VirtualHouse

PUSHED_TO = {"lines": "capture", "played": "playback", "truth": "supervisor"}


class Turns:
    """Two threads that take turns: the house, and one room."""

    def __init__(self) -> None:
        self._room, self._house = threading.Lock(), threading.Lock()
        self._room.acquire()
        self._house.acquire()

    def give(self) -> None:
        """To the room; comes back when it has done what it had to do."""
        self._room.release()
        self._house.acquire()

    def give_back(self) -> None:
        """To the house, without waiting: the room has ended."""
        self._house.release()

    def rest(self) -> None:
        """The room gives the word back and waits for it."""
        self._house.release()
        self._room.acquire()

    def begin(self) -> None:
        """A room's thread waits for its first word."""
        self._room.acquire()


class VirtualBus:
    """What a room uses of `engine.bus.Bus`."""

    def __init__(self, owner: VirtualHouse, plan: House, turns: Turns, *hears: type[Message]) -> None:
        self.house = plan
        self.wake_at_us: int | None = None
        self.gather_us = 0  # one call alone: nothing is gathered
        self.ready = False
        self.note = ""
        self.hears_all = True
        self.kinds = frozenset((*hears, CallOpened))
        self.turns = turns
        self.next: Delivery | None = None  # None: the house shuts down
        self._owner = owner
        self._numbers = Sequencer()

    def __iter__(self) -> Iterator[Delivery]:
        while True:
            self.turns.rest()
            if self.next is None:
                return
            yield self.next

    def next_is(self, kind: type[Message]) -> bool:
        """Messages are delivered one by one."""
        return False

    def send(self, call: int, message: Message, flags: Flag = Flag.NONE, sequence: int | None = None) -> int:
        """See Bus."""
        number = self._numbers.number(type(message), call) if sequence is None else sequence
        return self._owner.say(self.house.room, call, message, flags, number)

    def send_together(self, messages: list[tuple[int, Message, int]]) -> int:
        """See Bus."""
        for call, message, sequence in messages:
            self.send(call, message, sequence=sequence)
        return self._owner.clock.now_us

    def push(self, name: str, call: int, message: Message, sequence: int | None = None) -> int:
        """See Bus."""
        number = self._numbers.number(type(message), call) if sequence is None else sequence
        return self._owner.push(PUSHED_TO[name], call, message, number)

    def push_to(self, name: str) -> None:
        """All ports are open."""

    def hear_call(self, call: int) -> None:
        """There is one call."""

    def waker(self) -> Callable[[], None]:
        """See Bus."""
        return self._owner.waker(self)

    def close(self) -> None:
        """Nothing is held."""
