"""What an operator's own words allow and tell. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.protocol import Task


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Values read in an operator's words, and whether they say that it is settled."""

    granted: dict[str, Any] = {}  # date, time (ISO, HH:MM), party_size, name, reference
    done: bool = False


def read(text: str, task: Task) -> Told:
    """What these words allow, for this task and in its language. Text that says nothing readable gives nothing."""
    return Told()
