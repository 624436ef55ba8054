"""When a job may be dialled: windows, days, time zones, summer time, calls a day, times they asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from engine.jobs.job import Backoff, Job, RetryPolicy
from engine.jobs.rules import (
    back_off,
    next_dial,
    next_open,
    number_of,
    weekdays,
    windows,
    zone_of,
)
from engine.settings import DialSettings
from tests.fakes.jobs import NOON, a_job

HOUR = timedelta(hours=1)


def in_berlin(**fields) -> Job:
    return a_job(time_zone="Europe/Berlin", **fields)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-06-03T08:00", "2026-06-03T09:00"),  # 11:00 in Berlin is 9:00 UTC in summer
        ("2026-06-03T09:30", "2026-06-03T09:30"),
        ("2026-06-03T12:00", "2026-06-03T15:00"),  # closed from 14:00 to 17:00
        ("2026-06-03T20:30", "2026-06-04T09:00"),  # the end of a window is outside of it
        ("2026-12-03T09:00", "2026-12-03T10:00"),  # in winter an hour later
    ],
)
def test_the_next_window_by_the_clock_of_the_place(moment, opens):
    job = in_berlin(hours="11:00-14:00,17:00-22:30")
    assert next_open(job, utc(moment)) == utc(opens)


def test_days_and_a_window_past_midnight_which_belongs_to_the_day_it_opens_on():
    job = in_berlin(hours="18:00-01:00", days="fri-sat")
    assert next_open(job, utc("2026-06-03T12:00")) == utc("2026-06-05T16:00")
    assert next_open(job, utc("2026-06-06T22:30")) == utc(
        "2026-06-06T22:30"
    )  # Sunday 0:30, Saturday's window
    assert next_open(job, utc("2026-06-07T12:00")) == utc("2026-06-12T16:00")


def test_a_window_that_begins_in_the_missing_hour_begins_when_the_clock_jumps():
    job = in_berlin(hours="02:30-04:00")
    assert next_open(job, utc("2026-03-29T00:00")) == utc("2026-03-29T01:00")


def test_a_window_that_lies_in_the_missing_hour_is_there_the_day_after():
    job = in_berlin(hours="02:00-03:00")
    assert next_open(job, utc("2026-03-29T00:30")) == utc("2026-03-30T00:00")


def test_of_an_hour_that_comes_twice_the_first_counts():
    job = in_berlin(hours="02:30-02:45")
    assert next_open(job, utc("2026-10-25T00:00")) == utc("2026-10-25T00:30")
    assert next_open(job, utc("2026-10-25T01:30")) == utc("2026-10-26T01:30")


@given(
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    hours=st.sampled_from(
        ["11:00-14:00", "02:15-02:45", "22:00-02:30", "00:00-24:00", "01:00-02:00,02:30-03:30"]
    ),
    days=st.sampled_from(["", "sun", "mon-fri", "sat,sun"]),
    place=st.sampled_from(
        ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]
    ),
)
def test_a_window_is_always_found_never_before_the_moment_and_stays_found(moment, hours, days, place):
    job = a_job(hours=hours, days=days, time_zone=place)
    found = next_open(job, moment.replace(tzinfo=UTC))
    assert found is not None and found >= moment.replace(tzinfo=UTC)
    assert next_open(job, found) == found


def test_not_before_and_not_after():
    job = a_job(not_before=NOON + HOUR, not_after=NOON + 2 * HOUR)
    assert next_open(job, NOON) == NOON + HOUR
    assert next_open(job, NOON + 3 * HOUR) is None
    assert next_open(a_job(hours="18:00-20:00", not_after=NOON + HOUR), NOON) is None


def test_the_time_they_asked_for_goes_before_the_hours_but_not_after_not_after():
    job = in_berlin(hours="18:00-20:00", call_back_at=NOON + HOUR)
    assert next_open(job, NOON) == NOON + HOUR
    assert next_open(job, NOON + HOUR + timedelta(minutes=31)) == utc("2026-06-03T16:00")
    assert next_open(a_job(call_back_at=NOON + 2 * HOUR, not_after=NOON + HOUR), NOON) is None


def test_a_number_that_was_called_often_enough_waits_until_a_day_is_over():
    job = a_job(calls_a_day=2)
    dialled = [NOON - 30 * HOUR, NOON - 23 * HOUR, NOON - 2 * HOUR]
    assert next_dial(job, NOON, dialled) == NOON + HOUR
    assert next_dial(job, NOON, dialled[:2]) == NOON
    assert next_dial(a_job(calls_a_day=2, not_after=NOON + timedelta(minutes=30)), NOON, dialled) is None


def test_back_off_grows_is_limited_and_ends():
    job = a_job(retry=RetryPolicy(attempts=20, after={"busy": Backoff(first_s=60, factor=10)}), attempt=1)
    assert back_off(job, "busy") == timedelta(minutes=1)
    assert back_off(a_job(retry=job.retry, attempt=3), "busy") == timedelta(minutes=100)
    assert back_off(a_job(retry=job.retry, attempt=19), "busy") == timedelta(days=7)
    assert back_off(a_job(retry=job.retry, attempt=20), "busy") is None
    assert back_off(a_job(retry=job.retry, attempt=21, counted_from=20), "busy") == timedelta(minutes=1)


def test_numbers_are_the_same_however_they_are_written():
    rules = DialSettings(country="DE")
    written = ("+49 30 1234567", "030 1234567", "sip:+49301234567@sip.example.net", "(030) 123-4567")
    assert {number_of(to, rules, "sip.example.net") for to in written} == {"+49301234567"}
    assert zone_of("+49301234567") == "Europe/Berlin"
    assert zone_of("+12125550123") == "America/New_York" and zone_of("kitchen@example.org") == ""


@pytest.mark.parametrize(
    "hours", ["25:00-26:00", "11:00", "10:00-12:00,11:00-13:00", "20:00-02:00,22:00-23:00"]
)
def test_windows_that_cannot_be_meant(hours):
    with pytest.raises(ValueError, match=r"must be two different times|overlap"):
        windows(hours)


def test_days_as_people_write_them():
    assert weekdays("mon-fri,Sun") == {0, 1, 2, 3, 4, 6}
    assert weekdays("sat-mon") == {5, 6, 0} and weekdays("") == set(range(7))
    with pytest.raises(ValueError, match="is no day"):
        weekdays("montag")
