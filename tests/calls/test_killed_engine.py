"""kill -9 of an engine in the middle of a call: its record is readable, and nothing in it is damaged."""

from __future__ import annotations

import asyncio
import os
import signal
import wave
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.client import Client
from engine.journal import AUDIO, read
from engine.protocol import Accepted, PlaceCall, Transcript
from engine.records.past import past_calls
from engine.records.retention import keep_only
from engine.records.verify import verify
from engine.scenario import find
from tests.calls.conftest import RunningEngine

pytestmark = pytest.mark.timeout(90)


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
    with wave.open(str(call.folder / AUDIO)) as sound:
        assert sound.getnframes() >= (last.end_ms - 1000) * 16


async def _final(client: Client) -> Transcript:
    """The first turn of theirs that was understood."""
    while True:
        for _, message in client.drain():
            if isinstance(message, Transcript) and message.final:
                return message
        await asyncio.sleep(0.005)
