"""A password or key in a file: its first line, and only where nobody else can read it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from engine.errors import SettingsError

LONGEST = 4096


def secret_in(path: Path, setting: str, what: str, longest: int = LONGEST) -> str:
    """The first line of a file that only we can read; cut after `longest` and two more characters.

    setting, what: for the words of a SettingsError, such as "brain.key_file" and "key". They never show the secret.
    """
    try:
        with os.fdopen(
            os.open(path, os.O_RDONLY | os.O_NONBLOCK), encoding="utf-8"
        ) as file:  # a pipe never ends
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise SettingsError(f"{path}: {setting} is no file.")
            if about.st_uid != os.geteuid():
                raise SettingsError(
                    f"{path}: {setting} belongs to another account of this machine. sudo chown {os.geteuid()} {path}"
                )
            if about.st_mode & 0o177:
                raise SettingsError(f"{path}: others can read or change the {what}. chmod 600 {path}")
            text = file.read(longest + 3)
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not UTF-8"
        raise SettingsError(f"{path}: {setting} cannot be read ({why}).") from None
    secret = text.removesuffix("\n").removesuffix("\r")
    if not secret:
        raise SettingsError(f"{path}: {setting} is empty.")
    return secret
