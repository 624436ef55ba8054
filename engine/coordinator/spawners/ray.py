"""Engines on the nodes of a Ray cluster: an actor for each, which Ray places and never starts again.

    spawn ──► actor, where there is room ──► engine on that node ──► its address ──► we speak with it, by ZeroMQ

Ray says where an engine goes and which node is lost. It does not carry calls, and decides nothing about them. Journals
of engines that do not share our state directory are fetched when a call has ended, and when an engine has.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

import msgspec

from engine.coordinator.spawner import Spawned, SpawnError
from engine.coordinator.spawners import ray_host
from engine.coordinator.spawners.asking import ask
from engine.coordinator.spawners.engine_folders import NAME, READY_TIMEOUT_S
from engine.coordinator.spawners.journals_fetched import Ask, JournalsFetched
from engine.coordinator.spawners.ray_cluster import ANSWER_S, ActorDied, ClusterAway, RayCluster
from engine.coordinator.spawners.settings_file import flags_elsewhere
from engine.errors import CallThingError
from engine.launch import STOP_TIMEOUT_S
from engine.protocol import StopEngine
from engine.settings import Settings

log = logging.getLogger(__name__)
MARGIN_S = 20.0  # for what an engine needs to end, beside its calls
CARRY_S = 120.0  # a recording at most
POLL_S = 0.1
TOLD_S = 2.0  # an engine that hears us says so at once


class RaySpawner:
    """The spawner `ray`; see engine/coordinator/spawner.py for what its methods promise."""

    kind = "ray"

    def __init__(self, settings: Settings, arguments: list[str], program: list[str] | None = None) -> None:
        """arguments: flags of an engine. program: the engine, before its flags; None = as nodes have it installed."""
        wanted = settings.coordinator.ray
        self._room_s = wanted.room_s
        self._needs = {"cpus": wanted.cpus, "gpus": wanted.gpus, **wanted.resources}
        self._there = wanted.folder or str(settings.state_path)
        self._settings = msgspec.json.encode(msgspec.structs.replace(settings, state_dir=self._there))
        self._arguments = flags_elsewhere(arguments)
        self._program = program or []
        self._cluster = RayCluster(wanted)
        self._actors: dict[str, Any] = {}
        self._engines: dict[str, Spawned] = {}
        self._nodes: dict[str, str] = {}  # by engine; its actor may be dead
        self._starting: set[str] = set()
        self._gone: set[str] = set()  # for sure; nobody has to be asked again
        self._journals = JournalsFetched(settings.state_path)

    async def spawn(self, name: str) -> Spawned:
        if not NAME.fullmatch(name):
            raise SpawnError(
                f"{name!r} is no name of an engine. Use letters, digits and hyphens, at most 63."
            )
        await self._connect()
        self._starting.add(name)
        self._gone.discard(name)
        try:
            return await self._spawn(name)
        finally:
            self._starting.discard(name)

    async def _spawn(self, name: str) -> Spawned:
        actor = await self._created(name)
        try:
            self._nodes[name] = await self._placed(actor)
            told = await self._cluster.ask(actor.start.remote(), READY_TIMEOUT_S + MARGIN_S)
            if "error" in told:
                raise SpawnError(told["error"])
            return self._is_there(name, actor, told)
        except BaseException as error:
            await asyncio.shield(self._undo(name, actor))
            if isinstance(error, ActorDied):
                raise SpawnError(f"The engine {name} did not start: {error}") from None
            raise

    async def _created(self, name: str) -> Any:
        """Its actor. Who gives up waiting for it leaves none behind, which would take room from others."""
        given = (name, self._settings, self._arguments, self._program)
        creating = asyncio.ensure_future(self._cluster.create(ray_host.EngineHost, name, *given))
        try:
            return await asyncio.shield(creating)
        except asyncio.CancelledError:
            with contextlib.suppress(ValueError, SpawnError):
                await self._undo(name, await creating)
            raise
        except ValueError:
            raise SpawnError(f"The cluster has an engine of the name {name}. Choose another one.") from None

    def _is_there(self, name: str, actor: Any, told: ray_host.Told) -> Spawned:
        self._actors[name] = actor
        self._engines[name] = msgspec.convert(told["spawned"], Spawned)
        return self._engines[name]

    async def _placed(self, actor: Any) -> str:
        try:
            return str(await self._cluster.ask(actor.node.remote(), self._room_s))
        except ClusterAway:
            needs = ", ".join(f"{count:g} {what}" for what, count in self._needs.items() if count)
            raise SpawnError(
                f"No node of the Ray cluster had room for an engine within {self._room_s} s. It needs "
                f"{needs or 'nothing'}{await self._cluster.room()}. Add nodes, lower coordinator.max_engines, or raise "
                "coordinator.ray.room_s."
            ) from None

    async def _undo(self, name: str, actor: Any) -> None:
        """Nothing of it is left, as far as that can be reached."""
        ended = name not in self._nodes  # then it was not told to start anything
        with contextlib.suppress(SpawnError):
            if not ended:
                ended = not await self._cluster.ask(actor.stop.remote(0.0), STOP_TIMEOUT_S + MARGIN_S)
        with contextlib.suppress(SpawnError):
            await self._kill(name, actor)
        self._forget(name, ended)

    async def running(self) -> list[Spawned]:
        await self._connect()
        names = [name for name in await self._cluster.names() if name not in self._starting]
        found = await asyncio.gather(*(self._found(name) for name in names))
        return [each for each in found if each is not None]

    async def _found(self, name: str) -> Spawned | None:
        """An engine that answers; one that was never started, or has ended, is cleared away."""
        with contextlib.suppress(SpawnError):
            actor = await self._cluster.find(name)
            if actor is None:
                return None
            node = await self._cluster.ask(actor.node.remote())
            told = await self._cluster.ask(actor.about.remote())
            gone = await self._cluster.ask(actor.is_gone.remote())
            self._nodes[name] = node
            if told and not gone:
                return self._is_there(name, actor, told)
            if name not in self._starting:
                await self.stop(name, 0.0)
        return None

    async def is_gone(self, name: str) -> bool:
        """Where Ray has declared its node dead: True. That may be cut off, and what was dialled there go on a while."""
        if name in self._starting:
            return False
        if name in self._gone or not NAME.fullmatch(name):
            return True
        try:
            await self._connect()
            return await self._is_gone(name)
        except SpawnError as error:
            log.info("%s: %s", name, error)
            return False

    async def _is_gone(self, name: str) -> bool:
        actor = await self._cluster.find(name)
        if actor is not None:
            with contextlib.suppress(ActorDied):
                if not await self._cluster.ask(actor.is_gone.remote()):
                    return False
                await self._journals.fetch(name, self._by_actor(actor), ended=True)
                return True
        return await self._is_gone_without_actor(name, 0.0)

    async def _is_gone_without_actor(self, name: str, within_s: float) -> bool:
        """Asked of its node; of all of them, where it is not known which one it was. Raises ClusterAway."""
        nodes = await self._cluster.nodes()
        known = self._nodes.get(name)
        if known is not None and not nodes.get(known, False):
            return True
        for node in [known] if known is not None else [node for node, alive in nodes.items() if alive]:
            by_node = self._by_node(node)
            limit_s = within_s + MARGIN_S  # a node under load is slow to begin a task
            if not await self._cluster.on_node(
                node, ray_host.has_ended, self._there, name, within_s, timeout_s=limit_s
            ):
                return False
            await self._journals.fetch(name, by_node, ended=True)
        return True

    async def stop(self, name: str, grace_s: float) -> None:
        if not NAME.fullmatch(name):
            return
        await self._connect()
        actor = await self._cluster.find(name)
        if actor is not None:
            try:
                words = await self._cluster.ask(
                    actor.stop.remote(grace_s), grace_s + STOP_TIMEOUT_S + MARGIN_S
                )
                if words:
                    raise SpawnError(words)
                await self._journals.fetch(name, self._by_actor(actor), ended=True)
            except ActorDied:
                actor = None
            except ClusterAway:
                await self._kill(name, actor)  # it ends with its actor
                raise
        if actor is not None:
            await self._kill(name, actor)
            self._forget(name, ended=True)
            return
        if name in self._engines:  # Ray has given it up, but it may hear us all the same
            with contextlib.suppress(CallThingError):
                await ask(self._engines[name].address, StopEngine(after_calls=grace_s > 0), TOLD_S)
        if name in self._nodes and not await self._is_gone_without_actor(name, STOP_TIMEOUT_S):
            raise SpawnError(f"The engine {name} is still there, and its actor is dead. Look at its node.")
        self._forget(name, ended=name in self._nodes)

    async def _kill(self, name: str, actor: Any) -> None:
        await self._cluster.kill(actor)
        until_s = asyncio.get_running_loop().time() + ANSWER_S
        while await self._cluster.find(name) is not None:
            if asyncio.get_running_loop().time() > until_s:
                raise ClusterAway(f"Ray does not end the actor {name}.")
            await asyncio.sleep(POLL_S)

    def _forget(self, name: str, ended: bool) -> None:
        if ended:
            self._gone.add(name)
        self._actors.pop(name, None)
        self._engines.pop(name, None)
        self._nodes.pop(name, None)

    async def close(self) -> None:
        """Leave the cluster. What has not come home yet, the next coordinator fetches."""
        await self._journals.close()
        await self._cluster.close()

    async def _connect(self) -> None:
        await self._cluster.connect()
        await self._journals.begin(self._asks)

    def _asks(self) -> dict[str, Ask]:
        return {name: self._by_actor(actor) for name, actor in self._actors.items()}

    def _by_actor(self, actor: Any) -> Ask:
        async def ask(what: str, *arguments: Any) -> Any:
            given = arguments[1:] if what == "journals" else arguments  # it knows its name
            return await self._cluster.ask(getattr(actor, what).remote(*given), CARRY_S)

        return ask

    def _by_node(self, node: str) -> Ask:
        async def ask(what: str, *arguments: Any) -> Any:
            function = getattr(ray_host, what)
            return await self._cluster.on_node(node, function, self._there, *arguments, timeout_s=CARRY_S)

        return ask
