"""A coordinator and its engines that are killed again and again while they work through a queue; what came of it."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import psutil

from engine.jobs.job import Backoff, Job, RetryPolicy
from engine.jobs.sqlite_store import SqliteJobStore
from engine.jobs.store import JobFilter
from engine.jobs.stores import DATABASE
from engine.launch import address_of
from engine.statedir import ENGINES
from tests.fakes.jobs import a_job
from tests.fakes.light_engine import LOG, PLAN
from tests.fakes.standing_still import taken, wish

Point = Literal["claimed", "dialing", "told", "dialled", "coordinator", "engine"]
"""A coordinator at `claimed` and `dialing`, an engine at `told` and `dialled`; the last two: whichever, wherever it is.
Between `dialing` on the disk and the call lie `dialing` and `told`."""
POLICY = RetryPolicy(attempts=20, after={"busy": Backoff(first_s=1, factor=1)})
ENGINES_AT_ONCE, SLOTS = 4, 4
POLL_S = 0.01
PATIENCE_S = 40.0  # for somebody to pass a point


class Called(NamedTuple):
    what: str  # invite or end
    job: str
    attempt: int
    number: str
    engine: str


class Killed(NamedTuple):
    point: Point
    pid: int
    job: str  # that it had in hand there, with its attempt; "" = not known
    engine: str  # "" = it was a coordinator


class Outcome(NamedTuple):
    """What came of it all."""

    added: list[Job]
    found: list[Job]
    calls: list[Called]
    killed: list[Killed]

    @property
    def duplicates(self) -> int:
        """Attempts that were dialled more than once."""
        invited = Counter((call.job, call.attempt) for call in self.calls if call.what == "invite")
        return sum(count - 1 for count in invited.values())

    @property
    def lost(self) -> int:
        """Jobs that are not there any more, or that nobody will go on with."""
        there = {job.id: job.state for job in self.found}
        return sum(there.get(job.id) not in ("done", "failed", "unknown") for job in self.added)

    @property
    def unknown(self) -> list[Job]:
        return [job for job in self.found if job.state == "unknown"]


class CrashHouse:
    """Give it jobs and points; `run` it; `stop` it in any case."""

    def __init__(self, state: Path, jobs: int, seed: int = 7) -> None:
        self.state = state
        (state / PLAN).mkdir(parents=True)
        self.store = SqliteJobStore(state / DATABASE)
        self.added = [_job(number) for number in range(jobs)]
        self.store.add(self.added)
        self.killed: list[Killed] = []
        self._chance = random.Random(seed)
        self._coordinator = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.fakes.light_coordinator", str(self.state)]
        log = (self.state / "coordinator.log").open("ab")
        with log:
            return subprocess.Popen(
                [*command, "--engines", str(ENGINES_AT_ONCE), "--slots", str(SLOTS)], stderr=log
            )

    def run(self, points: list[Point], limit_s: float) -> Outcome:
        """Kill at each point in turn, then let the rest be done."""
        until = time.monotonic() + limit_s
        for point in points:
            self._kill(point)
        while any(self.store.counts().get(state) for state in ("queued", "reserved", "dialing", "talking")):
            assert time.monotonic() < until, f"not done in {limit_s} s: {self.store.counts()}"
            assert self._coordinator.poll() is None, "the coordinator has ended by itself"
            time.sleep(0.1)
        self._coordinator.send_signal(signal.SIGTERM)
        assert self._coordinator.wait(20) == 0
        found = self.store.list(JobFilter(limit=len(self.added) + 1))
        return Outcome(self.added, found, self._calls(), self.killed)

    def _kill(self, point: Point) -> None:
        if point in ("coordinator", "engine"):
            time.sleep(self._chance.uniform(0.02, 0.2))
            engines = self._engines()
            if point == "engine" and engines:
                name, pid = self._chance.choice(sorted(engines.items()))
                self._dies(Killed(point, pid, "", name))
            else:
                self._dies(Killed("coordinator", self._coordinator.pid, "", ""))
            return
        wish(self.state / PLAN, point)
        until = time.monotonic() + PATIENCE_S
        while (who := taken(self.state / PLAN, point)) is None:
            assert time.monotonic() < until, f"nobody came to {point}: {self.store.counts()}"
            time.sleep(POLL_S)
        names = {pid: name for name, pid in self._engines().items()}
        self._dies(Killed(point, who[0], who[1], names.get(who[0], "")))

    def _dies(self, who: Killed) -> None:
        assert who.pid > 1
        with contextlib.suppress(ProcessLookupError):
            os.kill(who.pid, signal.SIGKILL)
        self.killed.append(who)
        if who.pid == self._coordinator.pid:
            self._coordinator.wait(20)
            self._coordinator = self._started()

    def _engines(self) -> dict[str, int]:
        """Process ids of the engines that are there."""
        found = {}
        for folder in (self.state / ENGINES).glob("*"):
            with contextlib.suppress(Exception):  # it is being made, or removed
                if (address := address_of(folder)) is not None:
                    found[folder.name] = address.pid
        return found

    def _calls(self) -> list[Called]:
        calls = []
        for line in (self.state / LOG).read_text().splitlines():
            what, key, number, engine = line.split()
            job, _, attempt = key.partition("/")
            calls.append(Called(what, job, int(attempt), number, engine))
        return calls

    def stop(self) -> None:
        """Leave no process behind."""
        if self._coordinator.poll() is None:
            self._coordinator.kill()
            self._coordinator.wait(20)
        for process in psutil.process_iter():  # also engines that nobody has found yet
            with contextlib.suppress(psutil.Error):
                if str(self.state) in process.cmdline():
                    process.kill()
        self.store.close()


def _job(count: int) -> Job:
    """A job for a number of its own, which its task names so that the log does."""
    number = f"+4930{count:07}"
    job = a_job(count, number=number, retry=POLICY, calls_a_day=1000)
    return msgspec.structs.replace(job, task=msgspec.structs.replace(job.task, phone=number))


def points_of(**counts: int) -> list[Point]:
    """So many of each, in an order that is always the same."""
    points: list[Point] = [name for name, count in counts.items() for _ in range(count)]  # type: ignore[misc]
    random.Random(3).shuffle(points)
    return points
