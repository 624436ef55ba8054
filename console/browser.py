"""Whether a page can be shown where the operator sits, and showing it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

REMOTE = ("SSH_CONNECTION", "SSH_TTY", "TEXTUAL_DRIVER")  # the last: the console itself is a page, elsewhere
SCREENS = ("DISPLAY", "WAYLAND_DISPLAY")


def has_screen(environ: Mapping[str, str], platform: str) -> bool:
    """Whether a browser would open before the operator's eyes; a browser in text would take the console's terminal.

    platform: as in sys.platform.
    """
    if any(environ.get(name) for name in REMOTE):
        return False
    return platform in ("darwin", "win32") or any(environ.get(name) for name in SCREENS)


def open_page(page: Path) -> bool:
    """Show a file in the browser; False where there is none. Blocks until it has started."""
    import webbrowser

    try:
        return webbrowser.open(page.as_uri())
    except (webbrowser.Error, OSError):
        return False
