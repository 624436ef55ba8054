"""Everything the console shows, built by applying the engine's messages. No widget, no socket, no clock."""

from __future__ import annotations

from collections import deque
from itertools import islice

from console.state import alerts
from console.state.alerts import AlertView
from console.state.call import Call
from console.state.events import Event, event_of, same
from console.state.numbers import Latency
from console.state.rooms import Rooms
from console.state.takeover import TakeOver
from engine.protocol import (
    Alert,
    CallState,
    Header,
    Heartbeat,
    MalformedMessage,
    Message,
    Operators,
    RoomStarted,
    Snapshot,
    TurnLatency,
    elapsed_us,
    unpack,
)

MAX_CALLS = 200  # the oldest ended ones go first; all of them are in their journals
MAX_EVENTS = 500
SLOW_LINK_MS = 300.0  # an operator who types notices it from about here on
LOST_AFTER_US = 1_000_000  # four heartbeats


class Store:
    """Calls, rooms, events and whether the engine is still there.

    link: "waiting" nothing found yet, "connecting" found but not heard or not caught up with,
    "live", "lost" was live and went silent; "recording" no engine at all, but the journal of a call.
    """

    def __init__(self) -> None:
        self.link = "waiting"
        self.epoch = ""
        self.heard_us: int | None = None
        self.waiting_since_us: int | None = None
        self.now_us = 0
        self.me = ""  # the operator at this console
        self.readonly = False
        self.coordinated = False  # a coordinator was started here
        self.filter = ""  # words; only calls that have all of them are shown
        self.listens_to = 0  # the call whose sound this console plays; 0 = none
        self.losses = 0  # how often the link was lost: a microphone that was held before is no longer
        self.round_trip_ms: float | None = None  # to the engine and back, lately
        self.mic = TakeOver()  # this console's own
        self.generation = 0  # grows whenever everything is replaced
        self.selected: int | None = None
        self._wanted: int | None = None
        self.clear()

    def clear(self) -> None:
        """Forget everything that came from the engine, before a snapshot tells it again."""
        self.generation += 1
        self.calls: dict[int, Call] = {}
        self.rooms = Rooms()
        self.events: deque[Event] = deque(maxlen=MAX_EVENTS)
        self.latency = Latency()  # of all calls
        self.alerts: dict[int, AlertView] = {}  # by their number in the engine
        self.operators: tuple[str, ...] = ()  # who is there and may give commands
        self.listening: dict[str, int] = {}  # operator → the call they listen to
        self.events_version = 0

    # --- messages ---------------------------------------------------------------------------------

    def apply(self, header: Header, message: Message) -> None:
        """Take one message, live or out of a snapshot."""
        if isinstance(message, Heartbeat):
            self.rooms.heartbeat(message, header.time_us)
            self.heard_us = header.time_us
            return
        if isinstance(message, RoomStarted):
            self.rooms.started(message)
        elif isinstance(message, Operators):
            self.operators, self.listening = message.names, message.listening
        elif isinstance(message, Alert):
            alerts.take(self.alerts, header.call, message, header.time_us)
            self._needs(header.call, header.time_us)
        elif header.call:
            self._apply_to_call(header, message)
        event = event_of(message, header.call, header.time_us)
        if event is not None and not self._told_already(event):
            self.events.append(event)
            self.events_version += 1

    def _told_already(self, event: Event) -> bool:
        """Whether it has just been said of the engine as a whole."""
        recent = islice(reversed(self.events), 12)
        return event.call != 0 and any(other.call == 0 and same(event, other) for other in recent)

    def _apply_to_call(self, header: Header, message: Message) -> None:
        call = self.calls.get(header.call)
        if call is None or (isinstance(message, CallState) and _begins_again(call, message)):
            call = self.calls[header.call] = Call(header.call, header.time_us)
            self._forget_oldest()
            if self._wanted == header.call:
                self._wanted, self.selected = None, header.call
            elif self.selected is None:
                self.selected = header.call  # until the wanted one comes
        if isinstance(message, TurnLatency):
            self.latency.add(message)
        call.apply(message, header.time_us, header.flags)

    def _needs(self, number: int, at_us: int) -> None:
        """What a call needs an operator for, after one of its alerts has changed."""
        call = self.calls.get(number)
        if call is not None:
            own = [alert for alert in alerts.by_urgency(self.alerts, at_us) if alert.call == number]
            call.needs = own[0].text if own else ""
            call.needs_seen = all(alert.state == "acknowledged" for alert in own)

    def _forget_oldest(self) -> None:
        if len(self.calls) <= MAX_CALLS:
            return
        for number, call in self.calls.items():
            if not call.live and number != self.selected:
                del self.calls[number]
                return

    def load(self, snapshot: Snapshot, same_engine: bool = False) -> None:
        """Replace everything by what the engine has; the selection stays if its call is still there.

        same_engine: what a snapshot does not tell, the engine's own events and restarts, stays too.
        """
        rooms, own = self.rooms, [event for event in self.events if event.call == 0]
        operators, listening = self.operators, self.listening
        of_house = {number: alert for number, alert in self.alerts.items() if not alert.call}
        self.clear()
        if same_engine:
            self.operators, self.listening, self.alerts = operators, listening, of_house
        for frames in snapshot.events:
            try:
                header, message = unpack(list(frames))
            except MalformedMessage:
                continue  # of another version; the rest is still worth showing
            self.apply(header, message)
        if same_engine:
            self.rooms = rooms
            known = {*self.events, *(event for event in own if not any(same(event, e) for e in self.events))}
            self.events.clear()
            self.events.extend(sorted(known, key=lambda event: elapsed_us(self.now_us, event.at_us)))
        self.rooms.set_states(snapshot.rooms)
        if self.selected not in self.calls:
            self.selected = self._best_call()

    # --- what screens ask ---------------------------------------------------------------------------

    def tick(self, now_us: int) -> None:
        """Let time pass: notice silence."""
        self.now_us = now_us
        if self.waiting_since_us is None:
            self.waiting_since_us = now_us
        if self.link == "live" and self.silent_us > LOST_AFTER_US:
            self.link = "lost"
            self.losses += 1
            self.round_trip_ms = None
        if self.link == "live":
            self.rooms.tick(now_us)

    @property
    def silent_us(self) -> int:
        """Since the engine was last heard."""
        since = self.heard_us if self.heard_us is not None else self.waiting_since_us
        return 0 if since is None else max(0, elapsed_us(since, self.now_us))

    @property
    def known_us(self) -> int:
        """The time up to which anything is known: now, or when the engine was last heard."""
        return self.heard_us if self.lost and self.heard_us is not None else self.now_us

    @property
    def lost(self) -> bool:
        return self.link == "lost"

    @property
    def call(self) -> Call | None:
        """The selected call."""
        return None if self.selected is None else self.calls.get(self.selected)

    def ordered(self) -> list[Call]:
        """Calls in the order of their numbers: a row never moves by itself."""
        return [self.calls[number] for number in sorted(self.calls)]

    def shown(self) -> list[Call]:
        """Those of them that have every word of the filter."""
        words = self.filter.casefold().split()
        return [call for call in self.ordered() if all(word in _words_of(call) for word in words)]

    def open_alerts(self) -> list[AlertView]:
        """Alerts that are not over, the nearest deadline first, then the oldest."""
        return alerts.by_urgency(self.alerts, self.now_us)

    def needing_you(self) -> list[int]:
        """Calls with an alert that nobody has acknowledged, most urgent first."""
        waiting = (alert.call for alert in self.open_alerts() if alert.state == "raised" and alert.call)
        return [number for number in dict.fromkeys(waiting) if number in self.calls]

    @property
    def slow(self) -> bool:
        """Whether the way to the engine and back takes long enough to be felt."""
        return self.link == "live" and (self.round_trip_ms or 0.0) > SLOW_LINK_MS

    def step(self, by: int) -> None:
        """Select the next or previous of the calls that are shown; stops at the ends."""
        numbers = [call.number for call in self.shown()]
        if numbers:
            at = numbers.index(self.selected) if self.selected in numbers else 0
            self.selected = numbers[min(max(at + by, 0), len(numbers) - 1)]

    def select(self, number: int) -> bool:
        """Select a call; False when there is none of that number."""
        if number not in self.calls:
            return False
        self.selected = number
        return True

    def want(self, number: int) -> None:
        """Select a call as soon as it is there."""
        if not self.select(number):
            self._wanted = number

    def _best_call(self) -> int | None:
        live = [number for number, call in self.calls.items() if call.live]
        return max(live or self.calls, default=None)


def _begins_again(call: Call, message: CallState) -> bool:
    """A number is used anew once its call has ended (a call's first state is `dialling` or `waiting`)."""
    return not call.live and message.state in ("dialling", "waiting") and not message.outcome


def _words_of(call: Call) -> str:
    """What a filter is compared with."""
    state = call.outcome or call.state
    parts = (str(call.number), call.restaurant, call.language, state, call.line, call.scenario, call.needs)
    return " ".join(parts).replace("_", " ").casefold()
