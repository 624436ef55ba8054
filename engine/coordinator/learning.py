"""How a call ended, from its record: for calls that ended while nobody listened, in an engine that is gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import msgspec

from engine.errors import StateError
from engine.jobs.lifecycle import Ended, Recorded
from engine.journal import read
from engine.protocol import BrainUse, Outcome, PlacedCall
from engine.records.past import past_call

MARGIN = timedelta(seconds=60)  # two machines' clocks may differ


class Found(msgspec.Struct, frozen=True):
    """The record of a call."""

    folder: Path
    ended: Ended | None  # None: its engine was ended in the middle of it


def ended_as(placed: PlacedCall, attempt: int) -> Ended:
    """What an engine says of a call that has ended."""
    return Ended(
        attempt,
        outcome_of(placed.outcome),
        recorded=_recorded(placed.status),
        reason=placed.reason,
        call_back_at=_moment(placed.call_back),
        cost_usd=placed.usd,
        call=placed.call_id,
        journal=placed.journal,
    )


def record_of(state: Path, key: str, attempt: int, dialled_at: datetime) -> Found | None:
    """The record of the call with this key, among those of a state directory. None: there is none.

    dialled_at: it was begun after that.
    """
    for folder in _folders(state / "journals", dialled_at - MARGIN):
        call = past_call(folder, dialled_at)
        if call.header.get("key") != key:
            continue
        summary = call.summary
        if summary is None:
            return Found(folder, None)
        reservation = summary.get("reservation")
        agreed = reservation if isinstance(reservation, dict) else {}
        status = agreed.get("status", "open")
        return Found(
            folder,
            Ended(
                attempt,
                outcome_of(str(summary.get("outcome", ""))),
                recorded=_recorded(str(status)),
                reason=str(summary.get("reason", "")),
                call_back_at=_moment(str(agreed.get("call_back", ""))),
                cost_usd=_cost(folder),
                call=str(call.header.get("call", "")),
                journal=str(folder),
            ),
        )
    return None


def _folders(journals: Path, since: datetime) -> Iterator[Path]:
    """Of calls that were begun since then, the latest first."""
    first = f"{since.astimezone(UTC):%Y%m%d-%H%M%S}"  # which their names begin with
    try:
        yield from sorted((each for each in journals.iterdir() if each.name >= first), reverse=True)
    except OSError:
        return


def _cost(folder: Path) -> float:
    try:
        return sum(message.usd or 0.0 for _, _, message in read(folder) if isinstance(message, BrainUse))
    except StateError:
        return 0.0


def outcome_of(text: object) -> Outcome:
    """What a record says; "failed" for what no call of today ends as."""
    return text if text in get_args(Outcome) else "failed"  # type: ignore[return-value]


def _moment(text: str) -> datetime | None:
    """When they want to be called again, by their own clock; what is no time is as none."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def _recorded(text: str) -> Recorded:
    return text if text in get_args(Recorded) else "open"  # type: ignore[return-value]
