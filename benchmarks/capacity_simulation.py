"""Calls that come in and engines that come and go, in virtual time: the coordinator's own decisions, no process.

What decides is engine/coordinator/deciding.py, unchanged; here is only the world around it: jobs that become due,
engines that take their time to start, calls that last. The same seed gives the same calls, also with other engines.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from engine.coordinator.actions import Action, Claim, Spawn, Stop
from engine.coordinator.deciding import House
from engine.coordinator.events import CallOver, Claimed, EngineGone, EngineReady, Event, Queue, Tick
from engine.coordinator.slots import Slots
from engine.settings import CoordinatorSettings

BEGAN = datetime(2026, 6, 3, 11, 0, tzinfo=UTC)
ENGINE_ENDS_S = 0.3  # an engine without calls, from the word to its end


@dataclass(frozen=True)
class World:
    """What comes in, and what it meets."""

    calls_an_hour: float
    call_s: Callable[[random.Random], float]  # how long one holds its slot
    settings: CoordinatorSettings
    cold_s: float  # from the start of an engine until it takes calls
    hours: float = 1.0
    seed: int = 1
    ready_before: int = 0  # engines that are there when it begins
    due_at_once: int = 0  # calls that are due when it begins, beside those that come


@dataclass
class Outcome:
    """What came of it. Seconds."""

    waits_s: list[float] = field(
        default_factory=list
    )  # of each call, from due to dialling, in the order of dialling
    calls_s: float = 0.0  # that all calls took together
    engines_s: float = 0.0  # that all engines were there, starting and ending included
    most_engines: int = 0
    most_calls: int = 0
    starts: int = 0
    ends_s: float = 0.0  # when the last call was over


class _Run:
    """One hour, or some."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._arriving, self._lasting = random.Random(world.seed), random.Random(world.seed + 1)
        self._house = House(world.settings, "engine")
        self._order = itertools.count()
        self._coming: list[tuple[float, int, str, str]] = []  # when, in which order, what, whose
        self._due: deque[float] = deque()  # since when each job waits
        self._jobs = itertools.count(1)
        self._calls = 0
        self._more = True  # calls are still to come
        self._tick_s = math.inf  # when the next one is
        self._last_s = 0.0
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """Until the last call is over."""
        self._next_arrival(0.0)
        self._due.extend([0.0] * self._world.due_at_once)
        for number in range(self._world.ready_before):
            name, capacity = f"before-{number}", self._world.settings.calls_per_engine
            self._house.engines[name] = Slots(
                name=name, phase="ready", capacity=capacity, since=BEGAN, idle_since=BEGAN
            )
        self._act(self._house.step(Queue(len(self._due)), BEGAN), 0.0)
        while self._coming:
            at_s, _, what, name = heapq.heappop(self._coming)
            self._count(at_s)
            for event in self._events(what, name, at_s):
                self._act(self._house.step(event, _moment(at_s)), at_s)
            if not (self._more or self._calls or self._due):
                break  # what idle engines do afterwards is of no interest
            self._wake(at_s)
        self.outcome.ends_s = self._last_s
        return self.outcome

    def _next_arrival(self, at_s: float) -> None:
        """Jobs become due independently of one another (a Poisson process)."""
        next_s = at_s + self._arriving.expovariate(self._world.calls_an_hour / 3600)
        self._more = next_s < self._world.hours * 3600
        if self._more:
            self._push(next_s, "due", "")

    def _push(self, at_s: float, what: str, name: str) -> None:
        heapq.heappush(self._coming, (at_s, next(self._order), what, name))

    def _count(self, at_s: float) -> None:
        engines = len(self._house.engines)
        self.outcome.engines_s += engines * (at_s - self._last_s)
        self.outcome.calls_s += self._calls * (at_s - self._last_s)
        self._last_s = at_s

    def _events(self, what: str, name: str, at_s: float) -> list[Event]:
        match what:
            case "due":
                self._due.append(at_s)
                self._next_arrival(at_s)
                return [Queue(len(self._due))]
            case "ready":
                return [EngineReady(name)]
            case "gone":
                return [EngineGone(name)]
            case "over":
                self._calls -= 1
                engine, _, job = name.partition("/")
                return [CallOver(engine, job)]
        self._tick_s = math.inf
        return [Tick()]

    def _act(self, actions: list[Action], at_s: float) -> None:
        """Carry out, with what follows from it at once."""
        left = deque(actions)
        while left:
            match left.popleft():
                case Spawn(name=name):
                    self.outcome.starts += 1
                    self._push(at_s + self._world.cold_s, "ready", name)
                case Stop(engine=name):
                    self._push(at_s + ENGINE_ENDS_S, "gone", name)
                case Claim(engine=name):
                    job = f"{next(self._jobs)}"
                    self.outcome.waits_s.append(at_s - self._due.popleft())
                    self._calls += 1
                    self._push(at_s + self._world.call_s(self._lasting), "over", f"{name}/{job}")
                    left.extend(self._house.step(Claimed(name, job), _moment(at_s)))
        self.outcome.most_engines = max(self.outcome.most_engines, len(self._house.engines))
        self.outcome.most_calls = max(self.outcome.most_calls, self._calls)

    def _wake(self, at_s: float) -> None:
        moment = self._house.wakes_at()
        if moment is not None:
            wakes_s = max(at_s, (moment - BEGAN).total_seconds())
            if wakes_s < self._tick_s:
                self._tick_s = wakes_s
                self._push(wakes_s, "tick", "")


def _moment(at_s: float) -> datetime:
    return BEGAN + timedelta(seconds=at_s)


def simulated(world: World) -> Outcome:
    """One run."""
    return _Run(world).run()


def erlang_c(servers: int, erlang: float) -> float:
    """Probability that a call waits where `servers` are there and calls of an exponential length come at random.

    erlang: calls that come during the length of one; below `servers`. After A. K. Erlang, 1917; by the recursion of
    Erlang B, which does not overflow.
    """
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = erlang * blocked / (count + erlang * blocked)
    return blocked / (1 - erlang / servers * (1 - blocked))


def erlang_wait_s(servers: int, erlang: float, call_s: float) -> float:
    """Mean wait of all calls, in the same case."""
    return erlang_c(servers, erlang) * call_s / (servers - erlang)


def waits_longer(servers: int, erlang: float, call_s: float, than_s: float) -> float:
    """Share of calls that wait for longer than so long, in the same case."""
    return erlang_c(servers, erlang) * math.exp(-(servers - erlang) * than_s / call_s)
