"""Every event of a call: to its journal, then to the consoles; and what a console that comes late has missed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.bus import now_us
from engine.catch_up import CatchUp
from engine.errors import StateError
from engine.house_sockets import HouseSockets
from engine.live_call import LiveCall
from engine.protocol import CLOCK_MODULUS_US, CallClosed, EngineEvent, Flag, Header, Message


class CallEvents:
    """Of all calls of one engine, and of the engine itself, which is call 0."""

    def __init__(
        self,
        sockets: HouseSockets,
        live: Mapping[int, LiveCall],
        lose: Callable[[LiveCall, StateError], None],
    ) -> None:
        """live: the calls that go on, by number. lose: told of a call whose journal refuses."""
        self._sockets, self._live, self._lose = sockets, live, lose
        self._catch_up = CatchUp()

    def show(self, call: int, message: Message, time_us: int | None = None, flags: Flag = Flag.NONE) -> None:
        """To the journal of the call, then to the consoles."""
        at_us = (now_us() if time_us is None else time_us) % CLOCK_MODULUS_US
        event = self._sockets.packed(call, message, at_us, flags)
        live = self._live.get(call)
        if live is not None:
            try:
                live.journal.append(Header(0, call, flags, 0, at_us), message)
            except StateError as error:
                self._lose(live, error)  # what happens to it from here on is shown without a record
            live.kept.add(event, message)
        else:
            self._catch_up.of_house(event, message)
        self._sockets.publish(event)
        if live is not None:
            self.concern(live, message)

    def concern(self, live: LiveCall, message: Message) -> None:
        """What follows for those who watch over the call."""
        for alert in live.alerts.take(message, live.state, now_us()):
            self.show(live.number, alert)

    def tell(self, event: EngineEvent) -> None:
        """Something that concerns the house and so every call in it."""
        self.show(0, event)
        for number in self._live:
            self.show(number, event)

    def show_last(self, live: LiveCall, closed: CallClosed, at_us: int) -> None:
        """The end of a call, which is in its closed journal already."""
        told = self._sockets.packed(live.number, closed, at_us, Flag.NONE)
        live.kept.add(told, closed)
        self._sockets.publish(told)

    def ended(self, live: LiveCall) -> None:
        """It does not go on any more; late consoles are told of it for a while."""
        self._catch_up.ended(live.kept)

    def missed(self) -> tuple[tuple[bytes, bytes], ...]:
        """What a console that comes late has missed."""
        return self._catch_up.events(live.kept for live in self._live.values())
