"""Real calls with another voice than the embedded one: in a process of its own, and one that cannot be had."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.client import Client
from engine.protocol import EngineEvent, PlaybackStarted
from tests.calls.conftest import RunningEngine

pytestmark = [pytest.mark.timeout(150), pytest.mark.long]


def engine_with(settings: str, folder: Path) -> RunningEngine:
    file = folder / "call-thing.toml"
    file.write_text(settings)
    return RunningEngine(folder / "state", "--settings", str(file))


@pytest.fixture
def with_a_process(tmp_path: Path) -> Iterator[RunningEngine]:
    python = tmp_path / "python"  # stands for an interpreter that has a voice's package
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.fakes.espeak_child\n')
    python.chmod(0o755)
    voice = f'[voice]\nengine = "piper"\nfirst_audio_ms = 5000\n[voice.piper]\npython = "{python}"\n'
    engine = engine_with(voice, tmp_path)
    yield engine
    engine.process.stop()


@pytest.fixture
def with_google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningEngine]:
    """Without a key."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "there is no such file"))
    engine = engine_with('[voice]\nengine = "google"\n', tmp_path)
    yield engine
    engine.process.stop()


async def test_a_call_is_spoken_by_a_voice_in_a_process_of_its_own(with_a_process: RunningEngine) -> None:
    engine = with_a_process
    watcher = Client(engine.address, EngineEvent, PlaybackStarted)
    result = await engine.call("en/accepts")
    heard = [message for _, message in watcher.drain()]
    watcher.close()
    assert result["ok"], (result["differences"], [(t["who"], t["heard"]) for t in result["turns"]])
    assert [event.text for event in heard if isinstance(event, EngineEvent) and event.room == "tts"] == []
    assert len([each for each in heard if isinstance(each, PlaybackStarted)]) >= 3
    assert list((engine.state / "cache" / "voice").glob("*.pcm")), "no sentence was kept"


async def test_a_call_goes_on_with_the_embedded_voice_when_the_chosen_one_cannot_be_had(
    with_google: RunningEngine,
) -> None:
    engine = with_google
    watcher = Client(engine.address, EngineEvent)
    result = await engine.call("en/accepts")
    events = [message for _, message in watcher.drain() if isinstance(message, EngineEvent)]
    watcher.close()
    assert result["ok"], (result["differences"], [(t["who"], t["heard"]) for t in result["turns"]])
    told = [event.text for event in events if event.room == "tts"]
    assert len(told) == 1
    assert "no credentials" in told[0] and "espeak-ng speaks until" in told[0]
