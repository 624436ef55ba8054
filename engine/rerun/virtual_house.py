"""A house in one process and in virtual time: the rooms' own code, a bus in memory, a clock that jumps.

With nothing left to chance two runs are the same, to the event, however busy the machine is.

Where threads work for a room (a model behind a server, a slow voice), they are waited for: the clock goes at the
machine's pace then.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from engine.bus import TICK, WOKEN, Delivery
from engine.errors import EngineError
from engine.house_sockets import OF_ROOMS_ALONE
from engine.protocol import CLOCK_MODULUS_US, KIND_OF, SEQUENCE_MODULUS, CallOpened, Flag, Header, Message
from engine.rerun.virtual_bus import Turns, VirtualBus
from engine.settings import Settings
from engine.wiring import WIRING, House, Keys, LinePlan

HOP_US = 300  # from one room to the next: what ZeroMQ takes on loopback
BEGIN_US = 1_000_000  # of the virtual clock, which has no zero so that nobody takes it for "never"

Hear = Callable[[Header, Message], None]


def waits_for_threads(settings: Settings) -> bool:
    """Whether a call with these settings has to be held in real time."""
    chosen = (settings.brain.kind, settings.voice.engine, settings.turns.model)
    return chosen != ("scripted", "espeak", "off")


class VirtualClock:
    """Monotonic µs that pass only when nothing is left to be done at the moment."""

    def __init__(self) -> None:
        self.now_us = BEGIN_US

    def read(self) -> int:
        """See engine.bus.now_us."""
        return self.now_us


class VirtualHouse:
    """Rooms, their bus and their clock. `hear` is told what the supervisor would be."""

    def __init__(self, settings: Settings, hear: Hear, line: LinePlan | None = None) -> None:
        """line: of the line's process, where there is one."""
        self.clock = VirtualClock()
        self._settings, self._hear, self._line = settings, hear, line
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._rooms: dict[str, VirtualBus] = {}
        self._threads: list[threading.Thread] = []
        self._hearers: dict[tuple[str, type[Message]], list[VirtualBus]] = {}
        self._opening: Turns | None = None
        self._failed: BaseException | None = None
        self.is_paced = waits_for_threads(settings)
        self._woken: SimpleQueue[VirtualBus] = SimpleQueue()
        self._pace_s: float | None = None  # real time less virtual time; None: not begun

    # --- rooms -----------------------------------------------------------------------------------------

    def open(self, start: Callable[[House], None], room: str) -> None:
        """Start a room; comes back when it asks for its first message. Raises what the room raises."""
        turns = Turns()
        line = self._line if room == "line" else None
        plan = House(room, 1, {}, {}, Keys(b"", b"", b"", b""), self._settings, line)

        def thread() -> None:
            turns.begin()
            try:
                start(plan)
            except BaseException as error:  # told where the house is run
                self._failed = error
            self._rooms.pop(room, None)
            turns.give_back()

        self._threads.append(threading.Thread(target=thread, name=f"virtual {room}", daemon=True))
        self._threads[-1].start()
        self._opening = turns
        self._give(turns)

    def bus(self, plan: House, *hears: type[Message]) -> VirtualBus:
        """In the place of `engine.bus.Bus`, for a room that is being opened."""
        assert self._opening is not None
        bus = self._rooms[plan.room] = VirtualBus(self, plan, self._opening, *hears)
        self._hearers.clear()
        return bus

    def close(self) -> None:
        """End every room."""
        for bus in list(self._rooms.values()):
            bus.next = None
            bus.turns.give()
        for thread in self._threads:
            thread.join(5)

    def _give(self, turns: Turns) -> None:
        turns.give()
        if self._failed is not None:
            failed, self._failed = self._failed, None
            raise failed

    # --- messages --------------------------------------------------------------------------------------

    def say(
        self, sender: str, call: int, message: Message, flags: Flag = Flag.NONE, number: int | None = None
    ) -> int:
        """What somebody publishes, to all who hear it one hop later; its time."""
        kind = type(message)
        hearers = self._hearers.get((sender, kind))
        if hearers is None:
            found = [bus for room, bus in self._rooms.items() if sender in WIRING[room] and kind in bus.kinds]
            hearers = self._hearers[sender, kind] = found
        header = self._header(call, message, flags, number or 0)
        for bus in hearers:
            self._deliver(bus, Delivery(header, message))
        if sender != "supervisor" and kind not in OF_ROOMS_ALONE:
            self.at(self.clock.now_us + HOP_US, lambda: self._hear(header, message))
        return self.clock.now_us

    def push(self, room: str, call: int, message: Message, number: int) -> int:
        """What a line pushes to one room."""
        header = self._header(call, message, Flag.NONE, number)
        if room == "supervisor":
            self.at(self.clock.now_us + HOP_US, lambda: self._hear(header, message))
        elif room in self._rooms:
            self._deliver(self._rooms[room], Delivery(header, message))
        return self.clock.now_us

    def _header(self, call: int, message: Message, flags: Flag, number: int) -> Header:
        kind, now = KIND_OF[type(message)], self.clock.now_us % CLOCK_MODULUS_US
        return Header(kind, call, flags, number % SEQUENCE_MODULUS, now)

    def _deliver(self, bus: VirtualBus, delivery: Delivery) -> None:
        if isinstance(delivery.message, CallOpened) and delivery.message.room not in ("", bus.house.room):
            return
        self.at(self.clock.now_us + HOP_US, lambda: self._step(bus, delivery))

    def _step(self, bus: VirtualBus, delivery: Delivery) -> None:
        if bus.house.room not in self._rooms:
            return  # it has ended
        bus.next = delivery
        self._give(bus.turns)

    # --- time ------------------------------------------------------------------------------------------

    def at(self, at_us: int, action: Callable[[], None]) -> None:
        """Something is to be done at that time."""
        heapq.heappush(self._due, (at_us, next(self._order), action))

    def run(self, over: Callable[[], bool]) -> None:
        """Until `over`. Raises what a room raises, and EngineError when nothing will ever happen again."""
        while not over():
            waking = min(
                (bus for bus in self._rooms.values() if bus.wake_at_us is not None),
                key=lambda bus: bus.wake_at_us or 0,
                default=None,
            )
            wake_us = waking.wake_at_us if waking is not None else None
            due_us = self._due[0][0] if self._due else None
            known = [us for us in (wake_us, due_us) if us is not None]
            if not known:
                raise EngineError(
                    "In virtual time nothing is left to happen. This is a fault of the program."
                )
            if self.is_paced and self._waited_for(min(known)):
                continue
            self.clock.now_us = max(self.clock.now_us, min(known))
            if waking is not None and wake_us is not None and wake_us == min(known):
                waking.wake_at_us = None
                self._step(waking, TICK)
            else:
                heapq.heappop(self._due)[2]()

    def waker(self, bus: VirtualBus) -> Callable[[], None]:
        """See VirtualBus."""
        return lambda: self._woken.put(bus)

    def _waited_for(self, until_us: int) -> bool:
        """Real time passes until then; True: a room was woken meanwhile, and time has not come that far."""
        if self._pace_s is None:
            self._pace_s = time.monotonic() - self.clock.now_us / 1e6
        wait_s = until_us / 1e6 + self._pace_s - time.monotonic()
        try:
            bus = self._woken.get(timeout=wait_s) if wait_s > 0 else self._woken.get_nowait()
        except Empty:
            return False
        real_us = int((time.monotonic() - self._pace_s) * 1e6)
        self.clock.now_us = max(self.clock.now_us, min(real_us, until_us))
        self._step(bus, WOKEN)
        return True
