"""What a coordinator is to do with its engines, as deciding.py says it. Pure."""

from __future__ import annotations

import msgspec


class Action(msgspec.Struct, frozen=True):
    """Something to do."""


class Claim(Action, frozen=True):
    """Take the next job for this engine, which has a slot kept for it."""

    engine: str


class Spawn(Action, frozen=True):
    name: str


class Stop(Action, frozen=True):
    engine: str
    grace_s: float


class EndCalls(Action, frozen=True):
    """Say goodbye on all calls and hang up."""
