"""The coordinator's own process, real engines, simulated restaurants: cancelled, killed, started again, drained."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.coordinator.status import CoordinatorStatus
from engine.coordinator.status_client import NoCoordinator, status_of
from engine.coordinator.status_wire import INFO
from engine.job_changes import change
from engine.jobs.job import Job, new_ids
from engine.jobs.lifecycle import Cancel
from engine.jobs.sqlite_store import SqliteJobStore
from engine.jobs.stores import DATABASE
from engine.journal import read
from engine.protocol import LineState, OperatorAct, Spoken
from engine.scenario import find, load
from engine.statedir import ENGINES

PATIENCE_S = 100.0  # on a busy machine
GOODBYE_US = 3_000_000


class Running:
    """A coordinator on a state directory, which may be killed and started again."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.store = SqliteJobStore(state / DATABASE)
        self.start()

    def start(self) -> None:
        flags = ["--min-idle", "1", "--max-engines", "1", "--calls-per-engine", "4"]
        command = [sys.executable, "-m", "engine", "coordinator", "--state-dir", str(self.state), *flags]
        with (self.state / "coordinator.log").open("ab") as log:
            self.process = subprocess.Popen(command, stderr=log)

    def add(self, number: int, not_before: datetime | None = None) -> Job:
        now, path = datetime.now(UTC), find("en/accepts")
        job = Job(
            id=new_ids(now, 1, number)[0], created_at=now, due=not_before or now, not_before=not_before,
            task=load(path).task, scenario=str(path.absolute()),
        )  # fmt: skip
        self.store.add([job])
        return job

    def until(self, holds: Callable[[CoordinatorStatus], bool]) -> CoordinatorStatus:
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            try:
                status = asyncio.run(status_of(self.state))
            except NoCoordinator:
                status = None
            if status is not None and holds(status):
                return status
            time.sleep(0.1)
        raise AssertionError(f"not within {PATIENCE_S} s; last: {status}")

    def job(self, job: Job) -> Job:
        found = self.store.get(job.id)
        assert found is not None
        return found

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.store.close()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    coordinator = Running(tmp_path)
    yield coordinator
    coordinator.stop()


def in_state(state: str, count: int) -> Callable[[CoordinatorStatus], bool]:
    return lambda status: status.jobs.get(state, 0) >= count  # type: ignore[call-overload]


@pytest.mark.timeout(400)
def test_calls_are_placed_cancelled_go_on_over_a_kill_and_end_before_the_coordinator_does(running: Running):
    later = running.add(1, datetime.now(UTC) + timedelta(hours=1))
    called_off, goes_on = running.add(2), running.add(3)
    running.until(in_state("talking", 2))
    time.sleep(3)  # so that there is something to break off
    change(running.store, running.job(called_off), Cancel("Kim"))
    change(running.store, running.job(later), Cancel("Kim"))
    running.until(in_state("cancelled", 2))
    assert running.job(later).attempt == 0, "what was queued is never dialled"
    ended = running.job(called_off)
    assert ended.outcome == "hung_up" and ended.journal
    said_goodbye_in_time(Path(ended.journal))

    running.process.kill()
    running.process.wait(10)
    assert running.job(goes_on).state == "talking"
    running.start()
    status = running.until(lambda status: status.pid == running.process.pid)
    assert [call.job for engine in status.engines for call in engine.calls] == [goes_on.id]
    running.process.send_signal(signal.SIGTERM)
    running.until(lambda status: status.draining)
    another = running.add(4)
    assert running.process.wait(PATIENCE_S) == 0
    done = running.job(goes_on)
    assert (done.state, done.outcome, done.attempt) == ("done", "booked", 1) and done.journal
    assert running.job(another).state == "queued", "a coordinator that drains begins nothing"
    assert not list((running.state / ENGINES).iterdir()) and not (running.state / INFO).exists()
    assert len(list((running.state / "journals").iterdir())) == 2


def said_goodbye_in_time(journal: Path) -> None:
    """From the command until the line was closed, by the call's own clock."""
    asked_us = ended_us = None
    said = ""
    for at_us, _, message in read(journal):
        match message:
            case OperatorAct(action="hang_up"):
                asked_us = at_us
            case Spoken(done=True, cut=False, text=text) if asked_us is not None:
                said += text
            case LineState(state="ended"):
                ended_us = at_us
    assert asked_us is not None and ended_us is not None
    assert "goodbye" in said.lower()
    assert ended_us - asked_us <= GOODBYE_US
