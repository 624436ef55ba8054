"""Recordings of calls that have ended, made FLAC by a process beside the engine, at low priority."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.beside import Beside

MODULE = "engine.records.finishing"


def finisher(folders: Sequence[Path]) -> list[str]:
    """The command that finishes these."""
    return [sys.executable, "-m", MODULE, *map(str, folders)]


class Recordings(Beside):
    """Of one engine. What is not done when it ends is done by the next one."""

    def __init__(self, form: str, command: Callable[[Sequence[Path]], list[str]] = finisher) -> None:
        """form: "flac"; with "wav" they stay as they are."""
        super().__init__(command if form == "flac" else None, "recordings stay WAV")
