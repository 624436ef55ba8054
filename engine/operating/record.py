"""acts.jsonl in the state directory: what operators asked of the engine as a whole, or of no call that has a journal.

One act a line: {"time": …, "by": …, "action": …, "words": …, "refused": …, "call": number or 0}; mode 0600.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from engine.errors import StateError
from engine.protocol import OperatorAct

ACTS = "acts.jsonl"


class ActsFile:
    """Appends, opening the file anew each time: acts are rare, and the file may be moved away."""

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / ACTS

    def append(self, act: OperatorAct, call: int = 0) -> None:
        """One act. Raises StateError when the disk refuses."""
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "by": act.by,
            "action": act.action,
            "words": act.words,
            "refused": act.refused,
            "call": call,
        }
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(descriptor, msgspec.json.encode(line) + b"\n")
            finally:
                os.close(descriptor)
        except OSError as error:
            raise StateError(
                f"{self.path}: what operators do cannot be written down ({error.strerror}). Make room on that disk."
            ) from None
