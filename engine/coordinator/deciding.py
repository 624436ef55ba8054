"""Which engine is to do what: claim a job for a free slot, start, end. Pure: an event and the time in, actions out.

    starting ──► ready ◄──► lost          lost: it gives no sign of life, and may be calling people all the same
        │          │         │
        └──────────┴────► stopping        ready: it has `capacity` slots; a slot is kept for a job before it is claimed

Slots are filled engine by engine, so that the others become idle and can be ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from engine.coordinator.actions import Action, Claim, EndCalls, Spawn, Stop
from engine.coordinator.events import (
    CallOver,
    Claimed,
    Drain,
    EngineGone,
    EngineHeard,
    EngineReady,
    EngineSilent,
    Event,
    NothingToClaim,
    Queue,
    SpawnFailed,
)
from engine.coordinator.slots import MOST_CALLS, Phase, Slots
from engine.settings import CoordinatorSettings

RECHECK_S = 30.0  # jobs are due, and none may be dialled: a number that was held becomes free without a word
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0  # after engines that did not start; each time twice as long
STOP_GRACE_S = 5.0  # of an engine without calls


class House:
    """All engines of a coordinator."""

    def __init__(self, settings: CoordinatorSettings, prefix: str) -> None:
        """prefix: of the names of engines; no coordinator ever had it before."""
        self.engines: dict[str, Slots] = {}
        self.draining = False
        self._settings, self._prefix = settings, prefix
        self._named = 0
        self._queue = Queue(0)
        self._blocked_until: datetime | None = None  # nothing that waits may be dialled
        self._news = False  # since the last claim was begun
        self._spawn_from: datetime | None = None  # after engines that did not start
        self._wait_s = FIRST_WAIT_S
        self._drain_until: datetime | None = None
        self._hurried = False  # calls are ended, and not waited for
        self._goodbyes_due = False

    @property
    def finished(self) -> bool:
        """Whether it has drained, and no engine is left."""
        return self.draining and not self.engines

    @property
    def busy(self) -> int:
        """Slots in use."""
        return sum(each.busy for each in self.engines.values())

    def step(self, event: Event, now: datetime) -> list[Action]:
        """What is to be done after an event."""
        self._take(event, now)
        return [*self._decided(now)]

    def wakes_at(self) -> datetime | None:
        """When a Tick is due at the latest, if nothing happens before; None: never."""
        moments = [self._queue.next_due, self._blocked_until, self._spawn_from]
        if self._drain_until is not None and not self._hurried:
            moments.append(self._drain_until)
        for each in self.engines.values():
            if each.phase == "lost":
                moments.append(each.since + timedelta(seconds=self._settings.hung_s))
            elif each.phase == "ready" and not each.busy and self._may_end(each):
                moments.append(each.idle_since + timedelta(seconds=self._settings.idle_s))
        return min((each for each in moments if each is not None), default=None)

    # --- events ----------------------------------------------------------------------------------------

    def _take(self, event: Event, now: datetime) -> None:
        match event:
            case Queue(news=news):
                if news or event.waiting > self._queue.waiting:
                    self._blocked_until, self._news = None, True
                self._queue = event
            case EngineReady(name=name, jobs=jobs):
                ready = self.engines.get(name) or self._new(name, now)
                ready.phase, ready.since, ready.idle_since = "ready", now, now
                ready.jobs |= set(jobs)
                self._goodbyes_due |= self._hurried and bool(jobs)
                self._spawn_from, self._wait_s = None, FIRST_WAIT_S
            case SpawnFailed(name=name):
                self.engines.pop(name, None)
                self._spawn_from = now + timedelta(seconds=self._wait_s)
                self._wait_s = min(LONGEST_WAIT_S, 2 * self._wait_s)
            case EngineGone(name=name):
                self.engines.pop(name, None)
            case EngineSilent(name=name) if self._is(name, "ready"):
                self.engines[name].phase, self.engines[name].since = "lost", now
            case EngineHeard(name=name) if self._is(name, "lost"):
                self.engines[name].phase, self.engines[name].since = "ready", now
            case Claimed(engine=name, job=job):
                self._blocked_until = None  # there may be more
                self._queue = Queue(max(0, self._queue.waiting - 1), self._queue.next_due)
                if (engine := self.engines.get(name)) is not None:
                    engine.claiming, engine.placed = engine.claiming - 1, engine.placed + 1
                    engine.jobs.add(job)
                self._goodbyes_due |= self._hurried  # it was being claimed when the others were ended
            case NothingToClaim(engine=name):
                if not self._news:  # what has come since was not looked at
                    self._blocked_until = now + timedelta(seconds=RECHECK_S)
                self._freed(name, now, claiming=1)
            case CallOver(engine=name, job=job):
                self._freed(name, now, job)
            case Drain():
                if self.draining:
                    self._hurry()
                else:
                    self.draining = True
                    self._drain_until = now + timedelta(seconds=self._settings.drain_s)

    def _is(self, name: str, phase: Phase) -> bool:
        return name in self.engines and self.engines[name].phase == phase

    def _hurry(self) -> None:
        self._goodbyes_due |= not self._hurried
        self._hurried = True

    def _freed(self, name: str, now: datetime, job: str = "", claiming: int = 0) -> None:
        engine = self.engines.get(name)
        if engine is None:
            return
        engine.claiming -= claiming
        if job in engine.jobs:
            engine.jobs.remove(job)
            engine.ended += 1
        if not engine.busy:
            engine.idle_since = now

    def _new(self, name: str, now: datetime) -> Slots:
        capacity = self._settings.calls_per_engine
        self.engines[name] = Slots(name=name, phase="starting", capacity=capacity, since=now, idle_since=now)
        return self.engines[name]

    # --- decisions -------------------------------------------------------------------------------------

    def _decided(self, now: datetime) -> Iterator[Action]:
        if self._blocked_until is not None and now >= self._blocked_until:
            self._blocked_until = None
        if self._spawn_from is not None and now >= self._spawn_from:
            self._spawn_from = None
        yield from self._killed(now)
        if self.draining:
            yield from self._drained(now)
            return
        yield from self._claims()
        yield from self._spawns(now)
        yield from self._ends(now)

    def _killed(self, now: datetime) -> Iterator[Action]:
        """What hangs is not waited for: its calls are heard by nobody."""
        for each in self.engines.values():
            if each.phase == "lost" and now >= each.since + timedelta(seconds=self._settings.hung_s):
                yield self._stop(each, now, 0.0)

    def _drained(self, now: datetime) -> Iterator[Action]:
        if self._drain_until is not None and now >= self._drain_until:
            self._hurry()
        if self._goodbyes_due:
            self._goodbyes_due = False
            yield EndCalls()
        for each in self.engines.values():
            if each.phase == "ready" and not each.busy:
                yield self._stop(each, now, STOP_GRACE_S)

    def _claims(self) -> Iterator[Action]:
        claiming = sum(each.claiming for each in self.engines.values())
        while self._blocked_until is None and claiming < self._queue.waiting:
            engine = max(
                (each for each in self.engines.values() if each.free), key=Slots.fullness, default=None
            )
            if engine is None:
                return
            engine.claiming += 1
            claiming += 1
            self._news = False
            yield Claim(engine.name)

    def _spawns(self, now: datetime) -> Iterator[Action]:
        starting = sum(each.phase == "starting" for each in self.engines.values())
        while (
            self._spawn_from is None
            and self._capacity() < self._wanted()
            and len(self.engines) < self._settings.max_engines
            and starting < self._settings.starts_at_once
        ):
            starting += 1
            self._named += 1
            name = f"{self._prefix}-{self._named}"
            self._new(name, now)
            yield Spawn(name)

    def _ends(self, now: datetime) -> Iterator[Action]:
        for each in list(self.engines.values()):
            if each.phase != "ready" or each.busy:
                continue
            idle = now - each.idle_since >= timedelta(seconds=self._settings.idle_s)
            if each.placed >= MOST_CALLS or (idle and self._may_end(each)):
                yield self._stop(each, now, STOP_GRACE_S)

    def _stop(self, engine: Slots, now: datetime, grace_s: float) -> Stop:
        engine.phase, engine.since = "stopping", now
        return Stop(engine.name, grace_s)

    def _may_end(self, engine: Slots) -> bool:
        return self._capacity() - engine.capacity >= self._wanted()

    def _capacity(self) -> int:
        return sum(each.capacity for each in self.engines.values() if each.phase in ("starting", "ready"))

    def _wanted(self) -> int:
        """Slots that there should be: those in use, for what waits, and what is kept warm beside."""
        used = sum(each.busy for each in self.engines.values() if each.phase == "ready")
        claiming = sum(each.claiming for each in self.engines.values())
        waiting = 0 if self._blocked_until is not None else max(0, self._queue.waiting - claiming)
        return used + waiting + self._settings.min_idle
