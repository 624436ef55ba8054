"""The supervisor's sockets towards consoles."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
import zmq.asyncio

from engine.client import Client
from engine.house_sockets import HouseSockets
from engine.protocol import ROOMS, Accepted, FarFrame, Flag, Header, Refused, RestartRoom, pack, unpack
from engine.settings import EngineSettings


@pytest.fixture
async def sockets() -> AsyncIterator[HouseSockets]:
    sockets = HouseSockets(EngineSettings())
    sockets.open(dict.fromkeys(ROOMS, 9))  # where nobody listens
    yield sockets
    sockets.close()


@pytest.fixture
async def client(sockets: HouseSockets) -> AsyncIterator[Client]:
    client = Client(sockets.address("epoch"), operator="anna")
    yield client
    client.close()


async def serve(sockets: HouseSockets, taken: list[object]) -> None:
    """Accept everything that can be read."""
    async for who, header, command in sockets.commands():
        taken.append(command)
        await sockets.answer(who, header, Accepted(header.call))


async def test_a_command_that_cannot_be_read_is_refused_and_the_next_one_is_taken(sockets, client):
    taken: list[object] = []
    serving = asyncio.create_task(serve(sockets, taken))
    dealer: zmq.asyncio.Socket = client._commands
    head, _ = pack(RestartRoom("cache"), 0, 7, 0)
    await dealer.send_multipart([head, msgspec.msgpack.encode({"room": "kitchen"})])
    header, answer = unpack(await asyncio.wait_for(dealer.recv_multipart(), 5))
    assert header.sequence == 7
    assert isinstance(answer, Refused) and "RestartRoom" in answer.reason and "kitchen" in answer.reason
    for nonsense in ([b"x"], [b"x" * 10, b""], [b"", b"", b""]):
        await dealer.send_multipart(nonsense)
    await client.request(RestartRoom("cache"), Accepted)
    assert taken == [RestartRoom("cache", by="anna")]
    serving.cancel()


async def test_sound_is_passed_on_as_it_came(sockets, client):
    frame, heard = FarFrame(pcm=bytes(range(256)) * 2 + bytes(128)), []
    sound = client.listen(3)

    async def hear() -> None:
        async for each in sound:
            heard.append(each)

    hearing = asyncio.create_task(hear())
    for _ in range(200):
        sockets.pass_on(Header(2, 3, Flag.SYNTHETIC, 77, 123_456), frame)
        await asyncio.sleep(0.02)
        if heard:
            break
    sound.close()
    await asyncio.wait_for(hearing, 1)
    header, message = heard[0]
    assert (header.call, header.flags, header.sequence, header.time_us) == (3, Flag.SYNTHETIC, 77, 123_456)
    assert message == frame
