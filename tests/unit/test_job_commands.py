"""`call-thing jobs …`, as a person types it."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from engine.job_changes import one
from engine.job_watching import Tally, picture
from engine.job_words import as_data, line_of, table, told
from engine.jobs.job import Job
from engine.jobs.lifecycle import Answered, Cancel, Claimed, Dialing, Ended, EngineLost, after
from engine.jobs.sqlite_store import SqliteJobStore
from tests.fakes.jobs import NOON, a_job, became

SETTINGS = """
[sip]
listen = "192.0.2.10"
allowed_peers = ["203.0.113.0/28"]
account = "main"
[sip.accounts.main]
provider = "sip.example.net"
user = "anna"
"""
DAY = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
TABLE = f"""to,restaurant,language,date,time,party_size,name
+49 30 1234567,Zur Linde,de,{DAY},19:00,4,Anna Walker
+49 30 1234568,Zum Löwen,de,{DAY},19:30,4,Anna Walker
"""
NUMBER = "1234567"


class Typed:
    """A command line of its own state directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "s.toml").write_text(SETTINGS)
        self.store_path = folder / "state" / "jobs.db"

    def __call__(self, *words: str, code: int = 0) -> str:
        """Standard output of a command that must end with this exit code; `said` has what went to people."""
        from engine.errors import CallThingError
        from engine.job_commands import jobs_app

        options = ("--state-dir", str(self.folder / "state"), "--settings", str(self.folder / "s.toml"))
        result = CliRunner().invoke(jobs_app, [*words, *options])
        error = result.exception
        self.said = result.stderr
        if isinstance(error, CallThingError):
            self.said += str(error)
            assert int(error.exit_code) == code, error
        else:
            assert error is None or isinstance(error, SystemExit), error
            assert result.exit_code == code, result.output
        return result.stdout

    def table(self, text: str = TABLE) -> str:
        path = self.folder / "spring.csv"
        path.write_text(text)
        return str(path)

    def store(self) -> SqliteJobStore:
        return SqliteJobStore(self.store_path)


@pytest.fixture
def jobs(tmp_path: Path) -> Typed:
    return Typed(tmp_path)


def test_a_scenario_is_added_and_it_is_said_who_dials(jobs: Typed):
    job_id = jobs("add", "en/accepts", "--priority", "3").strip()
    assert "call-thing coordinator" in jobs.said
    [row] = json.loads(jobs("list", "--json"))
    assert (row["id"], row["state"], row["line"], row["priority"]) == (job_id, "queued", "simulated", 3)
    assert row["task"]["restaurant"] in jobs("show", job_id[-6:])


def test_a_task_from_a_file_and_a_number(jobs: Typed):
    file = jobs.folder / "task.yaml"
    file.write_text(
        f"restaurant: Zur Linde\nlanguage: de\ndate: {DAY}\ntime: 19:00\nparty_size: 4\nname: Anna\n"
    )
    arguments = ("add", "--task", str(file), "--sip", "+49 30 1234567", "--hours", "11:00-14:00")
    job = json.loads(jobs(*arguments, "--json"))
    assert (job["number"], job["time_zone"], job["hours"]) == ("+49301234567", "Europe/Berlin", "11:00-14:00")
    jobs(*arguments, code=2)
    assert "is for that already" in jobs.said and "--again" in jobs.said
    jobs(*arguments, "--again")


def test_a_job_with_no_task_or_two_is_refused(jobs: Typed):
    jobs("add", code=2)
    jobs("add", "en/accepts", "--task", "x.yaml", code=2)
    assert "one task" in jobs.said


def test_a_table_is_imported_whole_and_once(jobs: Typed):
    jobs("import", jobs.table(), "--check")
    assert "could be added" in jobs.said and json.loads(jobs("list", "--json")) == []
    assert len(json.loads(jobs("import", jobs.table(), "--json"))) == 2 and "batch spring" in jobs.said
    jobs("import", jobs.table(), code=2)
    assert "Nothing was added" in jobs.said
    listing = jobs("list", "--batch", "spring", "--state", "queued")
    assert "Zur Linde" in listing and "Zum Löwen" in listing and NUMBER not in listing
    assert jobs("list", "--batch", "autumn") == ""


def test_nothing_is_added_of_a_table_with_a_fault(jobs: Typed):
    jobs("import", jobs.table(TABLE.replace("19:30", "half past seven")), code=2)
    assert "spring.csv:3: time: half past seven is no time of day" in jobs.said
    assert json.loads(jobs("list", "--json")) == []
    jobs("import", str(jobs.folder / "none.csv"), code=2)
    assert "cannot be read" in jobs.said


def test_cancelling_and_calling_again(jobs: Typed):
    jobs("import", jobs.table())
    first, second = json.loads(jobs("list", "--json"))
    assert "cancelled" in jobs("cancel", first["id"])
    jobs("cancel", first["id"], code=2)
    assert "over (cancelled)" in jobs.said
    assert jobs("cancel", "--batch", "spring").split()[0] == second["id"], "what is over is left alone"
    jobs("retry", "--batch", "spring")
    assert [row["state"] for row in json.loads(jobs("list", "--json"))] == ["queued", "queued"]
    jobs("retry", code=2)
    assert "--batch" in jobs.said
    jobs("retry", "zzz", code=2)
    assert "jobs list" in jobs.said


def test_a_state_that_is_none_is_named(jobs: Typed):
    jobs("list", "--state", "asleep", code=2)
    assert "asleep" in jobs.said and "queued" in jobs.said


def test_watching_ends_when_nothing_is_left_to_call(jobs: Typed):
    store = jobs.store()
    done = [Claimed("one"), Dialing(1), Ended(1, "booked", "booked")]
    store.add([became(a_job(0), *done), became(a_job(1), Cancel())])
    store.close()
    lines = jobs("watch", code=1).splitlines()
    assert len(lines) == 2 and " done, attempt 1" in lines[0] and "1 done, 1 cancelled" in jobs.said
    store = jobs.store()
    other = became(a_job(2, batch="good"), *done)
    store.add([other])
    store.close()
    assert json.loads(jobs("watch", "--batch", "good", "--json"))["id"] == other.id


def test_a_tally_counts_the_latest_of_each_job_and_tells_what_is_news():
    tally = Tally("")
    queued = a_job()
    assert tally.take([queued]) == [queued] and tally.waits and str(tally) == "1 queued"
    assert tally.take([queued]) == []
    unknown = became(queued, Claimed("one"), Dialing(1), EngineLost())
    assert tally.take([with_revision(unknown, 3)]) == [with_revision(unknown, 3)]
    assert tally.take([with_revision(queued, 2)]) == [], "older than what is known"
    assert not tally.waits and str(tally) == "1 unknown"
    assert Tally("other").take([queued]) == []


def test_a_terminal_is_shown_how_far_it_is_and_who_is_being_called():
    tally = Tally("spring")
    talking = became(a_job(1, batch="spring"), Claimed("one"), Dialing(1), Answered(1))
    tally.take([a_job(0, batch="spring"), talking, became(a_job(2, batch="spring"), Cancel())])
    console = Console(width=80, file=io.StringIO())
    console.print(picture(tally))
    text = console.file.getvalue()
    assert "spring" in text and "1/3" in text and "talking  Zur Linde  attempt 1" in text
    assert "1 queued, 1 talking, 1 cancelled" in text and talking.number not in text


def test_a_job_is_told_with_all_that_happened_in_the_time_of_its_place():
    job = a_job(time_zone="Europe/Berlin", hours="11:00-14:00", budget_usd=0.5, to="sip:x@127.0.0.1")
    job = became(
        job, Claimed("one"), Dialing(1), Answered(1, "call-1"), Ended(1, "call_back", call_back_at=NOON)
    )
    text = "\n".join(told(job))
    for words in (
        "11:00-14:00, every day, Europe/Berlin",
        "0.50 USD",
        "call-1",
        "2026-06-03 14:00:00  dialing",
    ):
        assert words in text
    assert "(attempt 1)" in text and job.number not in line_of(job)
    assert as_data(job)["history"][0]["state"] == "reserved"
    assert job.number not in "".join(table([job]))


def test_an_id_may_be_shortened_from_both_ends_while_it_is_one(tmp_path: Path):
    store = SqliteJobStore(tmp_path / "jobs.db")
    store.add([a_job(1), a_job(2)])
    assert one(store, a_job(1).id[-6:]).id == a_job(1).id
    with pytest.raises(Exception, match="Write more of it"):
        one(store, a_job(1).id[:10])
    store.close()


def test_a_change_tries_again_where_somebody_else_was_faster(tmp_path: Path):
    from engine.job_changes import change

    store = SqliteJobStore(tmp_path / "jobs.db")
    store.add([a_job()])
    claimed = after(a_job(), Claimed("one"), NOON)
    assert isinstance(claimed, Job)
    store.update(claimed)
    assert change(store, a_job(), Cancel()).state == "cancelled"
    store.close()


def with_revision(job: Job, revision: int) -> Job:
    import msgspec

    return msgspec.structs.replace(job, revision=revision)
