"""Jobs from what people write: everything that is wrong is told, with what to write instead."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from engine.errors import ScenarioError
from engine.jobs.importing import BadTable, jobs_of, known_already
from engine.jobs.job import CAUSES, Job, decode, encode, new_ids
from engine.jobs.making import Wish, made
from engine.jobs.rules import task_on
from engine.protocol import Task
from engine.settings import DialSettings, JobBackoff, JobSettings, Settings, SipAccount, SipSettings
from tests.fakes.jobs import NOON

SETTINGS = Settings(
    sip=SipSettings(
        listen="192.0.2.10",
        allowed_peers=("203.0.113.0/28",),
        account="main",
        accounts={"main": SipAccount(provider="sip.example.net", user="anna")},
    ),
    dial=DialSettings(country="DE", calls_per_day=2),
)
TABLE = {
    "restaurant": "Zur Linde", "language": "de", "date": "2026-06-05", "time": "19:00", "party_size": "4",
    "name": "Anna Walker",
}  # fmt: skip
SCENARIO_TASK = Task(
    restaurant="Golden Lantern",
    today="2025-01-01",
    date="2025-01-03",
    time="19:00",
    party_size=2,
    name="Mason",
)
TITLES = "to,restaurant,language,date,time,party_size,name"
GOOD = "030 1234567,Zur Linde,de,2026-06-05,19:00,4,Anna Walker"


def wish(**fields) -> Wish:
    return Wish(**{"task": TABLE, "to": "+49 30 1234567", **fields})


def job_of(settings: Settings = SETTINGS, **fields) -> Job:
    job = made(wish(**fields), settings, NOON, "id")
    assert isinstance(job, Job), job
    return job


def problems(settings: Settings = SETTINGS, **fields) -> dict[str, str]:
    found = made(wish(**fields), settings, NOON, "id")
    assert isinstance(found, list), found
    return {problem.field: problem.words for problem in found}


def test_a_number_alone_says_whom_when_and_until_when():
    job = job_of()
    assert (job.line, job.number, job.time_zone, job.due) == ("sip", "+49301234567", "Europe/Berlin", NOON)
    assert job.not_after == datetime(2026, 6, 5, 16, 59, tzinfo=UTC), "later the table's time has passed"
    assert (job.calls_a_day, job.retry.attempts, job.budget_usd) == (2, 3, None)
    assert decode(encode(job)) == job


def test_what_is_not_said_comes_from_the_settings():
    jobs = JobSettings(
        hours="17:00-22:00",
        days="mon-sat",
        attempts=5,
        budget_usd=0.5,
        after={"busy": JobBackoff(first_s=7, factor=1)},
    )
    job = job_of(msgspec.structs.replace(SETTINGS, jobs=jobs))
    assert (job.hours, job.days, job.retry.attempts, job.budget_usd) == ("17:00-22:00", "mon-sat", 5, 0.5)
    assert job.retry.back_off("busy").first_s == 7 and job.retry.back_off("no_answer").first_s == 1800
    assert job.due == datetime(2026, 6, 3, 15, 0, tzinfo=UTC)


def test_times_are_read_by_the_clock_of_the_job():
    job = job_of(not_before="2026-06-04T18:00", not_after="2026-06-04T19:00+01:00", time_zone="Europe/Madrid")
    assert job.not_before == datetime(2026, 6, 4, 16, 0, tzinfo=UTC) == job.due
    assert job.not_after == datetime(2026, 6, 4, 18, 0, tzinfo=UTC)


def test_a_job_is_told_what_day_it_is_when_it_is_dialled_but_a_scenario_has_a_day_of_its_own():
    late = datetime(2026, 6, 3, 22, 30, tzinfo=UTC)  # past midnight in Berlin
    assert task_on(job_of(), late).today == "2026-06-04"
    simulated = job_of(task=SCENARIO_TASK, scenario="accepts.yaml", to="")
    assert (simulated.line, simulated.number, simulated.not_after) == ("simulated", "", None)
    assert task_on(simulated, late).today == "2025-01-01"


def test_a_simulated_line_counts_the_number_that_it_stands_for_and_needs_no_account():
    job = job_of(
        Settings(dial=SETTINGS.dial), task=SCENARIO_TASK, scenario="x", line="simulated", to="030 1234567"
    )
    assert (job.line, job.number) == ("simulated", "+49301234567")


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"to": "112"}, "to", "emergency"),
        ({"to": "+49 900 1234567"}, "to", "kind"),
        ({"to": "kitchen"}, "to", "no @"),
        ({"account": "other"}, "to", "other"),
        ({"to": ""}, "scenario", "is missing"),
        ({"line": "sip", "to": ""}, "to", "is missing"),
        ({"line": "carrier pigeon"}, "line", "none of"),
        ({"hours": "11-14"}, "hours", "such as 09:00-21:00"),
        ({"days": "montag"}, "days", "is no day"),
        ({"time_zone": "Berlin"}, "time_zone", "Europe/Berlin"),
        ({"not_before": "tomorrow"}, "not_before", "Write it as"),
        ({"not_after": "2026-06-03T13:00"}, "not_after", "no time"),
        ({"priority": "urgent"}, "priority", "whole number"),
        ({"attempts": "0"}, "attempts", "from 1 to 20"),
        ({"calls_a_day": "-1"}, "calls_a_day", "from 1"),
        ({"budget_usd": "nan"}, "budget_usd", "amount"),
        ({"task": {**TABLE, "date": "Friday"}}, "date", "is no date"),
        ({"task": {**TABLE, "date": "2026-06-02"}}, "date", "before today"),
        ({"task": {**TABLE, "party_size": "four"}}, "party_size", "number from 1"),
        ({"task": {**TABLE, "kind": "eat"}}, "kind", "eat"),
        ({"task": {**TABLE, "kind": "cancel"}}, "kind", "old_date"),
        ({"task": {**TABLE, "language": "fr"}}, "language", "none of"),
        ({"task": {**TABLE, "name": ""}}, "name", "is missing"),
        ({"task": {**TABLE, "accept_times": "18:30 20h"}}, "accept_times", "no time of day"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_named_with_the_field_and_what_to_write(fields, field, words):
    found = problems(**fields)
    assert list(found) == [field] and words in found[field]


def test_all_that_is_wrong_is_told_at_once():
    assert set(problems(hours="11-14", attempts="many", task={**TABLE, "time": "7pm"})) == {
        "hours",
        "attempts",
        "time",
    }


def test_hours_need_a_time_zone_where_the_number_has_none():
    address = {"to": "sip:kitchen@127.0.0.1:5070", "hours": "17:00-22:00"}
    assert "Europe/Berlin" in problems(**address)["time_zone"]
    assert job_of(**address, time_zone="Europe/Vienna").time_zone == "Europe/Vienna"


def table(*lines: str, titles: str = TITLES, scenario=None) -> list[Job]:
    def none(name: str):
        raise ScenarioError(f"{name}: no such scenario.")

    return jobs_of("\n".join((titles, *lines)), "t.csv", SETTINGS, NOON, 5, "t", scenario or none)


def test_a_table_becomes_jobs_in_its_order():
    jobs = table(GOOD, "", GOOD.replace("4567,Zur Linde", "4568,Zum Löwen"))
    assert [job.task.restaurant for job in jobs] == ["Zur Linde", "Zum Löwen"]
    assert jobs[0].id < jobs[1].id and {job.batch for job in jobs} == {"t"}


def test_semicolons_a_byte_order_mark_and_quotes_as_spreadsheets_write_them():
    titles = "\ufeffTo;Restaurant;language;date;time;party_size;name;hours"
    [job] = table(
        '030 1234567;"Linde; Garten";de;2026-06-05;19:00;4;Anna Walker;"11:00-14:00,17:00-22:00"',
        titles=titles,
    )
    assert job.task.restaurant == "Linde; Garten" and job.hours == "11:00-14:00,17:00-22:00"


def test_nothing_of_a_table_is_taken_where_one_line_is_wrong_and_every_fault_is_told_with_its_line():
    with pytest.raises(BadTable) as caught:
        table(GOOD, GOOD.replace("030 1234567", "112").replace("19:00", "7pm"), GOOD)
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[:2] for line in lines[:2]] == [["t.csv:3", "to"], ["t.csv:3", "time"]]
    assert lines[2] == "t.csv:4: is the same call as line 2; remove one of them."
    assert lines[3].startswith("Nothing was added, of 3 jobs.")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("to,name", "no job under them"),
        ("to,nme\n1,2", "Did you mean name"),
        ("to,to\n1,2", "twice"),
        ("name,date\n1,2", "whom are these jobs to call"),
        ("to,name\n1,2,3", "3 cells"),
        ('to,name\n"1,2', "no CSV"),
    ],
)
def test_a_table_that_is_none(text, words):
    with pytest.raises(BadTable, match=words):
        jobs_of(text, "t.csv", SETTINGS, NOON, 5, "t", lambda name: (Path(name), SCENARIO_TASK))


def test_lines_with_a_scenario_have_its_task():
    titles = "scenario,name"
    [job] = table("accepts,", titles=titles, scenario=lambda name: (Path(f"/{name}.yaml"), SCENARIO_TASK))
    assert (job.line, job.scenario, job.task) == ("simulated", "/accepts.yaml", SCENARIO_TASK)
    with pytest.raises(BadTable, match="task of its own"):
        table("accepts,Anna", titles=titles)
    with pytest.raises(BadTable, match="no such scenario"):
        table("acepts,", titles=titles)


def test_what_is_in_the_queue_already_is_found_also_written_otherwise_and_on_another_day():
    job = job_of()
    [later] = table(GOOD)
    assert "(queued) is for that" in known_already([later], [job])[0]
    over = msgspec.structs.replace(job, state="done")
    assert known_already([later], [over]), "who has booked is not called again by mistake"
    assert not known_already([later], [msgspec.structs.replace(job, state="failed")])
    assert not known_already([job_of(task={**TABLE, "time": "20:00"})], [job])


def test_ids_sort_by_time_and_by_their_order():
    first, second = (new_ids(NOON, 3, bits) for bits in (0x7FFFFF, 0))
    assert first == sorted(first) and len({*first, *second}) == 6
    later = new_ids(NOON.replace(microsecond=1000), 1, 0)
    assert max(first) < later[0]


def test_the_settings_know_the_same_causes_as_the_jobs():
    [causes] = [
        get_args(field.type)[0] for field in msgspec.structs.fields(JobSettings) if field.name == "after"
    ]
    assert get_args(causes) == CAUSES
