"""SIP calls through a whole engine, to peers on this machine: orders, handing over, lines that die."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest

from engine.client import Client
from engine.errors import CallRefused
from engine.protocol import (
    Accepted,
    CallClosed,
    EngineEvent,
    HangUp,
    HoldLine,
    LineAction,
    LineState,
    Message,
    OperatorAct,
    PlaceCall,
    SendDigits,
    Spoken,
    TransferLine,
)
from engine.scenario import find
from tests.calls.conftest import RunningEngine
from tests.fakes.sip.line_harness import LineHouse
from tests.fakes.sip.programs import free_port
from tests.fakes.sip.python_peer import PythonPeer, python_peer

pytestmark = [
    pytest.mark.timeout(150),
    pytest.mark.long,
    pytest.mark.skipif(importlib.util.find_spec("baresip") is None, reason="no SIP stack on this system"),
]
PATIENCE_S = 40.0


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PythonPeer]:
    with python_peer(tmp_path_factory.mktemp("peer")) as started:
        yield started


@pytest.fixture(scope="module")
def sharing_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    """An engine whose SIP calls share a process, and which knows a password."""
    extra = {"CALL_THING_SIP__CALLS_PER_PROCESS": "4", "SIP_PASSWORD": "hunter2"}
    account = {"PROVIDER": "sip.example.net", "PASSWORD_ENV": "SIP_PASSWORD"}
    extra |= {f"CALL_THING_SIP__ACCOUNTS__MAIN__{field}": value for field, value in account.items()}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in extra.items():
            patch.setenv(name, value)
        running = RunningEngine(tmp_path_factory.mktemp("state"))
    yield running
    running.process.stop()


class Watcher:
    """What the engine says of its calls, in order."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.seen: list[tuple[int, Message]] = []

    async def until(self, call: int, wanted: Callable[[Message], bool]) -> Message:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            self.seen += [(header.call, message) for header, message in self.client.drain()]
            for number, message in self.seen:
                if number == call and wanted(message):
                    self.seen.remove((number, message))
                    return message
            await asyncio.sleep(0.02)
        pytest.fail(f"call {call}: not seen; seen was {self.seen[-20:]}")

    async def place(self, peer: PythonPeer) -> int:
        """A call that has been answered."""
        command = PlaceCall(scenario=str(find("en/accepts")), line="sip", to=peer.uri)
        call = (await self.client.request(command, Accepted)).call
        await self.until(call, lambda m: isinstance(m, LineState) and m.state == "answered")
        return call

    async def wait(self, port: int, wait_s: int) -> int:
        """A call that is waited for; its line can be called, or has ended."""
        command = PlaceCall(scenario=str(find("en/accepts")), line="sip", await_port=port, await_s=wait_s)
        call = (await self.client.request(command, Accepted)).call
        await self.until(call, lambda m: isinstance(m, LineState) and m.state in ("waiting", "ended"))
        return call

    async def closed(self, call: int) -> CallClosed:
        message = await self.until(call, lambda m: isinstance(m, CallClosed))
        assert isinstance(message, CallClosed)
        return message


@asynccontextmanager
async def watching(engine: RunningEngine) -> AsyncIterator[Watcher]:
    client = Client(engine.address, LineState, LineAction, EngineEvent, OperatorAct, Spoken, CallClosed)
    await asyncio.sleep(0.5)  # a subscription takes effect a moment after it was made
    try:
        yield Watcher(client)
    finally:
        client.close()


def lines_of(engine: RunningEngine) -> list[psutil.Process]:
    children = psutil.Process(engine.address.pid).children()
    return [process for process in children if process.cmdline()[-1:] == ["line"]]


async def test_the_operator_holds_presses_keys_and_hands_over(
    engine: RunningEngine, peer: PythonPeer, tmp_path: Path
) -> None:
    async with watching(engine) as watcher:
        call = await watcher.place(peer)
        for order, told in (
            (HoldLine(), "hold"),
            (HoldLine(False), "resume"),
            (SendDigits("12#"), "press 3 keys"),
        ):
            await watcher.client.request(order, Accepted, call)
            await watcher.until(call, lambda m, t=told: isinstance(m, OperatorAct) and m.words == t)  # type: ignore[misc]
            done = await watcher.until(call, lambda m: isinstance(m, LineAction))
            assert isinstance(done, LineAction) and done.done
        for to in ("sip:112@127.0.0.1", "sip:b@example.org", "tel:+49301234567", "garbage"):
            with pytest.raises(CallRefused):
                await watcher.client.request(TransferLine(to), Accepted, call)
        with python_peer(tmp_path) as other:
            await watcher.client.request(TransferLine(other.uri, attended=True), Accepted, call)
            assert (await watcher.closed(call)).outcome == "transferred"
    rows = sqlite3.connect(engine.state / "reservations.db").execute("SELECT address FROM dialled").fetchall()
    assert rows == [("peer@127.0.0.1",)] * 2  # the call, and whom it was handed to


async def test_a_simulated_line_takes_no_orders_and_a_ringing_one_none_yet(
    engine: RunningEngine, peer: PythonPeer
) -> None:
    async with watching(engine) as watcher:
        scenario = str(find("en/accepts"))
        simulated = (await watcher.client.request(PlaceCall(scenario=scenario), Accepted)).call
        ringing = (
            await watcher.client.request(PlaceCall(scenario=scenario, line="sip", to=peer.uri), Accepted)
        ).call
        for call, words in ((simulated, "simulated line cannot"), (ringing, "once somebody has picked up")):
            with pytest.raises(CallRefused, match=words):
                await watcher.client.request(HoldLine(), Accepted, call)
        for call in (simulated, ringing):
            await watcher.client.request(HangUp(), Accepted, call)
            await watcher.closed(call)


async def test_a_line_that_dies_ends_its_own_call_alone(engine: RunningEngine, peer: PythonPeer) -> None:
    async with watching(engine) as watcher:
        before = set(lines_of(engine))  # of calls that have only just ended
        first = await watcher.place(peer)
        [line] = set(lines_of(engine)) - before
        second = await watcher.place(peer)
        os.kill(line.pid, signal.SIGKILL)
        closed = await watcher.closed(first)
        assert (closed.outcome, "SIGKILL" in closed.reason) == ("line_lost", True)
        await watcher.client.request(HoldLine(), Accepted, second)
        await watcher.until(second, lambda m: isinstance(m, LineAction) and m.done)
        await watcher.client.request(HangUp(), Accepted, second)
        assert (await watcher.closed(second)).outcome == "hung_up"


async def test_calls_that_share_a_process_share_nothing_else_and_leave_none(
    sharing_engine: RunningEngine, peer: PythonPeer
) -> None:
    async with watching(sharing_engine) as watcher:
        first, second = await watcher.place(peer), await watcher.place(peer)
        [line] = lines_of(sharing_engine)
        await watcher.client.request(HangUp(), Accepted, first)
        await watcher.closed(first)
        await watcher.client.request(HoldLine(), Accepted, second)
        await watcher.until(second, lambda m: isinstance(m, LineAction) and m.done)
        await watcher.client.request(HangUp(), Accepted, second)
        assert (await watcher.closed(second)).outcome == "hung_up"
        assert not psutil.wait_procs([line], timeout=6)[1]
        assert "line_lost" not in sharing_engine.log()


async def test_a_shared_process_that_dies_ends_all_of_its_calls(
    sharing_engine: RunningEngine, peer: PythonPeer
) -> None:
    async with watching(sharing_engine) as watcher:
        calls = [await watcher.place(peer) for _ in range(2)]
        [line] = lines_of(sharing_engine)
        os.kill(line.pid, signal.SIGKILL)
        for call in calls:
            assert (await watcher.closed(call)).outcome == "line_lost"


async def test_no_child_has_the_password_and_no_log_an_address(
    sharing_engine: RunningEngine, peer: PythonPeer
) -> None:
    async with watching(sharing_engine) as watcher:
        call = await watcher.place(peer)
        children = psutil.Process(sharing_engine.address.pid).children()
        assert len(children) == 8
        for child in children:
            assert "hunter2" not in str(child.environ()) and "SIP_PASSWORD" not in child.environ()
        await watcher.client.request(HangUp(), Accepted, call)
        await watcher.closed(call)
    assert peer.uri.removeprefix("sip:") not in sharing_engine.log() and "hunter2" not in sharing_engine.log()


async def test_a_restaurant_that_calls_back_is_answered_at_once_by_an_assistant_that_says_so(
    engine: RunningEngine,
) -> None:
    port = free_port()
    async with watching(engine) as watcher:
        call = await watcher.wait(port, wait_s=60)
        with LineHouse() as house, house.line(f"sip:anybody@127.0.0.1:{port}") as caller:
            await asyncio.to_thread(caller.until_state, "answered")
            with house.line(f"sip:anybody@127.0.0.1:{port}") as second:
                assert (await asyncio.to_thread(lambda: second.ended)).reason == "busy"
            said = await watcher.until(call, lambda m: isinstance(m, Spoken) and m.done)
            assert isinstance(said, Spoken)
            assert said.text == "Hello, this is an AI assistant, answering for Anna Walker."
            heard = caller.heard().astype(float)
            loud = np.sqrt(np.mean(heard[: len(heard) // 960 * 960].reshape(-1, 960) ** 2, axis=1)) > 300
            assert np.count_nonzero(loud) * 0.02 > 1.5  # seconds of voice
            await asyncio.to_thread(caller.hang_up)
            assert (await watcher.closed(call)).outcome == "far_end_hung_up"


async def test_a_restaurant_that_does_not_call_back_is_not_waited_for_any_longer(
    engine: RunningEngine,
) -> None:
    async with watching(engine) as watcher:
        call = await watcher.wait(free_port(), wait_s=2)
        began_s = time.monotonic()
        closed = await watcher.closed(call)
        assert (closed.outcome, closed.reason) == ("no_answer", "nobody called back")
        assert 1.0 < time.monotonic() - began_s < 6.0


async def test_a_port_that_is_taken_is_said_to_be_so(engine: RunningEngine) -> None:
    port = free_port()
    async with watching(engine) as watcher:
        first = await watcher.wait(port, wait_s=60)
        closed = await watcher.closed(await watcher.wait(port, wait_s=60))
        assert closed.outcome == "line_lost" and "Is the port taken?" in closed.reason
        await watcher.client.request(HangUp(), Accepted, first)
        assert (await watcher.closed(first)).outcome == "hung_up"
