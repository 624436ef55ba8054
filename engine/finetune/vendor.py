"""The vendor's files and fine-tuning jobs, through its own package. Errors are words, with a next step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from engine.brains.failures import clean
from engine.brains.keys import key_of
from engine.errors import CallThingError, ExitCode
from engine.settings import BrainSettings

if TYPE_CHECKING:
    from openai import OpenAI

UPLOAD_S = 600.0  # a large file on a slow network
ASK_S = 60.0
NO_KEY = "none"  # for a server of one's own: the package wants one
EVENTS = 20  # of a job, the latest
LOOK_BACK = 50  # jobs among which one that we do not remember is looked for


class VendorError(CallThingError):
    """The vendor did not do what it was asked."""

    exit_code = ExitCode.ENGINE


class Job(msgspec.Struct, frozen=True):
    """A fine-tuning job, as the vendor tells of it."""

    id: str
    status: str  # validating_files, queued, running, succeeded, failed or cancelled
    base: str  # the model it begins with
    training_file: str
    model: str = ""  # what came of it
    error: str = ""
    trained_tokens: int | None = None
    created_at: int = 0  # Unix time, s
    finished_at: int | None = None


class JobEvent(msgspec.Struct, frozen=True):
    """Something that the vendor tells of a job."""

    at: int  # Unix time, s
    level: str
    text: str


class Wanted(msgspec.Struct, frozen=True):
    """A job to be begun."""

    base: str
    training_file: str
    validation_file: str = ""
    suffix: str = ""
    epochs: int = 0  # 0 = the vendor's choice


class Vendor:
    """One vendor, or a server that speaks like it. Every method raises VendorError."""

    def __init__(self, settings: BrainSettings, environment: Mapping[str, str]) -> None:
        """Raises SettingsError where the key is missing."""
        from openai import OpenAI

        key = key_of(settings, environment)
        self.where = settings.base_url or "https://api.openai.com/v1"
        self._client: OpenAI = OpenAI(
            api_key=key or NO_KEY, base_url=self.where, timeout=ASK_S, max_retries=2
        )

    def upload(self, file: Path) -> str:
        """The file's id there."""
        with _in_words(self.where, f"uploading {file.name}"), file.open("rb") as content:
            uploaded = self._client.with_options(timeout=UPLOAD_S).files.create(
                file=(file.name, content), purpose="fine-tune"
            )
        return uploaded.id

    def begin(self, wanted: Wanted) -> Job:
        """Begin a job. Asked once: whether a request that broke off was heard is told by `begun_with`."""
        more: dict[str, Any] = {}
        if wanted.validation_file:
            more["validation_file"] = wanted.validation_file
        if wanted.suffix:
            more["suffix"] = wanted.suffix
        if wanted.epochs:
            hyperparameters = {"n_epochs": wanted.epochs}
            more["method"] = {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}}
        with _in_words(self.where, "beginning the job"):
            job = self._client.with_options(max_retries=0).fine_tuning.jobs.create(
                model=wanted.base, training_file=wanted.training_file, **more
            )
        return _job(job)

    def begun_with(self, training_file: str) -> Job | None:
        """The latest job on this file that has neither failed nor been cancelled, if there is one."""
        with _in_words(self.where, "looking for the job"):
            page = self._client.fine_tuning.jobs.list(limit=LOOK_BACK)
        for job in page.data:
            if job.training_file == training_file and job.status not in ("failed", "cancelled"):
                return _job(job)
        return None

    def job(self, number: str) -> Job:
        """How a job stands."""
        with _in_words(self.where, f"asking for the job {number}"):
            return _job(self._client.fine_tuning.jobs.retrieve(number))

    def events(self, number: str) -> list[JobEvent]:
        """What was told of it, the oldest first."""
        with _in_words(self.where, f"asking for the events of {number}"):
            page = self._client.fine_tuning.jobs.list_events(number, limit=EVENTS)
        return [JobEvent(event.created_at, event.level, event.message) for event in reversed(page.data)]


def _job(job: Any) -> Job:
    error = getattr(job.error, "message", None) or ""
    return Job(
        job.id, job.status, job.model, job.training_file, job.fine_tuned_model or "", error,
        job.trained_tokens, job.created_at, job.finished_at,
    )  # fmt: skip


@contextmanager
def _in_words(where: str, what: str) -> Iterator[None]:
    """Errors of the package as one sentence; none of them shows the key."""
    import openai

    try:
        yield
    except openai.AuthenticationError:
        raise VendorError(
            f"{where}: {what}: the key is not accepted (401). Look at brain.key_env or brain.key_file; "
            "OPENAI_API_KEY is sent to OpenAI alone."
        ) from None
    except openai.PermissionDeniedError:
        raise VendorError(
            f"{where}: {what}: not allowed with this key (403). Ask whoever made the key for fine-tuning rights."
        ) from None
    except openai.NotFoundError:
        raise VendorError(
            f"{where}: {what}: there is none (404). Look at brain.base_url, the model's name or the job's."
        ) from None
    except openai.RateLimitError:
        raise VendorError(
            f"{where}: {what}: too many requests, or no credit left (429). Wait, or look at the account, and "
            "give the command again: what was uploaded is not uploaded twice."
        ) from None
    except openai.APIStatusError as error:
        then = (
            "Wait a while, and give the command again: what was uploaded is not uploaded twice."
            if error.status_code >= 500
            else "Mend that and give the command again; `call-thing finetune check` looks at the file."
        )
        raise VendorError(f"{where}: {what}: {_said(error)} ({error.status_code}). {then}") from None
    except openai.APIConnectionError as error:
        slow = isinstance(error, openai.APITimeoutError)
        why = "no answer in time" if slow else "nothing answers there"
        raise VendorError(
            f"{where}: {what}: {why}. Look at the network and brain.base_url, and give the command again."
        ) from None
    except openai.OpenAIError as error:
        raise VendorError(f"{where}: {what}: {type(error).__name__}. Look at brain.base_url.") from None
    except OSError as error:
        raise VendorError(f"{what}: {error.strerror}. Look at the file.") from None


def _said(error: Any) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    return clean(str(body.get("message") or "refused without a word")).rstrip(".")
