"""Scenarios through the whole engine, in real time, some of them at once; one client for all of them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from engine.client import Client
from engine.errors import CallRefused, CallThingError, NoEngine
from engine.evaluation.order import INTERRUPTED, Order, Told, failed, from_journal, skipped
from engine.evaluation.results import Run
from engine.protocol import Accepted, CallClosed, CallState, HangUp, Heartbeat, PlaceCall

KINDS = (CallState, CallClosed, Heartbeat)  # all that has to be heard: the rest is in the journals
POLL_S = 0.05
NOBODY = "nobody speaks in it"
SPACING_S = 0.5  # between two calls' beginnings: a line takes half a second of a core to start
SILENT_ENGINE_S = 8.0  # it gives a heartbeat four times a second
PLACE_S = 30.0  # a busy machine takes its time to open a call


class Caller:
    """Calls that go on in one engine."""

    def __init__(self, client: Client) -> None:
        """client: it hears KINDS, and nobody else takes its events."""
        self._client = client
        self._journals: dict[int, str] = {}
        self._closed: dict[int, asyncio.Event] = {}
        self._live: set[int] = set()
        self._stopping = threading.Event()

    async def watch(self) -> None:
        """Take the engine's events. Raises NoEngine when it gives no sign of life any more."""
        heard_s = time.monotonic()
        while True:
            events = self._client.drain()
            if events:
                heard_s = time.monotonic()
            elif time.monotonic() - heard_s > SILENT_ENGINE_S:
                raise NoEngine(
                    f"The engine (process {self._client.address.pid}) has ended or hangs; its log is logs/engine.log "
                    "in the state directory."
                )
            for header, message in events:
                match message:
                    case CallState(journal=journal) if journal:
                        self._journals[header.call] = journal
                    case CallClosed():
                        self._closed.setdefault(header.call, asyncio.Event()).set()
            await asyncio.sleep(POLL_S)

    async def call(self, place: PlaceCall) -> int:
        """Place a call; its number. Raises CallThingError when it is refused."""
        number = (await self._client.request(place, Accepted, timeout_s=PLACE_S)).call
        self._live.add(number)
        if self.is_stopping():  # since it was asked for
            await self._hang_up(number)
        return number

    async def ended(self, call: int) -> Path:
        """Wait for its end; the folder of its record."""
        await self._closed.setdefault(call, asyncio.Event()).wait()
        self._live.discard(call)
        return Path(self._journals[call])

    def is_stopping(self) -> bool:
        """No more calls are placed, and those that went on were hung up."""
        return self._stopping.is_set()

    async def stop(self) -> None:
        """Hang up all calls, and place no more."""
        self._stopping.set()
        for call in list(self._live):
            await self._hang_up(call)

    async def _hang_up(self, call: int) -> None:
        with contextlib.suppress(CallThingError):  # it has ended just now, which is what is wanted
            await self._client.request(HangUp("operator"), Accepted, call)


class Calls(Protocol):
    """Which calls are placed, and what is made of their records."""

    def place(self, order: Order) -> PlaceCall | None:
        """The call; None: this one has nothing to call for."""
        ...

    def judge(self, order: Order, folder: Path) -> Run:
        """What came of it."""
        ...


class ScenarioCalls:
    """To the restaurant of the scenario, which must end as it says."""

    def place(self, order: Order) -> PlaceCall | None:
        """See Calls."""
        persona = order.planned.persona
        variables = {"restaurant.persona": persona} if persona else {}
        return PlaceCall(scenario=str(order.planned.path.absolute()), variables=variables)

    def judge(self, order: Order, folder: Path) -> Run:
        """See Calls."""
        return from_journal(order, folder)


async def by_audio(
    client: Client, orders: list[Order], parallel: int, told: Told, calls: Calls | None = None
) -> list[Run]:
    """All runs, so many at once; in the order of `orders`. told: hears of each as it ends. calls: not the scenarios'.

    Ctrl-C hangs up what goes on; those runs and all that come after are skipped. Where the engine dies the rest have
    failed by that; raises NoEngine where there is not one run yet.
    """
    caller, made = Caller(client), dict[int, Run]()
    calls = calls or ScenarioCalls()
    limit, starting = asyncio.Semaphore(parallel), asyncio.Lock()

    async def one(number: int, order: Order) -> None:
        async with limit:
            made[number] = await _run(caller, order, calls, starting)
        told(made[number])

    runs = asyncio.gather(*(one(number, order) for number, order in enumerate(orders)))
    watching = asyncio.create_task(caller.watch())
    with _interrupt_stops(caller):
        try:
            await asyncio.wait((watching, runs), return_when=asyncio.FIRST_COMPLETED)
            await (runs if runs.done() else watching)  # the second raises what it died of
        except NoEngine as error:
            if not made:
                raise
            for number in set(range(len(orders))) - made.keys():
                made[number] = failed(orders[number], str(error))
        finally:
            runs.cancel()
            watching.cancel()
            await asyncio.gather(runs, watching, return_exceptions=True)
    return [made[number] for number in range(len(orders))]


async def _run(caller: Caller, order: Order, calls: Calls, starting: asyncio.Lock) -> Run:
    async with starting:
        if caller.is_stopping():
            return skipped(order, INTERRUPTED)
        place = calls.place(order)
        if place is None:
            return skipped(order, NOBODY)
        try:
            call = await caller.call(place)
        except CallRefused as error:
            return failed(order, str(error))
        await asyncio.sleep(SPACING_S)
    folder = await caller.ended(call)
    return skipped(order, INTERRUPTED) if caller.is_stopping() else calls.judge(order, folder)


@contextlib.contextmanager
def _interrupt_stops(caller: Caller) -> Iterator[None]:
    """The first Ctrl-C stops in order, the second at once."""
    loop = asyncio.get_running_loop()
    stopping: set[asyncio.Task[None]] = set()

    def stop() -> None:
        loop.remove_signal_handler(signal.SIGINT)
        stopping.add(loop.create_task(caller.stop()))

    loop.add_signal_handler(signal.SIGINT, stop)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        for task in stopping:
            task.cancel()
