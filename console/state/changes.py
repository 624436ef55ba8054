"""What changed in a reservation, when, by what and after which words. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from engine.protocol import Reservation

FIELDS = ("status", "date", "time", "party_size", "name", "phone", "reference")


@dataclass(frozen=True, slots=True)
class ReservationChange:
    """One field, from one value to another; "" = not known."""

    at_us: int
    field: str
    old: str
    new: str
    source: str  # the tool, or "operator" or "restart"
    words: str  # said last when it was changed


def changes_between(
    old: Reservation, new: Reservation, at_us: int, source: str, words: str
) -> list[ReservationChange]:
    """One entry for each field that differs; a confirmation alone is one as well, under the field's name."""
    found = []
    for field in FIELDS:
        before, after = _shown(old, field), _shown(new, field)
        confirmed = new.confirmed_by.get(field, "")
        if before != after or confirmed != old.confirmed_by.get(field, ""):
            found.append(ReservationChange(at_us, field, before, after, source, confirmed or words))
    return found


def _shown(record: Reservation, field: str) -> str:
    return str(getattr(record, field) or "")
