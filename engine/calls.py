"""All calls of an engine: placed, looked after, closed."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime

from engine.after_calls import AfterCalls
from engine.bus import now_us
from engine.call import too_long
from engine.call_events import CallEvents
from engine.call_lines import CallLines
from engine.errors import CallRefused, CallThingError, EngineError, StateError
from engine.house_sockets import HouseSockets
from engine.journal import unwritable
from engine.line_orders import Order
from engine.lines.placing import line_for
from engine.live_call import LiveCall
from engine.placed_calls import PlacedCalls
from engine.protocol import (
    CLOCK_MODULUS_US,
    AgentFrame,
    AnswerLine,
    CallTask,
    Checkpoint,
    EndCall,
    EngineEvent,
    FarFrame,
    FarSound,
    Flag,
    HangUp,
    Header,
    LineState,
    Message,
    Outcome,
    PlaceCall,
    PlacedCall,
    ReplyForgotten,
    RoomStarted,
    SendDigits,
    ToolCalled,
    elapsed_us,
)
from engine.rooms import Rooms
from engine.settings import Settings
from engine.statedir import StateDirectory

log = logging.getLogger(__name__)
SETTLE_US = 1_500_000  # after the line has ended: the agent may still draw its conclusion from the last words
DEAF_LINE_US = 3_000_000  # a line that has not ended so long after a hang-up is killed
MAX_CALL_NUMBER = (1 << 16) - 1
HUNG_UP: tuple[Outcome, str] = ("hung_up", "the operator hung up")


class Calls:
    """The calls of one engine, live and recent."""

    def __init__(
        self, settings: Settings, sockets: HouseSockets, rooms: Rooms, state: StateDirectory
    ) -> None:
        self._settings = settings
        self._sockets = sockets
        self._state = state
        self._journals = state.journals
        self._live: dict[int, LiveCall] = {}
        self.events = CallEvents(sockets, self._live, self._lose)
        self._listened: frozenset[int] = frozenset()
        self.on_close: Callable[[LiveCall], None] = lambda live: None
        """Told of a call that ends, before its journal is closed."""
        self._last_number = 0
        self._next_alert = itertools.count(1).__next__
        self._lines = CallLines(
            settings, state.reservations_db, rooms.line_house, self._line_lost, rooms.command
        )
        self.afterwards = AfterCalls(settings, state)
        self._ending = False
        self._placed = PlacedCalls()
        self._pressing: set[asyncio.Task[None]] = set()  # what no one else refers to may be collected

    @property
    def listened(self) -> Collection[int]:
        """Calls whose sound consoles are sent."""
        return self._listened

    @listened.setter
    def listened(self, calls: Collection[int]) -> None:
        before, self._listened = self._listened, frozenset(calls)
        if bool(before) != bool(self._listened):
            self._sockets.hear_frames(bool(self._listened))

    def _lose(self, live: LiveCall, error: StateError) -> None:
        """A call that cannot be recorded is not continued."""
        if live.outcome is None:
            live.outcome = ("failed", str(error))
            log.error("%s", error)
            self._end(live, None)
            trouble = EngineEvent("error", str(error))
            self.events.show(0, trouble)
            self.events.concern(live, trouble)

    async def place(self, command: PlaceCall) -> int:
        """Open a call and its line; its number. Raises CallThingError when it is refused.

        EngineError: this engine places no call any more, and another one may.
        """
        if known := self._placed.known(command.key):
            return known
        placed = replace(line_for(command, self._settings, os.environ), job=command.job)
        await self._lines.may_open(placed)
        if known := self._placed.known(command.key):  # asked about, and given up, meanwhile
            return known
        if self._ending:
            raise EngineError("The engine is being stopped.")
        if self._last_number >= MAX_CALL_NUMBER:
            raise EngineError("This engine has used up its call numbers. Start it again: call-thing engine")
        number = self._last_number + 1
        call_id = (
            f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{self._state.number}-{number}"  # says nothing of the scenario
        )
        lease_ms = self._settings.operator.lease_ms
        live = LiveCall(
            number, call_id, command.line, placed, self._journals, now_us(), lease_ms, self._next_alert,
            command.key,
        )  # fmt: skip
        self._last_number = number
        self._live[number] = live
        try:
            self._sockets.say(number, live.opened())
            self.events.show(number, live.describe())
            self.events.show(number, CallTask(live.task))
        except BaseException:
            del self._live[number]
            raise
        self._placed.placed(command.key, live)
        self._lines.open(number, command.line, placed)
        return number

    def find_placed(self, key: str) -> PlacedCall:
        """What became of a key; from here on it makes no call that it has not made."""
        live = next((each for each in self._live.values() if key and each.key == key), None)
        return self._placed.find(key, live)

    async def order(self, call: int, order: Order) -> None:
        """The operator asks something of a call's line. Raises CallThingError when it is refused."""
        self._sockets.say(call, await self._lines.order(self.live_call(call), order))

    def live(self) -> list[LiveCall]:
        """All that go on."""
        return list(self._live.values())

    def find(self, call: int) -> LiveCall | None:
        """A call that goes on, or None."""
        return self._live.get(call)

    def live_call(self, call: int) -> LiveCall:
        """The same. Raises CallRefused when there is none."""
        if call not in self._live:
            raise CallRefused(f"There is no live call {call}; it may have ended just now.")
        return self._live[call]

    def _line_lost(self, call: int, state: LineState) -> None:
        """The process of a line has ended without a word of this call."""
        live = self._live.get(call)
        if live is not None and live.line_ended is None:
            self.take(Header(0, call, Flag.NONE, 0, now_us() % CLOCK_MODULUS_US), state)

    def hang_up(self, call: int) -> None:
        """The operator ends a call. Raises CallRefused when there is none. One whose line has ended is settled."""
        self._end(self.live_call(call), HUNG_UP)

    def _end(self, live: LiveCall, ended_by: tuple[Outcome, str] | None) -> None:
        """Hang up; it is said again until the line has ended, since a line that is starting hears nothing yet.

        What ended the call before us stays what ended it.
        """
        if live.line_ended is not None or self._lines.gone(live.number):
            return
        if live.hanging_up_since_us is None:
            live.hanging_up_since_us, live.ended_by = now_us(), ended_by
        self._sockets.say(live.number, HangUp(ended_by[1] if ended_by else "done"))

    def take(self, header: Header, message: Message) -> None:
        """Something a room or a line said of a call."""
        live = self._live.get(header.call)
        if isinstance(message, ReplyForgotten) and not header.call:
            self.events.show(0, message)  # asked for without a call
        if live is None or header.flags & Flag.AHEAD or not live.news.takes(header, message):
            return  # what is prepared is no event of the call: `Speculated` tells what came of it
        if isinstance(message, FarFrame | AgentFrame) and live.number in self._listened:
            self._sockets.pass_on(header, message)
        if isinstance(message, FarFrame):
            return
        if isinstance(message, FarSound | AgentFrame):
            try:
                live.frame(header, message)
            except OSError as error:
                self._lose(live, StateError(unwritable(live.journal.folder, error)))
            except StateError as error:
                self._lose(live, error)
            return
        if isinstance(message, Checkpoint):
            live.take(header, message)  # at once: a room may need it in the next moment
            return
        for event in live.in_order.take(header, message, now_us()):
            self._taken(live, *event)

    def _taken(self, live: LiveCall, header: Header, message: Message) -> None:
        if isinstance(message, EndCall) and live.lease.live:
            return  # the agent said so before it knew that an operator has the call now
        if live.rings(message):
            self._sockets.say(header.call, AnswerLine())
        follows = live.take(header, message)
        self.events.show(header.call, message, header.time_us, header.flags & ~Flag.AGAIN)
        for follow in follows:
            self.events.show(header.call, follow)
        if isinstance(message, EndCall) and live.line_ended is None:
            self._end(live, None)
        if isinstance(message, ToolCalled) and message.tool == "press_digits" and not message.refused:
            pressing = asyncio.create_task(self._press(live.number, str(message.arguments.get("digits", ""))))
            self._pressing.add(pressing)
            pressing.add_done_callback(self._pressing.discard)

    async def _press(self, call: int, digits: str) -> None:
        """The agent presses a key on the line."""
        try:
            await self.order(call, SendDigits(digits))
        except CallThingError as error:
            self.events.show(call, EngineEvent("warning", f"The key was not pressed: {error}", "agent"))

    def loop_was_late(self, late_ms: float) -> None:
        """A loop that carries audio, or the supervisor's: it concerns every call that goes on."""
        for live in self._live.values():
            live.kept_time.loop_was_late(late_ms)

    def room_died(self) -> None:
        """Count it against every call that goes on."""
        for live in self._live.values():
            live.restarts += 1

    def reopen(self, room: str) -> None:
        """Tell a room that has come back of the calls that go on, with what it had noted of them."""
        for live in self._live.values():
            self._sockets.say(live.number, live.opened(room), Flag.AGAIN)

    def room_started(self, started: RoomStarted) -> None:
        """Told to the rooms; calls that go on may be concerned."""
        self._sockets.say(0, started)
        for live in self.live():
            self.events.concern(live, started)

    def look_after(self, now: int) -> None:
        """Close the calls whose line has ended, end those that last too long."""
        for live in self.live():
            for alert in live.alerts.tick(now):
                self.events.show(live.number, alert)
            for event in live.in_order.overdue(now):
                self._taken(live, *event)
            if live.line_ended is not None:
                waited_us = elapsed_us(live.line_ended_us, now % CLOCK_MODULUS_US)
                if live.wanted is not None or live.outcome is not None or waited_us > SETTLE_US:
                    self._close(live)
            elif live.goodbye is not None and live.hanging_up_since_us is None and live.goodbye.over(now):
                self._end(live, HUNG_UP)
            elif live.hanging_up_since_us is not None:
                self._end(live, live.ended_by)
                if now - live.hanging_up_since_us > DEAF_LINE_US:
                    self._lines.kill(live.number)
            else:
                most_s = self._settings.call.max_seconds
                end = too_long(live.state, live.lasted_s(now), live.wait_s, most_s)
                if end is not None:
                    self._end(live, end)

    def _close(self, live: LiveCall) -> None:
        for event in live.in_order.rest():
            self._taken(live, *event)
        live.settle()
        self._placed.ended(live)
        self.on_close(live)
        for alert in live.alerts.close():
            self.events.show(live.number, alert)
        self.events.show(live.number, live.describe())
        closed = live.closed()
        at_us = now_us() % CLOCK_MODULUS_US
        trouble = live.close((Header(0, live.number, Flag.NONE, 0, at_us), closed))
        self._sockets.say(live.number, closed)
        self.events.show_last(live, closed, at_us)
        del self._live[live.number]
        self._lines.closed(live.number)
        if trouble is not None:
            log.error("%s", trouble.text)
            self.events.show(0, trouble)
        self.afterwards.over(live, trouble is None)
        self.events.ended(live)
        self._sockets.forget(live.number)

    async def end_all(self, grace_s: float) -> None:
        """Hang up every call and close it; none is left when this returns."""
        self._ending = True
        for live in self._live.values():
            self._end(live, ("hung_up", "the engine was stopped"))
        until = asyncio.get_running_loop().time() + grace_s
        while self._live and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.02)
            self.look_after(now_us())
        for live in list(self._live.values()):
            self._close(live)
        await self._lines.stop(grace_s)
        await self.afterwards.ends_entered(grace_s)
