"""The agent and its operators through a whole engine: a question, an approval and a wish, a brain that is away."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from engine.client import Client
from engine.launch import EngineProcess
from engine.protocol import (
    Accepted,
    CallClosed,
    DecideTool,
    EngineEvent,
    HangUp,
    InjectEvent,
    LineState,
    Message,
    PlaceCall,
    Presence,
    Reservation,
    ReservationChanged,
    Sentence,
    ToolDecided,
    ToolPending,
    Whisper,
)
from engine.scenario import find
from engine.settings import Settings
from tests.calls.conftest import RunningEngine

pytestmark = [pytest.mark.timeout(120), pytest.mark.long]
WITHIN_S = 80.0  # a whole call takes 25 s, and twice that on a machine that has other work too
M = TypeVar("M", bound=Message)


class ApprovingEngine(RunningEngine):
    """Booking has to be approved."""

    def __init__(self, state: Path) -> None:
        settings = state / "settings.toml"
        settings.write_text('[operator]\napprove = ["book"]\n')
        arguments = ["--settings", str(settings), "--state-dir", str(state)]
        self.state = state
        self.process = EngineProcess(Settings(state_dir=str(state)), arguments)
        self.address = asyncio.run(self.process.ready())


@pytest.fixture(scope="module")
def approving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    running = ApprovingEngine(tmp_path_factory.mktemp("approving"))
    yield running
    running.process.stop()


class Anna:
    """An operator who is there, in one call."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.call = 0
        self.seen: list[Message] = []

    async def place(self, scenario: str) -> None:
        self.call = (await self.client.request(PlaceCall(scenario=str(find(scenario))), Accepted)).call
        await self.until(LineState, lambda state: state.state == "answered")

    async def until(self, kind: type[M], wanted: Callable[[M], bool] = lambda _: True) -> M:
        end = time.monotonic() + WITHIN_S
        while True:
            self.seen += [message for header, message in self.client.drain() if header.call == self.call]
            for message in self.seen:
                if isinstance(message, kind) and wanted(message):
                    return message
            assert time.monotonic() < end, [type(message).__name__ for message in self.seen]
            await asyncio.sleep(0.02)

    async def ask(self, command: Message) -> None:
        await self.client.request(command, Accepted, self.call)

    def said(self) -> list[str]:
        return [message.text for message in self.seen if isinstance(message, Sentence)]

    def booked(self) -> Reservation:
        return [each.reservation for each in self.seen if isinstance(each, ReservationChanged)][-1]


@contextlib.asynccontextmanager
async def anna_at(engine: RunningEngine) -> AsyncIterator[Anna]:
    client = Client(engine.address, operator="anna")

    async def present() -> None:
        while True:
            client.send(Presence())
            await asyncio.sleep(1)

    task = asyncio.create_task(present())
    await asyncio.sleep(0.5)  # a subscription takes effect a moment after it was made
    try:
        yield Anna(client)
    finally:
        task.cancel()
        client.close()


async def test_an_offer_the_operator_says_yes_to_is_booked(engine: RunningEngine):
    async with anna_at(engine) as anna:
        await anna.place("en/full_offers_outside")
        pending = await anna.until(ToolPending)
        assert (pending.kind, pending.arguments) == ("question", {"time": "21:30"})
        await anna.ask(DecideTool(request=pending.request, approve=True))
        assert (await anna.until(CallClosed)).outcome == "booked"
        assert anna.booked().time == "21:30"
        assert "One moment, please, I will just ask." in anna.said()


async def test_an_operator_who_thinks_for_a_while_still_gets_the_table(engine: RunningEngine):
    async with anna_at(engine) as anna:
        await anna.place("en/full_offers_outside")
        pending = await anna.until(ToolPending)
        await anna.until(Sentence, lambda sentence: sentence.text == "One moment, please.")
        await anna.ask(DecideTool(request=pending.request, approve=True))
        assert (await anna.until(CallClosed)).outcome == "booked"
        assert anna.booked().time == "21:30"


async def test_a_booking_waits_for_the_operators_word_and_a_wish_is_asked_for_after_it(
    approving: RunningEngine,
):
    async with anna_at(approving) as anna:
        await anna.place("en/accepts")
        await anna.ask(Whisper("ask for a high chair"))
        assert (
            "before the goodbye" in (await anna.until(EngineEvent, lambda event: event.room == "agent")).text
        )
        pending = await anna.until(ToolPending)
        assert (pending.kind, pending.tool) == ("approval", "book")
        assert pending.words.keys() >= {"date", "time", "party_size", "name"}
        await anna.until(Sentence, lambda sentence: sentence.text == "One moment, please.")
        await anna.ask(DecideTool(request=pending.request, approve=True))
        assert (await anna.until(ToolDecided)).by == "anna"
        assert (await anna.until(CallClosed)).outcome == "booked"
        assert "One more thing, if possible: a high chair." in anna.said()


async def test_a_brain_that_fails_for_a_while_goes_on_afterwards(engine: RunningEngine):
    async with anna_at(engine) as anna:
        await anna.place("en/accepts")
        await anna.ask(InjectEvent(what="fail", room="agent", seconds=3))
        assert anna.said() == []
        await anna.until(EngineEvent, lambda event: "the brain is back" in event.text)
        await anna.until(Sentence, lambda sentence: "AI assistant" in sentence.text)
        await anna.ask(HangUp())
        await anna.until(CallClosed)
