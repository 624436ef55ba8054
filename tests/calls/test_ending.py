"""However an engine ends, no process of it is left."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from engine.client import Client
from engine.errors import ExitCode
from engine.protocol import Accepted, PlaceCall
from engine.scenario import find
from tests.calls.conftest import RunningEngine

pytestmark = [pytest.mark.timeout(90), pytest.mark.long]


def wait_until_gone(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that are still there after so long."""
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return alive


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_behind(tmp_path: Path, number: signal.Signals) -> None:
    engine = RunningEngine(tmp_path)
    rooms = list(engine.rooms().values())
    assert len(rooms) == 7
    os.kill(engine.address.pid, number)
    assert not wait_until_gone(rooms, 6)
    engine.process.stop()


def test_an_engine_ends_with_whoever_started_it(tmp_path: Path) -> None:
    engine = RunningEngine(tmp_path)
    everyone = [psutil.Process(engine.address.pid), *engine.rooms().values()]
    stdin = engine.process._process.stdin
    assert stdin is not None
    stdin.close()  # what the death of the parent does
    assert not wait_until_gone(everyone, 8)


def test_the_stop_command_ends_an_engine_and_says_when_there_is_none(tmp_path: Path) -> None:
    engine = RunningEngine(tmp_path)
    everyone = [psutil.Process(engine.address.pid), *engine.rooms().values()]
    command = [sys.executable, "-m", "engine", "stop", "--state-dir", str(tmp_path)]
    assert subprocess.run(command, capture_output=True, timeout=30).returncode == ExitCode.OK
    assert not wait_until_gone(everyone, 6)
    again = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert again.returncode == ExitCode.ENGINE and str(tmp_path) in again.stderr


async def test_an_engine_that_is_stopped_while_a_line_is_starting_ends_at_once(tmp_path: Path) -> None:
    engine = await asyncio.to_thread(RunningEngine, tmp_path)
    client = Client(engine.address)
    await client.request(PlaceCall(scenario=str(find("en/accepts"))), Accepted)
    everyone = [psutil.Process(engine.address.pid), *psutil.Process(engine.address.pid).children()]
    os.kill(engine.address.pid, signal.SIGTERM)
    client.close()
    assert not await asyncio.to_thread(wait_until_gone, everyone, 7)


def test_after_a_killed_engine_the_next_one_starts(tmp_path: Path) -> None:
    first = RunningEngine(tmp_path)
    os.kill(first.address.pid, signal.SIGKILL)
    first.process.stop()
    began = time.monotonic()
    second = RunningEngine(tmp_path)
    assert second.address.pid != first.address.pid
    second.process.stop()
    assert "engine ready" in (tmp_path / "logs" / "engine.log.1").read_text("utf-8")  # of the first
    assert time.monotonic() - began < 40
