"""What Ray is asked for, and how often: the spawner on a little Ray of ours (tests/fakes/little_ray.py)."""

from __future__ import annotations

import asyncio
import importlib.util
import socket
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from engine.coordinator.spawner import SpawnError
from engine.coordinator.spawners.ray_cluster import ClusterAway, RayCluster
from engine.settings import RaySettings
from tests.fakes import little_ray
from tests.fakes.spawner_houses import LittleRayHouse

RAYS_ERRORS = (
    "RayTaskError",
    "RayActorError",
    "ActorDiedError",
    "ActorUnavailableError",
    "RuntimeEnvSetupError",
)


async def test_of_a_spawn_that_is_given_up_no_actor_stays_and_takes_room(tmp_path):
    house = LittleRayHouse(tmp_path)
    spawner = house.spawner()
    await spawner.running()  # it is connected
    spawning = asyncio.create_task(spawner.spawn("one"))
    while not house.cluster.actors:
        await asyncio.sleep(0)
    spawning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await spawning
    assert not house.cluster.alive()
    await house.close()


async def test_a_connection_that_nobody_waits_for_any_more_is_not_made_a_second_time(tmp_path):
    entered, go_on, asked = threading.Event(), threading.Event(), []

    def init(**_: Any) -> None:
        asked.append(1)
        entered.set()
        go_on.wait(10)

    slow = SimpleNamespace(is_initialized=lambda: False, init=init, _private=None, shutdown=lambda: None)
    cluster = RayCluster(RaySettings(), lambda: slow)
    connecting = asyncio.create_task(cluster.connect())
    while not entered.is_set():
        await asyncio.sleep(0.001)
    connecting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await connecting
    again = asyncio.create_task(cluster.connect())
    await asyncio.sleep(0)
    go_on.set()
    await again
    assert asked == [1]
    await cluster.close()


async def test_an_engine_asks_for_what_the_settings_say_and_ray_does_nothing_a_second_time(tmp_path):
    house = LittleRayHouse(tmp_path, cpus=0.5, gpus=0.25, resources={"lines": 4.0})
    await house.spawner().spawn("one")
    [actor] = house.cluster.asked
    assert (actor["num_cpus"], actor["num_gpus"], actor["resources"]) == (0.5, 0.25, {"lines": 4.0})
    assert (actor["max_restarts"], actor["max_task_retries"]) == (0, 0)
    assert actor["lifetime"] == "detached"
    await house.spawner().is_gone("another")  # asked of its node, by a task
    assert [each["max_retries"] for each in house.cluster.asked[1:]] == [0, 0]
    await house.close()


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="ray is installed here")
async def test_without_the_package_it_says_which_one():
    with pytest.raises(SpawnError, match=r'pip install "call-thing\[ray\]"'):
        await RayCluster(RaySettings()).connect()


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="ray is not installed here")
@pytest.mark.parametrize(
    "name",
    ["RayTaskError", "RayActorError", "ActorDiedError", "ActorUnavailableError", "RuntimeEnvSetupError"],
)
def test_the_little_ray_fails_as_ray_does(name):
    real = importlib.import_module("ray.exceptions")
    bases = {each.__name__ for each in getattr(real, name).__mro__}
    assert {each.__name__ for each in getattr(little_ray, name).__mro__} <= bases


async def test_a_cluster_that_is_not_there_is_said_before_ray_tries():
    untried = SimpleNamespace(is_initialized=lambda: False)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ClusterAway, match=f"nobody answers on {address}"):
            await RayCluster(RaySettings(address=address), lambda: untried).connect()
