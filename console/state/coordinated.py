"""What the screen of a coordinator shows: its status, the jobs, and what of them comes first. Plain Python."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.coordinator.status import CallInHand, CoordinatorStatus, EngineStatus
from engine.jobs.job import ACTIVE, OVER, STATES, Job

MOST_QUEUED, MOST_ENDED = 100, 100  # rows: whoever wants more asks `call-thing jobs list`


@dataclass(frozen=True)
class JobRow:
    """One job, as far as a line shows it. Times in seconds since 1970. Has no number: a screen may be shared."""

    id: str
    state: str
    restaurant: str
    language: str
    due: float
    changed_at: float
    attempt: int = 0
    outcome: str = ""
    reason: str = ""
    engine: str = ""
    call: str = ""  # its id, while it goes on or as it was last
    cancel_asked: bool = False


def row_of(job: Job) -> JobRow:
    """A job as a line shows it."""
    last = job.history[-1].at if job.history else job.created_at
    return JobRow(
        job.id,
        job.state,
        job.task.restaurant,
        job.task.language,
        job.due.timestamp(),
        last.timestamp(),
        job.attempt,
        job.outcome,
        job.reason,
        job.engine,
        job.call,
        job.cancel_asked,
    )


@dataclass
class CoordinatorView:
    """Everything that is known of one coordinator and its queue."""

    status: CoordinatorStatus | None = None  # the latest that it told; None: nothing yet
    answers: bool = False  # whether it did the last time that it was asked
    problem: str = ""  # why it is not known, for people
    where: str = ""  # the state directory
    jobs: dict[str, JobRow] = field(default_factory=dict)
    jobs_problem: str = ""  # why they cannot be read
    version: int = 0  # grows with every change of the above

    def tell(self, status: CoordinatorStatus | None, problem: str = "") -> None:
        """What came of asking it. An old status is kept: its words about engines may be all that is left."""
        known = status or self.status
        if (known, status is not None, problem) != (self.status, self.answers, self.problem):
            self.status, self.answers, self.problem = known, status is not None, problem
            self.version += 1

    def gone(self) -> None:
        """There is none, and none that could come back."""
        if self.status is not None or self.problem:
            self.status, self.answers, self.problem = None, False, ""
            self.version += 1

    def take(self, jobs: Iterable[JobRow]) -> None:
        """Jobs that are new or have changed."""
        for job in jobs:
            self.jobs[job.id] = job
            self.version += 1

    def counts(self) -> dict[str, int]:
        """Jobs by state, in the order of their lives; those that there are."""
        told: dict[str, int] = {}
        if self.jobs:
            for job in self.jobs.values():
                told[job.state] = told.get(job.state, 0) + 1
        elif self.status is not None:
            told = {str(state): count for state, count in self.status.jobs.items()}
        return {state: told[state] for state in STATES if told.get(state)}

    def engine(self, name: str) -> EngineStatus | None:
        """The engine of this name."""
        engines = self.status.engines if self.status else ()
        return next((engine for engine in engines if engine.name == name), None)

    def call_of(self, job: str) -> tuple[EngineStatus, CallInHand] | None:
        """The call that is in hand for a job, and its engine."""
        for engine in self.status.engines if self.status else ():
            for call in engine.calls:
                if call.job == job:
                    return engine, call
        return None

    def rows(self, engine: str = "") -> list[JobRow]:
        """The jobs to show: of one engine or of all ("").

        Those in hand come first, then those that wait for a person, then the queue by its time, then what ended, the
        last one first.
        """
        mine = [job for job in self._with_calls() if not engine or job.engine == engine]
        in_hand = sorted((job for job in mine if job.state in ACTIVE), key=lambda job: job.changed_at)
        unknown = sorted((job for job in mine if job.state == "unknown"), key=lambda job: job.changed_at)
        queued = sorted((job for job in mine if job.state == "queued"), key=lambda job: (job.due, job.id))
        ended = sorted((job for job in mine if job.state in OVER), key=lambda job: -job.changed_at)
        return [*in_hand, *unknown, *queued[:MOST_QUEUED], *ended[:MOST_ENDED]]

    def _with_calls(self) -> Iterable[JobRow]:
        """The jobs of the store; where it cannot be read, at least those whose calls the coordinator has in hand."""
        yield from self.jobs.values()
        for engine in self.status.engines if self.status else ():
            for call in engine.calls:
                if call.job not in self.jobs:
                    since = call.since
                    yield JobRow(
                        call.job,
                        call.state,
                        call.restaurant,
                        "",
                        since,
                        since,
                        engine=engine.name,
                        call=call.call,
                    )


def may_cancel(job: JobRow) -> str:
    """Why a job cannot be called off any more; "" when it can."""
    if job.state in OVER:
        return f"Job {job.id} is {job.state} already."
    if job.cancel_asked:
        return f"Job {job.id} is to be hung up already."
    return ""


def may_retry(job: JobRow) -> str:
    """Why a job cannot be put back into the queue; "" when it can."""
    if job.state in ("failed", "unknown", "cancelled"):
        return ""
    return f"Job {job.id} is {job.state}: only what failed, was cancelled or is unknown is tried again."


def number_of(call: str) -> int:
    """A call's number in its engine, out of its id; 0 where there is none in it."""
    last = call.rpartition("-")[2]
    return int(last) if last.isdecimal() else 0


def length_words(seconds: float) -> str:
    """A length for a column: "42 s", "12 min", "3 h 05", "4 d"."""
    whole = max(0, int(seconds))
    if whole < 100:
        return f"{whole} s"
    if whole < 6000:
        return f"{whole // 60} min"
    if whole < 48 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02}"
    return f"{whole // 86_400} d"
