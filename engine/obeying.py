"""Commands of consoles, command lines and coordinators: each is carried out or refused, and answered."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable

from engine.calls import Calls
from engine.errors import CallThingError, ExitCode
from engine.house_sockets import HouseSockets
from engine.operating.desk import OfCall, OfHouse, OperatorDesk
from engine.protocol import (
    Accepted,
    FindPlaced,
    GetSnapshot,
    HangUp,
    Header,
    HoldLine,
    Message,
    Ping,
    PlaceCall,
    Refused,
    SendDigits,
    Snapshot,
    StopEngine,
    TransferLine,
)
from engine.rooms import Rooms

log = logging.getLogger(__name__)
SLOW = (PlaceCall, TransferLine)
ANSWER_S = 0.05  # in which the answer to StopEngine goes out


class Obeying:
    """Of one engine. What operators ask of a call goes to the desk."""

    def __init__(
        self,
        sockets: HouseSockets,
        rooms: Rooms,
        calls: Calls,
        desk: OperatorDesk,
        stop: Callable[[], None],
    ) -> None:
        self._sockets, self._rooms, self._calls, self._desk, self._stop = sockets, rooms, calls, desk, stop
        self.epoch = uuid.uuid4().hex
        self.is_ready = False  # all rooms are there
        self.is_draining = False  # it ends after its calls, and takes no new ones
        self._guarded = asyncio.Lock()
        self._waiting: set[asyncio.Task[None]] = set()  # commands that the dial guard is asked about

    @property
    def is_at_it(self) -> bool:
        """Whether a command waits for its answer."""
        return bool(self._waiting)

    async def run(self) -> None:
        """Until it is cancelled."""
        async for who, header, command in self._sockets.commands():
            if self._desk.hears(who, header, command):
                continue
            if isinstance(command, SLOW):  # the dial guard looks things up: no microphone waits for that
                task = asyncio.create_task(self._answer_slowly(who, header, command))
                self._waiting.add(task)
                task.add_done_callback(self._waiting.discard)
            else:
                await self._answer(who, header, command)

    async def _answer_slowly(self, who: bytes, header: Header, command: Message) -> None:
        """One after the other: what the first has dialled counts for the second."""
        async with self._guarded:
            await self._answer(who, header, command)

    async def _answer(self, who: bytes, header: Header, command: Message) -> None:
        try:
            answer = await self._carry_out(header, command)
        except CallThingError as error:
            answer = Refused(str(error), int(error.exit_code))
        except Exception as error:  # one command must not end the calls of all the others
            log.exception("%s failed", type(command).__name__)
            answer = Refused(f"{type(command).__name__} failed ({error!r}). This is a fault of the program.")
        call = answer.call if isinstance(answer, Accepted) else header.call
        self._desk.record(call, command, answer.reason if isinstance(answer, Refused) else "")
        await self._sockets.answer(who, header, answer)

    async def _carry_out(self, header: Header, command: Message) -> Message:
        match command:
            case PlaceCall() if self.is_draining:
                return Refused(
                    "This engine ends after its calls and takes no new ones. Place it on another one."
                )
            case PlaceCall() if not self.is_ready:
                return Refused("The engine is still starting; try again in a moment.", int(ExitCode.ENGINE))
            case PlaceCall():
                return Accepted(await self._calls.place(command))
            case FindPlaced(key=key):
                return self._calls.find_placed(key)
            case HangUp(goodbye=True):
                self._desk.say_goodbye(header.call, command.by)
                return Accepted(header.call)
            case HangUp():
                self._calls.hang_up(header.call)
                return Accepted(header.call)
            case _ if isinstance(command, OfCall | OfHouse):
                return self._desk.carry_out(header.call, command)
            case HoldLine() | SendDigits() | TransferLine():
                await self._calls.order(header.call, command)
                return Accepted(header.call)
            case Ping():
                return Accepted()
            case GetSnapshot():
                return Snapshot(self.epoch, self.is_ready, self._rooms.states(), self._calls.events.missed())
            case StopEngine(after_calls=True):
                self.is_draining = True  # the supervisor ends it, when this answer has gone out
                return Accepted()
            case StopEngine():
                asyncio.get_running_loop().call_later(ANSWER_S, self._stop)
                return Accepted()
        return Refused(f"{type(command).__name__} is no command.")
