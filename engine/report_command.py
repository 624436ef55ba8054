"""`call-thing report`: past calls as one HTML file that needs nothing else, to look at, to hand on, to print."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.errors import SettingsError
from engine.options import Chosen, SettingsFile, StateDir
from engine.terminal import say, show

if TYPE_CHECKING:
    from engine.records.past import PastCall


def report(
    calls: Annotated[
        list[str], typer.Argument(help="Names of calls, or their beginnings; `last` is the latest.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="The file; default: named after the call, in this folder.")
    ] = None,
    no_audio: Annotated[bool, typer.Option("--no-audio", help="Leave the recording out.")] = False,
    redact: Annotated[
        bool, typer.Option("--redact", help="Without names, numbers, references, and without the sound.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Write a report of one call or of several: timeline, voices, decisions with reasons, latencies."""
    from engine.records.exporting import write
    from engine.records.past import find, past_calls
    from engine.reports.page import calls_page

    there = past_calls(Chosen(settings, state_dir).settings.state_path, datetime.now(UTC))
    chosen = [there[0] if name == "last" and there else find(there, name) for name in dict.fromkeys(calls)]
    going_on = next((call for call in chosen if call.in_progress), None)
    if going_on is not None:
        raise SettingsError(f"{going_on.name} goes on. Its report can be written when it has ended.")
    target = out or Path(f"{_name(chosen, redact)}.html")
    if redact:
        with tempfile.TemporaryDirectory(prefix="call-thing-") as folder:
            page = calls_page([_redacted(call, Path(folder)) for call in chosen], audio=False)
    else:
        page = calls_page(chosen, audio=not no_audio)
    content = page.encode("utf-8", "replace")
    write(target, content, force)
    show(str(target))
    say(f"{len(content) / 1e6:.1f} MB. Open it in a browser; it needs no network.")


def _name(chosen: list[PastCall], redact: bool) -> str:
    """A redacted file's name tells neither scenario nor restaurant."""
    if len(chosen) > 1:
        return "calls.redacted" if redact else "calls"
    call = chosen[0]
    return f"{call.header.get('call') or 'call'}.redacted" if redact else call.name


def _redacted(call: PastCall, folder: Path) -> PastCall:
    """The call without persons, as a journal of its own in a folder that is thrown away."""
    from engine.records.exporting import write_folder
    from engine.records.past import past_call

    target = folder / str(call.header.get("call") or call.name)
    write_folder(call, target, redact=True)
    return past_call(target, datetime.now(UTC))
