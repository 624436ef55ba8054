"""All calls of an engine: placed, looked after, closed. Every event goes to the call's journal before it is shown."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from datetime import UTC, datetime

from engine.bus import now_us
from engine.call import UNANSWERED, too_long
from engine.call_lines import CallLines
from engine.errors import CallRefused, StateError
from engine.house_sockets import HouseSockets
from engine.journal import unwritable
from engine.line_orders import Order, told
from engine.lines.placing import LEAD_MS, line_for
from engine.live_call import LiveCall
from engine.protocol import (
    CLOCK_MODULUS_US,
    AgentFrame,
    AnswerLine,
    CallClosed,
    CallOpened,
    Checkpoint,
    EndCall,
    EngineEvent,
    FarFrame,
    Flag,
    HangUp,
    Header,
    LineState,
    Message,
    Outcome,
    PlaceCall,
    elapsed_us,
)
from engine.rooms import Rooms
from engine.settings import Settings
from engine.statedir import StateDirectory
from engine.stores.reservations import ReservationStore

log = logging.getLogger(__name__)
SETTLE_US = 1_500_000  # after the line has ended: the agent may still draw its conclusion from the last words
DEAF_LINE_US = 3_000_000  # a line that has not ended so long after a hang-up is killed
RECENT_CALLS = 20  # ended calls that a console is still told of
MAX_CALL_NUMBER = (1 << 16) - 1


class Calls:
    """The calls of one engine, live and recent."""

    def __init__(
        self, settings: Settings, sockets: HouseSockets, rooms: Rooms, state: StateDirectory
    ) -> None:
        self._settings = settings
        self._sockets = sockets
        self._journals = state.journals
        self._reservations = state.reservations_db
        self._live: dict[int, LiveCall] = {}
        self._ended: deque[LiveCall] = deque(maxlen=RECENT_CALLS)
        self._last_number = 0
        self._lines = CallLines(settings, state.reservations_db, rooms.line_house, self._line_lost)
        self._finishing: set[asyncio.Task[None]] = set()
        self._ending = False

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
            live.keep(*event, message)
        self._sockets.publish(event)

    def tell(self, event: EngineEvent) -> None:
        """Something that concerns the house and so every call in it."""
        self.show(0, event)
        for number in self._live:
            self.show(number, event)

    def _lose(self, live: LiveCall, error: StateError) -> None:
        """A call that cannot be recorded is not continued."""
        if live.outcome is None:
            live.outcome = ("failed", str(error))
            log.error("%s", error)
            self._end(live, None)
            self.show(0, EngineEvent("error", str(error)))

    async def place(self, command: PlaceCall) -> int:
        """Open a call and its line; its number. Raises CallThingError when it is refused."""
        placed = line_for(command, self._settings, os.environ)
        await self._lines.may_open(placed)
        if self._ending:
            raise CallRefused("The engine is being stopped.")
        if self._last_number >= MAX_CALL_NUMBER:
            raise CallRefused("This engine has used up its call numbers. Start it again: call-thing engine")
        number = self._last_number + 1
        call_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}-{number}"  # says nothing of the scenario
        live = LiveCall(number, call_id, command.line, placed, self._journals, now_us())
        self._last_number = number
        self._live[number] = live
        try:
            lead_ms = LEAD_MS[command.line]
            opened = CallOpened(placed.task, call_id, command.line, live.started_us, lead_ms=lead_ms)
            self._sockets.say(number, opened)
            self.show(number, live.describe())
        except BaseException:
            del self._live[number]
            raise
        self._lines.open(number, command.line, placed)
        return number

    async def order(self, call: int, order: Order) -> None:
        """The operator asks something of a call's line. Raises CallThingError when it is refused."""
        order = await self._lines.order(self._live_call(call), order)
        self._sockets.say(call, order)
        self.show(call, EngineEvent("info", told(order)))

    def _live_call(self, call: int) -> LiveCall:
        if call not in self._live:
            raise CallRefused(f"There is no live call {call}; it may have ended just now.")
        return self._live[call]

    def _line_lost(self, call: int, state: LineState) -> None:
        """The process of a line has ended without a word of this call."""
        live = self._live.get(call)
        if live is not None and live.line_ended is None:
            self.take(Header(0, call, Flag.NONE, 0, now_us() % CLOCK_MODULUS_US), state)

    def hang_up(self, call: int, command: HangUp) -> None:
        """The operator ends a call. Raises CallRefused when there is none. One whose line has ended is settled."""
        self._end(self._live_call(call), ("hung_up", "the operator hung up"))
        self.show(call, EngineEvent("info", "hang up: asked for by the operator"))

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
        if live is None or not live.is_news(header, message):
            return
        if isinstance(message, FarFrame | AgentFrame):
            try:
                live.frame(header, message)
            except OSError as error:
                self._lose(live, StateError(unwritable(live.journal.folder, error)))
            return
        if live.rings(message):
            self._sockets.say(header.call, AnswerLine())
        follows = live.take(header, message)
        if not isinstance(message, Checkpoint):
            self.show(header.call, message, header.time_us, header.flags & ~Flag.AGAIN)
        for follow in follows:
            self.show(header.call, follow)
        if isinstance(message, EndCall) and live.line_ended is None:
            self._end(live, None)

    def room_died(self) -> None:
        """Count it against every call that goes on."""
        for live in self._live.values():
            live.restarts += 1

    def reopen(self, room: str) -> None:
        """Tell a room that has come back of the calls that go on, with what it had noted of them."""
        for live in self._live.values():
            opened = CallOpened(
                live.task,
                live.call_id,
                live.line,
                live.started_us,
                answered=live.state not in UNANSWERED,
                room=room,
                checkpoint=live.checkpoints.get(room, b""),
                lead_ms=LEAD_MS[live.line],
            )
            self._sockets.say(live.number, opened, Flag.AGAIN)

    def look_after(self, now: int) -> None:
        """Close the calls whose line has ended, end those that last too long."""
        for live in list(self._live.values()):
            if live.line_ended is not None:
                waited_us = elapsed_us(live.line_ended_us, now % CLOCK_MODULUS_US)
                if live.wanted is not None or live.outcome is not None or waited_us > SETTLE_US:
                    self._close(live)
            elif live.hanging_up_since_us is not None:
                self._end(live, live.ended_by)
                if now - live.hanging_up_since_us > DEAF_LINE_US:
                    self._lines.kill(live.number)
            else:
                lasted_s = elapsed_us(live.since_us, now) / 1e6
                end = too_long(live.state, lasted_s, live.wait_s, self._settings.call.max_seconds)
                if end is not None:
                    self._end(live, end)

    def _close(self, live: LiveCall) -> None:
        live.settle()
        self.show(live.number, live.describe())
        outcome, reason = live.outcome or ("failed", "")
        closed = CallClosed(outcome, reason, live.lost_frames, live.restarts)
        self._sockets.say(live.number, closed)
        self.show(live.number, closed)
        del self._live[live.number]
        self._lines.closed(live.number)
        trouble = live.close()
        if trouble is not None:
            log.error("%s", trouble.text)
            self.show(0, trouble)
        finished = asyncio.create_task(asyncio.to_thread(self._finish, live))
        self._finishing.add(finished)
        finished.add_done_callback(self._finishing.discard)
        self._ended.append(live)
        self._sockets.forget(live.number)

    def _finish(self, live: LiveCall) -> None:
        """How the call ended, into the database; in a thread, since another process may hold its lock."""
        try:
            store = ReservationStore(self._reservations)
            try:
                live.enter(store)
            finally:
                store.close()
        except StateError as error:
            log.error("%s", error)

    def events(self) -> tuple[tuple[bytes, bytes], ...]:
        """What a console that comes late has missed."""
        return tuple(event for live in (*self._ended, *self._live.values()) for event in live.kept)

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
        if self._finishing:
            await asyncio.wait(self._finishing, timeout=grace_s)
