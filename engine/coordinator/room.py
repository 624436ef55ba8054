"""The coordinator: jobs out of the store, engines from a spawner, each job's call on an engine, and what came of it.

hears  jobs that change        from the store, through a thread
       LineState, CallClosed   from the engines
says   PlaceCall, FindPlaced, HangUp   to the engines
       how it stands           to whoever asks, see status.py
decides in deciding.py (which engine does what), one_call.py (one attempt), jobs/lifecycle.py (what becomes of a job)
looks after engines in engines.py, takes over what an earlier one has left in taking_over.py
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
from collections.abc import Callable

from engine.coordinator.actions import Action, Claim, EndCalls, Spawn, Stop
from engine.coordinator.deciding import House
from engine.coordinator.engine_link import EngineLink
from engine.coordinator.engines import Engines
from engine.coordinator.events import CallOver, Claimed, Drain, EngineGone, NothingToClaim, Queue, Tick
from engine.coordinator.frame import Frame
from engine.coordinator.ledger import Begun, Ledger, NotBegun, utc_now
from engine.coordinator.lock import CoordinatorLock
from engine.coordinator.metrics import serve_metrics
from engine.coordinator.one_call import Means, OneCall
from engine.coordinator.reporting import Report
from engine.coordinator.spawner import Spawner
from engine.coordinator.status import CoordinatorStatus
from engine.coordinator.status_server import StatusServer
from engine.coordinator.taking_over import TakingOver
from engine.coordinator.waiting import Waiting
from engine.errors import StateError
from engine.jobs.job import Job
from engine.jobs.store import JobStore
from engine.jobs.stores import open_store
from engine.settings import Settings

log = logging.getLogger(__name__)
PUBLISH_S = 0.1  # what has changed within this time is told together
LONGEST_NAP_S = 60.0  # the wall clock may be set


class Coordinator:
    """One. `await run()` returns when it has drained."""

    def __init__(
        self, settings: Settings, spawner: Spawner, open_jobs: Callable[[], JobStore] | None = None
    ) -> None:
        """open_jobs: in place of the store that the settings name."""
        now = utc_now()
        self._settings, self._spawner = settings, spawner
        self._open_jobs = open_jobs or (lambda: open_store(settings))
        names = f"engine-{now:%Y%m%d-%H%M%S}-{os.getpid()}-{secrets.token_hex(2)}"  # none that an engine had before
        self._house = House(settings.coordinator, names)
        self._report = Report(settings.coordinator, spawner.kind, now)
        self._frame = Frame(self._report)
        self._engines = Engines(self._frame, self._house, spawner, settings.coordinator.silent_s)
        self._waiting = Waiting()
        self._calls: dict[str, OneCall] = {}  # by job

    def status(self) -> CoordinatorStatus:
        """How it stands."""
        return self._report.status(self._house, self._calls.values(), self._waiting, utc_now())

    async def run(self) -> None:
        """Until it is told to end and has drained. Raises CallThingError where it cannot work."""
        lock = CoordinatorLock(self._settings.state_path)
        self._ledger = Ledger(self._open_jobs, self._frame.trouble)
        self._means = Means(self._ledger, self._settings, utc_now, self._report.accepted)
        try:
            await self._ledger.open()
            server = StatusServer(self._settings.state_path, self.status)
            metrics = None
            try:
                if port := self._settings.coordinator.metrics_port:
                    metrics = await serve_metrics(self._settings.coordinator.metrics_host, port, self.status)
                await TakingOver(self._frame, self._engines, self._means, self._adopt).begin()
                self._listen_to_signals()
                self._ledger.watch(self._jobs_changed)
                self._frame.also(self._publish(server))
                await self._work()
            finally:
                await self._frame.end()
                self._engines.close()
                if metrics is not None:
                    await metrics.close()
                server.publish()
                server.close()
        finally:
            await self._ledger.close()
            await self._spawner.close()
            lock.close()
        if self._frame.failure is not None:
            raise self._frame.failure

    async def _work(self) -> None:
        self._frame.happened(Tick())
        while not self._house.finished and self._frame.failure is None:
            try:
                async with asyncio.timeout(self._nap_s()):
                    event = await self._frame.events.get()
            except TimeoutError:
                now = utc_now()
                event = Queue(self._waiting.due(now), self._waiting.next_due(), news=False)
            if isinstance(event, EngineGone):
                self._forget(event.name)
            for action in self._house.step(event, utc_now()):
                self._do(action)
            self._frame.changed.set()

    def _nap_s(self) -> float:
        wakes_at = self._house.wakes_at()
        left = LONGEST_NAP_S if wakes_at is None else (wakes_at - utc_now()).total_seconds()
        return min(LONGEST_NAP_S, max(0.0, left) + 0.001)

    def _do(self, action: Action) -> None:
        match action:
            case Claim(engine=name):
                self._frame.also(self._claim(self._engines.links[name]))
            case Spawn(name=name):
                self._frame.also(self._engines.spawn(name))
            case Stop(engine=name, grace_s=grace_s):
                self._frame.also(self._engines.stop(name, grace_s))
            case EndCalls():
                for call in self._calls.values():
                    call.hang_up()

    def _jobs_changed(self, jobs: list[Job]) -> None:
        """What the store tells."""
        now = utc_now()
        for job in self._waiting.take(jobs, now):
            call = self._calls.get(job.id)
            if call is not None and job.cancel_asked and job.attempt == call.job.attempt:
                call.hang_up()
        self._frame.happened(Queue(self._waiting.due(now), self._waiting.next_due()))

    async def _claim(self, link: EngineLink) -> None:
        name = link.spawned.name
        begun = await self._begun(name)
        if begun is None:
            self._frame.happened(NothingToClaim(name))
            return
        now = utc_now()
        self._report.dials(begun.job, now)
        self._waiting.take([begun.job], now)
        call = self._calls[begun.job.id] = OneCall(begun.job, link, self._means)
        call.reserved_s = begun.reserved_s
        self._frame.happened(Claimed(name, begun.job.id))
        # the watch may have told before that it is reserved: it counts once among those that do not wait any more
        self._frame.happened(Queue(self._waiting.due(now), self._waiting.next_due(), news=False))
        await self._followed(call)

    async def _begun(self, name: str) -> Begun | None:
        try:
            return await self._ledger.begin(name, utc_now)
        except StateError as error:
            self._frame.trouble(str(error))
            if isinstance(error, NotBegun):
                self._frame.also(self._ledger.put_back(error.job, utc_now))
            return None

    def _adopt(self, job: Job, link: EngineLink) -> None:
        """Another coordinator has begun its call."""
        call = self._calls[job.id] = OneCall(job, link, self._means)
        self._frame.also(self._followed(call, dialled_before=True))

    async def _followed(self, call: OneCall, dialled_before: bool = False) -> None:
        await call.run(dialled_before)
        self._report.ended(call.outcome)
        del self._calls[call.job.id]
        self._frame.happened(CallOver(call.link.spawned.name, call.job.id))

    def _forget(self, name: str) -> None:
        """An engine has surely ended; its calls learn it."""
        link = self._engines.forget(name)
        for call in self._calls.values():
            if call.link is link:
                call.engine_is_gone()

    def _listen_to_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self.drain)

    def drain(self) -> None:
        """No new calls; running ones end, then the engines. Said again: running calls are ended with a goodbye."""
        log.info("draining: no new calls" if not self._house.draining else "ending the calls")
        self._frame.happened(Drain())

    async def _publish(self, server: StatusServer) -> None:
        while True:
            await self._frame.changed.wait()
            self._frame.changed.clear()
            server.publish()
            await asyncio.sleep(PUBLISH_S)
