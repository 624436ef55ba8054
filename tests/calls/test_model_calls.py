"""Calls by voice with a language model's server as the brain: it books a table, and it dies in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.journal import read
from engine.protocol import BrainUse, EngineEvent
from engine.scenario import find, load
from tests.calls.conftest import RunningEngine
from tests.fakes.model_caller import ModelCaller
from tests.fakes.openai_server import MODEL, Answer, Body, FakeOpenAI

pytestmark = [pytest.mark.timeout(150), pytest.mark.long]
SCENARIO = "en/accepts"
SETTINGS = """
[brain]
kind = "openai"
model = "{model}"
base_url = "{url}"
key_env = ""
first_token_ms = 1500
budget_ms = 4000
usd_per_million_in = 1.0
usd_per_million_out = 4.0
"""
Start = Callable[[FakeOpenAI], RunningEngine]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts an engine whose brain is behind a server of the test."""
    running: list[RunningEngine] = []

    def begin(server: FakeOpenAI) -> RunningEngine:
        settings = tmp_path / "call-thing.toml"
        settings.write_text(SETTINGS.format(model=MODEL, url=server.url), "utf-8")
        running.append(RunningEngine(tmp_path / "state", "--settings", str(settings)))
        return running[-1]

    yield begin
    for engine in running:
        engine.process.stop()


def events_of(result: dict[str, Any]) -> list[Any]:
    return [message for _, _, message in read(Path(result["journal"]))]


def test_a_model_books_a_table_by_voice(start: Start) -> None:
    caller = ModelCaller(load(find(SCENARIO)).task)
    with FakeOpenAI(otherwise=caller) as server:
        result = asyncio.run(start(server).call(SCENARIO))
        assert result["ok"], (result["reason"], result["differences"], result["turns"])
        uses = [event for event in events_of(result) if isinstance(event, BrainUse)]
        assert uses and not any(use.fallback for use in uses), uses
        said = [turn["text"] for turn in result["turns"] if turn["who"] == "agent"]
        assert said[0].startswith("Hello, this is an AI assistant")
        used = result["brain"]
        assert used["model"] == MODEL and used["requests"] == len(server.asked)
        assert used["tokens_in"] == 100 * len(server.asked) and used["usd"] > 0
        assert used["fallbacks"] == 0


def test_the_scripted_brain_finishes_a_call_whose_model_dies(start: Start) -> None:
    caller = ModelCaller(load(find(SCENARIO)).task)

    def dies_after_the_first(body: Body) -> Answer:
        return caller(body) if len(server.asked) == 1 else Answer("I was just about to", cut_after=2)

    with FakeOpenAI(otherwise=dies_after_the_first) as server:
        result = asyncio.run(start(server).call(SCENARIO))
        assert result["ok"], (result["reason"], result["differences"], result["turns"])
        uses = [event for event in events_of(result) if isinstance(event, BrainUse)]
        assert not uses[0].fallback and any(use.fallback for use in uses)
        told = [event.text for event in events_of(result) if isinstance(event, EngineEvent)]
        assert any("The scripted brain goes on" in text for text in told), told
        assert result["brain"]["fallbacks"] >= 1
