"""`call-thing jobs …`: what is to be called, by whom and when; what became of it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.errors import ExitCode, JobError
from engine.job_changes import change, every, one
from engine.job_files import read_text, scenario_finder, task_of
from engine.options import AsJson, Chosen, SettingsFile, StateDir
from engine.terminal import plain, say, show

if TYPE_CHECKING:
    from engine.jobs.job import Job
    from engine.jobs.lifecycle import Cancel, Retry
    from engine.jobs.making import Wish
    from engine.jobs.store import JobStore
    from engine.protocol import Task

jobs_app = typer.Typer(
    no_args_is_help=True,
    help="The queue of calls. They wait in it for `call-thing coordinator`, which places them.",
)
WHO_DIALS = "Jobs wait in the queue; `call-thing coordinator` places their calls."
Ids = Annotated[
    list[str] | None, typer.Argument(help="Ids of jobs, or their beginning or end.", metavar="JOB...")
]
Batch = Annotated[str, typer.Option("--batch", help="Only the jobs that were added under this name.")]
Again = Annotated[bool, typer.Option("--again", help="Also what another job is, or was, for already.")]


@jobs_app.command()
def add(
    scenario: Annotated[
        str | None,
        typer.Argument(help="A scenario: its task; without --sip its restaurant is called, simulated."),
    ] = None,
    task: Annotated[
        Path | None, typer.Option("--task", help="A YAML or JSON file with the task, instead of a scenario.")
    ] = None,
    sip: Annotated[str, typer.Option("--sip", help="The SIP address or telephone number to call.")] = "",
    account: Annotated[str, typer.Option("--account", help="SIP account to call with.")] = "",
    hours: Annotated[
        str, typer.Option("--hours", help="When it may be dialled: 11:00-14:00,17:00-22:30.")
    ] = "",
    days: Annotated[str, typer.Option("--days", help="On which days: mon-fri,sun.")] = "",
    time_zone: Annotated[str, typer.Option("--time-zone", help="Of these hours: Europe/Berlin.")] = "",
    not_before: Annotated[
        str, typer.Option("--not-before", help="2026-05-15T18:00, by that time zone.")
    ] = "",
    not_after: Annotated[str, typer.Option("--not-after", help="Not dialled later than this.")] = "",
    priority: Annotated[int, typer.Option("--priority", help="The higher one first.")] = 0,
    attempts: Annotated[int | None, typer.Option("--attempts", help="How often it is tried in all.")] = None,
    calls_a_day: Annotated[
        int | None, typer.Option("--calls-a-day", help="To its number, over all jobs.")
    ] = None,
    budget_usd: Annotated[
        float | None, typer.Option("--budget", help="US dollars for all its calls.")
    ] = None,
    batch: Annotated[str, typer.Option("--batch", help="A name, to look at several together.")] = "",
    again: Again = False,
    as_json: AsJson = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Put one job into the queue."""
    from engine.jobs.job import new_ids
    from engine.jobs.making import Wish, made

    if (scenario is None) == (task is None):
        raise JobError("A job has one task: name a scenario, or a file with --task.")
    chosen = Chosen(settings, state_dir)
    what: Task | dict[str, str]
    if scenario is not None:
        file, what = scenario_finder(chosen.settings)(scenario)
    else:
        assert task is not None
        file, what = Path(), task_of(task)
    wish: Wish = Wish(
        task=what, scenario=str(file) if scenario is not None else "", to=sip, account=account, hours=hours,
        days=days, time_zone=time_zone, not_before=not_before, not_after=not_after, priority=str(priority),
        attempts=_text(attempts), calls_a_day=_text(calls_a_day), budget_usd=_text(budget_usd), batch=batch,
    )  # fmt: skip
    now = datetime.now(UTC)
    job = made(wish, chosen.settings, now, new_ids(now, 1, random.getrandbits(23))[0])
    if isinstance(job, list):
        raise JobError("\n".join(str(problem) for problem in job))
    with closing(_store(chosen)) as store:
        _refuse_known(store, [job], again)
        store.add([job])
    if as_json:
        show(_as_json(job))
    else:
        show(job.id)
        say(f"due {_time(job.due)}. {WHO_DIALS}")


@jobs_app.command("import")
def imported(
    file: Annotated[Path, typer.Argument(help="CSV: a line of column names, then a line for each job.")],
    batch: Annotated[str, typer.Option("--batch", help="A name for them; default: the file's.")] = "",
    check: Annotated[bool, typer.Option("--check", help="Only say what is wrong with it.")] = False,
    again: Again = False,
    as_json: AsJson = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Put the jobs of a table into the queue: all of them, or none where anything is wrong."""
    from engine.jobs.importing import jobs_of

    chosen = Chosen(settings, state_dir)
    name, now = batch or file.stem, datetime.now(UTC)
    jobs = jobs_of(
        read_text(file),
        str(file),
        chosen.settings,
        now,
        random.getrandbits(23),
        name,
        scenario_finder(chosen.settings),
    )
    with closing(_store(chosen)) as store:
        _refuse_known(store, jobs, again)
        if check:
            say(f"{len(jobs)} jobs could be added. Nothing was.")
            return
        store.add(jobs)
    if as_json:
        show(json.dumps([job.id for job in jobs], indent=2))
    say(f"{len(jobs)} jobs added as batch {name}. {WHO_DIALS}")


@jobs_app.command("list")
def listed(
    state: Annotated[
        list[str] | None, typer.Option("--state", help="Only these states; may come twice.")
    ] = None,
    batch: Batch = "",
    language: Annotated[str, typer.Option("--language", help="Only calls in this language.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    after: Annotated[str, typer.Option("--after", help="Go on behind this id.")] = "",
    as_json: AsJson = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """List the jobs, the oldest first."""
    from engine.job_words import as_data, table
    from engine.jobs.job import STATES
    from engine.jobs.store import JobFilter

    states = tuple(known for known in STATES if known in (state or ()))
    if unknown := set(state or ()) - set(states):
        raise JobError(f"--state: {', '.join(sorted(unknown))} is no state. There are: {', '.join(STATES)}.")
    with closing(_store(Chosen(settings, state_dir))) as store:
        jobs = store.list(JobFilter(states=states, batch=batch, language=language, after=after, limit=limit))
        counts = store.counts(batch)
    if as_json:
        show(json.dumps([as_data(job) for job in jobs], ensure_ascii=False, indent=2))
        return
    for line in table(jobs) if jobs else ():
        show(plain(line))
    total = ", ".join(f"{number} {name}" for name, number in counts.items())
    say(
        f"{len(jobs)} shown; in all: {total}"
        if counts
        else "no jobs. `call-thing jobs add` puts one into the queue."
    )


@jobs_app.command("show")
def shown(
    job: Annotated[str, typer.Argument(help="A job's id, or its beginning or end.")],
    as_json: AsJson = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Show one job: what is wanted, when it may be dialled, and all that happened."""
    from engine.job_words import told

    with closing(_store(Chosen(settings, state_dir))) as store:
        found = one(store, job)
    if as_json:
        show(_as_json(found))
        return
    for line in told(found):
        show(plain(line))


@jobs_app.command()
def cancel(
    jobs: Ids = None, batch: Batch = "", state_dir: StateDir = None, settings: SettingsFile = None
) -> None:
    """Call it off: what is queued is never dialled, what is being called is to be hung up."""
    from engine.jobs.lifecycle import Cancel

    _changed(Chosen(settings, state_dir), jobs, batch, Cancel)


@jobs_app.command()
def retry(
    jobs: Ids = None, batch: Batch = "", state_dir: StateDir = None, settings: SettingsFile = None
) -> None:
    """Put what failed, was cancelled, or is unknown back into the queue. Of the unknown: they may have been called."""
    from engine.jobs.lifecycle import Retry

    _changed(Chosen(settings, state_dir), jobs, batch, Retry)


@jobs_app.command()
def watch(
    batch: Batch = "", as_json: AsJson = False, state_dir: StateDir = None, settings: SettingsFile = None
) -> None:
    """Watch the jobs until nothing is queued or called any more; exit code 1 if not all of them are done then."""
    from engine.job_watching import watched

    with closing(_store(Chosen(settings, state_dir))) as store:
        all_done = watched(store, batch, as_json)
    raise typer.Exit(ExitCode.OK if all_done else ExitCode.NOT_AS_EXPECTED)


def _changed(chosen: Chosen, names: list[str] | None, batch: str, kind: type[Cancel] | type[Retry]) -> None:
    """Do the same to several jobs, and say for each what came of it. Exit code 2 where a job that was named refuses."""
    if bool(names) == bool(batch):
        raise JobError("Name the jobs, or all of one batch with --batch.")
    event, refused = kind(chosen.settings.console.operator or "operator"), 0
    with closing(_store(chosen)) as store:
        for job in [one(store, name) for name in names or ()] or list(every(store, batch)):
            try:
                changed = change(store, job, event)
            except JobError as error:
                if names:  # of a batch, what it does not fit stays as it is
                    refused += 1
                    say(str(error))
                continue
            show(f"{changed.id}  {changed.state}{'  (to be hung up)' if changed.cancel_asked else ''}")
    if refused:
        raise typer.Exit(ExitCode.BAD_INPUT)


def _refuse_known(store: JobStore, jobs: Iterable[Job], again: bool) -> None:
    from engine.jobs.importing import known_already

    if not again and (known := known_already(jobs, every(store))):
        raise JobError("\n".join((*known, "Nothing was added. --again adds them all the same.")))


def _store(chosen: Chosen) -> JobStore:
    from engine.jobs.stores import open_store

    return open_store(chosen.settings)


def _as_json(job: Job) -> str:
    from engine.job_words import as_data

    return json.dumps(as_data(job), ensure_ascii=False, indent=2)


def _time(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"


def _text(number: float | None) -> str:
    return "" if number is None else str(number)
