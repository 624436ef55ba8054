"""What becomes of a job, by what happens to it."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from engine.jobs.job import BACK_OFF, STATES, Backoff, Job, RetryPolicy
from engine.jobs.lifecycle import (
    Answered,
    Cancel,
    Claimed,
    Dialing,
    Ended,
    EngineLost,
    Event,
    Expired,
    NotDialled,
    Refusal,
    Retry,
    after,
)  # fmt: skip
from tests.fakes.jobs import NOON, a_job, became

HOUR = timedelta(hours=1)


def dialling(job: Job | None = None, attempt: int = 1) -> Job:
    return became(job or a_job(), Claimed("one"), Dialing(attempt))


def refused(job: Job, event: Event) -> str:
    found = after(job, event, NOON)
    assert isinstance(found, Refusal)
    return found.reason


def busy(job: Job, at=NOON) -> Job:
    return became(dialling(job, job.attempt + 1), Ended(job.attempt + 1, "busy"), now=at)


def test_a_call_that_books_leaves_a_history_of_who_did_what_and_when():
    job = became(dialling(), Answered(1, "call-7"), Ended(1, "booked", "booked", cost_usd=0.03, journal="j"))
    assert (job.state, job.outcome, job.call, job.journal, job.cost_usd) == (
        "done",
        "booked",
        "call-7",
        "j",
        0.03,
    )
    assert [line.state for line in job.history] == ["reserved", "dialing", "talking", "done"]
    assert {line.at for line in job.history} == {NOON} and job.history[1].engine == "one"


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ("no_table", "done"), ("closed", "done"), ("transferred", "done"), ("wrong_number", "failed"),
        ("declined", "failed"), ("not_found", "failed"), ("redirected", "failed"), ("rejected", "failed"),
        ("needs_human", "failed"), ("hung_up", "failed"), ("far_end_hung_up", "failed"), ("busy", "queued"),
        ("no_answer", "queued"), ("unavailable", "queued"), ("line_lost", "queued"), ("voicemail", "queued"),
    ],
)  # fmt: skip
def test_an_outcome_says_whether_it_is_over(outcome, state):
    assert became(dialling(), Ended(1, outcome)).state == state


def test_what_was_agreed_stays_agreed_however_the_call_ended():
    job = became(dialling(), Answered(1), Ended(1, "line_lost", "booked"))
    assert (job.state, job.outcome) == ("done", "booked")


def test_busy_is_tried_again_later_each_time_until_the_policy_has_had_enough():
    job = a_job(retry=RetryPolicy(attempts=3, after={"busy": Backoff(first_s=60, factor=3)}))
    first = busy(job)
    assert (first.state, first.due) == ("queued", NOON + timedelta(seconds=60))
    second = busy(when_due(first))
    assert second.due == NOON + timedelta(seconds=180)
    third = busy(when_due(second))
    assert third.state == "failed" and "called 3 times" in third.reason


def test_a_cause_with_no_back_off_is_not_tried_again():
    assert BACK_OFF["far_end_hung_up"].first_s == 0
    job = busy(a_job(retry=RetryPolicy(after={"busy": Backoff(first_s=0)})))
    assert job.state == "failed" and "called once" in job.reason


def test_they_are_called_back_when_they_asked_to_be_and_it_costs_no_attempt():
    job = a_job(retry=RetryPolicy(attempts=1, call_backs=1), hours="18:00-22:00")
    asked = became(dialling(job), Answered(1), Ended(1, "call_back", call_back_at=NOON + 3 * HOUR))
    assert (asked.state, asked.due, asked.tries) == ("queued", NOON + 3 * HOUR, 0)
    again = became(when_due(asked), Claimed("one"), Dialing(2), Ended(2, "call_back"))
    assert again.state == "failed" and "more call-backs" in again.reason


def test_who_names_no_time_for_the_call_back_is_called_after_an_hour():
    assert became(dialling(), Ended(1, "call_back")).due == NOON + HOUR


def test_a_job_that_has_no_time_left_or_no_money_fails_instead_of_waiting():
    late = busy(a_job(not_after=NOON + timedelta(seconds=10)))
    assert late.state == "failed" and "no time is left" in late.reason
    dear = became(dialling(a_job(budget_usd=0.05)), Ended(1, "busy", cost_usd=0.05))
    assert dear.state == "failed" and "budget" in dear.reason


def test_a_crash_before_the_dialling_costs_nothing_and_one_after_it_waits_for_a_person():
    reserved = became(a_job(), Claimed("one"))
    assert became(reserved, EngineLost()).state == "queued"
    for job in (dialling(), became(dialling(), Answered(1))):
        lost = became(job, EngineLost())
        assert lost.state == "unknown" and "may have been called" in lost.reason
        assert refused(lost, Claimed("two")) and refused(lost, Dialing(2)) and refused(lost, EngineLost())


def test_what_is_heard_later_of_an_unknown_settles_it_and_never_dials_again():
    unknown = became(dialling(), EngineLost())
    assert became(unknown, Ended(1, "booked", "booked")).state == "done"
    assert became(unknown, Ended(1, "busy")).state == "failed"
    assert refused(unknown, Ended(2, "busy"))


@pytest.mark.parametrize("state", STATES)
def test_cancelling_by_state(state):
    job = in_state(state)
    found = after(job, Cancel("anna"), NOON)
    if state in ("done", "failed", "cancelled"):
        assert isinstance(found, Refusal) and "over" in found.reason
        return
    assert isinstance(found, Job)
    if state in ("dialing", "talking"):
        assert found.state == state and found.cancel_asked
        assert became(found, Ended(1, "hung_up")).state == "cancelled"
        assert became(found, Ended(1, "busy")).state == "cancelled"
        assert became(found, Ended(1, "booked", "booked")).state == "done"
    else:
        assert found.state == "cancelled" and refused(found, Dialing(found.attempt + 1))


@pytest.mark.parametrize("state", STATES)
def test_a_person_calls_again_what_is_over_without_an_answer(state):
    job = in_state(state)
    found = after(job, Retry("anna"), NOON)
    if state in ("failed", "cancelled", "unknown"):
        assert isinstance(found, Job) and found.state == "queued" and found.tries == 0
        assert became(found, Claimed("one"), Dialing(job.attempt + 1)).attempt == job.attempt + 1
    else:
        assert isinstance(found, Refusal)


def test_who_calls_again_takes_back_that_it_was_to_be_hung_up():
    unknown = became(dialling(), Cancel(), EngineLost())
    assert unknown.cancel_asked and not became(unknown, Retry()).cancel_asked


def test_an_engine_that_refuses_to_dial_fails_the_job_or_puts_it_off():
    assert became(dialling(), NotDialled("not on the list")).state == "failed"
    late = became(dialling(), NotDialled("too early there", NOON + HOUR))
    assert (late.state, late.due) == ("queued", NOON + HOUR)


def test_messages_of_another_attempt_are_refused():
    job = dialling()
    assert refused(job, Ended(2, "booked")) and refused(job, Answered(0))
    assert refused(became(a_job(), Claimed("one")), Dialing(2))


def test_nothing_is_claimed_before_it_is_due():
    assert "not due" in refused(a_job(due=NOON + HOUR), Claimed("one"))


def in_state(state: str) -> Job:
    jobs = {
        "queued": a_job(), "reserved": became(a_job(), Claimed("one")), "dialing": dialling(),
        "talking": became(dialling(), Answered(1)), "done": became(dialling(), Ended(1, "booked", "booked")),
        "failed": became(a_job(), Expired()), "unknown": became(dialling(), EngineLost()),
        "cancelled": became(a_job(), Cancel()),
    }  # fmt: skip
    return jobs[state]


def when_due(job: Job) -> Job:
    """The job when its time has come: noon again."""
    return msgspec.structs.replace(job, due=NOON)
