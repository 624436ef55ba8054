"""The image, built and run: calls are made inside it, without root, a root file system to write, or a network."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.client import Client
from engine.coordinator.spawner import Spawned
from engine.coordinator.spawners.container import ContainerSpawner
from engine.protocol import Accepted, Ping
from engine.settings import ContainerSettings, CoordinatorSettings, Settings
from tests.fakes.container_tool import HARDENED, IMAGE, NOBODY, ROOT, ContainerTool, built, given_away

pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]
SIP_CALL = """
call-thing restaurant accepts --sip 127.0.0.1:5070 --calls 1 --json > /tmp/restaurant &
until grep -q waiting /tmp/restaurant; do sleep 0.1; done
call-thing call accepts --sip sip:restaurant@127.0.0.1:5070 --json
"""
LARGEST_MB = 500


@pytest.fixture(scope="module")
def tool() -> ContainerTool:
    found = built()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory that the image's user may write."""
    return given_away(tmp_path / "state")


def result_of(tool: ContainerTool, state: Path, *words: str) -> dict[str, Any]:
    """What `call-thing call --json` says, run alone in a container that has no network but its own loopback."""
    user = () if os.geteuid() == 0 else ("--user", f"{os.getuid()}:{os.getgid()}")
    done = tool(
        "run",
        "--rm",
        "--network",
        "none",
        *HARDENED,
        *user,
        "--volume",
        f"{state}:/state",
        *words,
        timeout_s=300,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_it_is_small_has_a_health_check_and_no_root(tool):
    about = tool.inspect(IMAGE)
    assert about["Size"] / 1e6 <= LARGEST_MB
    config = about["Config"]
    assert config["User"] == NOBODY
    health = about.get("Healthcheck") or config["Healthcheck"]  # as Podman has it, as Docker has it
    assert "engine.health" in " ".join(health["Test"])
    assert "ORT_DISABLE_TELEMETRY=1" in config["Env"]
    absent = "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is not None)"
    tool("run", "--rm", "--network", "none", *HARDENED, "--entrypoint", "python", IMAGE, "-c", absent)


def test_its_size_is_measured_as_the_documentation_says(tool):
    command = [sys.executable, "benchmarks/image.py", "--json", "--image", IMAGE, "--tool", tool.name]
    done = subprocess.run(
        command, cwd=ROOT, env=tool.environment, capture_output=True, text=True, timeout=300
    )
    figures = json.loads(done.stdout)
    assert 50 < figures["compressed_mb"] < figures["size_mb"] <= LARGEST_MB


def test_a_simulated_call_inside_it_books_a_table(tool, state):
    result = result_of(tool, state, IMAGE, "call", "accepts", "--json")
    assert result["ok"], result["differences"]
    assert list((state / "journals").glob("*/audio.*"))


def test_a_sip_call_inside_it_books_a_table(tool, state):
    result = result_of(tool, state, "--entrypoint", "sh", IMAGE, "-c", SIP_CALL)
    assert result["ok"], result["differences"]


@pytest.fixture
def spawner(tool, state, tmp_path) -> Iterator[ContainerSpawner]:
    with tool.service(tmp_path) as path:
        user = NOBODY if os.geteuid() == 0 else ""
        container = ContainerSettings(image=IMAGE, socket=str(path), user=user)
        settings = Settings(state_dir=str(state), coordinator=CoordinatorSettings(container=container))
        yield ContainerSpawner(settings, [])


def container_of(spawned: Spawned) -> str:
    return spawned.where.removeprefix("container ")


async def test_engines_in_containers_keep_what_a_spawner_promises(tool, spawner):
    try:
        one = await spawner.spawn("one")
        client = Client(one.address)
        await client.request(Ping(), Accepted)
        client.close()
        assert await spawner.running() == [one] and not await spawner.is_gone("one")
        tool("exec", container_of(one), "python", "-m", "engine.health")
        await spawner.stop("one", 10)
        assert await spawner.is_gone("one") and await spawner.running() == []
        two = await spawner.spawn("two")
        tool("kill", container_of(two))
        async with asyncio.timeout(20):
            while not await spawner.is_gone("two"):
                await asyncio.sleep(0.1)
        await spawner.stop("two", 1)
        assert container_of(two) not in tool("ps", "--all", "--format", "{{.Names}}").stdout
    finally:
        for name in ("one", "two"):
            await spawner.stop(name, 0)
