"""Libraries in C print what they like to standard error, which is the screen. ALSA does with every underrun."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def libraries_quiet() -> Iterator[None]:
    """Keep descriptor 2 for nobody, and give Python's own standard error another one to the same terminal.

    To be entered before the app is made: Textual paints, and at its end complains, by `sys.__stderr__`.
    """
    before, stderr = sys.__stderr__, sys.stderr
    if before is None or not before.isatty() or before.fileno() != 2:
        yield  # no terminal: a log may hold it
        return
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    screen = os.fdopen(os.dup(2), "w", encoding=before.encoding, errors=before.errors)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.__stderr__ = screen  # type: ignore[misc]
    sys.stderr = screen if stderr is before else stderr
    try:
        yield
    finally:
        sys.__stderr__, sys.stderr = before, stderr  # type: ignore[misc]
        with contextlib.suppress(OSError):  # the terminal may be gone by now
            screen.close()
        os.dup2(kept, 2)
        os.close(kept)
