"""A Ray of one machine and one node, as far as engine/coordinator/spawners/ray_cluster.py uses it.

An actor is a process (little_ray_worker.py), so that it can die as one of Ray's does; a task is a thread. Whatever is
handed over is pickled. The same suite that runs on this runs on Ray itself: tests/calls/test_ray_cluster.py.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).parents[2]
NODE = "n" * 56
OF_ACTORS = {
    "name", "namespace", "lifetime", "max_restarts", "max_task_retries", "num_cpus", "num_gpus", "resources",
    "scheduling_strategy", "runtime_env",
}  # fmt: skip
OF_TASKS = {"num_cpus", "max_retries", "scheduling_strategy"}


class RayError(Exception): ...


class RayTaskError(RayError):
    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class RayActorError(RayError): ...


class ActorUnavailableError(RayActorError): ...


class ActorDiedError(RayActorError): ...


class RuntimeEnvSetupError(RayError): ...


class Reference:
    """To a result that comes."""

    def __init__(self) -> None:
        self._future: Future[Any] = Future()
        self._future.set_running_or_notify_cancel()  # who waits for it no longer does not end it

    def future(self) -> Future[Any]:
        return self._future


class Actor:
    """A process that does one method after the other, and several at once where they wait."""

    def __init__(self, kind: type, arguments: tuple[Any, ...]) -> None:
        self.is_dead = False
        self._kind = kind
        self._waiting: dict[int, Reference] = {}
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.little_ray_worker", NODE],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._send((kind, arguments))
        threading.Thread(target=self._listen, daemon=True).start()

    def do(self, method: str, arguments: tuple[Any, ...]) -> Reference:
        reference = Reference()
        with self._lock:
            number = len(self._waiting)
            self._waiting[number] = reference
            if self.is_dead or not self._send((number, method, arguments)):
                reference.future().set_exception(ActorDiedError("The actor is dead."))
        return reference

    def has(self, method: str) -> bool:
        return callable(getattr(self._kind, method, None))

    def _send(self, what: Any) -> bool:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(pickle.dumps(what))
            self._process.stdin.flush()
        except OSError:
            return False
        return True

    def _listen(self) -> None:
        assert self._process.stdout is not None
        while True:
            try:
                number, is_done, result = pickle.load(self._process.stdout)
            except (EOFError, pickle.UnpicklingError, OSError):
                break
            future = self._waiting[number].future()
            future.set_result(result) if is_done else future.set_exception(RayTaskError(result))
        self._process.wait()
        with self._lock:
            self.is_dead = True
            for reference in self._waiting.values():
                if not reference.future().done():
                    reference.future().set_exception(ActorDiedError("The actor died."))

    def kill(self) -> None:
        self._process.kill()


class LittleCluster:
    """What outlives those who are connected. `asked` holds the options of every actor and task."""

    def __init__(self) -> None:
        self.actors: dict[tuple[str, str], Actor] = {}
        self.asked: list[dict[str, Any]] = []
        self._tasks = ThreadPoolExecutor()

    def alive(self) -> dict[tuple[str, str], Actor]:
        return {name: actor for name, actor in self.actors.items() if not actor.is_dead}

    def begin_actor(self, kind: type, options: dict[str, Any], arguments: tuple[Any, ...]) -> SimpleNamespace:
        self._note(options, OF_ACTORS)
        name = (options["namespace"], options["name"])
        if name in self.alive():
            raise ValueError(f"The name {name[1]} is already taken.")
        self.actors[name] = Actor(kind, arguments)
        return _handle(self.actors[name])

    def begin_task(
        self, work: Callable[..., Any], options: dict[str, Any], arguments: tuple[Any, ...]
    ) -> Reference:
        self._note(options, OF_TASKS)
        assert options["scheduling_strategy"].node_id == NODE
        reference, given = Reference(), pickle.loads(pickle.dumps((work, arguments)))

        def done() -> None:
            try:
                reference.future().set_result(pickle.loads(pickle.dumps(given[0](*given[1]))))
            except Exception as error:
                reference.future().set_exception(RayTaskError(error))

        self._tasks.submit(done)
        return reference

    def _note(self, options: dict[str, Any], known: set[str]) -> None:
        if options.keys() - known:
            raise ValueError(f"Invalid option keyword: {options.keys() - known}")
        self.asked.append(options)

    def close(self) -> None:
        for actor in self.actors.values():
            actor.kill()
        self._tasks.shutdown()


class LittleRay:
    """What `import ray` gives to one process that is connected."""

    def __init__(self, cluster: LittleCluster) -> None:
        self._cluster = cluster
        self._initialized = False
        self._private = SimpleNamespace()
        self.exceptions = sys.modules[__name__]
        self.util = SimpleNamespace(
            list_named_actors=self._named,
            scheduling_strategies=SimpleNamespace(
                NodeAffinitySchedulingStrategy=lambda node_id, soft: SimpleNamespace(
                    node_id=node_id, soft=soft
                )
            ),
        )

    def is_initialized(self) -> bool:
        return self._initialized

    def init(self, *, address: str, namespace: str, log_to_driver: bool, logging_level: str) -> None:
        self._initialized = True

    def shutdown(self) -> None:
        self._initialized = False

    def remote(self, what: Any) -> Any:
        begin = self._cluster.begin_actor if isinstance(what, type) else self._cluster.begin_task
        return SimpleNamespace(
            options=lambda **options: SimpleNamespace(
                remote=lambda *arguments: begin(what, options, arguments)
            )
        )

    def get_actor(self, name: str, namespace: str) -> Any:
        actor = self._cluster.alive().get((namespace, name))
        if actor is None:
            raise ValueError(f"Failed to look up actor with name '{name}'.")
        return _handle(actor)

    def kill(self, actor: Any, *, no_restart: bool) -> None:
        actor._actor.kill()

    def nodes(self) -> list[dict[str, Any]]:
        return [{"NodeID": NODE, "Alive": True}]

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": 1.0}

    available_resources = cluster_resources

    def _named(self, all_namespaces: bool) -> list[dict[str, str]]:
        assert all_namespaces
        return [{"namespace": space, "name": name} for space, name in self._cluster.alive()]


class _Handle(SimpleNamespace):
    """Its methods are those of the actor's class."""

    def __getattr__(self, method: str) -> Any:
        if method.startswith("__") or not self._actor.has(method):
            raise AttributeError(method)
        return SimpleNamespace(remote=lambda *arguments: self._actor.do(method, arguments))


def _handle(actor: Actor) -> _Handle:
    return _Handle(_actor=actor)
