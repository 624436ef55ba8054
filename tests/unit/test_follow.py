"""Ctrl-C while a call is followed: the call is hung up, also when it has just ended by itself."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from typing import Any

from engine.errors import CallRefused
from engine.follow import _interrupt_hangs_up
from engine.protocol import HangUp


class EngineWithoutThatCall:
    """As a client sees an engine whose call has ended a moment ago."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, int]] = []

    async def request(self, command: Any, answer: type, call: int) -> Any:
        self.asked.append((command, call))
        raise CallRefused("There is no live call 3; it may have ended just now.")


async def test_an_interrupt_as_the_call_ends_is_not_an_error():
    client, troubles = EngineWithoutThatCall(), []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: troubles.append(context))
    with _interrupt_hangs_up(client, 3):  # type: ignore[arg-type]
        os.kill(os.getpid(), signal.SIGINT)
        while not client.asked:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
    gc.collect()
    assert client.asked == [(HangUp("operator"), 3)]
    assert troubles == []
