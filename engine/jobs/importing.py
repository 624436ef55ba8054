"""A table of jobs, one a line, as CSV. Everything that is wrong with it is found before anything is added."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from engine.errors import JobError, ScenarioError
from engine.jobs.job import Job, new_ids
from engine.jobs.making import TASK_FIELDS, Wish, made, same_wish
from engine.protocol import Task
from engine.settings import Settings

JOB_COLUMNS = (
    "to", "scenario", "line", "account", "hours", "days", "time_zone", "not_before", "not_after", "priority",
    "attempts", "calls_a_day", "budget_usd",
)  # fmt: skip
COLUMNS = (*TASK_FIELDS, *JOB_COLUMNS)
MOST_JOBS = 10_000
FindScenario = Callable[
    [str], tuple[Path, Task]
]  # a scenario's file and task, by its name; raises ScenarioError


class BadTable(JobError):
    """Nothing was added. The message has a line for everything that is wrong."""


def jobs_of(
    text: str,
    name: str,
    settings: Settings,
    now: datetime,
    random_bits: int,
    batch: str,
    scenario: FindScenario,
) -> list[Job]:
    """The jobs of a table, in its order. Raises BadTable.

    text: CSV with a line of titles, commas or semicolons between. name: of the file, for people.
    """
    rows = _rows(text, name)
    ids = new_ids(now, len(rows), random_bits)
    jobs: list[Job] = []
    wrong: list[str] = []
    first_line: dict[object, int] = {}
    for (line, row), job_id in zip(rows, ids, strict=True):
        try:
            job = made(_wish(row, batch, scenario), settings, now, job_id)
        except ScenarioError as error:
            wrong.append(f"{name}:{line}: scenario: {error}")
            continue
        if isinstance(job, list):
            wrong += [f"{name}:{line}: {problem}" for problem in job]
            continue
        same = same_wish(job)
        if same is not None and (before := first_line.setdefault(same, line)) != line:
            wrong.append(f"{name}:{line}: is the same call as line {before}; remove one of them.")
        jobs.append(job)
    _refuse(wrong, len(rows))
    return jobs


def known_already(jobs: Iterable[Job], there: Iterable[Job]) -> list[str]:
    """Jobs that would call a number about what another job in the store is, or was, for; a line for each.

    What was cancelled or failed does not count.
    """
    known: dict[object, Job] = {}
    for job in there:
        if job.state not in ("cancelled", "failed") and (same := same_wish(job)) is not None:
            known[same] = job
    found = [(job.task, known[same]) for job in jobs if (same := same_wish(job)) in known]
    return [
        f"{task.restaurant}, {task.date} {task.time}: job {other.id} ({other.state}) is for that already."
        for task, other in found
    ]


def _rows(text: str, name: str) -> list[tuple[int, dict[str, str]]]:
    """Each row with the number of its line."""
    first = text.lstrip("\ufeff").partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter, strict=True)
    try:
        lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as error:
        raise BadTable(f"{name}:{reader.line_num}: no CSV ({error}). Is a quotation mark missing?") from None
    lines = [(line, cells) for line, cells in lines if any(cells)]
    if not lines:
        raise BadTable(f"{name}: is empty. Its first line names the columns: {', '.join(COLUMNS)}.")
    titles = [title.lower() for title in lines[0][1]]
    _check_titles(titles, name)
    if len(lines) == 1:
        raise BadTable(f"{name}: has titles and no job under them.")
    if len(lines) - 1 > MOST_JOBS:
        raise BadTable(f"{name}: has {len(lines) - 1} jobs, {MOST_JOBS} at a time is the most. Split it.")
    wrong = [
        f"{name}:{line}: has {len(cells)} cells, the titles are {len(titles)}. Is a text with a comma without quotes?"
        for line, cells in lines[1:]
        if len(cells) > len(titles)
    ]
    _refuse(wrong, len(lines) - 1)
    return [(line, dict(zip(titles, cells, strict=False))) for line, cells in lines[1:]]


def _check_titles(titles: list[str], name: str) -> None:
    for title in titles:
        if title not in COLUMNS:
            near = difflib.get_close_matches(title, COLUMNS, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Columns: {', '.join(COLUMNS)}."
            raise BadTable(f'{name}:1: there is no column "{title}". {hint}')
        if titles.count(title) > 1:
            raise BadTable(f'{name}:1: the column "{title}" is there twice; remove one.')
    if "to" not in titles and "scenario" not in titles:
        raise BadTable(f"{name}:1: neither a column `to` nor `scenario`: whom are these jobs to call?")


def _wish(row: dict[str, str], batch: str, scenario: FindScenario) -> Wish:
    columns = {column: row.get(column, "") for column in JOB_COLUMNS if column != "scenario"}
    if not (named := row.get("scenario", "")):
        return Wish(task={field: row.get(field, "") for field in TASK_FIELDS}, batch=batch, **columns)
    if given := [field for field in TASK_FIELDS if row.get(field)]:
        raise ScenarioError(f"has a task of its own; leave {', '.join(given)} empty, or the scenario.")
    path, task = scenario(named)
    return Wish(task=task, scenario=str(path), batch=batch, **columns)


def _refuse(wrong: list[str], count: int) -> None:
    if wrong:
        raise BadTable(
            "\n".join((*wrong, f"Nothing was added, of {count} jobs. Mend these and import again."))
        )
