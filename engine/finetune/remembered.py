"""What fine-tuning remembers in the state directory: uploads, jobs, comparisons, and the model there was before.

`finetune.json` is readable by its owner alone, and written whole or not at all.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from engine.errors import StateError

FILE = "finetune.json"


class Submitted(msgspec.Struct, frozen=True):
    """A job that was begun from here."""

    key: str  # SHA-256 of what was submitted: files, base model, where to
    job: str
    base: str
    at: str  # ISO, UTC
    status: str = ""  # when we asked last
    model: str = ""  # what came of it


class Compared(msgspec.Struct, frozen=True):
    """A comparison that was run to its end."""

    models: tuple[str, str]
    at: str  # ISO, UTC
    scenarios: int
    as_expected: tuple[int, int]


class Remembered(msgspec.Struct, frozen=True):
    """All of it."""

    uploads: dict[str, str] = {}  # where and SHA-256 → the file's id there
    jobs: tuple[Submitted, ...] = ()
    compared: tuple[Compared, ...] = ()
    before: dict[str, str | None] = {}  # settings file → the model that stood there; None = none did

    def job_of(self, key: str) -> Submitted | None:
        """The latest job for this submission."""
        return next((job for job in reversed(self.jobs) if job.key == key), None)

    def was_compared(self, model: str) -> Compared | None:
        """The latest comparison of it with another one."""
        return next(
            (c for c in reversed(self.compared) if model in c.models and len(set(c.models)) == 2), None
        )

    def with_job(self, job: Submitted) -> Remembered:
        """With another job, the latest from now on."""
        others = tuple(each for each in self.jobs if each.job != job.job)
        return msgspec.structs.replace(self, jobs=(*others, job))

    def updated(self, job: Submitted) -> Remembered:
        """With a job as it stands now, in its old place."""
        jobs = tuple(job if each.job == job.job else each for each in self.jobs)
        return msgspec.structs.replace(self, jobs=jobs)

    def with_comparison(self, done: Compared) -> Remembered:
        """With one more comparison."""
        return msgspec.structs.replace(self, compared=(*self.compared, done))


def read(state: Path) -> Remembered:
    """What is remembered; nothing where nothing was. Raises StateError where it cannot be read."""
    path = state / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Remembered)
    except FileNotFoundError:
        return Remembered()
    except (OSError, msgspec.DecodeError) as error:
        raise StateError(
            f"{path}: cannot be read ({error}). Mend it, or move it away: then no job is remembered."
        ) from None


def write(state: Path, remembered: Remembered) -> None:
    """Keep it. Raises StateError."""
    path = state / FILE
    draft = state / f".{FILE}.{os.getpid()}"
    try:
        state.mkdir(parents=True, mode=0o700, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(remembered), indent=1) + b"\n")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StateError(
            f"{path}: cannot be written ({error.strerror}). Make that folder writable, or choose another: --state-dir."
        ) from None
