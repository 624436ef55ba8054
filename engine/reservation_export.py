"""Reservations for other programs: JSON, CSV and iCalendar (RFC 5545). Pure: records in, text out."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import msgspec

from engine.stores.reservations import Record

COLUMNS = (
    "call", "status", "kind", "date", "time", "party_size", "name", "phone", "restaurant", "language", "reference",
    "outcome", "created_at", "updated_at",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would compute it
FREE_TEXT = ("name", "restaurant", "reference")
TABLE_HOURS = 2  # how long a table is kept in a calendar; restaurants rarely say
LINE_BYTES = 74  # RFC 5545: a line has 75 octets at most, and a folded one begins with a space


def row(record: Record) -> dict[str, Any]:
    """One reservation as flat values; what is not agreed yet is what was asked for."""
    task, agreed = record.task, record.reservation
    old = task.kind == "cancel"
    return {
        "call": record.call_id,
        "status": agreed.status,
        "kind": task.kind,
        "date": agreed.date or (task.old_date if old and task.old_date else task.date),
        "time": agreed.time or (task.old_time if old and task.old_time else task.time),
        "party_size": agreed.party_size or task.party_size,
        "name": agreed.name or task.name,
        "phone": agreed.phone,
        "restaurant": task.restaurant,
        "language": task.language,
        "reference": agreed.reference,
        "outcome": record.outcome,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
    }


def whole(record: Record) -> dict[str, Any]:
    """Everything that is kept of one reservation."""
    values: dict[str, Any] = msgspec.to_builtins(record)
    return {"call": values.pop("call_id"), **values}


def as_json(records: list[Record]) -> str:
    """All of it, one list."""
    return msgspec.json.format(msgspec.json.encode([whole(record) for record in records]), indent=2).decode()


def as_csv(records: list[Record]) -> str:
    """A header and a line each; no cell of free text is a formula."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for record in records:
        values = row(record)
        for name in FREE_TEXT:
            values[name] = f"'{values[name]}" if values[name].startswith(FORMULA) else values[name]
        writer.writerow(values)
    return text.getvalue()


def as_icalendar(records: list[Record]) -> str:
    """An event for every table that was booked, changed or cancelled, in the restaurant's own time."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Call-Thing//reservations//EN", "CALSCALE:GREGORIAN"]
    for record in records:
        if record.reservation.status in ("booked", "changed", "cancelled"):
            lines += _event(record)
    return "".join(f"{folded}\r\n" for line in [*lines, "END:VCALENDAR"] for folded in _folded(line))


def _event(record: Record) -> list[str]:
    values = row(record)
    begin = datetime.fromisoformat(f"{values['date']}T{values['time']}")
    stamp = datetime.fromisoformat(record.updated_at)
    told = [f"Name: {values['name']}", f"People: {values['party_size']}"]
    told += [f"Reference: {values['reference']}"] if values["reference"] else []
    summary = f"Table for {values['party_size']}, {values['restaurant']}"
    cancelled = record.reservation.status == "cancelled"
    return [
        "BEGIN:VEVENT",
        f"UID:{record.call_id}@call-thing",
        f"DTSTAMP:{stamp:%Y%m%dT%H%M%S}Z",
        f"DTSTART:{begin:%Y%m%dT%H%M%S}",
        f"DTEND:{begin + timedelta(hours=TABLE_HOURS):%Y%m%dT%H%M%S}",
        f"SUMMARY:{_text(summary)}",
        f"LOCATION:{_text(values['restaurant'])}",
        f"DESCRIPTION:{_text(chr(10).join(told))}",
        f"STATUS:{'CANCELLED' if cancelled else 'CONFIRMED'}",
        "END:VEVENT",
    ]


def _text(value: str) -> str:
    """Escaped as RFC 5545, 3.3.11, has it."""
    for sign in ("\\", ";", ","):
        value = value.replace(sign, f"\\{sign}")
    return value.replace("\r\n", "\n").replace("\n", "\\n").replace("\r", "\\n")


def _folded(line: str) -> list[str]:
    """The line in parts of at most LINE_BYTES octets; no character is cut in two."""
    parts, part = [], ""
    for character in line:
        if len((part + character).encode()) > LINE_BYTES:
            parts.append(part)
            part = " "
        part += character
    return [*parts, part]
