"""Engines as processes of this machine: what is special of them. What every spawner promises: test_spawners.py."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.client import Client
from engine.coordinator.spawner import SpawnError
from engine.coordinator.spawners import engine_folder, make_spawner
from engine.coordinator.spawners.local import LocalPool
from engine.protocol import Accepted, HangUp, Ping, PlaceCall
from engine.records.finishing import unfinished
from engine.records.past import past_calls
from engine.records.retention import keep_only
from engine.scenario import find
from engine.settings import Settings
from engine.statedir import engines_on, number_of
from tests.fakes.spawner_houses import LocalHouse, settings_of, until_gone

Make = Callable[..., LocalPool]


@pytest.fixture
async def pool(tmp_path: Path) -> AsyncIterator[Make]:
    """Pools of light engines on one state directory; what they have started is ended afterwards."""
    house = LocalHouse(tmp_path)
    yield house.spawner
    await house.close()


async def until(true: Callable[[], Any], within_s: float = 10.0) -> None:
    ends = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < ends, "it never came about"
        await asyncio.sleep(0.01)


def child_of(settings: Settings, name: str) -> int:
    return int((engine_folder(settings, name) / "child").read_text())


def lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


async def test_what_an_engine_says_before_it_ends_is_why_it_was_not_spawned(pool, tmp_path):
    spawner = pool("--fails", "The disk is full. Make room.")
    with pytest.raises(SpawnError, match=re.escape("The disk is full. Make room.")):
        await spawner.spawn("one")
    assert await spawner.running() == [] and await spawner.is_gone("one")
    assert "disk is full" in (engine_folder(settings_of(tmp_path), "one") / "logs" / "engine.log").read_text()


async def test_a_spawn_that_is_given_up_leaves_nothing_running(pool, tmp_path):
    spawner = pool("--silent")
    spawning = asyncio.create_task(spawner.spawn("one"))
    folder = engine_folder(settings_of(tmp_path), "one")
    await until(lambda: (folder / "child").exists() and (folder / "child").read_text())
    pids = [int((folder / "engine.lock").read_text()), child_of(settings_of(tmp_path), "one")]
    spawning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await spawning
    assert not any(lives(pid) for pid in pids)


async def test_an_engine_whose_rooms_live_on_is_not_gone(pool, tmp_path):
    """What a room does still reaches the far end."""
    spawner = pool()
    one = await spawner.spawn("one")
    child = child_of(settings_of(tmp_path), "one")
    os.kill(child, signal.SIGSTOP)  # it does not notice that its engine has ended
    os.kill(one.address.pid, signal.SIGKILL)
    await until(lambda: not lives(one.address.pid))
    assert not await spawner.is_gone("one") and not await pool().is_gone("one")
    assert await spawner.running() == []
    await spawner.stop("one", 1)
    assert await spawner.is_gone("one") and not lives(child)


async def test_an_engine_that_heeds_nothing_is_killed_with_all_its_rooms(pool, tmp_path, monkeypatch):
    monkeypatch.setattr("engine.coordinator.spawners.local.STOP_TIMEOUT_S", 0.3)
    spawner = pool("--deaf")
    one = await spawner.spawn("one")
    child = child_of(settings_of(tmp_path), "one")
    await spawner.stop("one", 0.2)
    assert not lives(one.address.pid) and not lives(child)


async def test_a_process_number_in_other_hands_is_not_the_engine(pool, tmp_path):
    spawner = pool()
    one = await spawner.spawn("one")
    os.kill(one.address.pid, signal.SIGKILL)
    await until_gone(spawner, "one")
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        lock = engine_folder(settings_of(tmp_path), "one") / "engine.lock"
        lock.write_text(f"{stranger.pid}\n")
        os.utime(lock, (time.time() - 600,) * 2)  # written down long before the stranger was born
        later = pool()
        assert await later.is_gone("one")
        await later.stop("one", 0)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


async def test_an_engine_of_another_kind_of_spawner_is_left_alone(pool, tmp_path):
    one = await pool().spawn("one")
    mark = engine_folder(settings_of(tmp_path), "one") / "spawner"
    mark.write_text("container")
    other = pool()
    assert await other.running() == []
    await other.stop("one", 0)
    client = Client(one.address)
    await client.request(Ping(), Accepted)
    client.close()
    mark.write_text("local")


async def test_an_engine_in_order_leaves_nothing_and_another_one_leaves_its_log(pool, tmp_path):
    spawner = pool()
    _, two = await asyncio.gather(spawner.spawn("one"), spawner.spawn("two"))
    await spawner.stop("one", 5)
    assert not engine_folder(settings_of(tmp_path), "one").exists()
    log = engine_folder(settings_of(tmp_path), "two") / "logs" / "engine.log"
    log.write_text("a room fell over\n")
    os.kill(two.address.pid, signal.SIGKILL)
    await until_gone(spawner, "two")
    await spawner.stop("two", 5)
    assert log.read_text() == "a room fell over\n"
    assert not (log.parents[1] / "engine.json").exists()
    with pytest.raises(SpawnError, match="before"):
        await spawner.spawn("two")


async def test_an_engine_with_nobody_there_ends_itself(pool):
    spawner = pool(alone_s=1)
    await spawner.spawn("one")
    await until_gone(spawner, "one")


async def test_the_calls_of_several_engines_are_told_apart(pool, tmp_path):
    spawner = pool()
    await asyncio.gather(spawner.spawn("one"), spawner.spawn("two"))
    assert engines_on(settings_of(tmp_path).state_path) == {number_of("one"), number_of("two")}


def test_the_settings_name_the_spawner(tmp_path):
    assert make_spawner(settings_of(tmp_path), []).kind == "local"


@pytest.mark.timeout(90)
async def test_a_real_engine_keeps_its_records_in_the_state_directory_that_it_shares(tmp_path):
    settings = settings_of(tmp_path)
    pool, state = LocalPool(settings, []), settings.state_path
    one = await pool.spawn("one")
    try:
        client = Client(one.address)
        call = await client.request(PlaceCall(scenario=str(find("en/accepts").absolute())), Accepted)
        (going,) = past_calls(state, datetime.now(UTC))
        assert going.in_progress and going.folder.parent == state / "journals"
        assert keep_only(state, 0, datetime.now(UTC)) == []
        assert unfinished(state / "journals", engines_on(state)) == []  # another engine leaves it alone
        await client.request(HangUp(), Accepted, call.call)
        client.close()
        await pool.stop("one", 20)
    finally:
        await pool.stop("one", 0)
    (ended,) = past_calls(state, datetime.now(UTC))
    assert not ended.in_progress and ended.outcome == "hung_up"
    assert not (state / "engines" / "one").exists() and (state / "reservations.db").exists()
