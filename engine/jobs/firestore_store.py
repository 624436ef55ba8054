"""Jobs in Google's Firestore: for queues that more than one machine looks at. Needs the extra `firestore`.

    NAME-jobs/{job}              the job as JSON, and beside it what it is looked up by
    NAME-dialings/{job}-{n}      attempt n of a job was begun: the fence, made once and never changed
    NAME-numbers/{hash}          which job holds a number, until when, and when it was dialled; the hash says no number

Every step is one transaction over these documents, so that several claimers are safe. They are slow, though: of
transactions that meet, one wins and the others try again. So one process claims, from what a watch tells it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from engine.errors import JobError, StateError
from engine.jobs.firestore_watch import FirestoreWatch, Waiting
from engine.jobs.job import ACTIVE, STATES, Job, State, decode, encode
from engine.jobs.lifecycle import Claimed, Dialing, Expired, Refusal, after
from engine.jobs.rules import DAY, LONGEST_CALL, next_dial
from engine.jobs.store import JobFilter, StaleJob, check_dialing, check_update

MOST_WRITES = 400  # in one transaction; Firestore's limit is 500, and a job takes one
HOW_TO_REACH = (
    "Log in with `gcloud auth application-default login`, or name a key file in GOOGLE_APPLICATION_CREDENTIALS; "
    "for the emulator set FIRESTORE_EMULATOR_HOST."
)


class FirestoreJobStore:
    """The jobs of one Firestore database; see JobStore for what each method does."""

    def __init__(
        self, project: str = "", database: str = "(default)", collection: str = "call-thing"
    ) -> None:
        """Raises StateError where the package or the credentials are missing."""
        try:
            import google.cloud.firestore as firestore  # so that mypy need not have it
            from google.api_core import exceptions
            from google.auth import exceptions as auth_exceptions
        except ImportError:
            raise StateError(
                "Firestore: the package google-cloud-firestore is not installed. Install the extra: "
                'pip install "call-thing[firestore]", or set jobs.store = "sqlite".'
            ) from None
        self._firestore = firestore
        self._errors = (exceptions.GoogleAPICallError, exceptions.RetryError, auth_exceptions.GoogleAuthError)
        self._taken = (exceptions.AlreadyExists, exceptions.Conflict)
        with self._explained():
            try:
                self._client = firestore.Client(project=project or None, database=database)
            except OSError as error:  # no project is known
                raise StateError(f"Firestore: {error}. Set jobs.firestore_project. {HOW_TO_REACH}") from None
        self._jobs = self._client.collection(f"{collection}-jobs")
        self._dialings = self._client.collection(f"{collection}-dialings")
        self._numbers = self._client.collection(f"{collection}-numbers")
        self._waiting: Waiting | None = None

    def add(self, jobs: Sequence[Job]) -> None:
        if len(jobs) > MOST_WRITES:
            raise JobError(
                f"Firestore takes {MOST_WRITES} jobs at a time, these are {len(jobs)}. Split them."
            )
        batch = self._client.batch()
        for job in jobs:
            batch.create(self._jobs.document(job.id), self._document(job))
        with self._explained():
            try:
                batch.commit()
            except self._taken:
                raise JobError("One of these jobs is there already. Nothing was added; try again.") from None

    def get(self, job_id: str) -> Job | None:
        if not job_id or "/" in job_id:
            return None
        with self._explained():
            found = self._jobs.document(job_id).get()
            return decode(found.get("job")) if found.exists else None

    def list(self, wanted: JobFilter) -> list[Job]:
        query = self._jobs.order_by("id").start_after({"id": wanted.after})
        found = []
        with self._explained():
            for (
                document
            ) in query.stream():  # filtered here: each pair of fields would need an index made by hand
                job = decode(document.get("job"))
                if _fits(job, wanted):
                    found.append(job)
                if len(found) >= wanted.limit:
                    break
        return found

    def counts(self, batch: str = "") -> dict[State, int]:
        found: dict[State, int] = {}
        with self._explained():
            for state in STATES:
                query = self._where("state", "==", state)
                if batch:
                    query = query.where(filter=self._firestore.FieldFilter("batch", "==", batch))
                [[result]] = query.count().get()
                if result.value:
                    found[state] = int(result.value)
        return found

    def claim(self, now: datetime, engine: str) -> Job | None:
        held: set[str] = set()
        for job in self._queued().due(now):
            if job.number and job.number in held:
                continue  # another of its jobs was left where it is just now
            claimed = self._in_transaction(partial(self._claim, known=job, now=now, engine=engine))
            if claimed is not None and claimed.state == "reserved":
                return claimed
            if claimed is None:
                held.add(job.number)
        return None

    def to_dialing(self, job: Job, attempt: int, now: datetime) -> Job:
        def step(transaction: Any) -> Job:
            old = self._read(transaction, job.id)
            check_dialing(old, job, attempt)
            fence = self._dialings.document(f"{job.id}-{attempt}")
            if fence.get(transaction=transaction).exists:
                raise StaleJob(f"Attempt {attempt} of job {job.id} was dialled already.")
            held = self._number(transaction, job)
            dialing = after(job, Dialing(attempt), now)
            if isinstance(dialing, Refusal):
                raise StaleJob(dialing.reason)
            transaction.create(fence, {"job": job.id, "attempt": attempt, "dialed_at": now})
            dialled = [at.isoformat() for at in (*_dialled(held), now) if at > now - DAY]
            self._hold(transaction, dialing, {**held, "dialled": dialled}, now)
            return self._write(transaction, dialing)

        return self._in_transaction(step)

    def update(self, job: Job) -> Job:
        def step(transaction: Any) -> Job:
            old = self._read(transaction, job.id)
            if old is None:
                raise StaleJob(f"There is no job {job.id} in this Firestore.")
            check_update(old, job)
            held = self._number(transaction, job)
            moment = job.history[-1].at if job.history else job.created_at
            self._hold(transaction, job, held, moment)
            return self._write(transaction, job)

        return self._in_transaction(step)

    def warm(self) -> None:
        self._queued()

    def watch(self) -> FirestoreWatch:
        with self._explained():
            return FirestoreWatch(self._jobs)

    def close(self) -> None:
        if self._waiting is not None:
            self._waiting.close()
        self._client.close()

    def _claim(self, transaction: Any, known: Job, now: datetime, engine: str) -> Job | None:
        """The job as it is written now: reserved, put off or given up; None where it was left as it is."""
        job = self._read(transaction, known.id)
        if job is None or job.state != "queued" or job.due > now:
            self._queued().take(known.id, job)
            return None
        held = self._number(transaction, job)
        if held.get("job", job.id) != job.id and (
            not held["until"] or now < datetime.fromisoformat(held["until"])
        ):
            return None
        moment = next_dial(job, now, _dialled(held))
        if moment is not None and moment > now:
            return self._write(transaction, msgspec.structs.replace(job, due=moment))
        changed = after(job, Expired() if moment is None else Claimed(engine), now)
        if isinstance(changed, Refusal):  # cannot be: it is queued and due
            raise JobError(changed.reason)
        if changed.state == "reserved":
            self._hold(transaction, changed, held, now)
        return self._write(transaction, changed)

    def _number(self, transaction: Any, job: Job) -> dict[str, Any]:
        """Who holds the number of a job: `job`, `until` ("" = as long as it is called), and when it was `dialled`."""
        if not job.number:
            return {}
        return self._numbers.document(_hash(job.number)).get(transaction=transaction).to_dict() or {}

    def _hold(self, transaction: Any, job: Job, held: dict[str, Any], now: datetime) -> None:
        """Write who holds a job's number, after the job has changed."""
        if not job.number:
            return
        if job.state in ACTIVE or job.state == "unknown":
            until = (now + LONGEST_CALL).isoformat() if job.state == "unknown" else ""
            held = {"dialled": [], **held, "job": job.id, "until": until}
        elif held.get("job") == job.id:
            held = {"dialled": held.get("dialled", [])}
        else:
            return
        transaction.set(self._numbers.document(_hash(job.number)), held)

    def _read(self, transaction: Any, job_id: str) -> Job | None:
        found = self._jobs.document(job_id).get(transaction=transaction)
        return decode(found.get("job")) if found.exists else None

    def _write(self, transaction: Any, job: Job) -> Job:
        job = msgspec.structs.replace(job, revision=job.revision + 1)
        transaction.set(self._jobs.document(job.id), self._document(job))
        return job

    def _document(self, job: Job) -> dict[str, Any]:
        return {
            "id": job.id,
            "state": job.state,
            "batch": job.batch,
            "changed": self._firestore.SERVER_TIMESTAMP,
            "job": encode(job).decode(),
        }

    def _in_transaction(self, step: Callable[[Any], Any]) -> Any:
        """What the step returns, once all it wrote is there; it may run several times."""
        with self._explained():
            written = self._firestore.transactional(step)(self._client.transaction())
        if isinstance(written, Job) and self._waiting is not None:
            self._waiting.take(written.id, written)
        return written

    def _queued(self) -> Waiting:
        """What is queued, told by a watch from the first question on."""
        if self._waiting is None:
            with self._explained():
                self._waiting = Waiting(self._where("state", "==", "queued"))
        return self._waiting

    def _where(self, field: str, operation: str, value: object) -> Any:
        return self._jobs.where(filter=self._firestore.FieldFilter(field, operation, value))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except self._errors as error:
            raise StateError(f"Firestore: {error}. {HOW_TO_REACH}") from error
        except msgspec.MsgspecError as error:
            raise StateError(
                f"Firestore: a job is unreadable ({error}). Did a later version write it?"
            ) from error


def _fits(job: Job, wanted: JobFilter) -> bool:
    return (
        (not wanted.states or job.state in wanted.states)
        and wanted.batch in ("", job.batch)
        and wanted.language in ("", job.task.language)
        and wanted.number in ("", job.number)
    )


def _dialled(held: dict[str, Any]) -> list[datetime]:
    return [datetime.fromisoformat(at) for at in held.get("dialled", ())]


def _hash(number: str) -> str:
    return hashlib.sha256(number.encode()).hexdigest()
