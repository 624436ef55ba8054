"""kill -9 of an engine in the middle of a call: its record is readable, and nothing in it is damaged."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.client import Client
from engine.journal import AUDIO, read
from engine.protocol import ROOMS, Accepted, CallState, PlaceCall, Transcript, Voice
from engine.records.finishing import finish
from engine.records.past import past_calls
from engine.records.retention import keep_only
from engine.records.sound import FLAC, read_samples
from engine.records.verify import verify
from engine.scenario import find
from tests.calls.conftest import RunningEngine

pytestmark = pytest.mark.timeout(90)
LOST_S = 1.5  # of sound at most, where an engine was killed: a second, and what was on its way


async def test_a_killed_engine_leaves_a_record_that_is_whole_as_far_as_it_goes(tmp_path: Path) -> None:
    engine = await asyncio.to_thread(RunningEngine, tmp_path)
    try:
        client = Client(engine.address, Transcript)
        try:
            await asyncio.sleep(0.5)  # a subscription takes effect a moment after it was made
            await client.request(PlaceCall(scenario=str(find("en/accepts"))), Accepted)
            last = await _final(client)
        finally:
            client.close()
        (going,) = past_calls(tmp_path, datetime.now(UTC))
        assert going.in_progress
        assert keep_only(tmp_path, 0, datetime.now(UTC)) == []
        os.kill(engine.address.pid, signal.SIGKILL)
    finally:
        await asyncio.to_thread(engine.process.stop)
    (call,) = past_calls(tmp_path, datetime.now(UTC))
    report = verify(call.folder)
    assert (report.verdict, report.damage, call.in_progress) == ("unfinished", (), False)
    assert last in [message for _, _, message in read(call.folder)]  # it was written before it was shown
    assert len(read_samples(call.folder / AUDIO).pcm) >= (last.end_ms - 1000) * 16


@pytest.mark.long
@pytest.mark.timeout(200)
@pytest.mark.parametrize("seed", range(4))
async def test_an_engine_killed_at_any_moment_leaves_sound_to_the_last_second(
    tmp_path: Path, seed: int
) -> None:
    after_s = random.Random(seed).uniform(0.2, 12)
    engine = await asyncio.to_thread(RunningEngine, tmp_path)
    try:
        client = Client(engine.address, CallState)
        try:
            await client.request(PlaceCall(scenario=str(find("de/accepts"))), Accepted)
            await asyncio.sleep(after_s)
        finally:
            client.close()
        os.kill(engine.address.pid, signal.SIGKILL)
    finally:
        await asyncio.to_thread(engine.process.stop)
    (call,) = past_calls(tmp_path, datetime.now(UTC))
    assert (verify(call.folder).verdict, verify(call.folder).damage) == ("unfinished", ())
    events = list(read(call.folder))
    heard = [(us, message) for us, _, message in events if isinstance(message, Voice)]
    if heard:  # the detector has had something to hear
        last_us, began_us = heard[-1][0], heard[0][0] - heard[0][1].end_ms * 1000
        seconds = len(read_samples(call.folder / AUDIO).pcm) / 16_000
        assert seconds >= (last_us - began_us) / 1e6 - LOST_S
    finish(call.folder)
    assert verify(call.folder).verdict == "unfinished"


@pytest.mark.long
@pytest.mark.timeout(200)
@pytest.mark.parametrize("seed", range(3))
async def test_a_room_killed_at_any_moment_leaves_a_record_that_is_whole(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    engine = await asyncio.to_thread(RunningEngine, tmp_path)
    try:
        call = asyncio.create_task(engine.call("en/accepts"))
        await asyncio.sleep(dice.uniform(1, 12))
        os.kill(engine.rooms()[dice.choice(ROOMS)].pid, signal.SIGKILL)
        folder = Path((await call)["journal"])
        assert verify(folder).verdict == "whole"
    finally:
        await asyncio.to_thread(engine.process.stop)  # which waits for the recording
    assert (folder / FLAC).exists() and not (folder / AUDIO).exists()
    assert verify(folder).verdict == "whole"


async def _final(client: Client) -> Transcript:
    """The first turn of theirs that was understood."""
    while True:
        for _, message in client.drain():
            if isinstance(message, Transcript) and message.final:
                return message
        await asyncio.sleep(0.005)
