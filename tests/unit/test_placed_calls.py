"""A key makes one call at most; what became of it is told for as long as the engine lives."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine import line_processes
from engine.bus import now_us
from engine.errors import CallRefused, EngineError
from engine.protocol import (
    BrainUse,
    Flag,
    Header,
    LineState,
    PlaceCall,
    PlacedCall,
    Reservation,
    ReservationChanged,
)
from engine.scenario import find
from tests.fakes.calls_engine import CallsEngine
from tests.fakes.fake_child import FakeChild


@pytest.fixture
async def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CallsEngine]:
    monkeypatch.setattr(line_processes, "Child", FakeChild)
    monkeypatch.setattr(line_processes, "LAST_WORDS_S", 0.02)
    monkeypatch.setattr(FakeChild, "made", [])
    engine = CallsEngine(tmp_path)
    yield engine
    await engine.calls.end_all(1)


def command(key: str) -> PlaceCall:
    return PlaceCall(scenario=str(find("en/accepts")), key=key)


def hears(engine: CallsEngine, call: int, *messages: object) -> None:
    for message in messages:
        engine.calls.take(Header(0, call, Flag.NONE, 0, now_us() % (1 << 32)), message)  # type: ignore[arg-type]


async def test_a_command_that_comes_twice_makes_one_call(engine: CallsEngine):
    first = await engine.calls.place(command("job/1"))
    assert await engine.calls.place(command("job/1")) == first
    assert await engine.calls.place(command("job/2")) != first
    assert len(engine.calls.live()) == 2


async def test_commands_without_a_key_make_a_call_each(engine: CallsEngine):
    assert await engine.calls.place(command("")) != await engine.calls.place(command(""))


async def test_a_key_that_was_asked_about_before_its_command_came_makes_no_call(engine: CallsEngine):
    assert engine.calls.find_placed("job/1") == PlacedCall()
    with pytest.raises(CallRefused, match="nothing was dialled"):
        await engine.calls.place(command("job/1"))
    assert engine.calls.live() == [] and engine.calls.find_placed("job/1") == PlacedCall()


async def test_a_call_that_goes_on_is_told_as_it_stands(engine: CallsEngine):
    call = await engine.calls.place(command("job/1"))
    placed = engine.calls.find_placed("job/1")
    assert placed.call == call and not placed.answered and not placed.outcome
    hears(engine, call, LineState("answered"), BrainUse("m", usd=0.25), BrainUse("m"), BrainUse("m", usd=0.5))
    placed = engine.calls.find_placed("job/1")
    assert placed.answered and placed.usd == 0.75 and not placed.outcome
    header = json.loads((Path(placed.journal) / "events.jsonl").read_text().splitlines()[0])
    assert header["key"] == "job/1" and header["call"] == placed.call_id


async def test_a_call_that_has_ended_is_told_as_it_ended(engine: CallsEngine):
    call = await engine.calls.place(command("job/1"))
    booked = Reservation("booked", "2026-06-05", "19:00", 4, "Mason")
    hears(
        engine, call, LineState("answered"), ReservationChanged(booked, "book"), LineState("ended", "far_end")
    )
    assert engine.closing() is not None
    placed = engine.calls.find_placed("job/1")
    assert (placed.call, placed.outcome, placed.status, placed.answered) == (call, "booked", "booked", True)
    assert await engine.calls.place(command("job/1")) == call, "and its command makes no second one"


async def test_an_engine_that_is_being_stopped_says_that_another_one_may_place_the_call(engine: CallsEngine):
    await engine.calls.end_all(0.01)
    with pytest.raises(EngineError, match="being stopped"):
        await engine.calls.place(command("job/1"))
