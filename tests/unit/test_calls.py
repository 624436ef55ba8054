"""The calls of an engine, with sockets that note what is said and line processes that end when they are told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine import line_processes
from engine.bus import now_us
from engine.calls import SETTLE_US, Calls
from engine.protocol import CallClosed, Flag, HangUp, Header, LineState, Message, PlaceCall
from engine.scenario import find
from engine.settings import Settings
from engine.wiring import House, Keys
from tests.fakes.fake_child import FakeChild


class FakeSockets:
    """Notes what rooms, lines and consoles are told."""

    def __init__(self) -> None:
        self.said: list[Message] = []
        self.shown: list[Message] = []

    def say(self, call: int, message: Message, flags: Flag = Flag.NONE) -> None:
        self.said.append(message)

    def packed(self, call: int, message: Message, time_us: int, flags: Flag) -> tuple[bytes, bytes]:
        self.shown.append(message)
        return b"", b""

    def publish(self, event: tuple[bytes, bytes]) -> None: ...

    def forget(self, call: int) -> None: ...


class Engine:
    """One call that is going on, and everything around it."""

    def __init__(self, folder: Path) -> None:
        settings, self.sockets = Settings(), FakeSockets()
        rooms: Any = SimpleNamespace(
            line_house=lambda plan: House("line", plan.call, {}, {}, Keys(b"", b"", b"", b""), settings, plan)
        )
        (folder / "journals").mkdir()
        state: Any = SimpleNamespace(journals=folder / "journals", reservations_db=folder / "reservations.db")
        sockets: Any = self.sockets
        self.calls = Calls(settings, sockets, rooms, state)

    async def begin(self) -> int:
        number = await self.calls.place(PlaceCall(scenario=str(find("en/accepts"))))
        await asyncio.sleep(0)
        self.calls.take(Header(0, number, Flag.NONE, 0, now_us() % (1 << 32)), LineState("answered"))
        return number

    def closing(self) -> CallClosed | None:
        """How the call ended, once it has settled."""
        self.calls.look_after(now_us() + SETTLE_US + 1)
        return next((each for each in self.sockets.shown if isinstance(each, CallClosed)), None)


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
async def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Engine]:
    monkeypatch.setattr(line_processes, "Child", FakeChild)
    monkeypatch.setattr(line_processes, "LAST_WORDS_S", 0.02)
    monkeypatch.setattr(FakeChild, "made", [])
    engine = Engine(tmp_path)
    yield engine
    await engine.calls.end_all(1)


async def test_an_operator_who_hangs_up_a_call_whose_line_is_lost_does_not_hide_the_loss(engine: Engine):
    call = await engine.begin()
    FakeChild.made[0].end(-9)
    await asyncio.sleep(0.05)
    engine.calls.hang_up(call)
    closed = engine.closing()
    assert closed is not None and closed.outcome == "line_lost" and "SIGKILL" in closed.reason


async def test_a_line_that_has_just_died_is_lost_even_before_it_is_said_to_be(engine: Engine):
    call = await engine.begin()
    FakeChild.made[0].end(-9)
    await settled()
    engine.calls.hang_up(call)
    assert engine.closing() is None
    await asyncio.sleep(0.05)
    closed = engine.closing()
    assert closed is not None and closed.outcome == "line_lost"


async def test_a_call_that_the_operator_hangs_up_was_hung_up_whatever_its_line_does_then(engine: Engine):
    call = await engine.begin()
    engine.calls.hang_up(call)
    assert HangUp("the operator hung up") in engine.sockets.said
    FakeChild.made[0].end(-9)
    await asyncio.sleep(0.05)
    closed = engine.closing()
    assert closed is not None and closed.outcome == "hung_up"


async def test_an_engine_that_is_stopped_does_not_hide_that_a_line_was_lost(engine: Engine):
    await engine.begin()
    FakeChild.made[0].end(-11)
    await asyncio.sleep(0.05)
    await engine.calls.end_all(0.05)
    closed = next(each for each in engine.sockets.shown if isinstance(each, CallClosed))
    assert closed.outcome == "line_lost"
