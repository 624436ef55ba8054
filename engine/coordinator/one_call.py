"""One attempt of a job, from the command to what is written of its end.

    dialing ──► the engine's command ──► answered ──► closed ──► Ended
                    │ refused: NotDialled   │ to be hung up: a goodbye
                    │ no answer: FindPlaced: which call is it? one that it is not yet it never will be: NotDialled
                    └ its engine is gone: what its record says, else EngineLost

A coordinator that was started again enters where it is not known what became of the command.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from engine.coordinator.commands import again_at, command_for, key_of
from engine.coordinator.engine_link import EngineIsGone, EngineLink
from engine.coordinator.learning import ended_as, record_of
from engine.coordinator.ledger import Ledger
from engine.errors import CallRefused, NoEngine
from engine.jobs.job import Job
from engine.jobs.lifecycle import Answered, Ended, EngineLost, Event, NotDialled
from engine.protocol import CallClosed, LineState, Outcome, PlacedCall
from engine.settings import Settings

ASK_AGAIN_S = 1.0  # after a question that was not answered, or a goodbye that could not be said
Signal = Literal["answered", "closed", "cancel", "gone"]


class Means(msgspec.Struct, frozen=True):
    """What a call needs besides its engine."""

    ledger: Ledger
    settings: Settings
    now: Callable[[], datetime]
    accepted: Callable[
        [float], None
    ]  # is told how long it took from the reservation until an engine had the call


class OneCall:
    """Of one job; `await run()` returns when its end is written."""

    def __init__(self, job: Job, link: EngineLink, means: Means) -> None:
        """job: in `dialing`, or further."""
        self.job = job
        self.link = link
        self.call = 0  # its number in the engine
        self.outcome: Outcome | Literal["", "unknown", "not_dialled"] = ""
        self.since = means.now()
        self.reserved_s: float | None = None  # the loop's time at which it was reserved, where we did that
        self._means = means
        self._signals: asyncio.Queue[Signal] = asyncio.Queue()
        self._answered = job.state == "talking"
        self._ending = False
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, message: LineState | CallClosed) -> None:
        """What its engine says of its call."""
        if isinstance(message, CallClosed):
            self._signals.put_nowait("closed")
        elif message.state == "answered":
            self._signals.put_nowait("answered")

    def hang_up(self) -> None:
        """End it with a goodbye."""
        self._signals.put_nowait("cancel")

    def engine_is_gone(self) -> None:
        """Nothing more is heard of it."""
        self._signals.put_nowait("gone")

    async def run(self, dialled_before: bool = False) -> None:
        """dialled_before: another coordinator has, or may have, sent the command."""
        try:
            event = await self._course(dialled_before)
        except EngineIsGone:
            event = await self._lost()
        finally:
            self.link.leave(self.call)
            for task in self._tasks:
                task.cancel()
        self.job = await self._settled(event) or self.job
        match event:
            case Ended():
                self.outcome = self.job.outcome or event.outcome
            case EngineLost():
                self.outcome = "unknown"
            case _:
                self.outcome = "not_dialled"

    async def _course(self, dialled_before: bool) -> Event:
        if not dialled_before:
            try:
                command = command_for(self.job, self._means.now())
                self._is(await self.link.place(command))
                if self.reserved_s is not None:
                    self._means.accepted(asyncio.get_running_loop().time() - self.reserved_s)
            except CallRefused as refused:
                again = again_at(self.job, refused, self._means.settings, self._means.now())
                return NotDialled(str(refused), again)
            except NoEngine:
                pass  # nobody knows whether it came through
        if not self.call:
            placed = await self._found()
            if not placed.call:
                words = "its engine was never told to dial"
                return NotDialled(words, self._means.now())
            if placed.outcome:
                return ended_as(placed, self.job.attempt)
            self._is(placed.call)
            if placed.answered:
                await self._picked_up()
        if self.job.cancel_asked:
            self.hang_up()
        return await self._to_its_end()

    def _is(self, call: int) -> None:
        self.call = call
        self.link.attend(call, self.tell)

    async def _to_its_end(self) -> Event:
        while True:
            match await self._signals.get():
                case "answered":
                    await self._picked_up()
                case "cancel" if not self._ending:
                    self._ending = True
                    self._also(self._say_goodbye())
                case "gone":
                    raise EngineIsGone
                case "closed":
                    placed = await self._found()
                    if placed.outcome:
                        return ended_as(placed, self.job.attempt)

    async def _picked_up(self) -> None:
        if not self._answered:
            self._answered = True
            await self._settled(Answered(self.job.attempt, (await self._found()).call_id))

    async def _found(self) -> PlacedCall:
        """What its engine says became of it; asked until it answers."""
        while True:
            try:
                return await self.link.find(key_of(self.job))
            except NoEngine:
                await asyncio.sleep(ASK_AGAIN_S)

    async def _say_goodbye(self) -> None:
        while True:
            try:
                await self.link.say_goodbye(self.call)
                return
            except (CallRefused, NoEngine):  # an operator speaks, it has ended just now, or nobody answers
                await asyncio.sleep(ASK_AGAIN_S)
            except EngineIsGone:
                return

    def _also(self, work: Coroutine[None, None, None]) -> None:
        self._tasks.add(asyncio.ensure_future(work))

    async def _lost(self) -> Event:
        return await what_is_left(self.job, self._means.settings.state_path)

    async def _settled(self, event: Event) -> Job | None:
        settled = await self._means.ledger.settle(self.job.id, event, self._means.now)
        self.job = settled or self.job
        return settled


async def what_is_left(job: Job, state: Path) -> Event:
    """What becomes of a job in hand whose engine is surely gone. state: the state directory."""
    if job.state == "reserved":
        return EngineLost()
    dialled_at = max(line.at for line in job.history if line.state == "dialing")
    found = await asyncio.to_thread(record_of, state, key_of(job), job.attempt, dialled_at)
    if found is None:
        return EngineLost()
    if found.ended is not None:
        return found.ended
    return EngineLost(f"its engine ended in the middle of the call; its record: {found.folder}")
