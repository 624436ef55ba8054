"""The title of the terminal's window, as it was when the console is left."""

from __future__ import annotations

from typing import Any

from textual.app import App

_KEEP, _GIVE_BACK = "\x1b[22;2t", "\x1b[23;2t"  # of xterm, and those like it; others pay no attention


class TerminalTitle:
    """Written only when it differs."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self.title = ""

    def show(self, title: str) -> None:
        """Put these words there."""
        if title != self.title:
            self._write(("" if self.title else _KEEP) + f"\x1b]2;{title}\x07")
            self.title = title

    def restore(self) -> None:
        """The console ends."""
        if self.title:
            self._write(_GIVE_BACK)

    def _write(self, sequence: str) -> None:
        driver = self._app._driver  # Textual has no other way to the terminal
        if driver is not None and not self._app.is_headless:
            driver.write(sequence)
