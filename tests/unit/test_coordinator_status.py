"""Who may ask a coordinator how it stands, and that there is one at a time."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import zmq

from engine.coordinator.room import Coordinator
from engine.coordinator.status import CoordinatorStatus
from engine.coordinator.status_client import NoCoordinator, StatusClient, address_of, status_of
from engine.coordinator.status_wire import INFO
from engine.errors import AlreadyRunning
from tests.fakes.coordinated_place import PATIENCE_S, Place
from tests.fakes.light_pool import LightPool


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path)
    yield place
    await place.end()


async def test_a_second_coordinator_is_refused(place: Place):
    await place.engine()
    with pytest.raises(AlreadyRunning):
        await Coordinator(place.settings, LightPool(place.state)).run()
    assert not place.task.done()


async def test_its_status_is_asked_for_and_published(place: Place):
    await place.engine()
    assert stat.S_IMODE((place.state / INFO).stat().st_mode) == 0o600
    address = address_of(place.state)
    assert address is not None and address.pid == os.getpid()
    async with StatusClient(address) as client:
        assert (await client.ask()).engines[0].phase == "idle"
        place.add()
        published: list[CoordinatorStatus] = []
        until_s = time.monotonic() + PATIENCE_S
        while not any(status.dialled for status in published) and time.monotonic() < until_s:
            published += [latest] if (latest := client.drain()) is not None else []
            await asyncio.sleep(0.05)
        assert published[-1].dialled == 1


async def test_who_has_not_the_key_is_told_nothing(place: Place):
    await place.engine()
    address = address_of(place.state)
    assert address is not None
    public, secret = zmq.curve_keypair()
    stranger = msgspec.structs.replace(address, client_public=public.decode(), client_secret=secret.decode())
    async with StatusClient(stranger) as client:
        with pytest.raises(NoCoordinator):
            await client.ask(timeout_s=0.5)


async def test_nobody_is_asked_where_no_coordinator_runs(tmp_path: Path):
    with pytest.raises(NoCoordinator, match="call-thing coordinator"):
        await status_of(tmp_path)
