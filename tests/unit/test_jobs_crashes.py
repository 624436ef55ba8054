"""Diallers are killed at any moment, above all between `dialing` and the call: nobody is called twice, nothing lost."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.jobs.job import Backoff, Job, RetryPolicy
from engine.jobs.sqlite_store import SqliteJobStore
from engine.jobs.store import JobFilter
from tests.fakes.jobs import a_job, engine_died
from tests.fakes.jobs_dialler import Plan, Point, run

WORKERS = 4
POLICY = RetryPolicy(attempts=20, after={"busy": Backoff(first_s=60, factor=1)})


class Called(NamedTuple):
    what: str  # invite or end
    job: str
    attempt: int
    number: str
    engine: str


class House:
    """Four diallers at a time; each is killed as its plan says, until there are no plans left."""

    def __init__(self, folder: Path, points: list[Point | None], seed: int) -> None:
        self.store = SqliteJobStore(folder / "jobs.db")
        self.log = folder / "calls"
        self.killed: dict[str, Point | None] = {}  # engine → where it was; None: anywhere
        self.taken_back: list[Job] = []
        self._points = points
        self._chance = random.Random(seed)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.fakes.jobs_dialler"])
        self._began_s = time.time()
        self._diallers: dict[Connection, tuple[ForkServerProcess, Plan, float | None]] = {}

    def run(self, limit_s: float) -> None:
        until = time.monotonic() + limit_s
        while len(self._diallers) < WORKERS:
            self._start()
        while self._diallers:
            assert time.monotonic() < until, f"not done in {limit_s} s: {self.store.counts()}"
            for tell in wait(list(self._diallers), timeout=0.005):
                self._hear(tell)
            for tell, (_, _, kill_at) in list(self._diallers.items()):
                if kill_at is not None and time.monotonic() >= kill_at:
                    self._kill(tell, None)

    def stop(self) -> None:
        for process, _, _ in self._diallers.values():
            process.kill()
        self.store.close()

    def _start(self) -> None:
        point = self._points.pop(0) if self._points else ""
        plan = Plan(
            f"dialler-{len(self.killed) + len(self._diallers)}-{self._chance.getrandbits(20)}",
            self.store.path, self.log, self._began_s, point or "", self._chance.randint(1, 3),
        )  # fmt: skip
        tell, told = self._context.Pipe(duplex=False)
        process = self._context.Process(target=run, args=(plan, told), daemon=True)
        process.start()
        told.close()
        self._diallers[tell] = process, plan, None if point is not None else float("inf")

    def _hear(self, tell: Connection) -> None:
        process, plan, kill_at = self._diallers[tell]
        try:
            said = tell.recv()
        except EOFError:  # it has nothing left to do
            process.join(20)
            assert process.exitcode == 0
            del self._diallers[tell]
            return
        if said == "begun" and kill_at is not None:
            moment = time.monotonic() + self._chance.uniform(0.005, 0.08)
            self._diallers[tell] = process, plan, moment
        elif said != "begun":
            self._kill(tell, said)

    def _kill(self, tell: Connection, point: Point | None) -> None:
        process, plan, _ = self._diallers.pop(tell)
        process.kill()
        process.join(20)
        self.killed[plan.engine] = point
        self.taken_back += engine_died(self.store, plan.engine)
        self._start()


def crash_and_check(folder: Path, jobs: int, points: list[Point | None], limit_s: float) -> None:
    planned = Counter(points)
    house = House(folder, points, seed=7)
    added = [a_job(n, number=f"+4930{n // 3:07}", retry=POLICY, calls_a_day=1000) for n in range(jobs)]
    try:
        house.store.add(added)
        house.run(limit_s)
        found = house.store.list(JobFilter(limit=jobs + 1))
    finally:
        house.stop()
    lines = [line.split() for line in house.log.read_text().splitlines()]
    calls = [Called(what, job, int(attempt), number, engine) for what, job, attempt, number, engine in lines]
    assert Counter(house.killed.values()) == planned

    assert [job.id for job in found] == [job.id for job in added], "a job is lost"
    states = Counter(job.state for job in found)
    assert set(states) <= {"done", "failed", "unknown"}, states
    invited = Counter((call.job, call.attempt) for call in calls if call.what == "invite")
    assert set(invited.values()) == {1}, "an attempt was dialled twice"
    ended = {(call.job, call.attempt) for call in calls if call.what == "end"}
    for job in found:
        attempts = range(1, job.attempt + 1)
        last = job.attempt if job.state != "unknown" else job.attempt - 1
        assert all((job.id, attempt) in ended for attempt in attempts if attempt <= last), job
    assert not [key for key in invited if key[1] > {job.id: job.attempt for job in found}[key[0]]]
    check_unknown(house, [job for job in found if job.state == "unknown"], invited)
    check_one_at_a_time(calls, set(house.killed))
    print(f"{jobs} jobs, {len(house.killed)} kills {dict(planned)}: {dict(states)}, {len(invited)} calls")


def check_unknown(house: House, unknown: list[Job], invited: Counter[tuple[str, int]]) -> None:
    """Every unknown is the one job that a killed dialler had in hand after it was written as being dialled."""
    engines = Counter(job.engine for job in unknown)
    assert set(engines) <= set(house.killed) and set(engines.values()) <= {1}
    assert {job.id for job in unknown} == {job.id for job in house.taken_back if job.state == "unknown"}
    for engine, point in house.killed.items():
        mine = [job for job in unknown if job.engine == engine]
        if point == "claimed":
            assert not mine, "what was not dialled is in the queue again"
        elif point is not None:
            [job] = mine
            assert invited[job.id, job.attempt] == (1 if point == "invited" else 0)
            assert [line.state for line in job.history][-2:] == ["dialing", "unknown"]


def check_one_at_a_time(calls: list[Called], killed: set[str]) -> None:
    """A number is not dialled while another call to it goes on, unless that one's dialler is dead."""
    going_on: dict[str, Called] = {}
    for call in calls:
        if call.what == "end":
            going_on.pop(call.number, None)
        else:
            other = going_on.get(call.number)
            assert other is None or other.engine in killed, (other, call)
            going_on[call.number] = call


def points_of(claimed: int, dialing: int, invited: int, anywhere: int) -> list[Point | None]:
    points: list[Point | None] = ["claimed"] * claimed + ["dialing"] * dialing + ["invited"] * invited
    points += [None] * anywhere
    random.Random(3).shuffle(points)
    return points


def test_a_hundred_jobs_and_twelve_kills(tmp_path: Path):
    crash_and_check(tmp_path, 100, points_of(2, 4, 2, 4), limit_s=50)


@pytest.mark.long
@pytest.mark.timeout(420)
def test_a_thousand_jobs_and_fifty_kills(tmp_path: Path):
    crash_and_check(tmp_path, 1000, points_of(8, 20, 10, 12), limit_s=400)


def test_the_check_would_notice():
    """A dialler that calls while another one does is found out."""
    calls = [Called("invite", "a", 1, "n", "one"), Called("invite", "b", 1, "n", "two")]
    with pytest.raises(AssertionError):
        check_one_at_a_time(calls, set())
    check_one_at_a_time(calls, {"one"})
