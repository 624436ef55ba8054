"""The coordinator: jobs out of the store, engines from a spawner, each job's call on an engine, and what came of it.

hears  jobs that change        from the store, through a thread
       LineState, CallClosed   from the engines
       signs of life           from the engines; asks the spawner about those that give none
says   PlaceCall, FindPlaced, HangUp   to the engines
       how it stands           to whoever asks, see status.py
decides in deciding.py (which engine does what), one_call.py (one attempt), jobs/lifecycle.py (what becomes of a job)
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import signal
from collections.abc import Callable, Coroutine

from engine.coordinator import deciding
from engine.coordinator.engine_link import EngineLink
from engine.coordinator.ledger import Begun, Ledger, NotBegun, utc_now
from engine.coordinator.lock import CoordinatorLock
from engine.coordinator.metrics import serve_metrics
from engine.coordinator.one_call import Means, OneCall, what_is_left
from engine.coordinator.reporting import Report
from engine.coordinator.spawner import Spawned, Spawner, SpawnError
from engine.coordinator.status import CoordinatorStatus
from engine.coordinator.status_server import StatusServer
from engine.coordinator.waiting import Waiting
from engine.errors import CallThingError, EngineError, NoEngine, StateError
from engine.jobs.job import Job
from engine.jobs.lifecycle import EngineLost
from engine.jobs.store import JobStore
from engine.jobs.stores import open_store
from engine.settings import Settings

log = logging.getLogger(__name__)
LOOK_S = 0.1  # at engines: whether they still give signs of life
ASK_AGAIN_S = 0.5  # whether one that gives none is gone
AGAIN_S = 0.2  # a task that has not heard that it is to end is told again
PUBLISH_S = 0.1  # what has changed within this time is told together
LATE_S, LATE_LOOK_S = 60.0, 5.0  # for engines that were being started when a coordinator ended
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
        self._house = deciding.House(settings.coordinator, names)
        self._report = Report(settings.coordinator, spawner.kind, now)
        self._waiting = Waiting()
        self._links: dict[str, EngineLink] = {}
        self._calls: dict[str, OneCall] = {}  # by job
        self._orphaned: set[str] = set()  # engines that are looked for, since they have jobs in hand
        self._events: asyncio.Queue[deciding.Event] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._failure: BaseException | None = None
        self._ended = False

    def status(self) -> CoordinatorStatus:
        """How it stands."""
        return self._report.status(self._house, self._calls.values(), self._waiting, utc_now())

    async def run(self) -> None:
        """Until it is told to end and has drained. Raises CallThingError where it cannot work."""
        lock = CoordinatorLock(self._settings.state_path)
        self._ledger = Ledger(self._open_jobs, self._trouble)
        self._means = Means(self._ledger, self._settings, utc_now, self._report.accepted)
        try:
            await self._ledger.open()
            server = StatusServer(self._settings.state_path, self.status)
            metrics = None
            try:
                if port := self._settings.coordinator.metrics_port:
                    metrics = await serve_metrics(self._settings.coordinator.metrics_host, port, self.status)
                await self._take_over()
                self._listen_to_signals()
                self._ledger.watch(self._jobs_changed)
                self._also(self._publish(server))
                await self._work()
            finally:
                await self._end()
                if metrics is not None:
                    await metrics.close()
                server.publish()
                server.close()
        finally:
            await self._ledger.close()
            await self._spawner.close()
            lock.close()
        if self._failure is not None:
            raise self._failure

    async def _work(self) -> None:
        self._happened(deciding.Tick())
        while not self._house.finished and self._failure is None:
            try:
                async with asyncio.timeout(self._nap_s()):
                    event = await self._events.get()
            except TimeoutError:
                now = utc_now()
                event = deciding.Queue(self._waiting.due(now), self._waiting.next_due(), news=False)
            if isinstance(event, deciding.EngineGone):
                self._forget(event.name)
            for action in self._house.step(event, utc_now()):
                self._do(action)
            self._changed.set()

    def _nap_s(self) -> float:
        wakes_at = self._house.wakes_at()
        left = LONGEST_NAP_S if wakes_at is None else (wakes_at - utc_now()).total_seconds()
        return min(LONGEST_NAP_S, max(0.0, left) + 0.001)

    def _do(self, action: deciding.Action) -> None:
        match action:
            case deciding.Claim(engine=name):
                self._also(self._claim(self._links[name]))
            case deciding.Spawn(name=name):
                self._also(self._spawn(name))
            case deciding.Stop(engine=name, grace_s=grace_s):
                self._also(self._stop(name, grace_s))
            case deciding.EndCalls():
                for call in self._calls.values():
                    call.hang_up()

    # --- jobs ------------------------------------------------------------------------------------------

    def _jobs_changed(self, jobs: list[Job]) -> None:
        """What the store tells."""
        now = utc_now()
        for job in self._waiting.take(jobs, now):
            call = self._calls.get(job.id)
            if call is not None and job.cancel_asked and job.attempt == call.job.attempt:
                call.hang_up()
        self._happened(deciding.Queue(self._waiting.due(now), self._waiting.next_due()))

    async def _claim(self, link: EngineLink) -> None:
        name = link.spawned.name
        begun = await self._begun(name)
        if begun is None:
            self._happened(deciding.NothingToClaim(name))
            return
        now = utc_now()
        self._report.dials(begun.job, now)
        self._waiting.take([begun.job], now)
        call = self._calls[begun.job.id] = OneCall(begun.job, link, self._means)
        call.reserved_s = begun.reserved_s
        self._happened(deciding.Claimed(name, begun.job.id))
        await self._followed(call)

    async def _begun(self, name: str) -> Begun | None:
        try:
            return await self._ledger.begin(name, utc_now)
        except StateError as error:
            self._trouble(str(error))
            if isinstance(error, NotBegun):
                self._also(self._ledger.put_back(error.job, utc_now))
            return None

    async def _followed(self, call: OneCall, dialled_before: bool = False) -> None:
        await call.run(dialled_before)
        self._report.ended(call.outcome)
        del self._calls[call.job.id]
        self._happened(deciding.CallOver(call.link.spawned.name, call.job.id))

    # --- engines ---------------------------------------------------------------------------------------

    async def _spawn(self, name: str) -> None:
        began_s = asyncio.get_running_loop().time()
        try:
            spawned = await self._spawner.spawn(name)
            await self._linked(spawned, asyncio.get_running_loop().time() - began_s)
        except (SpawnError, NoEngine) as error:
            self._report.spawns_failed += 1
            self._trouble(str(error))
            self._happened(deciding.SpawnFailed(name))
            return
        self._happened(deciding.EngineReady(name))

    async def _linked(self, spawned: Spawned, ready_s: float | None) -> None:
        """From here on nothing that the engine says is missed. Raises NoEngine; the engine is ended then."""
        link = EngineLink(spawned)
        try:
            await link.heard()
        except BaseException as error:
            link.close()
            if isinstance(error, NoEngine):
                await self._spawner.stop(spawned.name, 0.0)
            raise
        if self._ended:  # a cancellation that was lost on the way, see `_end`
            link.close()
            raise asyncio.CancelledError
        if (before := self._links.get(spawned.name)) is not None:
            before.close()
        self._links[spawned.name] = link
        self._report.engine(spawned, ready_s)
        self._also(self._look_after(link))

    async def _look_after(self, link: EngineLink) -> None:
        """Whether it gives signs of life; where it gives none, whether it is gone."""
        name, silent = link.spawned.name, False
        while not link.gone.is_set():
            await asyncio.sleep(ASK_AGAIN_S if silent else LOOK_S)
            if self._is_stopping(name):
                continue
            if silent != (link.silent_s > self._settings.coordinator.silent_s):
                silent = not silent
                self._happened(deciding.EngineSilent(name) if silent else deciding.EngineHeard(name))
            if silent and not link.gone.is_set() and await self._spawner.is_gone(name):
                await self._lost(name)
                return

    def _is_stopping(self, name: str) -> bool:
        engine = self._house.engines.get(name)
        return engine is None or engine.phase == "stopping"

    async def _lost(self, name: str) -> None:
        self._report.engines_lost += 1
        self._trouble(f"engine {name} is gone")
        with contextlib.suppress(CallThingError):
            await self._spawner.stop(name, 0.0)  # what it has left behind
        self._happened(deciding.EngineGone(name))

    async def _stop(self, name: str, grace_s: float) -> None:
        while True:
            try:
                await self._spawner.stop(name, grace_s)
                break
            except CallThingError as error:  # it may be alive: nothing is known of its calls
                self._trouble(str(error))
                await asyncio.sleep(ASK_AGAIN_S)
                if await self._spawner.is_gone(name):
                    break
        self._happened(deciding.EngineGone(name))

    def _forget(self, name: str) -> None:
        """An engine has surely ended; its calls learn it."""
        link = self._links.pop(name, None)
        if link is None:
            return
        link.close()
        self._report.forget(name)
        for call in self._calls.values():
            if call.link is link:
                call.engine_is_gone()

    # --- what a coordinator before this one has left ---------------------------------------------------

    async def _take_over(self) -> None:
        """Its engines go on here, with their calls; what nobody dialled is queued again."""
        found = {spawned.name: spawned for spawned in await self._spawner.running()}
        jobs = await self._ledger.in_hand()
        mine = {job.engine for job in jobs}
        for job in [job for job in jobs if job.state == "reserved"]:
            await self._ledger.settle(
                job.id, EngineLost("its coordinator ended before it was dialled"), utc_now
            )
        jobs = [job for job in jobs if job.state != "reserved"]
        await asyncio.gather(*(self._found_again(spawned, jobs) for spawned in found.values()))
        self._also(self._adopt_latecomers())
        for name in mine - set(found):
            left = [job for job in jobs if job.engine == name]
            if left:
                self._also(self._without_engine(name, left))

    async def _adopt_latecomers(self) -> None:
        """Engines that were being started when their coordinator ended."""
        until_s = asyncio.get_running_loop().time() + LATE_S
        while asyncio.get_running_loop().time() < until_s:
            await asyncio.sleep(LATE_LOOK_S)
            for spawned in await self._spawner.running():
                if spawned.name not in self._house.engines and spawned.name not in self._orphaned:
                    await self._found_again(spawned, [])

    async def _found_again(self, spawned: Spawned, jobs: list[Job]) -> None:
        name = spawned.name
        mine = [job for job in jobs if job.engine == name]
        try:
            await self._linked(spawned, None)
        except (NoEngine, SpawnError) as error:
            self._trouble(str(error))
            self._also(self._without_engine(name, mine))
            return
        self._happened(deciding.EngineReady(name, tuple(job.id for job in mine)))
        for job in mine:
            call = self._calls[job.id] = OneCall(job, self._links[name], self._means)
            self._also(self._followed(call, dialled_before=True))

    async def _without_engine(self, name: str, jobs: list[Job]) -> None:
        """Jobs whose engine is not to be found: nothing is done with them before it is surely gone."""
        self._orphaned.add(name)
        while not await self._spawner.is_gone(name):
            self._report.problem(f"engine {name} of an earlier coordinator does not answer, and is not gone")
            for spawned in await self._spawner.running():
                if spawned.name == name and name not in self._links:
                    await self._found_again(spawned, jobs)
                    return
            await asyncio.sleep(ASK_AGAIN_S)
        for job in jobs:
            event = await what_is_left(job, self._settings.state_path)
            await self._ledger.settle(job.id, event, utc_now)

    # --- the frame around it ---------------------------------------------------------------------------

    def _listen_to_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self.drain)

    def drain(self) -> None:
        """No new calls; running ones end, then the engines. Said again: running calls are ended with a goodbye."""
        log.info("draining: no new calls" if not self._house.draining else "ending the calls")
        self._happened(deciding.Drain())

    def _happened(self, event: deciding.Event) -> None:
        self._events.put_nowait(event)

    def _trouble(self, words: str) -> None:
        log.warning("%s", words)
        self._report.problem(words)
        self._changed.set()

    async def _publish(self, server: StatusServer) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            server.publish()
            await asyncio.sleep(PUBLISH_S)

    def _also(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_ended)

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        """A part that fails takes the coordinator down: the next one finds engines and calls as they are."""
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the coordinator failed", exc_info=error)
            fault = EngineError(f"The coordinator failed ({error!r}). This is a fault of the program.")
            self._failure = error if isinstance(error, CallThingError) else fault
            self._happened(deciding.Tick())

    async def _end(self) -> None:
        self._ended = True
        while self._tasks:  # wait_for of Python 3.11 loses a cancellation that comes together with its answer
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=AGAIN_S)
        for link in self._links.values():
            link.close()
