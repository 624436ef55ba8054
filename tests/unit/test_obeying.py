"""Commands are carried out or refused, and each that asks for an answer gets one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine import line_processes
from engine.errors import ExitCode
from engine.obeying import Obeying
from engine.protocol import (
    Accepted,
    Flag,
    GetSnapshot,
    HangUp,
    Header,
    Message,
    Ping,
    PlaceCall,
    Presence,
    Refused,
    Shutdown,
    Snapshot,
    StopEngine,
)
from engine.scenario import find
from tests.fakes.calls_engine import CallsEngine
from tests.fakes.fake_child import FakeChild

CALL = PlaceCall(scenario=str(find("en/accepts")))


class Asked:
    """The commands that come in, and what each connection is answered."""

    def __init__(self) -> None:
        self.coming: asyncio.Queue[tuple[bytes, int, Message]] = asyncio.Queue()
        self.answers: asyncio.Queue[Message] = asyncio.Queue()
        self.stopped = asyncio.Event()
        self.answered_before_stopped = False

    async def commands(self) -> AsyncIterator[tuple[bytes, Header, Message]]:
        while True:
            who, call, command = await self.coming.get()
            yield who, Header(0, call, Flag.NONE, 0, 0), command

    async def answer(self, who: bytes, header: Header, answer: Message) -> None:
        await self.answers.put(answer)
        self.answered_before_stopped = not self.stopped.is_set()


class Desk:
    """Everything around the commands, with one way to ask."""

    def __init__(self, engine: CallsEngine) -> None:
        self.engine, self.asked = engine, Asked()
        sockets: Any = self.asked
        rooms: Any = SimpleNamespace(states=dict)
        self.obeying = Obeying(sockets, rooms, engine.calls, engine.desk, self.asked.stopped.set)
        self.obeying.is_ready = True

    async def ask(self, command: Message, call: int = 0) -> Message:
        await self.asked.coming.put((b"console", call, command))
        return await asyncio.wait_for(self.asked.answers.get(), 30)


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(line_processes, "Child", FakeChild)
    monkeypatch.setattr(line_processes, "LAST_WORDS_S", 0.02)
    monkeypatch.setattr(FakeChild, "made", [])
    made = Desk(CallsEngine(tmp_path))
    working = asyncio.create_task(made.obeying.run())
    yield made
    working.cancel()
    await made.engine.calls.end_all(1)


async def test_a_call_is_placed_and_hung_up_by_the_number_that_it_was_given(desk: Desk):
    placed = await desk.ask(CALL)
    assert isinstance(placed, Accepted) and desk.engine.calls.find(placed.call) is not None
    assert not desk.obeying.is_at_it
    assert await desk.ask(HangUp(), placed.call) == Accepted(placed.call)
    assert desk.engine.calls.live_call(placed.call).hanging_up_since_us is not None


async def test_no_call_is_placed_before_the_rooms_are_there(desk: Desk):
    desk.obeying.is_ready = False
    refused = await desk.ask(CALL)
    assert isinstance(refused, Refused) and refused.exit_code == ExitCode.ENGINE
    assert not desk.engine.calls.live()


async def test_an_engine_that_ends_after_its_calls_takes_no_new_ones_and_still_answers(desk: Desk):
    assert await desk.ask(StopEngine(after_calls=True)) == Accepted()
    assert desk.obeying.is_draining
    refused = await desk.ask(CALL)
    assert isinstance(refused, Refused) and "another one" in refused.reason
    assert await desk.ask(Ping()) == Accepted()
    assert not desk.asked.stopped.is_set()


async def test_the_answer_to_being_stopped_goes_out_before_the_end(desk: Desk):
    assert await desk.ask(StopEngine()) == Accepted()
    await asyncio.wait_for(desk.asked.stopped.wait(), 30)
    assert desk.asked.answered_before_stopped


async def test_what_is_refused_says_why(desk: Desk):
    refused = await desk.ask(HangUp(), 7)
    assert isinstance(refused, Refused) and "no live call 7" in refused.reason
    unknown = await desk.ask(Shutdown())
    assert isinstance(unknown, Refused) and "no command" in unknown.reason


async def test_a_fault_in_one_command_is_told_and_the_next_one_is_obeyed(desk: Desk, monkeypatch):
    def broken() -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(desk.engine.calls.events, "missed", broken)
        refused = await desk.ask(GetSnapshot())
    assert isinstance(refused, Refused) and "fault of the program" in refused.reason
    snapshot = await desk.ask(GetSnapshot())
    assert isinstance(snapshot, Snapshot) and snapshot.epoch == desk.obeying.epoch


async def test_a_sign_of_life_is_not_answered(desk: Desk):
    await desk.asked.coming.put((b"console", 0, Presence(by="an operator")))
    assert await desk.ask(Ping()) == Accepted()
    assert desk.asked.answers.empty()
