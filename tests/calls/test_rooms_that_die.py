"""kill -9 of every room in the middle of calls; the calls end as if nothing had happened."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import time

import pytest

from engine.client import Client
from engine.protocol import ROOMS, EngineEvent, PlaybackStarted, Sentence, Spoken, Transcript, TurnEnded
from tests.calls.conftest import RunningEngine

pytestmark = [pytest.mark.timeout(200), pytest.mark.long]
BACK_WITHIN_S = 10.0  # of the watcher, not of the room: the figure is measured in benchmarks/latency.py


async def back(watcher: Client, room: str) -> None:
    """Until the engine says that the room is back."""
    until = time.monotonic() + BACK_WITHIN_S
    while time.monotonic() < until:
        for _, event in watcher.drain():
            if isinstance(event, EngineEvent) and event.room == room and " is back" in event.text:
                return
        await asyncio.sleep(0.02)
    pytest.fail(f"{room} did not come back")


@pytest.mark.parametrize("half", [ROOMS[:4], ROOMS[4:]], ids=["the hearing half", "the speaking half"])
async def test_a_call_survives_the_death_of_every_room(engine: RunningEngine, half: tuple[str, ...]) -> None:
    watcher = Client(engine.address, EngineEvent)
    call = asyncio.create_task(engine.call("en/full_offers_inside"))
    await asyncio.sleep(5)
    for room in half:
        await asyncio.sleep(3.3)
        os.kill(engine.rooms()[room].pid, signal.SIGKILL)
        await back(watcher, room)
    result = await call
    watcher.close()
    assert result["ok"], (result["differences"], [(t["who"], t["heard"]) for t in result["turns"]])
    assert result["restarts"] == len(half)


async def test_the_agent_dies_while_it_owes_an_answer(engine: RunningEngine) -> None:
    await _kill_at(engine, "agent", TurnEnded)


async def test_playback_dies_in_the_middle_of_a_sentence(engine: RunningEngine) -> None:
    await _kill_at(engine, "playback", PlaybackStarted)


async def test_the_voice_dies_just_after_it_was_heard(engine: RunningEngine) -> None:
    await _kill_at(engine, "tts", Spoken)


async def test_an_agent_that_dies_while_it_says_its_last_words_still_ends_the_call(
    engine: RunningEngine,
) -> None:
    """What was spoken while nobody listened is reported again to its successor."""
    watcher = Client(engine.address, Sentence)
    call = asyncio.create_task(engine.call("en/full_offers_outside"))
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if any("goodbye" in message.text.lower() for _, message in watcher.drain()):  # type: ignore[attr-defined]
            break
        await asyncio.sleep(0.005)
    os.kill(engine.rooms()["agent"].pid, signal.SIGKILL)
    watcher.close()
    result = await call
    assert result["ok"], result["differences"]


@pytest.mark.parametrize("room", ROOMS)
async def test_a_room_dies_while_an_answer_is_prepared_and_not_said_yet(
    engine: RunningEngine, room: str
) -> None:
    """Nothing that they said is lost, each of their turns is answered once, and nothing is said twice."""
    watcher = Client(engine.address, Transcript, TurnEnded)
    call = asyncio.create_task(engine.call("en/full_offers_inside"))
    paused_in, over = await _prepared(watcher)
    os.kill(engine.rooms()[room].pid, signal.SIGKILL)
    watcher.close()
    result = await call
    assert paused_in not in over
    said = [(turn["who"], turn["heard"]) for turn in result["turns"]]
    assert result["ok"], (result["differences"], said)
    assert result["restarts"] == 1
    ours = [text for who, text in said if who == "agent"]
    assert all(one != other for one, other in itertools.pairwise(ours)), said


async def _prepared(watcher: Client) -> tuple[int, set[int]]:
    """The turn in which an answer is being prepared, one in the middle of the call; and those that are over."""
    over: set[int] = set()
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for _, message in watcher.drain():
            if isinstance(message, TurnEnded):
                over.add(message.turn)
            elif isinstance(message, Transcript) and message.at_pause and message.turn > 1 and message.text:
                await asyncio.sleep(0.02)  # within which the copy has answered, and 0.1 s before the commit
                over |= {each.turn for _, each in watcher.drain() if isinstance(each, TurnEnded)}
                return message.turn, over
        await asyncio.sleep(0.002)
    pytest.fail("they never paused")


async def _kill_at(engine: RunningEngine, room: str, moment: type) -> None:
    """Kill a room at the second message of a kind, which is in the middle of the conversation."""
    watcher = Client(engine.address, moment)
    call = asyncio.create_task(engine.call("en/closed_that_day"))
    seen: set[int] = set()
    until = time.monotonic() + 60
    while len(seen) < 2 and time.monotonic() < until:
        seen |= {getattr(message, "turn", getattr(message, "utterance", 0)) for _, message in watcher.drain()}
        await asyncio.sleep(0.005)
    os.kill(engine.rooms()[room].pid, signal.SIGKILL)
    watcher.close()
    result = await call
    assert result["ok"], (result["differences"], [(t["who"], t["heard"]) for t in result["turns"]])
    assert result["restarts"] == 1
