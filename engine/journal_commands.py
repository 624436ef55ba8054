"""`call-thing calls …`: the records of past calls, also while an engine makes more of them."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from engine.errors import ExitCode, SettingsError, StateError
from engine.options import AsJson, Chosen, SettingsFile, StateDir
from engine.records.past import PastCall, find, past_calls
from engine.terminal import plain, say, show

if TYPE_CHECKING:
    from engine.records.verify import Report

calls_app = typer.Typer(
    no_args_is_help=True, help="Records of past calls: listed, shown, proved whole, handed on, deleted."
)
FORMATS = ("vcon", "folder")
OneCall = Annotated[str, typer.Argument(help="A call's name, or the beginning of it.")]


@calls_app.command("list")
def listed(
    since: Annotated[
        str | None, typer.Option("--since", help="Only calls from this day on: YYYY-MM-DD.")
    ] = None,
    as_json: AsJson = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """List the calls, the latest first."""
    from engine.records.telling import row_of, table

    first = _day(since)
    calls = _all(Chosen(settings, state_dir))
    calls = [call for call in calls if first is None or (call.began is not None and call.began >= first)]
    if as_json:
        show(json.dumps([row_of(call) for call in calls], ensure_ascii=False, indent=2))
    elif not calls:
        say("no call since then." if since else "no calls yet. `call-thing run` makes one.")
    else:
        for line in table(calls):
            show(plain(line))


@calls_app.command("show")
def shown(
    call: OneCall, as_json: AsJson = False, state_dir: StateDir = None, settings: SettingsFile = None
) -> None:
    """Show one call as text: what was said and done, second by second."""
    from engine import journal
    from engine.records.telling import row_of, told

    found = find(_all(Chosen(settings, state_dir)), call)
    if as_json:
        events = [
            {
                "us": us,
                "kind": type(message).__name__,
                "flags": int(flags),
                "data": msgspec.to_builtins(message),
            }
            for us, flags, message in journal.read(found.folder)
        ]
        whole = {**row_of(found), "header": found.header, "summary": found.summary, "events": events}
        show(json.dumps(whole, ensure_ascii=False, indent=2))
        return
    for line in told(found, journal.read(found.folder)):
        show(plain(line))


@calls_app.command("verify")
def verified(
    calls: Annotated[list[str] | None, typer.Argument(help="Names of calls, or their beginnings.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every call.")] = False,
    as_json: AsJson = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Prove that the records of calls are as they were written. Exit code 1 where one is damaged."""
    if every == bool(calls):
        raise SettingsError("Which calls? Name them, or write --all for every one.")
    there = _all(Chosen(settings, state_dir))
    chosen = there if every else [find(there, name) for name in calls or ()]
    going_on = [call.name for call in chosen if call.in_progress]
    reports = [_report(call) for call in chosen if not call.in_progress]
    if as_json:
        show(json.dumps([msgspec.to_builtins(report) for report in reports], ensure_ascii=False, indent=2))
    else:
        for report in reports:
            show(plain(f"{report.verdict:<11}  {report.call}  {report.events} events"))
            for words in (*report.damage, *report.notes):
                show(plain(f"             {words}"))
    for name in going_on:
        say(f"{name} goes on, and is left out.")
    damaged = sum(report.verdict == "damaged" for report in reports)
    say(f"{len(reports)} calls looked at, {damaged} damaged." if reports else "there is nothing to look at.")
    raise typer.Exit(ExitCode.NOT_AS_EXPECTED if damaged else ExitCode.OK)


@calls_app.command("purge")
def purged(
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than", help="30d, 12h or 4w; without it: keep_days in [journal] of the settings."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say which, and delete nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Delete the records of old calls for good. A call in progress is never touched."""
    from engine.records.retention import age_of, expired, purge

    chosen = Chosen(settings, state_dir)
    keep_days = chosen.settings.journal.keep_days
    if older_than is None and not keep_days:
        raise SettingsError(
            "How old? Write --older-than 30d, or keep_days = 30 under [journal] in the settings (now: for ever)."
        )
    keep = age_of(older_than) if older_than is not None else timedelta(days=keep_days)
    old = expired(_all(chosen), datetime.now(UTC), keep)
    if not old:
        say("no call is as old as that.")
        return
    for call in old:
        show(plain(call.name))
    if dry_run:
        say(f"{len(old)} calls would be deleted.")
        return
    if not yes and not _agreed(len(old)):
        return
    say(f"{len(purge(old))} calls deleted. What came of them stays in `call-thing reservations list`.")


@calls_app.command("export")
def exported(
    call: OneCall,
    redact: Annotated[
        bool,
        typer.Option("--redact", help="Without names, numbers, e-mail addresses, and without the sound."),
    ] = False,
    form: Annotated[str, typer.Option("--format", help=f"One of: {', '.join(FORMATS)}.")] = "vcon",
    out: Annotated[
        Path | None, typer.Option("--out", help="File or folder; default: named after the call.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Write one call so that others can read it: as vCon, the IETF's container for conversations, or as a folder."""
    from engine.records import exporting
    from engine.records.redacting import NO_SOUND

    if form not in FORMATS:
        raise SettingsError(f'--format: "{form}" is none. There are: {", ".join(FORMATS)}.')
    found = find(_all(Chosen(settings, state_dir)), call)
    if found.in_progress:
        raise SettingsError(f"{found.name} goes on. Export it when it has ended.")
    name = str(found.header.get("call") or found.name) if redact else found.name
    target = out or Path(f"{name}{'.redacted' if redact else ''}{'.vcon.json' if form == 'vcon' else ''}")
    if form == "vcon":
        exporting.write(target, exporting.as_vcon(found, redact, datetime.now(UTC)), force)
    else:
        exporting.write_folder(found, target, redact)
    say(f"{found.name} written to {target}")
    if redact and found.recording:
        say(f"{NO_SOUND}.")


def _all(chosen: Chosen) -> list[PastCall]:
    return past_calls(chosen.settings.state_path, datetime.now(UTC))


def _report(call: PastCall) -> Report:
    from engine.records.verify import Report, verify

    try:
        return verify(call.folder)
    except StateError as error:
        return Report(call.name, "damaged", damage=(str(error),))


def _agreed(count: int) -> bool:
    if not sys.stdin.isatty():
        raise SettingsError(f"{count} calls would be deleted for good. --yes does it without being asked.")
    return typer.confirm(f"Delete these {count} calls for good?", err=True)


def _day(since: str | None) -> datetime | None:
    try:
        return None if since is None else datetime.fromisoformat(since).replace(tzinfo=UTC)
    except ValueError:
        raise SettingsError(f'--since: "{since}" is no day. Write it as 2026-05-15.') from None
