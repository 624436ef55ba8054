"""Calls by voice through the whole house, several at once."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.client import Client
from engine.journal import read
from engine.protocol import Accepted, CallClosed, FarEndTruth, HangUp, PlaceCall, Transcript
from engine.records.sound import read_samples, sound_file
from engine.scenario import find
from engine.stores.reservations import ReservationStore
from tests.calls.conftest import RunningEngine

pytestmark = pytest.mark.timeout(150)
SCENARIOS = ("en/accepts", "en/interrupts", "en/hold_music", "de/accepts", "es/accepts", "nl/accepts")


async def test_calls_in_four_languages_end_as_expected_at_the_same_time(engine: RunningEngine) -> None:
    results = await asyncio.gather(*(engine.call(scenario) for scenario in SCENARIOS))
    wrong = {result["scenario"]: result["differences"] for result in results if not result["ok"]}
    assert not wrong
    languages = {
        turn["language"] for result in results for turn in result["turns"] if turn["who"] == "restaurant"
    }
    assert {"en", "de", "es", "nl"} <= languages
    assert sum(result["prepared"]["kept"] for result in results) >= len(SCENARIOS)


@pytest.fixture(scope="module")
def ended(engine: RunningEngine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The results of some calls that went on at the same time, by what is looked at in them."""
    text = find("en/accepts").read_text("utf-8")
    mute = tmp_path_factory.mktemp("mute") / "en" / "mute.yaml"
    mute.parent.mkdir()
    quiet = "restaurant:\n  level_dbfs: -60.0\n  noise_dbfs: null\n  silence_s: 4.0\n"
    mute.write_text(text.replace("restaurant:\n", quiet, 1), "utf-8")
    calls: dict[str, str | Path] = {
        "voices": "en/closed_that_day",
        "record": "en/cancels_booking",
        "latency": "en/wrong_number",
        "mute": mute,
    }

    async def place() -> list[dict[str, Any]]:
        return await asyncio.gather(*(engine.call(scenario) for scenario in calls.values()))

    return dict(zip(calls, asyncio.run(place()), strict=True))


def test_a_call_leaves_a_journal_and_both_voices(ended: dict[str, Any]) -> None:
    result = ended["voices"]
    assert result["ok"], result["differences"]
    folder = Path(result["journal"])
    events = [message for _, _, message in read(folder)]
    said = [event.text for event in events if isinstance(event, FarEndTruth)]
    heard = [event.text for event in events if isinstance(event, Transcript) and event.final]
    assert said and heard
    path = sound_file(folder)
    assert path is not None
    samples, rate_hz = read_samples(path)
    assert rate_hz == 16_000
    far, agent = np.abs(samples.astype(int)).reshape(-1, 2).max(axis=0)
    assert far > 3000 and agent > 3000
    loud_together = np.mean((np.abs(samples[:, 0]) > 3000) & (np.abs(samples[:, 1]) > 3000))
    assert loud_together < 0.01, "the channels are mixed, or the two talk over each other"
    assert result["audio_lost_frames"] == 0


async def test_the_record_of_a_call_knows_how_it_ended(engine: RunningEngine, ended: dict[str, Any]) -> None:
    result = ended["record"]
    assert result["ok"], result["differences"]
    store = ReservationStore(engine.state / "reservations.db")
    until = time.monotonic() + 5  # it is written beside the call
    while (
        not (mine := [r for r in store.listing() if r.journal == result["journal"]])
        and time.monotonic() < until
    ):
        await asyncio.sleep(0.05)
    store.close()
    assert [(record.outcome, record.reservation.status) for record in mine] == [("cancelled", "cancelled")]


async def test_a_call_that_is_hung_up_before_its_line_can_hear_ends_all_the_same(
    engine: RunningEngine,
) -> None:
    client = Client(engine.address, CallClosed)
    await asyncio.sleep(0.5)
    placed = await client.request(PlaceCall(scenario=str(find("en/accepts"))), Accepted)
    await client.request(HangUp(), Accepted, placed.call)
    until, closed = time.monotonic() + 10, None
    while closed is None and time.monotonic() < until:
        closed = next((m for header, m in client.drain() if header.call == placed.call), None)
        await asyncio.sleep(0.02)
    client.close()
    assert isinstance(closed, CallClosed) and closed.outcome == "hung_up"


def test_the_parts_of_every_latency_sum_to_the_whole(ended: dict[str, Any]) -> None:
    result = ended["latency"]
    waterfalls = [turn["latency_ms"] for turn in result["turns"] if turn["latency_ms"]]
    assert waterfalls
    for parts in waterfalls:
        whole = parts.pop("voice_to_voice")
        assert sum(parts.values()) == pytest.approx(whole, abs=0.1)
        assert all(value >= 0 for name, value in parts.items() if name != "hops"), parts


def test_an_agent_that_can_hear_nothing_knows_nothing(ended: dict[str, Any]) -> None:
    """The restaurant's words reach the agent as sound alone: without sound there is no table and no transcript."""
    result = ended["mute"]
    assert result["outcome"] in ("no_answer", "far_end_hung_up")
    assert result["reservation"]["status"] == "open"
    assert any(turn["text"] for turn in result["turns"] if turn["who"] == "restaurant"), (
        "the restaurant did speak"
    )
    assert not any(turn["heard"] for turn in result["turns"] if turn["who"] == "restaurant")
