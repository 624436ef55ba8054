"""The small parts of the coordinator: what is due, the one lock, the command of a job, what a record says of a call."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, strategies as st

from engine.coordinator.commands import again_at, command_for, key_of
from engine.coordinator.learning import record_of
from engine.coordinator.lock import CoordinatorLock
from engine.coordinator.one_call import what_is_left
from engine.coordinator.waiting import Waiting
from engine.errors import AlreadyRunning, CallRefused, ExitCode
from engine.jobs.job import Job, State
from engine.jobs.lifecycle import Claimed, Dialing, Ended, EngineLost
from engine.settings import DialSettings, Settings, SipAccount, SipSettings
from tests.fakes.jobs import NOON, a_job, became

HOUR = timedelta(hours=1)
DIALLED = became(a_job(), Claimed("engine-1"), Dialing(1))


def told(count: int, state: State = "queued", due: datetime = NOON, revision: int = 1) -> Job:
    return msgspec.structs.replace(a_job(count), state=state, due=due, revision=revision)


def test_jobs_are_due_when_their_time_has_come_and_while_they_are_queued():
    waiting = Waiting()
    waiting.take([told(1), told(2, due=NOON + HOUR), told(3, "talking")], NOON)
    assert waiting.due(NOON) == 1 and waiting.next_due() == NOON + HOUR
    assert waiting.due(NOON + HOUR) == 2 and waiting.next_due() is None
    waiting.take([told(1, "reserved", revision=2)], NOON + HOUR)
    assert waiting.due(NOON + HOUR) == 1


def test_what_is_older_than_what_was_told_is_no_news():
    waiting = Waiting()
    assert len(waiting.take([told(1, "dialing", revision=3)], NOON)) == 1
    assert waiting.take([told(1, revision=2), told(1, "dialing", revision=3)], NOON) == []
    assert waiting.due(NOON) == 0 and waiting.counts["dialing"] == 1


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from(["queued", "reserved", "done"]),
            st.integers(-2, 5),
            st.integers(0, 9),
        )
    ),
    st.integers(0, 6),
)
def test_what_is_due_is_what_is_queued_and_due_in_the_latest_revision(
    tellings: list[tuple[int, State, int, int]], hours: int
):
    waiting, latest = Waiting(), {}
    for count, state, due, revision in tellings:
        job = told(count, state, NOON + due * HOUR, revision)
        waiting.take([job], NOON)
        if job.id not in latest or latest[job.id].revision < revision:
            latest[job.id] = job
    now = NOON + hours * HOUR
    queued = [job.due for job in latest.values() if job.state == "queued"]
    assert waiting.due(now) == sum(due <= now for due in queued)
    assert waiting.next_due() == min((due for due in queued if due > now), default=None)
    assert +waiting.counts == Counter(job.state for job in latest.values())


def test_a_second_coordinator_is_told_who_the_first_one_is(tmp_path: Path):
    first = CoordinatorLock(tmp_path)
    with pytest.raises(AlreadyRunning, match=r"process \d+.*--status"):
        CoordinatorLock(tmp_path)
    first.close()
    CoordinatorLock(tmp_path).close()


def test_a_simulated_job_dials_nobody_whomever_it_stands_for():
    job = msgspec.structs.replace(DIALLED, scenario="/s/accepts.yaml", to="+49301234567", account="mine")
    command = command_for(job, NOON)
    assert (command.line, command.scenario, command.to, command.account) == (
        "simulated",
        "/s/accepts.yaml",
        "",
        "",
    )
    assert command.key == key_of(job) == f"{job.id}/1" and command.job == job.id


def test_a_job_on_a_real_line_is_told_what_day_it_is():
    job = msgspec.structs.replace(DIALLED, line="sip", to="sip:a@127.0.0.1", account="mine")
    command = command_for(job, NOON + timedelta(days=1))
    assert (command.to, command.account, command.scenario) == ("sip:a@127.0.0.1", "mine", "")
    assert command.task is not None and command.task.today == "2026-06-04"


def refused(code: ExitCode = ExitCode.BAD_INPUT) -> CallRefused:
    refusal = CallRefused("no")
    refusal.exit_code = code
    return refusal


def test_what_is_no_fault_of_the_job_is_tried_again():
    assert again_at(DIALLED, refused(ExitCode.ENGINE), Settings(), NOON) == NOON + timedelta(seconds=60)
    assert again_at(DIALLED, refused(), Settings(), NOON) is None


def test_a_number_that_is_asleep_is_called_in_the_morning_and_one_that_may_never_be_called_never():
    dial = DialSettings(allowed=("+49*",), hours="09:00-21:00", country="DE")
    account = SipAccount(user="u", provider="sip.example.net", password_env="X")
    sip = SipSettings(
        listen="192.0.2.10", allowed_peers=("203.0.113.0/28",), accounts={"mine": account}, account="mine"
    )
    settings = Settings(dial=dial, sip=sip)
    job = msgspec.structs.replace(DIALLED, line="sip", to="+493012345678")
    night = NOON.replace(hour=23)
    again = again_at(job, refused(), settings, night)
    assert again is not None and again.hour == 7, "nine o'clock in Berlin, in UTC"
    other = msgspec.structs.replace(job, to="+33123456789")
    assert again_at(other, refused(), settings, night) is None


def a_record(state: Path, name: str, key: str, summary: dict[str, object] | None) -> Path:
    folder = state / "journals" / name
    folder.mkdir(parents=True)
    header = {"journal": 2, "wall": NOON.isoformat(), "call": name, "key": key, "task": {}}
    event = {"n": 1, "us": 1, "kind": "BrainUse", "flags": 0, "data": {"model": "m", "usd": 0.25}}
    (folder / "events.jsonl").write_text(f"{json.dumps(header)}\n{json.dumps(event)}\n")
    if summary is not None:
        (folder / "summary.json").write_text(json.dumps(summary))
    return folder


BOOKED = {"outcome": "booked", "reason": "agreed", "reservation": {"status": "booked"}}


def test_a_call_that_ended_while_nobody_listened_is_learned_from_its_record(tmp_path: Path):
    a_record(tmp_path, "20260603-120001-1-1", "another/1", BOOKED)
    folder = a_record(tmp_path, "20260603-120001-1-2", key_of(DIALLED), BOOKED)
    found = record_of(tmp_path, key_of(DIALLED), 1, NOON)
    assert found is not None and found.ended == Ended(
        1, "booked", "booked", "agreed", cost_usd=0.25, call="20260603-120001-1-2", journal=str(folder)
    )


def test_when_they_want_to_be_called_again_is_learned_from_the_record_too(tmp_path: Path):
    record = {"outcome": "call_back", "reservation": {"status": "open", "call_back": "2026-06-03T17:00"}}
    a_record(tmp_path, "20260603-120001-1-2", key_of(DIALLED), record)
    found = record_of(tmp_path, key_of(DIALLED), 1, NOON)
    assert found is not None and found.ended is not None
    job = msgspec.structs.replace(DIALLED, time_zone="Europe/Berlin")
    assert became(job, found.ended).due == datetime(2026, 6, 3, 15, 0, tzinfo=UTC), "17:00 in Berlin"


def test_records_from_before_it_was_dialled_are_not_read(tmp_path: Path):
    a_record(tmp_path, "20260602-120001-1-2", key_of(DIALLED), BOOKED)
    assert record_of(tmp_path, key_of(DIALLED), 1, NOON) is None
    assert record_of(tmp_path / "nowhere", key_of(DIALLED), 1, NOON) is None


async def test_a_call_whose_engine_died_in_the_middle_of_it_is_unknown_and_its_record_is_named(
    tmp_path: Path,
):
    folder = a_record(tmp_path, "20260603-120001-1-2", key_of(DIALLED), None)
    event = await what_is_left(DIALLED, tmp_path)
    assert isinstance(event, EngineLost) and str(folder) in event.reason
    assert became(DIALLED, event).state == "unknown"


async def test_a_call_that_has_no_record_is_unknown_and_what_was_only_reserved_is_queued(tmp_path: Path):
    assert became(DIALLED, await what_is_left(DIALLED, tmp_path)).state == "unknown"
    reserved = became(a_job(), Claimed("engine-1"))
    assert became(reserved, await what_is_left(reserved, tmp_path)).state == "queued"
