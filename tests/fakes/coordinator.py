"""A coordinator's status in the middle of its work, made up: names, numbers and restaurants are nobody's."""

from __future__ import annotations

import asyncio
from typing import Any

from console.state.coordinated import CoordinatorView, JobRow
from engine.coordinator.status import CallInHand, CoordinatorStatus, EngineStatus
from engine.errors import JobError

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


def jobs() -> list[JobRow]:
    """Some in hand, one that waits for a person, a queue, some that have ended."""

    def row(number: int, state: str, restaurant: str, changed_s: float, **more: Any) -> JobRow:
        told = {"due": NOW - 7000, "attempt": 1, "language": "en"} | more
        return JobRow(
            f"20260511-183901120-00a1{number:02x}", state, restaurant, changed_at=NOW - changed_s, **told
        )

    first, second = "engine-1-aa", "engine-4-dd"
    return [
        row(0xB2, "talking", "The Copper Kettle", 63, engine=first, call=TALKING.call),
        row(0xB3, "dialing", "Casa Olivar", 4, language="es", engine=first, attempt=2),
        row(
            0xB4,
            "unknown",
            "Zum Anker",
            310,
            language="de",
            engine=second,
            reason="its engine was lost in the call",
        ),
        row(0xC0, "queued", "De Gouden Leeuw", 7000, language="nl", due=NOW - 90, attempt=0),
        row(0xC1, "queued", "Osteria Lina", 900, due=NOW + 1500, reason="busy"),
        row(0xC2, "queued", "Bar Sol", 7000, language="es", due=NOW + 50_000, attempt=0),
        row(0xD0, "done", "Golden Lantern", 130, engine=first, outcome="booked"),
        row(0xD1, "done", "Gasthaus Linde", 520, language="de", engine=second, outcome="no_table"),
        row(
            0xD2,
            "failed",
            "Casa Nube",
            1700,
            language="es",
            engine=first,
            attempt=3,
            reason="busy, tried 3 times",
        ),
        row(0xD3, "cancelled", "The Old Mill", 4000, reason="by anna", attempt=0),
    ]


class FakeCoordinator:
    """In place of a link: remembers what is asked of it."""

    def __init__(self, status: CoordinatorStatus | None = STATUS, rows: list[JobRow] | None = None) -> None:
        self.view = CoordinatorView(where="~/.state")
        if status is not None:
            self.view.tell(status)
        self.view.take(jobs() if rows is None else rows)
        self.announced = status is not None
        self.changed: list[tuple[str, str]] = []
        self.watched: list[str] = []
        self.refuses = ""
        self.watching = 0

    def is_announced(self) -> bool:
        return self.announced

    async def watch(self) -> None:
        self.watching += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.watching -= 1

    def drain(self) -> None:
        pass

    async def change(self, what: str, job: str) -> str:
        if self.refuses:
            raise JobError(self.refuses)
        self.changed.append((what, job))
        return f"Job {job}: {what}."

    def watch_engine(self, name: str) -> str:
        self.watched.append(name)
        return self.refuses
