"""`call-thing reservations …`: what came of the calls, also while an engine makes more of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.errors import SettingsError, StateError
from engine.options import AsJson, Chosen, SettingsFile, StateDir
from engine.protocol import LANGUAGES
from engine.statedir import nearest_folder
from engine.stores.reservations import Change, Record, ReservationStore
from engine.terminal import plain, say, show

reservations_app = typer.Typer(
    no_args_is_help=True, help="What came of the calls: tables booked, changed, cancelled."
)
STATUSES = ("open", "booked", "changed", "cancelled", "declined")
FORMATS = ("csv", "json", "ics")
Status = Annotated[str | None, typer.Option("--status", help=f"Only these: {', '.join(STATUSES)}.")]
Since = Annotated[str | None, typer.Option("--since", help="Only calls from this day on: YYYY-MM-DD.")]
Lang = Annotated[str | None, typer.Option("--language", help=f"Only calls in: {', '.join(LANGUAGES)}.")]


@reservations_app.command("list")
def listed(
    status: Status = None,
    since: Since = None,
    language: Lang = None,
    as_json: AsJson = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """List the reservations, the latest call first."""
    from engine.reservation_export import row

    records = _chosen(_all(state_dir, settings), status, since, language)
    rows = [row(record) for record in records]
    if as_json:
        show(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        say(_nothing(status, since, language))
        return
    for line in _table(rows):
        show(plain(line))


@reservations_app.command("show")
def shown(
    call: Annotated[str, typer.Argument(help="A call's id, or the beginning of it.")],
    as_json: AsJson = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Show one reservation: the goal, what was allowed, and every change with who made it and upon which words."""
    from engine.reservation_export import whole

    record = _one(_all(state_dir, settings), call)
    if as_json:
        show(json.dumps(whole(record), ensure_ascii=False, indent=2))
        return
    for line in told(record):
        show(plain(line))


@reservations_app.command("export")
def exported(
    file: Annotated[Path, typer.Argument(help="Where to; its ending says how: .csv, .json or .ics.")],
    status: Status = None,
    since: Since = None,
    language: Lang = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Write the reservations into a file for a table, a program or a calendar."""
    from engine import reservation_export

    ending = file.suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        raise SettingsError(f"{file}: the ending says how to write it, and must be .csv, .json or .ics.")
    records = _chosen(_all(state_dir, settings), status, since, language)
    write = {"csv": "as_csv", "json": "as_json", "ics": "as_icalendar"}[ending]
    text: str = getattr(reservation_export, write)(records)
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
    try:
        with os.fdopen(os.open(file, flags, 0o600), "w", encoding="utf-8", newline="") as written:
            written.write(text)  # names and phone numbers: for the owner alone
    except FileExistsError:
        raise StateError(f"{file} is there already. --force replaces it.") from None
    except OSError as error:
        raise StateError(f"{file}: cannot be written ({error.strerror}). Name another file.") from None
    say(f"{len(records)} reservations written to {file}")


def told(record: Record) -> Iterator[str]:
    """One reservation for people."""
    task, agreed = record.task, record.reservation
    yield f"call        {record.call_id}, {record.created_at[:16].replace('T', ' ')} UTC, {task.language}"
    yield f"restaurant  {task.restaurant}"
    yield f"goal        {task.kind}: {task.date} {task.time}, {task.party_size} people, name {task.name}"
    if task.old_date or task.old_time:
        yield f"            booked so far: {task.old_date or task.date} {task.old_time or task.time}"
    yield f"allowed     {_allowed(record)}"
    yield f"state       {agreed.status}"
    if agreed.status in ("booked", "changed"):
        reference = f", reference {agreed.reference}" if agreed.reference else ""
        yield f"agreed      {agreed.date} {agreed.time}, {agreed.party_size} people, name {agreed.name}{reference}"
    yield f"outcome     {record.outcome or 'the call goes on, or was broken off'}"
    yield f"journal     {record.journal or 'not written yet'}"
    for change in record.changes:
        yield ""
        yield from _change(change)


def _change(change: Change) -> Iterator[str]:
    turn = f", turn {change.turn} of the journal" if change.turn else ""
    by = change.made_by if change.source == change.made_by else f"{change.made_by} ({change.source})"
    yield f"change {change.number}    {change.changed_at[:19].replace('T', ' ')} UTC, by {by}{turn}"
    yield f"            {change.reservation.status}"
    if change.words:
        yield f'            said last: "{change.words}"'
    for field, words in change.reservation.confirmed_by.items():
        value = getattr(change.reservation, field, "")
        yield f'            {field} {value}: "{words}"'


def _allowed(record: Record) -> str:
    task = record.task
    parts = [f"{task.accept_from or task.time} to {task.accept_until or task.time}"]
    parts = parts if task.accept_from or task.accept_until else []
    parts += [f"at {time}" for time in task.accept_times] + [f"on {day}" for day in task.accept_dates]
    return ", ".join(parts) or "nothing besides"


def _table(rows: list[dict[str, Any]]) -> Iterator[str]:
    titles = ("call", "status", "date", "time", "people", "restaurant", "outcome")
    cells = [
        (
            row["call"], row["status"], row["date"], row["time"], str(row["party_size"]), row["restaurant"],
            row["outcome"] or "–",
        )
        for row in rows
    ]  # fmt: skip
    widths = [max(len(line[column]) for line in (titles, *cells)) for column in range(len(titles))]
    for line in (titles, *cells):
        padded = (" ".join(cell.split()).ljust(width) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(padded).rstrip()


def _all(state_dir: Path | None, settings: Path | None) -> list[Record]:
    """Every record, the latest call first; none where no call has been made yet. Raises StateError."""
    state = Chosen(settings, state_dir).settings.state_path
    nearest_folder(state)
    database = state / "reservations.db"
    if not database.exists():
        return []
    store = ReservationStore(database)
    try:
        return store.listing()
    finally:
        store.close()


def _chosen(
    records: list[Record], status: str | None, since: str | None, language: str | None
) -> list[Record]:
    if status is not None and status not in STATUSES:
        raise SettingsError(f'--status: "{status}" is no state. There are: {", ".join(STATUSES)}.')
    if language is not None and language not in LANGUAGES:
        raise SettingsError(
            f'--language: "{language}" is no language here. There are: {", ".join(LANGUAGES)}.'
        )
    try:
        first = "" if since is None else date.fromisoformat(since).isoformat()
    except ValueError:
        raise SettingsError(f'--since: "{since}" is no day. Write it as 2026-05-15.') from None
    return [
        record
        for record in records
        if status in (None, record.reservation.status)
        and language in (None, record.task.language)
        and record.created_at[:10] >= first
    ]


def _one(records: list[Record], call: str) -> Record:
    """The call with this id, or whose id begins so. Raises SettingsError where that is none or several."""
    found = [r for r in records if r.call_id == call] or [r for r in records if r.call_id.startswith(call)]
    if len(found) == 1:
        return found[0]
    if not records:
        raise SettingsError("There are no reservations yet: no call has been made with this state directory.")
    if not found:
        raise SettingsError(f"No call's id begins with {call}. `call-thing reservations list` shows them.")
    some = ", ".join(record.call_id for record in found[:5])
    raise SettingsError(f"{len(found)} calls begin with {call}: {some}. Write more of the id.")


def _nothing(*filters: str | None) -> str:
    if any(filters):
        return "no reservation fits these filters."
    return "no reservations yet: they come with the first call. `call-thing run` makes one."
