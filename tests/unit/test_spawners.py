"""What every spawner promises (engine/coordinator/spawner.py), of each one that can be had here.

What is special of one has a file of its own: test_local_spawner.py, test_container_spawner.py, test_ray_spawner.py.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from engine.client import Client
from engine.coordinator.spawner import Spawned, SpawnError
from engine.errors import CallRefused, NoEngine
from engine.protocol import Accepted, HangUp, Ping, PlaceCall
from tests.fakes import container_tool
from tests.fakes.ray_node import OneNode, why_no_cluster
from tests.fakes.spawner_houses import (
    ContainerHouse,
    House,
    LittleRayHouse,
    LocalHouse,
    PodmanHouse,
    RayHouse,
    until_gone,
)

OF_THE_IMAGE = [pytest.mark.long, pytest.mark.timeout(1200)]
OF_RAY = [pytest.mark.timeout(300)]


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[House]:
    made = LocalHouse(tmp_path)
    yield made
    await made.close()


@pytest.fixture
async def containers(tmp_path: Path) -> AsyncIterator[House]:
    made = ContainerHouse(tmp_path)
    yield made
    await made.close()


@pytest.fixture
async def little_ray(tmp_path: Path) -> AsyncIterator[House]:
    made = LittleRayHouse(tmp_path)
    yield made
    await made.close()


@pytest.fixture(scope="module")
def tool() -> container_tool.ContainerTool:
    found = container_tool.built()
    if isinstance(found, str):
        pytest.skip(found)
    found.build_light()
    return found


@pytest.fixture
async def podman(tool: container_tool.ContainerTool, tmp_path: Path) -> AsyncIterator[House]:
    container_tool.given_away(tmp_path / "state")
    with tool.service(tmp_path) as service:
        made = PodmanHouse(tmp_path, tool, container_tool.LIGHT_IMAGE, service)
        yield made
        await made.close()


@pytest.fixture(scope="module")
def node() -> Iterator[OneNode]:
    reason = why_no_cluster()
    if reason:
        pytest.skip(reason)
    with OneNode() as made:
        yield made


@pytest.fixture
async def ray(node: OneNode, tmp_path: Path) -> AsyncIterator[House]:
    made = RayHouse(tmp_path, None, address=node.address)
    yield made
    await made.close()


@pytest.fixture(
    params=[
        "local",
        "containers",
        "little_ray",
        pytest.param("podman", marks=OF_THE_IMAGE),
        pytest.param("ray", marks=OF_RAY),
    ]
)
def house(request: pytest.FixtureRequest) -> House:
    found: House = request.getfixturevalue(request.param)
    return found


async def request(address: Any, command: Any) -> Accepted:
    client = Client(address)
    try:
        return await client.request(command, Accepted)
    finally:
        client.close()


async def placed_for_ever(client: Client) -> None:
    for _ in range(500):
        await client.request(PlaceCall(scenario="x"), Accepted)
        await asyncio.sleep(0.01)


def killed(house: House, engine: Spawned) -> None:
    for pid in house.processes(engine):
        with suppress(ProcessLookupError):  # some end with the first
            os.kill(pid, signal.SIGKILL)


@contextmanager
def standing_still(house: House, engine: Spawned) -> Iterator[None]:
    pids = house.processes(engine)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def test_an_engine_that_is_spawned_answers_and_is_among_those_that_run(house):
    spawner = house.spawner()
    before = time.time()
    one, two = await asyncio.gather(spawner.spawn("one"), spawner.spawn("two"))
    assert (one.name, two.name) == ("one", "two") and one.address != two.address
    assert before - 5 < one.started_at < time.time() + 5
    assert await request(one.address, Ping()) is not None
    assert sorted(each.name for each in await spawner.running()) == ["one", "two"]
    assert not await spawner.is_gone("one")


async def test_an_engine_outlives_its_coordinator_and_is_found_by_the_next_one(house):
    one = await house.spawner().spawn("one")
    later = house.spawner()
    assert await later.running() == [one]
    assert not await later.is_gone("one")
    await later.stop("one", 5)
    assert await later.is_gone("one") and await later.running() == []


async def test_an_engine_that_is_stopped_ends_after_its_calls_and_takes_no_new_ones(house):
    spawner = house.spawner()
    one = await spawner.spawn("one")
    client = Client(one.address)
    await client.request(PlaceCall(scenario="x"), Accepted)
    stopping = asyncio.create_task(spawner.stop("one", 30))
    try:
        with pytest.raises(CallRefused, match="ends"):
            await placed_for_ever(client)
        assert not stopping.done() and not await spawner.is_gone("one")
        await client.request(HangUp(), Accepted)
        await asyncio.wait_for(stopping, 10)
    finally:
        client.close()
    assert await spawner.is_gone("one")


async def test_calls_that_outlast_the_grace_are_ended(house):
    spawner = house.spawner()
    one = await spawner.spawn("one")
    await request(one.address, PlaceCall(scenario="x"))
    await spawner.stop("one", 0.2)
    assert await spawner.is_gone("one") and await spawner.running() == []


async def test_an_engine_that_was_killed_is_gone_and_no_other_one_is(house):
    spawner = house.spawner()
    one, _ = await asyncio.gather(spawner.spawn("one"), spawner.spawn("two"))
    killed(house, one)
    await until_gone(spawner, "one")
    assert not await spawner.is_gone("two")
    assert [each.name for each in await spawner.running()] == ["two"]


async def test_an_engine_that_does_not_answer_is_not_gone(house):
    spawner = house.spawner()
    one = await spawner.spawn("one")
    with standing_still(house, one):
        client = Client(one.address)
        with pytest.raises(NoEngine):
            await client.request(Ping(), Accepted, timeout_s=0.2)
        client.close()
        assert not await spawner.is_gone("one")
        assert [each.name for each in await spawner.running()] == ["one"]


async def test_stopping_what_does_not_run_does_nothing(house):
    spawner = house.spawner()
    await spawner.stop("nobody", 1)
    one = await spawner.spawn("one")
    killed(house, one)
    await until_gone(spawner, "one")
    await spawner.stop("one", 1)
    await spawner.stop("one", 1)
    assert await spawner.is_gone("one")


async def test_a_name_is_given_once_and_leads_out_of_no_folder(house):
    spawner = house.spawner()
    await spawner.spawn("one")
    with pytest.raises(SpawnError, match="another one"):
        await spawner.spawn("one")
    for name in ("", "..", "../x", "a/b", "-x", "a" * 64):
        with pytest.raises(SpawnError, match="letters"):
            await spawner.spawn(name)
        assert await spawner.is_gone(name)
        await spawner.stop(name, 0)
    assert [each.name for each in await spawner.running()] == ["one"]


@pytest.mark.parametrize("after_s", [0.0, 0.005, 0.05])  # an engine needs longer than that to be ready
async def test_a_spawn_that_is_given_up_at_any_moment_leaves_nothing_running(house, after_s):
    spawner = house.spawner()
    spawning = asyncio.create_task(spawner.spawn("one"))
    await asyncio.sleep(after_s)
    spawning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await spawning
    assert await spawner.running() == []
    await until_gone(spawner, "one")


async def test_closing_leaves_the_engines_alone(house):
    spawner = house.spawner()
    one = await spawner.spawn("one")
    await spawner.close()
    await request(one.address, Ping())
