"""A call's report as a file beside the journals: what the console writes."""

from __future__ import annotations

from pathlib import Path

from engine.errors import StateError
from engine.records.exporting import write
from engine.reports.call_page import call_page

FOLDER = "reports"  # in the state directory


def write_report(call: Path) -> Path:
    """call: its folder under `journals/`. Where the report is; one that is there already is replaced.

    Raises StateError where the journal cannot be read, or the file not be written.
    """
    content = call_page(call).encode("utf-8", "replace")
    folder = call.parent.parent / FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StateError(f"{folder}: cannot be made ({error.strerror}).") from None
    target = folder / f"{call.name}.html"
    write(target, content, force=True)
    return target
