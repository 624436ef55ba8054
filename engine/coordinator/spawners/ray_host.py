"""What runs on a node of a Ray cluster: an actor with one engine under it, and what is asked of a node without it.

The engine is a process of its own, as on one machine (local.py), but tied to the actor: it hangs up and ends when the
actor ends, in whatever way that happens. So an engine on a node that Ray has given up ends as well, when that node has
noticed. Nothing here is imported where there is no Ray, and Ray itself only where there is a node.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from pathlib import Path
from typing import Any

import msgspec

from engine.coordinator.spawner import Spawned
from engine.coordinator.spawners import journals_home
from engine.coordinator.spawners.local import PROGRAM, LocalPool
from engine.coordinator.spawners.settings_file import toml_of
from engine.errors import CallThingError
from engine.settings import Settings
from engine.settings_checks import is_loopback
from engine.settings_sources import ENV_PREFIX

ASK_S = 0.2  # between two looks whether the engine is still there
Told = dict[str, Any]  # what crosses between two machines: plain values alone


class EngineHost:
    """The actor. Ray makes it; it starts nothing before it is told to."""

    def __init__(self, name: str, settings: bytes, arguments: list[str], program: list[str]) -> None:
        """settings: JSON, of the engine but for what only its node knows. arguments: flags besides those.

        program: the engine, before its flags; [] = as it is installed on the node.
        """
        self._name = name
        self._settings = settings
        self._arguments = arguments
        self._program = program
        self._state = Path()
        self._pool: LocalPool | None = None
        self._spawned: Spawned | None = None

    def node(self) -> str:
        """Where it runs: the id of the node. Answered as soon as there is room for the engine."""
        import ray

        return str(ray.get_runtime_context().get_node_id())

    async def start(self) -> Told:
        """Start the engine and wait until it answers: {"spawned": ...}, or {"error": words}."""
        try:
            self._pool = self._made()
            spawned = await self._pool.spawn(self._name)
        except msgspec.ValidationError as error:
            return {
                "error": f"The node {_address()} has another version of call-thing ({error}). Use one image."
            }
        except (CallThingError, OSError) as error:
            return {"error": str(error)}
        self._spawned = msgspec.structs.replace(spawned, where=f"node {_address()}, {spawned.where}")
        return self.about()

    def _made(self) -> LocalPool:
        for name in [name for name in os.environ if name.startswith(ENV_PREFIX)]:
            del os.environ[name]  # the coordinator's settings count, all of them
        settings = msgspec.json.decode(self._settings, type=Settings)
        engine = msgspec.structs.replace(settings.engine, host=_address())
        sip = settings.sip
        if not is_loopback(sip.listen):  # an address of the coordinator's machine; here it is this one
            sip = msgspec.structs.replace(sip, listen=_address())
        settings = msgspec.structs.replace(settings, engine=engine, sip=sip)
        self._state = settings.state_path
        self._state.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._file(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as opened:
            opened.write(toml_of(settings))
        flags = ["--settings", str(self._file()), *self._arguments]
        return LocalPool(settings, flags, self._program or PROGRAM, tied=True)

    def _file(self) -> Path:
        return self._state / f".settings-{self._name}.toml"

    def about(self) -> Told:
        """The engine that was started: {"spawned": ...}; {} = none was."""
        return {"spawned": msgspec.to_builtins(self._spawned)} if self._spawned else {}

    async def is_gone(self) -> bool:
        """Whether the engine has ended; also where none was started."""
        return self._pool is None or await self._pool.is_gone(self._name)

    async def stop(self, grace_s: float) -> str:
        """End it in order; "" = it has ended, else why it could not be ended."""
        if self._pool is not None:
            try:
                await self._pool.stop(self._name, grace_s)
            except (CallThingError, OSError) as error:
                return str(error)
            with contextlib.suppress(OSError):
                self._file().unlink(missing_ok=True)
        return ""

    async def journals(self, word: str, ended: bool) -> list[str]:
        """Its calls' folders that can come home, see journals_home.py."""
        if self._pool is None:
            return []
        return await asyncio.to_thread(journals, str(self._state), self._name, word, ended)

    async def packed(self, call: str, ended: bool) -> bytes:
        """One of them."""
        return await asyncio.to_thread(packed, str(self._state), call, ended)

    async def remove(self, call: str) -> None:
        """It has come home."""
        await asyncio.to_thread(remove, str(self._state), call)


# What is asked of a node itself, where the actor has died: tasks, each a moment long


def has_ended(state: str, name: str, within_s: float) -> bool:
    """Whether the engine is not there any more; waited for so long, since it still hangs up."""
    pool = LocalPool(Settings(state_dir=state), [])
    until_s = time.monotonic() + within_s
    while not asyncio.run(pool.is_gone(name)):
        if time.monotonic() > until_s:
            return False
        time.sleep(ASK_S)
    return True


def journals(state: str, name: str, word: str, ended: bool) -> list[str]:
    """The calls whose folders can be taken home; none where this is the home."""
    if journals_home.shares(Path(state), word):
        return []
    return journals_home.journals_of(Path(state), name, ended, time.time())


def packed(state: str, call: str, ended: bool) -> bytes:
    """One of them."""
    return journals_home.packed(Path(state), call, ended)


def remove(state: str, call: str) -> None:
    """It has come home."""
    journals_home.remove(Path(state), call)


def _address() -> str:
    """Of this node, as the others reach it."""
    import ray

    return str(ray.util.get_node_ip_address())
