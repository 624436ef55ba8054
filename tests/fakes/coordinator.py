"""A coordinator's status in the middle of its work, made up: names, numbers and restaurants are nobody's."""

from __future__ import annotations

from engine.coordinator.status import CallInHand, CoordinatorStatus, EngineStatus

NOW = 1_778_524_812.0  # 2026-05-11, 18:40:12 UTC
TALKING = CallInHand(
    job="20260511-183901120-00a1b2",
    call="20260511-183903-77-1",
    state="talking",
    restaurant="The Copper Kettle",
    since=NOW - 63,
)
RINGING = CallInHand(
    job="20260511-183901120-00a1b3",
    call="",
    state="dialing",
    restaurant="Casa Olivar",
    since=NOW - 4,
)
ENGINES = (
    EngineStatus(
        name="engine-1-aa",
        phase="busy",
        where="node-1",
        started_at=NOW - 3700,
        ready_s=2.4,
        capacity=2,
        calls=(TALKING, RINGING),
        calls_ended=41,
    ),
    EngineStatus(
        name="engine-2-bb",
        phase="idle",
        where="node-1",
        started_at=NOW - 900,
        ready_s=3.1,
        capacity=2,
        calls_ended=7,
    ),
    EngineStatus(name="engine-3-cc", phase="starting", where="node-2", started_at=NOW - 2),
    EngineStatus(
        name="engine-4-dd",
        phase="lost",
        where="node-2",
        started_at=NOW - 5000,
        ready_s=9.0,
        calls_ended=12,
    ),
)
STATUS = CoordinatorStatus(
    at=NOW,
    pid=4711,
    spawner="local",
    started_at=NOW - 7200,
    draining=False,
    min_idle=1,
    max_engines=8,
    engines=ENGINES,
    jobs={"queued": 212, "dialing": 1, "talking": 1, "done": 58, "failed": 2, "unknown": 1},
    next_due=NOW - 90,
    dialled=61,
    ended={"booked": 49, "no_table": 9, "busy": 1},
    enqueue_to_dial_ms=(8.0, 12.5, 31.0),
    handover_ms=(1.5, 2.0, 40.0),
    engines_lost=1,
    spawns_failed=2,
    problems=("engine-4-dd on node-2 was lost; 1 of its calls is unknown.",),
)
