"""What a peer of the benchmark is told and plays, without the peer."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from benchmarks.peer_job import Job
from benchmarks.peers import job_of, peer_figures
from benchmarks.turn_inputs import RATE_HZ, InputFile, Turn


def caller(folder: Path) -> InputFile:
    """Noise, somebody who asks, somebody who says "no" two seconds later."""
    pcm = (np.random.default_rng(1).standard_normal(6 * RATE_HZ) * 10).astype(np.int16)
    turns = (Turn("tell me", 1.0, 2.0, "ask"), Turn("no", 4.0, 4.5, "interruption"))
    for turn in turns:
        first, last = int(turn.start_s * RATE_HZ), int(turn.end_s * RATE_HZ)
        pcm[first:last] = 5000
    path = folder / "interruptions_en.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(pcm.tobytes())
    return InputFile(path, "en", turns)


def test_a_peer_hears_who_speaks_over_us_and_not_what_made_us_speak(tmp_path: Path):
    job = Job(job_of("fast", [caller(tmp_path)], 1))
    (call,) = job.calls
    pcm = np.array(call.pcm)
    assert np.abs(pcm[RATE_HZ : 2 * RATE_HZ]).max() < 100  # the line's noise
    assert np.abs(pcm[: 4 * RATE_HZ]).max() < 100 < np.abs(pcm[4 * RATE_HZ :]).max()
    assert [word.text for word in call.words_until(6.0)] == ["no"] and call.words_until(4.1) == []
    assert call.speak_at_s == [pytest.approx(2.3)] and call.stops_s == [2.0, 4.5]
    assert len(job.tone(job.long_answer, 8000)) > len(job.tone(job.answer, 8000)) > 0


def test_a_peer_that_cannot_run_says_so_and_the_others_go_on(tmp_path: Path, monkeypatch):
    def no_network(peer: str) -> Path:
        raise OSError("there is no network here")

    monkeypatch.setattr("benchmarks.peers.environment", no_network)
    found = peer_figures("pipecat", "fast", [caller(tmp_path)], 1, tmp_path)
    assert found["failed"] == "there is no network here"
