"""Checked files go to the vendor, once."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import msgspec

from engine.finetune import remembered
from engine.finetune.check import Checked
from engine.finetune.remembered import Remembered, Submitted
from engine.finetune.vendor import Vendor, Wanted


class Submission(msgspec.Struct, frozen=True):
    """What is to be submitted."""

    training: Checked
    validation: Checked | None
    base: str
    suffix: str = ""
    epochs: int = 0

    @property
    def files(self) -> tuple[Checked, ...]:
        """What is uploaded, and nothing else."""
        return (self.training,) if self.validation is None else (self.training, self.validation)

    def key(self, where: str) -> str:
        """Two submissions with one key are the same."""
        parts = (where, self.base, self.suffix, str(self.epochs), *(file.sha256 for file in self.files))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def submit(
    state: Path, vendor: Vendor, what: Submission, at: datetime, again: bool
) -> tuple[Submitted, bool]:
    """Upload and begin, as far as that has not been done. Returns the job, and whether it is new.

    Each upload is remembered before the next step, so that a command which broke off goes on where it stopped.
    again: begin another job with the same files. Raises VendorError, StateError.
    """
    known = remembered.read(state)
    key = what.key(vendor.where)
    earlier = known.job_of(key)
    if earlier is not None and not again:
        return earlier, False
    numbers = []
    for file in what.files:
        known, number = _uploaded(state, vendor, known, file)
        numbers.append(number)
    found = None if again else vendor.begun_with(numbers[0])
    job = found or vendor.begin(
        Wanted(what.base, numbers[0], numbers[1] if len(numbers) > 1 else "", what.suffix, what.epochs)
    )
    moment = at.isoformat(timespec="seconds")
    submitted = Submitted(key, job.id, job.base, moment, job.status, job.model)
    remembered.write(state, known.with_job(submitted))
    return submitted, found is None


def _uploaded(state: Path, vendor: Vendor, known: Remembered, file: Checked) -> tuple[Remembered, str]:
    place = f"{vendor.where} {file.sha256}"
    if place not in known.uploads:
        number = vendor.upload(Path(file.file))
        known = msgspec.structs.replace(known, uploads={**known.uploads, place: number})
        remembered.write(state, known)
    return known, known.uploads[place]
