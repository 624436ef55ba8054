"""What can happen to a coordinator's engines, as deciding.py is told it. Pure."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Event(msgspec.Struct, frozen=True):
    """Something that has happened."""


class Queue(Event, frozen=True):
    """What waits: how many jobs are due, and when the next one is. news: a job has changed since the last time."""

    waiting: int
    next_due: datetime | None = None
    news: bool = True


class EngineReady(Event, frozen=True):
    """It answers: it was started, or found again, with these jobs in hand."""

    name: str
    jobs: tuple[str, ...] = ()


class SpawnFailed(Event, frozen=True):
    name: str


class EngineSilent(Event, frozen=True):
    name: str


class EngineHeard(Event, frozen=True):
    """It gives signs of life again."""

    name: str


class EngineGone(Event, frozen=True):
    """It has surely ended."""

    name: str


class Claimed(Event, frozen=True):
    """A job was claimed for it, and nobody else dials it."""

    engine: str
    job: str


class NothingToClaim(Event, frozen=True):
    """Of all that waits nothing may be dialled now."""

    engine: str


class CallOver(Event, frozen=True):
    """A job is not in hand any more."""

    engine: str
    job: str


class Drain(Event, frozen=True):
    """No new calls; said once more: the running ones are ended."""


class Tick(Event, frozen=True):
    """Time has passed."""
