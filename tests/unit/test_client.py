"""A client of an engine, over real sockets, with a stand-in at the other end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest

from engine.client import Client
from engine.protocol import (
    Accepted,
    AgentFrame,
    ArmMic,
    EngineEvent,
    FarFrame,
    Heartbeat,
    LeaseGranted,
    Message,
    MicFrame,
    Presence,
    RenewLease,
    Whisper,
)
from tests.fakes.fake_engine import LEASE, FakeEngine

FAR = FarFrame(pcm=bytes(640))
AGENT = AgentFrame(pcm=bytes(1920))
ONE_FRAME = MicFrame(LEASE, bytes(640))


@pytest.fixture
async def engine() -> AsyncIterator[FakeEngine]:
    engine = FakeEngine()
    engine.start()
    yield engine
    await engine.close()


@pytest.fixture
async def client(engine: FakeEngine) -> AsyncIterator[Client]:
    client = Client(engine.address, operator="anna")
    await until(lambda: any(isinstance(message, Heartbeat) for _, message in client.drain()))
    yield client
    client.close()


async def until(holds: Callable[[], bool], within_s: float = 5.0) -> None:
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        await asyncio.sleep(0.01)


async def test_who_asks_for_no_kinds_gets_all_events_and_no_sound(engine: FakeEngine, client: Client):
    heard: list[Message] = []
    for message in (FAR, AGENT, EngineEvent("info", "after the sound")):
        await engine.say(message, 1)

    def arrived() -> bool:
        heard.extend(message for _, message in client.drain())
        return any(isinstance(message, EngineEvent) for message in heard)

    await until(arrived)
    assert not [message for message in heard if isinstance(message, FarFrame | AgentFrame)]


async def test_the_sound_of_one_call_comes_to_who_listens_to_it_until_it_is_closed(engine, client):
    sound = client.listen(2)
    heard = []

    async def hear() -> None:
        async for header, frame in sound:
            heard.append((header.call, frame))

    hearing = asyncio.create_task(hear())
    end = time.monotonic() + 5
    while len(heard) < 2 and time.monotonic() < end:  # a subscription takes effect a moment after it was made
        for message, call in ((FAR, 1), (FAR, 2), (AGENT, 2)):
            await engine.say(message, call)
        await asyncio.sleep(0.02)
    sound.close()
    await asyncio.wait_for(hearing, 1)
    assert {call for call, _ in heard} == {2}
    assert {type(frame) for _, frame in heard} == {FarFrame, AgentFrame}


async def test_a_hearer_that_is_cancelled_is_cancelled_and_not_merely_at_its_end(client):
    sound = client.listen(1)
    ended = []

    async def hear() -> None:
        async for _ in sound:
            pass
        ended.append(True)

    hearing = asyncio.create_task(hear())
    await asyncio.sleep(0)
    hearing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hearing
    assert not ended


async def test_a_client_that_is_closed_closes_what_it_listens_to(engine):
    client = Client(engine.address)
    sound = client.listen(1)
    client.close()  # hangs where a socket is left open
    assert [frame async for frame in sound] == []


async def test_every_command_carries_the_operators_name(engine: FakeEngine, client: Client):
    await client.request(Whisper("they have a terrace"), Accepted, 3)
    client.send(Presence(listens_to=3))
    await until(lambda: len(engine.commands) == 2)
    assert engine.commands == [
        (3, Whisper("they have a terrace", by="anna")),
        (0, Presence(listens_to=3, by="anna")),
    ]


async def test_answers_are_not_lost_among_frames_that_are_not_answered(engine: FakeEngine, client: Client):
    granted = await client.request(ArmMic(), LeaseGranted, 1)
    assert granted.lease == LEASE
    for _ in range(20):
        for _ in range(20):
            client.send(ONE_FRAME, 1)
        await client.request(RenewLease(LEASE), Accepted, 1, timeout_s=2)
    assert sum(isinstance(command, MicFrame) for _, command in engine.commands) == 400


async def test_sending_to_an_engine_that_is_gone_neither_waits_nor_raises(engine: FakeEngine, client: Client):
    await engine.close()
    began = time.monotonic()
    for _ in range(6000):  # more than the socket takes
        client.send(ONE_FRAME, 1)
    assert time.monotonic() - began < 3
