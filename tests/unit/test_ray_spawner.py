"""The spawner of a Ray cluster, where what it is told of the cluster is made up; the real one is in tests/calls."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from engine.client import EngineAddress
from engine.coordinator.spawner import Spawned, SpawnError
from engine.coordinator.spawners.ray import RaySpawner
from engine.coordinator.spawners.ray_cluster import ActorDied, ClusterAway
from engine.settings import Settings

ADDRESS = EngineAddress(1, "epoch", "10.0.0.5", 1, 2, "public", "client", "secret")
SPAWNED = Spawned(name="one", address=ADDRESS, where="node 10.0.0.5", started_at=1.0)


class FakeActor:
    """Answers by name of what is asked; an exception is raised instead."""

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, Any] = {
            "node": "n1", "start": {"spawned": msgspec.to_builtins(SPAWNED)}, "is_gone": False, "stop": "",
            "about": {"spawned": msgspec.to_builtins(SPAWNED)}, "journals": [], **answers,
        }  # fmt: skip

    def __getattr__(self, what: str) -> Any:
        return SimpleNamespace(remote=lambda *_: self.answers[what])


class FakeCluster:
    """What RayCluster is asked for."""

    def __init__(self) -> None:
        self.actors: dict[str, Any] = {}
        self.alive: dict[str, bool] = {"n1": True, "n2": True, "n3": True}
        self.on: dict[tuple[str, str], Any] = {}  # node and function → what it returns, or raises
        self.asked: list[tuple[str, str]] = []
        self.away = False
        self.made = FakeActor()

    async def connect(self) -> None:
        if self.away:
            raise ClusterAway("away")

    async def create(self, kind: type, name: str, *arguments: Any) -> Any:
        self.actors[name] = self.made
        return self.made

    async def find(self, name: str) -> Any:
        await self.connect()
        return self.actors.get(name)

    async def names(self) -> list[str]:
        return sorted(self.actors)

    async def nodes(self) -> dict[str, bool]:
        return self.alive

    async def room(self) -> str:
        return "; free: 0 of 4 CPU"

    async def ask(self, answer: Any, timeout_s: float = 1.0) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def on_node(
        self, node: str, function: Callable[..., Any], *arguments: Any, timeout_s: float
    ) -> Any:
        self.asked.append((node, function.__name__))
        return await self.ask(self.on.get((node, function.__name__), ClusterAway("silent")))

    async def kill(self, actor: Any) -> None:
        self.actors = {name: each for name, each in self.actors.items() if each is not actor}

    async def close(self) -> None: ...


@pytest.fixture
async def spawner(tmp_path):
    made = RaySpawner(Settings(state_dir=str(tmp_path / "home")), [])
    made._cluster = FakeCluster()
    yield made
    await made.close()


def dead(cluster: FakeCluster, name: str) -> None:
    """As Ray shows an actor that has died: there is none of that name."""
    cluster.actors.pop(name)


# Is it gone? ------------------------------------------------------------------------------------------------------


async def test_an_engine_whose_actor_does_not_answer_is_not_gone(spawner):
    await spawner.spawn("one")
    spawner._cluster.actors["one"] = FakeActor(is_gone=ClusterAway("no answer"))
    assert not await spawner.is_gone("one")


async def test_an_engine_is_not_gone_while_the_cluster_is_away(spawner):
    await spawner.spawn("one")
    spawner._cluster.away = True
    assert not await spawner.is_gone("one")


async def test_an_engine_whose_actor_died_is_not_gone_while_its_node_does_not_answer(spawner):
    await spawner.spawn("one")
    dead(spawner._cluster, "one")
    assert not await spawner.is_gone("one")
    assert spawner._cluster.asked == [("n1", "has_ended")]


async def test_an_engine_whose_actor_died_is_not_gone_while_its_node_says_that_it_lives(spawner):
    await spawner.spawn("one")
    spawner._cluster.actors["one"] = FakeActor(is_gone=ActorDied("killed"))
    spawner._cluster.on["n1", "has_ended"] = False
    assert not await spawner.is_gone("one")


async def test_an_engine_whose_node_was_declared_dead_is_gone(spawner):
    await spawner.spawn("one")
    dead(spawner._cluster, "one")
    spawner._cluster.alive["n1"] = False
    assert await spawner.is_gone("one")
    assert spawner._cluster.asked == []


async def test_of_an_engine_of_an_earlier_coordinator_every_node_that_lives_is_asked(spawner):
    cluster = spawner._cluster
    cluster.alive["n3"] = False
    cluster.on.update({(node, "has_ended"): True for node in cluster.alive})
    cluster.on.update({(node, "journals"): [] for node in cluster.alive})
    assert await spawner.is_gone("earlier")
    assert [node for node, what in cluster.asked if what == "has_ended"] == ["n1", "n2"]
    cluster.on["n2", "has_ended"] = False
    assert not await spawner.is_gone("earlier")


async def test_an_engine_is_gone_only_when_its_journals_are_home(spawner, tmp_path):
    await spawner.spawn("one")
    dead(spawner._cluster, "one")
    spawner._cluster.on["n1", "has_ended"] = True
    assert not await spawner.is_gone("one")  # its node does not tell of journals
    spawner._cluster.on["n1", "journals"] = []
    assert await spawner.is_gone("one")


async def test_an_engine_that_has_ended_by_itself_is_gone_though_its_actor_lives(spawner):
    await spawner.spawn("one")
    spawner._cluster.actors["one"] = FakeActor(is_gone=True)
    assert await spawner.is_gone("one")


# Starting and ending ----------------------------------------------------------------------------------------------


async def test_an_engine_without_room_is_told_with_what_it_needs_and_what_is_free(spawner):
    spawner._cluster.made = FakeActor(node=ClusterAway("still pending"))
    with pytest.raises(SpawnError, match=r"within 120 s. It needs 1 cpus; free: 0 of 4 CPU. Add nodes"):
        await spawner.spawn("one")
    assert spawner._cluster.actors == {}


async def test_an_actor_that_dies_while_its_engine_starts_leaves_nothing(spawner):
    spawner._cluster.made = FakeActor(start=ActorDied("out of memory"))
    with pytest.raises(SpawnError, match="did not start: out of memory"):
        await spawner.spawn("one")
    assert spawner._cluster.actors == {} and spawner._nodes == {}


async def test_an_actor_that_never_started_an_engine_is_cleared_away(spawner):
    spawner._cluster.actors["left"] = FakeActor(about={})
    spawner._cluster.actors["silent"] = FakeActor(node=ClusterAway("pending"))
    await spawner.spawn("one")
    assert await spawner.running() == [SPAWNED]
    assert sorted(spawner._cluster.actors) == ["one", "silent"]


async def test_what_cannot_be_stopped_is_said(spawner):
    await spawner.spawn("one")
    spawner._cluster.actors["one"] = FakeActor(stop="cannot be killed")
    with pytest.raises(SpawnError, match="cannot be killed"):
        await spawner.stop("one", 1.0)


async def test_an_actor_that_does_not_answer_is_killed_and_its_engine_is_not_called_ended(spawner):
    await spawner.spawn("one")
    spawner._cluster.actors["one"] = FakeActor(stop=ClusterAway("no answer"))
    with pytest.raises(ClusterAway):
        await spawner.stop("one", 1.0)
    assert spawner._cluster.actors == {}
    assert not await spawner.is_gone("one")  # its node has not said so


async def test_a_name_that_is_no_name_is_refused(spawner):
    with pytest.raises(SpawnError, match="is no name of an engine"):
        await spawner.spawn("../one")


async def test_an_engine_that_was_stopped_is_gone_without_anybody_being_asked(spawner):
    await spawner.spawn("one")
    await spawner.stop("one", 1.0)
    spawner._cluster.away = True
    assert await spawner.is_gone("one")
