"""The spawner of a Ray cluster, where what it is told of the cluster is made up; the real one is in tests/calls."""

from __future__ import annotations

import asyncio
import importlib.util
import socket
import threading
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import yaml

from engine.client import EngineAddress
from engine.coordinator.spawner import Spawned, SpawnError
from engine.coordinator.spawners import ray_host
from engine.coordinator.spawners.ray import RaySpawner
from engine.coordinator.spawners.ray_cluster import ActorDied, ClusterAway, RayCluster
from engine.coordinator.spawners.settings_file import flags_elsewhere, toml_of
from engine.settings import CoordinatorSettings, RaySettings, Settings, SipAccount, SipSettings
from engine.settings_sources import load
from tests.fakes import little_ray
from tests.fakes.spawner_houses import LittleRayHouse

DEPLOY = Path(__file__).parents[2] / "deploy" / "ray"
RAYS_ERRORS = (
    "RayTaskError",
    "RayActorError",
    "ActorDiedError",
    "ActorUnavailableError",
    "RuntimeEnvSetupError",
)
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


async def test_an_engine_that_was_stopped_is_gone_without_anybody_being_asked(spawner):
    await spawner.spawn("one")
    await spawner.stop("one", 1.0)
    spawner._cluster.away = True
    assert await spawner.is_gone("one")


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


# The cluster ------------------------------------------------------------------------------------------------------


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


# What goes to the nodes -------------------------------------------------------------------------------------------


def test_settings_arrive_as_they_are(tmp_path):
    accounts = {"A.b ü": SipAccount(provider="sip.example", password_env='X"\\\n')}
    settings = Settings(
        state_dir="/state",
        sip=SipSettings(accounts=accounts, account="A.b ü", codecs=("pcmu",)),
        coordinator=CoordinatorSettings(
            ray=RaySettings(resources={"lines": 4.0}, runtime_env={"env_vars": {"A": "1"}, "x": [1, True]})
        ),
    )
    file = tmp_path / "settings.toml"
    file.write_text(toml_of(settings), "utf-8")
    assert load(file, environment={}) == settings


def test_flags_that_name_files_of_this_machine_stay_here():
    flags = ["--settings", "a.toml", "--stub", "--state-dir=/x", "--state-dir", "/x", "--fast"]
    assert flags_elsewhere(flags) == ["--stub", "--fast"]


def test_a_node_listens_on_its_own_address_also_for_sip(monkeypatch, tmp_path):
    monkeypatch.setattr(ray_host, "_address", lambda: "10.0.0.7")
    monkeypatch.setenv("CALL_THING_LANGUAGE", "de")
    wanted = Settings(
        state_dir=str(tmp_path), sip=SipSettings(listen="10.0.0.1", allowed_peers=("10.9.9.9",))
    )
    ray_host.EngineHost("one", msgspec.json.encode(wanted), [], [])._made()
    found = load(tmp_path / ".settings-one.toml")
    assert found.engine.host == found.sip.listen == "10.0.0.7"
    assert found.language == "en"  # the node's environment does not count


async def test_a_node_with_another_version_is_said(monkeypatch):
    monkeypatch.setattr(ray_host, "_address", lambda: "10.0.0.7")
    told = await ray_host.EngineHost("one", b'{"new_section": {}}', [], []).start()
    assert told["error"].startswith("The node 10.0.0.7 has another version of call-thing")


# deploy/ray -------------------------------------------------------------------------------------------------------


def test_the_cluster_that_is_delivered_fits_the_coordinator_that_is_delivered():
    cluster = yaml.safe_load((DEPLOY / "cluster.yaml").read_text())
    by_kind = {each["kind"]: each for each in yaml.safe_load_all((DEPLOY / "coordinator.yaml").read_text())}
    settings = msgspec.convert(tomllib.loads(by_kind["ConfigMap"]["data"]["call-thing.toml"]), Settings)
    wanted, coordinator = settings.coordinator.ray, settings.coordinator
    assert wanted.address == f"{cluster['metadata']['name']}-head-svc:6379"
    assert wanted.resources == {"lines": float(coordinator.calls_per_engine)}
    lines, gpu = cluster["spec"]["workerGroupSpecs"]
    for group in (lines, gpu):
        assert float(group["resources"]["CPU"]) >= wanted.cpus
        assert float(group["resources"]["lines"]) >= wanted.resources["lines"]
        port = int(group["rayStartParams"]["node-manager-port"])
        [worker] = group["template"]["spec"]["containers"]
        assert worker["readinessProbe"]["tcpSocket"]["port"] == port
    engines = lines["maxReplicas"] * float(lines["resources"]["lines"]) / coordinator.calls_per_engine
    assert engines >= coordinator.max_engines
    assert cluster["spec"]["headGroupSpec"]["resources"]["CPU"] == "0"
    pod = by_kind["StatefulSet"]["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > coordinator.drain_s
    assert by_kind["StatefulSet"]["spec"]["replicas"] == 1


def test_one_version_of_ray_everywhere():
    cluster = yaml.safe_load((DEPLOY / "cluster.yaml").read_text())["spec"]
    version = cluster["rayVersion"]
    assert f"ARG RAY_VERSION={version}\n" in (DEPLOY / "Containerfile").read_text()
    assert cluster["autoscalerOptions"]["image"].startswith(f"rayproject/ray:{version}-")
