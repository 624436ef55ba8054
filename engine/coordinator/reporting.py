"""What a coordinator says about itself, put together from what it knows. It counts, and decides nothing."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterable
from datetime import datetime

from engine.coordinator.deciding import House
from engine.coordinator.one_call import OneCall
from engine.coordinator.slots import Slots
from engine.coordinator.spawner import Spawned
from engine.coordinator.status import CallInHand, CoordinatorStatus, EnginePhase, EngineStatus
from engine.coordinator.waiting import Waiting
from engine.jobs.job import Job
from engine.settings import CoordinatorSettings

KEPT_FIGURES = 200  # calls whose times are told
KEPT_PROBLEMS = 20


class Report:
    """Of one coordinator, since its start."""

    def __init__(self, settings: CoordinatorSettings, spawner: str, now: datetime) -> None:
        self._settings, self._spawner, self._started = settings, spawner, now
        self.dialled = self.engines_lost = self.spawns_failed = 0
        self._ended: Counter[str] = Counter()
        self._enqueue_to_dial_ms: deque[float] = deque(maxlen=KEPT_FIGURES)
        self._handover_ms: deque[float] = deque(maxlen=KEPT_FIGURES)
        self._problems: deque[str] = deque(maxlen=KEPT_PROBLEMS)
        self._engines: dict[str, tuple[str, float, float | None]] = {}  # where, when started, how fast

    def engine(self, spawned: Spawned, ready_s: float | None) -> None:
        """An engine answers. ready_s: how long that took, where we have started it."""
        self._engines[spawned.name] = spawned.where, spawned.started_at, ready_s

    def forget(self, name: str) -> None:
        """An engine has ended."""
        self._engines.pop(name, None)

    def dials(self, job: Job, now: datetime) -> None:
        """A job is in `dialing`, just now."""
        self.dialled += 1
        queued = [line.at for line in job.history if line.state == "queued"]
        since = max(job.due, queued[-1] if queued else job.created_at)
        self._enqueue_to_dial_ms.append(max(0.0, (now - since).total_seconds() * 1000))

    def accepted(self, seconds: float) -> None:
        """An engine has taken a call, so long after it was reserved for it."""
        self._handover_ms.append(seconds * 1000)

    def ended(self, outcome: str) -> None:
        """A call is over."""
        self._ended[outcome] += 1

    def problem(self, words: str) -> None:
        """Something that a person should know of."""
        if not self._problems or self._problems[-1] != words:
            self._problems.append(words)

    def status(
        self, house: House, calls: Iterable[OneCall], waiting: Waiting, now: datetime
    ) -> CoordinatorStatus:
        """All of it, now."""
        of: dict[str, list[CallInHand]] = {}
        for call in calls:
            of.setdefault(call.job.engine, []).append(
                CallInHand(
                    job=call.job.id,
                    call=call.job.call,
                    state=call.job.state,
                    restaurant=call.job.task.restaurant,
                    since=call.since.timestamp(),
                )
            )
        due = waiting.first_due(now)
        return CoordinatorStatus(
            at=now.timestamp(),
            pid=os.getpid(),
            spawner=self._spawner,
            started_at=self._started.timestamp(),
            draining=house.draining,
            min_idle=self._settings.min_idle,
            max_engines=self._settings.max_engines,
            engines=tuple(
                self._of_engine(each, tuple(of.get(each.name, ())), house.draining)
                for each in house.engines.values()
            ),
            jobs={state: count for state, count in waiting.counts.items() if count},
            next_due=due.timestamp() if due is not None else None,
            dialled=self.dialled,
            ended=dict(self._ended),
            enqueue_to_dial_ms=tuple(round(each, 2) for each in self._enqueue_to_dial_ms),
            handover_ms=tuple(round(each, 2) for each in self._handover_ms),
            engines_lost=self.engines_lost,
            spawns_failed=self.spawns_failed,
            problems=tuple(self._problems),
        )

    def _of_engine(self, slots: Slots, calls: tuple[CallInHand, ...], draining: bool) -> EngineStatus:
        where, started_at, ready_s = self._engines.get(slots.name, ("", slots.since.timestamp(), None))
        return EngineStatus(
            name=slots.name,
            phase=_phase(slots, draining),
            where=where,
            started_at=started_at,
            ready_s=ready_s,
            capacity=slots.capacity,
            calls=calls,
            calls_ended=slots.ended,
        )


def _phase(slots: Slots, draining: bool) -> EnginePhase:
    if slots.phase == "ready":
        return "draining" if draining else "busy" if slots.busy else "idle"
    return "draining" if slots.phase == "stopping" else slots.phase
