"""Real SIP calls on loopback: the agent's engine calls a restaurant that knows nothing but what it hears."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from difflib import get_close_matches
from typing import Any

import psutil
import pytest

from engine.client import Client
from engine.follow import as_json, follow
from engine.protocol import EngineEvent, PlaceCall, PlaybackStarted
from engine.scenario import find, load
from tests.calls.conftest import RunningEngine

pytest.importorskip("baresip", reason="the SIP stack has no wheel for this system")
pytestmark = pytest.mark.timeout(150)
RESTAURANT = (sys.executable, "-m", "engine", "restaurant")


class Restaurant:
    """`call-thing restaurant` as a person starts it."""

    def __init__(self, scenario: str, *flags: str) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [*RESTAURANT, scenario, "--sip", f"127.0.0.1:{self.port}", "--json", *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.wait_until_it_waits()

    def wait_until_it_waits(self) -> list[str]:
        """Until it can be called (again); what happened on the way there."""
        assert self.process.stdout is not None
        seen: list[str] = []
        for line in self.process.stdout:
            seen.append(json.loads(line)["event"])
            if seen[-1] == "waiting":
                return seen
        raise AssertionError(f"it ended after {seen}")

    def rest(self) -> list[dict[str, Any]]:
        """All further events, to its end."""
        out, _ = self.process.communicate(timeout=20)
        return [json.loads(line) for line in out.splitlines()]


@contextmanager
def restaurant(scenario: str, *flags: str) -> Iterator[Restaurant]:
    there = Restaurant(scenario, *flags)
    try:
        yield there
    finally:
        if there.process.poll() is None:
            there.process.send_signal(signal.SIGINT)
            there.process.wait(10)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


async def call(engine: RunningEngine, scenario: str, port: int) -> dict[str, Any]:
    """The agent calls it; the object of `call-thing call --sip … --json`."""
    path = find(scenario)
    client = Client(engine.address)
    try:
        await asyncio.sleep(0.5)  # a subscription takes effect a moment after it was made
        to = f"sip:restaurant@127.0.0.1:{port}"
        followed = await follow(
            client, path, place=PlaceCall(scenario=str(path.absolute()), line="sip", to=to)
        )
    finally:
        client.close()
    return as_json(scenario, load(path), followed)


async def test_the_agent_gets_its_table_by_voice_alone(engine: RunningEngine) -> None:
    scenario = "en/accepts"
    with restaurant(scenario, "--calls", "1") as there:
        result = await call(engine, scenario, there.port)
        events = there.rest()
    assert result["ok"], (result["differences"], events)
    assert [event["event"] for event in events[:2]] == ["ringing", "answered"]
    assert events[-1]["event"] == "ended"
    heard = " ".join(event["text"] for event in events if event["event"] == "heard")
    assert "fifth of december" in heard
    assert there.process.returncode == 0


@pytest.mark.long
async def test_calls_at_once_in_other_languages_end_as_they_should(engine: RunningEngine) -> None:
    heard = {"de/closed_that_day": "montag", "es/accepts": "diciembre", "nl/accepts": "december"}
    with ExitStack() as stack:
        there = {name: stack.enter_context(restaurant(name, "--calls", "1")) for name in heard}
        results = await asyncio.gather(*(call(engine, name, there[name].port) for name in heard))
        events = {name: there[name].rest() for name in heard}
    for result in results:
        assert result["ok"], (result["differences"], events[result["scenario"]])
    for name, word in heard.items():
        words = " ".join(event["text"] for event in events[name] if event["event"] == "heard").split()
        assert get_close_matches(word, words, cutoff=0.8), (
            words
        )  # three calls at once: a letter may be misheard
        assert there[name].process.returncode == 0


@pytest.mark.long
async def test_rooms_that_die_do_not_end_a_call_on_a_real_line(engine: RunningEngine) -> None:
    playing, watcher = Client(engine.address, PlaybackStarted), Client(engine.address, EngineEvent)
    with restaurant("en/wrong_number", "--calls", "1") as there:
        calling = asyncio.create_task(call(engine, "en/wrong_number", there.port))
        await heard_by(playing, lambda _: True)
        for room in ("playback", "capture"):
            os.kill(engine.rooms()[room].pid, signal.SIGKILL)
            await heard_by(watcher, lambda m, r=room: (m.room, "is back" in m.text) == (r, True))  # type: ignore[misc]
        result = await calling
        events = there.rest()
    playing.close()
    watcher.close()
    assert result["ok"], (result["differences"], events)
    assert result["restarts"] == 2
    assert there.process.returncode == 0


async def heard_by(watcher: Client, is_it: Callable[[Any], bool]) -> None:
    """Until the engine has said it."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if any(is_it(message) for _, message in watcher.drain()):
            return
        await asyncio.sleep(0.02)
    pytest.fail("the engine did not say it")


@pytest.mark.long
async def test_it_answers_one_call_after_the_other(engine: RunningEngine) -> None:
    with restaurant("en/wrong_number", "--calls", "2") as there:
        first = await call(engine, "en/wrong_number", there.port)
        between = there.wait_until_it_waits()
        second = await call(engine, "en/wrong_number", there.port)
        after = [event["event"] for event in there.rest()]
    assert first["ok"] and second["ok"]
    assert between.count("answered") == after.count("answered") == 1


def test_ctrl_c_ends_it_and_leaves_nothing_behind() -> None:
    with restaurant("en/accepts") as there:
        lines = psutil.Process(there.process.pid).children()
        assert len(lines) == 1
        there.process.send_signal(signal.SIGINT)
        assert there.process.wait(10) == 0
    assert not any(line.is_running() for line in lines)


def test_a_port_that_is_taken_is_told_with_a_way_out() -> None:
    with restaurant("en/accepts") as there:
        second = subprocess.run(
            [*RESTAURANT, "en/accepts", "--sip", f"127.0.0.1:{there.port}"],
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert second.returncode == 3
    assert "something else receives there" in second.stderr and "--sip" in second.stderr


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.0.1", "the port is missing"),
        ("192.0.2.1:5070", "allowed_peers"),
        ("restaurant.example:5070", "must be one IP address"),
    ],
)
def test_an_address_that_cannot_be_is_told(address: str, words: str) -> None:
    tried = subprocess.run(
        [*RESTAURANT, "en/accepts", "--sip", address],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert tried.returncode == 2 and words in tried.stderr
