"""A call's report: written beside the journals, and shown in the browser where the operator has one."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from console.browser import has_screen, open_page
from console.control.view import LookingDesk
from console.screens.library import LibraryScreen
from console.screens.replay import ReplayScreen


class ReportControl:
    """Works without an engine as well."""

    def __init__(self, desk: LookingDesk, replayed: Callable[[], Path | None]) -> None:
        """replayed: the folder of the call that is replayed, where one is."""
        self._desk, self._replayed = desk, replayed
        self._writing: set[Path] = set()
        self.open_page: Callable[[Path], bool] | None = (
            open_page if has_screen(os.environ, sys.platform) else None
        )

    def handlers(self) -> Mapping[str, Callable[[], None]]:
        """See Control."""
        return {"call.report": self._write}

    def _write(self) -> None:
        folder = self._folder()
        if folder is not None and folder not in self._writing:  # not twice for two strokes of a key
            self._writing.add(folder)
            self._desk.background(self._report(folder))

    def _folder(self) -> Path | None:
        """Of the call that is meant here; None, and why, where there is none."""
        main = self._desk.main
        if isinstance(main, LibraryScreen):
            if main.picked_folder is None:
                self._desk.tell("No call is selected.", "warning")
            return main.picked_folder
        if isinstance(main, ReplayScreen):
            return self._replayed()
        call = self._desk.store.call
        if call is None:
            self._desk.tell("No call is selected.", "warning")
        elif call.live:
            self._desk.tell(
                f"Call {call.number} goes on. Its report can be written when it has ended.", "warning"
            )
        elif not call.journal:
            self._desk.tell(f"Call {call.number} left no record.", "warning")
        else:
            return Path(call.journal)
        return None

    async def _report(self, folder: Path) -> None:
        """In a thread: a second or two of work."""
        try:
            page = await asyncio.to_thread(_written, folder)
        finally:
            self._writing.discard(folder)
        opened = self.open_page is not None and await asyncio.to_thread(self.open_page, page)
        self._desk.tell(f"Report: {page}{' (open in your browser)' if opened else ''}")


def _written(folder: Path) -> Path:
    from engine.reports.writing import write_report

    return write_report(folder)
