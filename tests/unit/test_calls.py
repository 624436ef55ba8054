"""The calls of an engine whose line processes end when they are told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine import line_processes
from engine.bus import now_us
from engine.protocol import CallClosed, EngineEvent, Flag, HangUp, Header, SendDigits, ToolCalled
from tests.fakes.calls_engine import CallsEngine
from tests.fakes.fake_child import FakeChild


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
async def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CallsEngine]:
    monkeypatch.setattr(line_processes, "Child", FakeChild)
    monkeypatch.setattr(line_processes, "LAST_WORDS_S", 0.02)
    monkeypatch.setattr(FakeChild, "made", [])
    engine = CallsEngine(tmp_path)
    yield engine
    await engine.calls.end_all(1)


async def test_an_operator_who_hangs_up_a_call_whose_line_is_lost_does_not_hide_the_loss(engine: CallsEngine):
    call = await engine.begin()
    FakeChild.made[0].end(-9)
    await asyncio.sleep(0.05)
    engine.calls.hang_up(call)
    closed = engine.closing()
    assert closed is not None and closed.outcome == "line_lost" and "SIGKILL" in closed.reason


async def test_a_line_that_has_just_died_is_lost_even_before_it_is_said_to_be(engine: CallsEngine):
    call = await engine.begin()
    FakeChild.made[0].end(-9)
    await settled()
    engine.calls.hang_up(call)
    assert engine.closing() is None
    await asyncio.sleep(0.05)
    closed = engine.closing()
    assert closed is not None and closed.outcome == "line_lost"


async def test_a_call_that_the_operator_hangs_up_was_hung_up_whatever_its_line_does_then(engine: CallsEngine):
    call = await engine.begin()
    engine.calls.hang_up(call)
    assert HangUp("the operator hung up") in engine.sockets.said
    FakeChild.made[0].end(-9)
    await asyncio.sleep(0.05)
    closed = engine.closing()
    assert closed is not None and closed.outcome == "hung_up"


async def test_an_engine_that_is_stopped_does_not_hide_that_a_line_was_lost(engine: CallsEngine):
    await engine.begin()
    FakeChild.made[0].end(-11)
    await asyncio.sleep(0.05)
    await engine.calls.end_all(0.05)
    closed = next(each for each in engine.sockets.shown if isinstance(each, CallClosed))
    assert closed.outcome == "line_lost"


@pytest.mark.parametrize("refused", [False, True])
async def test_a_key_that_the_agent_presses_is_pressed_on_the_line(engine: CallsEngine, refused: bool):
    call = await engine.begin()
    engine.calls.live_call(call).line = "sip"
    pressed = ToolCalled("press_digits", {"digits": "2"}, "open", refused=refused)
    engine.calls.take(Header(0, call, Flag.NONE, 0, now_us() % (1 << 32)), pressed)
    await settled()
    assert (SendDigits("2") in engine.sockets.said) is not refused


async def test_a_line_that_has_no_keys_says_so_and_the_call_goes_on(engine: CallsEngine):
    call = await engine.begin()
    engine.calls.live_call(call).line = "recorded"
    pressed = ToolCalled("press_digits", {"digits": "2"}, "open")
    engine.calls.take(Header(0, call, Flag.NONE, 0, now_us() % (1 << 32)), pressed)
    await settled()
    told = [each.text for each in engine.sockets.shown if isinstance(each, EngineEvent)]
    assert len(told) == 1 and "was not pressed" in told[0] and "line sip" in told[0]
