"""A Ray cluster of three nodes and a head on this machine, in a network of its own, and what happens to calls on it.

python -m tests.fakes.ray_house FOLDER     in an empty network namespace; one JSON object on standard output
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from engine.client import Client
from engine.coordinator.room import Coordinator
from engine.coordinator.spawner import Spawned, SpawnError
from engine.coordinator.spawners.ray import RaySpawner
from engine.jobs.sqlite_store import SqliteJobStore
from engine.jobs.store import JobFilter
from engine.jobs.stores import DATABASE
from engine.protocol import Accepted, PlaceCall
from engine.settings import CoordinatorSettings, RaySettings, Settings
from engine.statedir import ENGINES, is_held
from tests.fakes.jobs import TASK, a_job
from tests.fakes.ray_node import OBJECTS_BYTES, is_alone, loopback_up

NODES = ("127.0.0.11", "127.0.0.12", "127.0.0.13")
LINES = 2  # of each node
PATIENCE_S = 60.0


class RayHouse:
    """The cluster, and the folders of its nodes and of the coordinator."""

    def __init__(self, folder: Path) -> None:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        from ray.cluster_utils import Cluster

        self.folder, self.log = folder, folder / "dialled.txt"
        self.home, self.there = folder / "home", folder / "node"
        shared = {"object_store_memory": OBJECTS_BYTES}
        head = {**shared, "num_cpus": 0, "include_dashboard": False, "node_ip_address": "127.0.0.1"}
        head["_system_config"] = {
            "health_check_timeout_ms": 1000,
            "health_check_period_ms": 1000,
        }  # 10 and 3 s
        self.cluster = Cluster(initialize_head=True, connect=False, head_node_args=head)
        self.nodes = {
            host: self.cluster.add_node(
                wait=False, num_cpus=1, resources={"lines": LINES}, node_ip_address=host, **shared
            )
            for host in NODES
        }
        self.cluster.wait_for_nodes()

    def settings(self, **ray: Any) -> Settings:
        of_ray = {
            "address": self.cluster.address,
            "cpus": 0.01,
            "resources": {"lines": 1.0},
            "folder": str(self.there),
        }
        coordinator = CoordinatorSettings(
            spawner="ray", min_idle=0, max_engines=6, calls_per_engine=1, starts_at_once=6, silent_s=1,
            ray=RaySettings(**{**of_ray, **ray}),
        )  # fmt: skip
        return Settings(state_dir=str(self.home), coordinator=coordinator)

    def spawner(self, **ray: Any) -> RaySpawner:
        program = [sys.executable, "-m", "tests.fakes.clustered_engine", str(self.log)]
        return RaySpawner(self.settings(**ray), ["--settings", "/nowhere/call-thing.toml"], program)

    def invites(self) -> list[list[str]]:
        """Of each call that was placed: its key, engine, host."""
        try:
            return [line.split()[1:] for line in self.log.read_text().splitlines()]
        except FileNotFoundError:
            return []

    def journals(self, state: Path) -> list[str]:
        return sorted(path.name for path in (state / "journals").glob("*")) if state.exists() else []

    def is_dead(self, host: str) -> bool:
        """Whether Ray says so."""
        import ray

        return not any(each["Alive"] for each in ray.nodes() if each["NodeManagerAddress"] == host)

    def is_held(self, engine: str) -> bool:
        """Whether an engine is alive, by its lock."""
        return is_held(self.there / ENGINES / engine)

    def let_go(self, yes: bool) -> None:
        mark = self.log.with_suffix(".let-go")
        mark.touch() if yes else mark.unlink(missing_ok=True)


async def until(true: Callable[[], Any], what: str, within_s: float = PATIENCE_S) -> float:
    """Seconds until it was so."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() < began + within_s, f"never: {what}"
        await asyncio.sleep(0.05)
    return time.monotonic() - began


async def gone(spawner: RaySpawner, name: str) -> bool:
    for _ in range(100):
        if await spawner.is_gone(name):
            return True
        await asyncio.sleep(0.1)
    return False


async def promises(house: RayHouse) -> dict[str, Any]:
    """What every spawner promises, and what is Ray's own."""
    told: dict[str, Any] = {}
    first, later = house.spawner(), house.spawner()
    one = await first.spawn("one")
    told["host"], told["where"] = one.address.host, one.where
    told["same name"] = await _refused(first, "one")
    told["gone while it runs"] = await first.is_gone("one")
    await _call(one)
    await first.close()
    found = await later.running()
    told["found again"] = found == [one]
    house.let_go(True)
    await until(lambda: house.journals(house.home), "a journal comes home while its engine goes on")
    await until(lambda: not house.journals(house.there), "it is removed where it came from")
    told["home"] = house.journals(house.home)
    house.let_go(False)
    await _call(one)
    await later.stop("one", 0.0)
    told["gone after it was stopped"] = await later.is_gone("one")
    told["in the middle"] = len(house.journals(house.home))
    two = await later.spawn("two")
    os.kill(_parent(two.address.pid), signal.SIGKILL)  # its actor
    told["gone after its actor died"] = await gone(later, "two")
    told["its process"] = _lives(two.address.pid)
    await later.stop("two", 0.0)
    told["left"] = [each.name for each in await later.running()]
    await later.close()
    greedy = house.spawner(resources={"lines": 3.0}, room_s=2)
    told["no room"] = await _refused(greedy, "three")
    told["left after no room"] = [each.name for each in await greedy.running()]
    await greedy.close()
    broken = RaySpawner(
        house.settings(), [], [sys.executable, "-c", "import sys; sys.exit('call-thing: no')"]
    )
    told["does not start"] = await _refused(broken, "four")
    told["left after it did not start"] = [each.name for each in await broken.running()]
    await broken.close()
    return told


async def _refused(spawner: RaySpawner, name: str) -> str:
    try:
        await spawner.spawn(name)
    except SpawnError as error:
        return str(error)
    return ""


async def _call(engine: Spawned) -> None:
    client = Client(engine.address)
    try:
        await client.request(PlaceCall(task=TASK, key=f"by-hand/{time.monotonic_ns()}"), Accepted)
    finally:
        client.close()


def _parent(pid: int) -> int:
    return int(_stat(pid)[1])


def _lives(pid: int) -> bool:
    """A zombie does not: in a namespace of our own nobody clears them away."""
    try:
        return _stat(pid)[0] != "Z"
    except FileNotFoundError:
        return False


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


async def node_dies(house: RayHouse) -> dict[str, Any]:
    """Six calls on three nodes; a node dies in the middle, and another one seems to."""
    jobs = [a_job(count) for count in range(6)]
    house.log.unlink()
    with_journals = len(house.journals(house.home))
    house.home.mkdir(exist_ok=True)
    store = SqliteJobStore(house.home / DATABASE)
    store.add(jobs)
    states = lambda: [each.state for each in store.list(JobFilter())]  # noqa: E731
    running = asyncio.create_task(Coordinator(house.settings(), house.spawner()).run())
    took: dict[str, float] = {}
    took["six calls"] = await until(
        lambda: states().count("talking") == 6 or running.done(), "six calls go on"
    )
    hosts = [host for _, _, host in house.invites()]
    house.cluster.remove_node(house.nodes[hosts[0]], allow_graceful=False)
    took["unknown"] = await until(lambda: "unknown" in states(), "a call is unknown")
    took["all unknown"] = await until(lambda: states().count("unknown") == LINES, "all calls of the node are")
    frozen = next(host for host in hosts if host != hosts[0])
    raylet = house.nodes[frozen].all_processes["raylet"][0].process
    raylet.send_signal(signal.SIGSTOP)
    took["frozen"] = await until(lambda: house.is_dead(frozen), "Ray takes the frozen node for dead")
    still = states().count("talking")
    house.let_go(True)
    took["done"] = await until(lambda: states().count("done") == 6 - LINES, "the others end")
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, PATIENCE_S)
    after = house.spawner()
    left = [each.name for each in await after.running()]
    await after.close()
    frozen_engines = [engine for _, engine, host in house.invites() if host == frozen]
    took["ended there"] = await until(
        lambda: not any(map(house.is_held, frozen_engines)), "engines there end"
    )
    raylet.send_signal(signal.SIGCONT)
    found = store.list(JobFilter())
    return {
        "jobs": [msgspec.to_builtins(each) for each in found],
        "invites": house.invites(),
        "died": hosts[0],
        "journals": len(house.journals(house.home)) - with_journals,
        "left": left,
        "frozen": frozen,
        "still talking": still,
        "seconds": {what: round(seconds, 1) for what, seconds in took.items()},
    }


def main(folder: Path) -> None:
    assert is_alone(), "run this in a network of its own: unshare -rn"
    loopback_up()
    began = time.monotonic()
    house = RayHouse(folder)
    try:
        up_s = round(time.monotonic() - began, 1)
        told = asyncio.run(promises(house))
        dies = asyncio.run(node_dies(house))
        print(json.dumps({"up_s": up_s, "promises": told, "node dies": dies}))
    finally:
        house.cluster.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
