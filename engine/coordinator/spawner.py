"""Where engines come from: the contract that every spawner keeps, proved in tests/unit/test_spawners.py.

A spawner starts and ends engines and says which of them are gone. It knows nothing of jobs and never dials: whether a
call is placed again is decided where the jobs are.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from engine.client import EngineAddress
from engine.errors import EngineError


class SpawnError(EngineError):
    """No engine could be started; the message names the cause and the next step."""


class Spawned(msgspec.Struct, frozen=True, kw_only=True):
    """An engine that answers."""

    name: str
    address: EngineAddress
    where: str = ""  # for people: the machine, the container, the node
    started_at: float  # seconds since 1970


class Spawner(Protocol):
    """Engines of one kind. For one event loop; no method blocks it."""

    kind: str  # "local", "container", "ray"

    async def spawn(self, name: str) -> Spawned:
        """Start an engine and wait until it answers. Raises SpawnError, and leaves nothing running then.

        name: letters, digits and hyphens; no engine ever had it before.
        """
        ...

    async def running(self) -> list[Spawned]:
        """The engines of this spawner that are alive, those of a coordinator before this one included.

        Where engines cannot outlive their coordinator it is only those started since.
        """
        ...

    async def is_gone(self, name: str) -> bool:
        """Whether this engine has surely ended: it sends nothing, and nothing it does reaches anybody any more.

        An engine that does not answer, or whose machine does not, is not gone for sure: False. A machine that its
        cluster has declared dead counts as gone, for nothing more is ever heard of it, though it may only be cut off:
        what was dialled there may go on for a while. So a call of an engine that is gone is `unknown`, never queued.
        """
        ...

    async def stop(self, name: str, grace_s: float) -> None:
        """End an engine in order: it takes no new calls, running ones may end within grace_s; then it is killed.

        It is surely gone when this returns. Does nothing for a name that is not running.
        """
        ...

    async def close(self) -> None:
        """Let go of everything but the engines: those that can outlive us go on. Use `stop` before to end them."""
        ...
