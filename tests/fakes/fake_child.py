"""A child process that is none."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from engine.rooms import Command, interpreter
from engine.wiring import House, LinePlan


class FakeChild:
    """Ends when it is killed, when its input is closed, or when a test says so."""

    made: ClassVar[list[FakeChild]] = []

    def __init__(self, name: str, command: Command = interpreter) -> None:
        self.name, self.last_line = name, ""
        self.process: Any = None
        self.told: list[Any] = []
        self.input_closed = False
        self.code: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.may_start = asyncio.Event()
        self.may_start.set()
        self.fails: OSError | None = None
        self.made.append(self)

    async def start(self, house: House) -> None:
        await self.may_start.wait()
        if self.fails:
            raise self.fails
        self.process = object()
        self.told.append(house)

    async def tell(self, plan: LinePlan) -> None:
        if self.code.done():
            raise BrokenPipeError
        self.told.append(plan)

    async def wait(self) -> int:
        return await asyncio.shield(self.code)

    def end(self, code: int, last_line: str = "") -> None:
        self.last_line = last_line
        if not self.code.done():
            self.code.set_result(code)

    def close_input(self) -> None:
        self.input_closed = True
        if self.process:
            self.end(0)

    def kill(self) -> None:
        self.end(-9)

    async def stop(self) -> None:
        if self.process:
            self.end(0)
