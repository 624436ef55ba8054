"""What spawners ask engines of this machine: are you there, end after your calls; and the wait until one has ended."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

from engine.client import Client, EngineAddress
from engine.coordinator.spawners.engine_folders import EngineFolders
from engine.errors import CallThingError, NoEngine
from engine.launch import STOP_TIMEOUT_S
from engine.protocol import Accepted, Message, Ping, StopEngine

ANSWER_S = 5.0


async def ask(address: EngineAddress, command: Message, timeout_s: float = ANSWER_S) -> None:
    """Send an engine a command that it accepts. Raises NoEngine, CallRefused."""
    client = Client(address, Accepted, operator="coordinator")
    try:
        await client.request(command, Accepted, timeout_s=timeout_s)
    finally:
        client.close()


async def answers(folders: EngineFolders, name: str, until_s: float) -> EngineAddress | None:
    """Where an engine is, once it answers; None: not yet. until_s: monotonic time at which the wait for it ends."""
    address = folders.address(name)
    if address is None:
        return None
    with contextlib.suppress(NoEngine):
        await ask(address, Ping(), min(ANSWER_S, max(0.1, until_s - time.monotonic())))
        return address
    return None


async def drained(
    address: EngineAddress | None, grace_s: float, is_gone: Callable[[], Awaitable[bool]], look_s: float
) -> bool:
    """Whether an engine that was asked to has ended by itself, after its calls and within grace_s.

    address: None = it cannot be asked. look_s: between two questions to is_gone.
    """
    if address is None:
        return False
    until_s = time.monotonic() + grace_s
    with contextlib.suppress(CallThingError):
        await ask(address, StopEngine(after_calls=True), min(grace_s, STOP_TIMEOUT_S))
        return await ended(is_gone, until_s - time.monotonic(), look_s)
    return False


async def ended(is_gone: Callable[[], Awaitable[bool]], within_s: float, look_s: float) -> bool:
    """Whether it is gone within so long; looked at once at least."""
    until_s = time.monotonic() + within_s
    while not await is_gone():
        if time.monotonic() > until_s:
            return False
        await asyncio.sleep(look_s)
    return True
