"""A Ray cluster, as far as engines need one: actors with a name, tasks on a certain node, and which nodes there are.

Everything has an end in time. `ClusterAway` is what is raised where nothing can be known: never a verdict.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
import socket
from collections.abc import Callable
from typing import Any, TypeVar

from engine.coordinator.spawner import SpawnError
from engine.settings import RaySettings

log = logging.getLogger(__name__)
ANSWER_S = 10.0
T = TypeVar("T")


class ClusterAway(SpawnError):
    """The cluster, or whoever was asked there, does not answer."""


class ActorDied(SpawnError):
    """Ray has given the actor up: it is dead, or its node is, or that is cut off."""


class RayCluster:
    """For one event loop. Ray's own calls block, so that they are made in threads."""

    def __init__(self, settings: RaySettings, imported: Callable[[], Any] | None = None) -> None:
        """imported: how the package is had; None = it is imported when it is first needed."""
        self._settings = settings
        self._imported = imported or _imported
        self._ray: Any = None
        self._connecting: asyncio.Future[None] | None = None
        self._ours = False  # the connection: we end it

    async def connect(self) -> None:
        """Once; later calls find it done. Raises SpawnError with the next step.

        Who gives up waiting does not end it: Ray takes it amiss when it is asked a second time meanwhile.
        """
        if self._ray is None:
            if self._connecting is None or self._connecting.done():
                self._connecting = asyncio.ensure_future(self._connect())
                self._connecting.add_done_callback(_looked_at)
            await asyncio.shield(self._connecting)

    async def _connect(self) -> None:
        ray = self._imported()
        limit_s = float(self._settings.connect_s)
        if not ray.is_initialized():
            address = self._settings.address or os.environ.get("RAY_ADDRESS", "")
            await self._in_time(lambda: _reach(address, limit_s), limit_s + 1)
            await self._in_time(lambda: self._init(ray, address), limit_s)
            self._ours = True
        self._ray = ray

    def _init(self, ray: Any, address: str) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            _keep_off_stdout(ray)
            ray.init(
                address=address or "auto",
                namespace=self._settings.namespace,
                log_to_driver=False,
                logging_level="ERROR",
            )
        except Exception as error:  # of a dozen kinds, Ray's and Python's
            raise ClusterAway(
                f"No Ray cluster can be used from here: {_first_line(error)} A coordinator runs on a node of its "
                "cluster: ray start --address=HEAD:6379 --num-cpus=0 makes this machine one, docs/ray.md"
            ) from None

    async def create(self, kind: type, name: str, *arguments: Any) -> Any:
        """A new actor with a name, detached: it outlives us. Returns before there is room for it."""
        ray, wanted = self._ray, self._settings
        options: dict[str, Any] = {
            "name": name,
            "namespace": wanted.namespace,
            "lifetime": "detached",
            "max_restarts": 0,  # whether anything is done again is not Ray's to say
            "max_task_retries": 0,
            "num_cpus": wanted.cpus,
            "num_gpus": wanted.gpus,
            "resources": dict(wanted.resources),
            "scheduling_strategy": "SPREAD",
        }
        if wanted.runtime_env:
            options["runtime_env"] = dict(wanted.runtime_env)
        return await self._in_time(
            lambda: ray.remote(kind).options(**options).remote(*arguments),
            ANSWER_S + self._settings.connect_s,
        )

    async def find(self, name: str) -> Any | None:
        """The actor of that name; None = Ray knows none that is alive or to be started. Raises ClusterAway."""
        try:
            return await self._in_time(lambda: self._ray.get_actor(name, self._settings.namespace), ANSWER_S)
        except ValueError:
            return None

    async def names(self) -> list[str]:
        """Of all actors of our namespace. Raises ClusterAway."""
        listed = await self._in_time(lambda: self._ray.util.list_named_actors(all_namespaces=True), ANSWER_S)
        return sorted(each["name"] for each in listed if each["namespace"] == self._settings.namespace)

    async def nodes(self) -> dict[str, bool]:
        """Id of every node that Ray remembers → whether it takes it for alive. Raises ClusterAway."""
        listed = await self._in_time(lambda: self._ray.nodes(), ANSWER_S)
        return {str(each["NodeID"]): bool(each["Alive"]) for each in listed}

    async def room(self) -> str:
        """For people: what the cluster has, and what of it is free."""
        with contextlib.suppress(ClusterAway):
            whole = await self._in_time(lambda: self._ray.cluster_resources(), ANSWER_S)
            free = await self._in_time(lambda: self._ray.available_resources(), ANSWER_S)
            told = (
                f"{free.get(name, 0):g} of {count:g} {name}"
                for name, count in sorted(whole.items())
                if ":" not in name and "memory" not in name
            )
            return "; free: " + ", ".join(told)
        return ""

    async def ask(self, reference: Any, timeout_s: float = ANSWER_S) -> Any:
        """What an actor or a task answers. Raises ActorDied, ClusterAway."""
        errors = self._ray.exceptions
        future = asyncio.wrap_future(reference.future())
        future.add_done_callback(_looked_at)
        done, _ = await asyncio.wait({future}, timeout=timeout_s)
        if not done:
            raise ClusterAway(f"An engine's node did not answer within {timeout_s:g} s.")
        try:
            return future.result()
        except errors.RayTaskError as error:
            raise ClusterAway(
                f"A node could not do what it was asked to: {_first_line(error.cause)}"
            ) from None
        except errors.ActorUnavailableError as error:
            raise ClusterAway(f"An engine's node does not answer: {_first_line(error)}") from None
        except (errors.RayActorError, errors.RuntimeEnvSetupError) as error:
            raise ActorDied(f"Ray has given an engine up: {_first_line(error)}") from None
        except errors.RayError as error:
            raise ClusterAway(f"Ray does not answer: {_first_line(error)}") from None

    async def on_node(
        self, node: str, function: Callable[..., Any], *arguments: Any, timeout_s: float
    ) -> Any:
        """What a function returns there. Raises ClusterAway."""
        ray = self._ray

        def begun() -> Any:
            there = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node, soft=False)
            task = ray.remote(function).options(num_cpus=0, max_retries=0, scheduling_strategy=there)
            return task.remote(*arguments)

        return await self.ask(await self._in_time(begun, ANSWER_S), timeout_s)

    async def kill(self, actor: Any) -> None:
        """At once; it is waited for by `find`. Raises ClusterAway."""
        await self._in_time(lambda: self._ray.kill(actor, no_restart=True), ANSWER_S)

    async def _in_time(self, work: Callable[[], T], limit_s: float) -> T:
        """In a thread. Raises ClusterAway; ValueError and SpawnError of the work pass."""
        try:
            async with asyncio.timeout(limit_s):  # wait_for of Python 3.11 may lose a cancellation
                return await asyncio.to_thread(work)
        except TimeoutError:
            raise ClusterAway(f"The Ray cluster did not answer within {limit_s:g} s.") from None
        except (ValueError, SpawnError):
            raise
        except Exception as error:
            raise ClusterAway(f"The Ray cluster does not answer: {_first_line(error)}") from None

    async def close(self) -> None:
        """Leave the cluster; detached actors stay."""
        if self._ray is not None and self._ours:
            with contextlib.suppress(ClusterAway):
                await self._in_time(lambda: self._ray.shutdown(), ANSWER_S)
        self._ray = None


def _looked_at(late: asyncio.Future[Any]) -> None:
    """What came of it when nobody waited any more is no error."""
    if not late.cancelled():
        late.exception()


def _imported() -> Any:
    try:
        ray = importlib.import_module("ray")
        importlib.import_module("ray.util.scheduling_strategies")
    except ImportError as error:
        raise SpawnError(
            f'coordinator.spawner is "ray", and its package is missing ({error}). pip install "call-thing[ray]", with '
            "the version of Ray that the cluster has."
        ) from None
    return ray


def _keep_off_stdout(ray: Any) -> None:
    """Ray prints what befalls its nodes on standard output, which is for data. It has no setting for that."""
    worker: Any = getattr(ray._private, "worker", None)
    if hasattr(worker, "print_to_stdstream"):
        worker.print_to_stdstream = _log_lines


def _log_lines(data: dict[str, Any], ignore_prefix: bool = False) -> None:
    """The first line of each: the others are a node's own log."""
    for text in data.get("lines", ()):
        log.info("Ray says: %s", str(text).strip().partition("\n")[0])


def _reach(address: str, limit_s: float) -> None:
    """Is anybody there? Ray itself would try for a long time, and say it in many words."""
    host, separator, port = address.rpartition(":")
    if not separator or not port.isdigit() or "/" in address:
        return  # "auto", ray://, or a cluster of this machine
    try:
        socket.create_connection((host, int(port)), limit_s).close()
    except OSError as error:
        raise ClusterAway(
            f"coordinator.ray.address: nobody answers on {address} ({error.strerror or error}). Start the cluster "
            "(ray start --head), or name its head's HOST:PORT."
        ) from None


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    words = lines[0] if lines else type(error).__name__
    return words if words.endswith(".") else f"{words}."
