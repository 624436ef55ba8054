"""What a coordinator says about itself: to the console, to `call-thing coordinator --status`, to Prometheus."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.jobs.job import State

EnginePhase = Literal["starting", "idle", "busy", "draining", "lost"]


class CallInHand(msgspec.Struct, frozen=True, kw_only=True):
    """A call that is going on."""

    job: str
    call: str  # its id in the engine; "" = not known yet
    state: State
    restaurant: str
    since: float  # seconds since 1970


class EngineStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One engine."""

    name: str
    phase: EnginePhase
    where: str = ""
    started_at: float = 0.0  # seconds since 1970
    ready_s: float | None = None  # how long it took to answer
    capacity: int = 1  # calls at once
    calls: tuple[CallInHand, ...] = ()
    calls_ended: int = 0


class CoordinatorStatus(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, at one moment."""

    at: float  # seconds since 1970
    pid: int
    spawner: str
    started_at: float
    draining: bool
    min_idle: int
    max_engines: int
    engines: tuple[EngineStatus, ...] = ()
    jobs: dict[State, int] = {}
    next_due: float | None = None  # of the first queued job
    dialled: int = 0  # since the start
    ended: dict[str, int] = {}  # by outcome, since the start
    enqueue_to_dial_ms: tuple[
        float, ...
    ] = ()  # of the last calls, from due (or queued, if later) to dialing; newest last
    handover_ms: tuple[float, ...] = ()  # of the last calls, from the reservation to the engine's acceptance
    engines_lost: int = 0  # since the start: gone without having been told to end
    spawns_failed: int = 0  # since the start
    problems: tuple[str, ...] = ()  # for people, newest last: engines lost, spawning that failed
