"""Jobs from what people write. Pure: text, settings and the time in; a job, or all that is wrong with it, out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from engine.errors import CallRefused, ScenarioError, SettingsError
from engine.jobs.job import Backoff, Job, JobLine, RetryPolicy
from engine.jobs.rules import next_open, number_of, weekdays, windows, zone, zone_of
from engine.lines.accounts import account_for
from engine.lines.dial_guard import key, may_dial
from engine.located_yaml import Place
from engine.protocol import LANGUAGES, Task
from engine.scenario_checks import check_task
from engine.scenario_values import LARGEST_PARTY, problem
from engine.settings import JobSettings, Settings

LISTS = ("accept_dates", "accept_times")
TASK_FIELDS = tuple(name for name in Task.__struct_fields__ if name not in ("called_back", "now", "today"))
NEEDED = ("restaurant", "date", "time", "party_size", "name")
NOBODY = "simulated.invalid"  # a provider for numbers that are counted and never dialled


class Wish(msgspec.Struct, kw_only=True):
    """What somebody wrote; "" = as the settings have it."""

    task: (
        Task | Mapping[str, str]
    )  # of a scenario; or field by field, and then `today` is the day of the call
    scenario: str = ""  # file
    line: str = ""  # "" = sip where there is a `to`, else simulated
    to: str = ""
    account: str = ""
    batch: str = ""
    hours: str = ""
    days: str = ""
    time_zone: str = ""
    not_before: str = ""  # ISO; without an offset by the clock of the time zone
    not_after: str = ""
    priority: str = ""
    attempts: str = ""
    calls_a_day: str = ""
    budget_usd: str = ""


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with one field, and what to write instead."""

    field: str
    words: str

    def __str__(self) -> str:
        return f"{self.field}: {self.words}"


class _Wrong(ScenarioError):
    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


class _InTask:
    """Names the field of a task that check_task complains of."""

    def error(self, place: Place, what: str) -> ScenarioError:
        names = [str(part) for part in place if isinstance(part, str) and part != "task"]
        return _Wrong(names[0] if names else "task", what)


class _Making:
    """One wish on its way to a job; `problems` fills up on the way."""

    def __init__(self, wish: Wish, settings: Settings, now: datetime) -> None:
        self.wish, self.settings, self.now = wish, settings, now
        self.problems: list[Problem] = []

    def wrong(self, field: str, words: str) -> None:
        self.problems.append(Problem(field, words))

    def line(self) -> JobLine:
        wish = self.wish
        line = wish.line or ("sip" if wish.to else "simulated")
        if line == "sip":
            if not wish.to:
                self.wrong("to", "is missing: the number or SIP address to call.")
            return "sip"
        if line != "simulated":
            self.wrong("line", f'"{line}" is none of: sip, simulated.')
        elif not wish.scenario:
            self.wrong(
                "scenario", "is missing: a simulated line needs a scenario as its restaurant. Or give `to`."
            )
        return "simulated"

    def number(self, line: JobLine) -> str:
        if not self.wish.to:
            return ""
        dial = self.settings.dial
        try:
            if line == "simulated":
                return number_of(self.wish.to, dial, NOBODY)
            address, _ = account_for(self.wish.to, self.wish.account, self.settings)
            always = msgspec.structs.replace(dial, hours="00:00-24:00")
            if refused := may_dial(address, self.now, always, 0):  # but for the hour, which passes
                raise refused
        except (CallRefused, SettingsError) as error:
            self.wrong("to", str(error))
            return ""
        return key(address)

    def time_zone(self, number: str) -> str:
        named = self.wish.time_zone or zone_of(number) or self.settings.jobs.time_zone
        if not named:
            known = number or not self.wish.to  # where it is not, that is said already
            if known and (self.hours() or self.days() or self.wish.not_before or self.wish.not_after):
                self.wrong("time_zone", "is not known from the number; write one such as Europe/Berlin.")
            return "UTC"
        try:
            zone(named)
        except ValueError as error:
            self.wrong("time_zone", f"{error}.")
            return "UTC"
        return named

    def hours(self) -> str:
        return self.wish.hours or self.settings.jobs.hours

    def days(self) -> str:
        return self.wish.days or self.settings.jobs.days

    def check_windows(self) -> None:
        for field, text, reads in (("hours", self.hours(), windows), ("days", self.days(), weekdays)):
            try:
                reads(text)
            except ValueError as error:
                self.wrong(field, f"{error}.")

    def task(self, time_zone: str) -> Task | None:
        if isinstance(self.wish.task, Task):
            return self.wish.task
        written = {field: value.strip() for field, value in self.wish.task.items() if value.strip()}
        today = self.now.astimezone(zone(time_zone)).date().isoformat()
        values: dict[str, Any] = {"language": self.settings.language, **written, "today": today}
        for field in LISTS:
            values[field] = tuple(str(written.get(field, "")).replace(";", " ").replace(",", " ").split())
        if values["language"] not in LANGUAGES:
            self.wrong("language", f"{values['language']} is none of: {', '.join(LANGUAGES)}.")
            return None
        if missing := [field for field in NEEDED if field not in written]:
            for field in missing:
                self.wrong(field, "is missing.")
            return None
        if not written["party_size"].isdecimal():
            self.wrong("party_size", f'"{written["party_size"]}" must be a number from 1 to {LARGEST_PARTY}.')
            return None
        try:
            task = msgspec.convert(values, Task, strict=False)
            check_task(_InTask(), task)
            for time in task.accept_times:
                if words := problem("time", time):
                    raise _Wrong("accept_times", words)
        except msgspec.ValidationError as error:
            what, _, where = str(error).partition(" - at `$.")
            self.wrong(where.rstrip("`") or "task", f"{what}.")
            return None
        except _Wrong as error:
            self.wrong(error.field, str(error))
            return None
        return task

    def moment(self, field: str, time_zone: str) -> datetime | None:
        text: str = getattr(self.wish, field)
        if not text:
            return None
        try:
            written = datetime.fromisoformat(text)
        except ValueError:
            self.wrong(field, f'"{text}" is no time. Write it as 2026-05-15T18:00.')
            return None
        return written if written.tzinfo is not None else written.replace(tzinfo=zone(time_zone))

    def count(self, field: str, default: int, least: int, most: int) -> int:
        text: str = getattr(self.wish, field)
        try:
            number = int(text or default)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            self.wrong(field, f'"{text}" must be a whole number from {least} to {most}.')
            return default
        return number

    def budget(self) -> float | None:
        text = self.wish.budget_usd
        try:
            budget = float(text) if text else self.settings.jobs.budget_usd
        except ValueError:
            budget = -1.0
        if budget is not None and not 0 <= budget < 1e9:
            self.wrong("budget_usd", f'"{text}" must be an amount in US dollars, such as 0.50.')
            return None
        return budget


def made(wish: Wish, settings: Settings, now: datetime, job_id: str) -> Job | list[Problem]:
    """A job that waits in the queue from now on; or everything that is wrong with the wish.

    now: with its time zone. Reads no file: where a scenario is named its task is given with it.
    """
    making = _Making(wish, settings, now)
    line = making.line()
    number = making.number(line)
    time_zone = making.time_zone(number)
    making.check_windows()
    task = making.task(time_zone)
    not_before, not_after = (making.moment(field, time_zone) for field in ("not_before", "not_after"))
    retry = policy(settings.jobs, making.count("attempts", settings.jobs.attempts, 1, 20))
    priority = making.count("priority", 0, -1000, 1000)
    calls_a_day = making.count("calls_a_day", settings.dial.calls_per_day, 1, 1000)
    budget_usd = making.budget()
    if making.problems or task is None:
        return making.problems
    if not_after is None and not wish.scenario:
        not_after = _table_time(task, time_zone)
    job = Job(
        id=job_id, created_at=now, task=task, line=line, to=wish.to, number=number, scenario=wish.scenario,
        account=wish.account, batch=wish.batch, hours=making.hours(), days=making.days(), time_zone=time_zone,
        not_before=not_before, not_after=not_after, priority=priority, retry=retry, budget_usd=budget_usd,
        calls_a_day=calls_a_day, due=now,
    )  # fmt: skip
    due = next_open(job, now)
    if due is None:
        until = job.not_after.isoformat(timespec="minutes") if job.not_after else ""
        return [Problem("not_after", f"leaves no time at which it may be dialled (until {until}); mend it.")]
    return msgspec.structs.replace(job, due=due)


def policy(settings: JobSettings, attempts: int) -> RetryPolicy:
    """The policy of the settings, with as many attempts as the job has."""
    after = {
        cause: Backoff(first_s=back_off.first_s, factor=back_off.factor)
        for cause, back_off in settings.after.items()
    }
    return RetryPolicy(
        attempts=attempts, call_backs=settings.call_backs, call_back_s=settings.call_back_s, after=after
    )


def same_wish(job: Job) -> tuple[str, bytes] | None:
    """What two jobs have in common that would call the same number about the same thing; None where none is called."""
    if not job.number:
        return None
    return job.number, msgspec.json.encode(msgspec.structs.replace(job.task, today=""))


def _table_time(task: Task, time_zone: str) -> datetime:
    """When the last of the tables that would do is: to call later than that would be of no use."""
    days = (task.date, *task.accept_dates, *((task.old_date,) if task.old_date else ()))
    clock = max(filter(None, (task.time, task.accept_until, task.old_time, *task.accept_times)))
    wall = datetime.fromisoformat(f"{max(days)}T{clock}").replace(tzinfo=zone(time_zone))
    return wall - timedelta(minutes=1)
