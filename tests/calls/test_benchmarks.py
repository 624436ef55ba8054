"""The benchmarks start, end, and say what the documentation takes from them; how fast it is, is not judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.protocol import ROOMS
from engine.report import PARTS

ROOT = Path(__file__).resolve().parents[2]


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A program of this project, run in its root as CONTRIBUTING.md says."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def milliseconds(value: Any) -> bool:
    """A latency that can be true: a number, neither negative nor a minute."""
    return isinstance(value, int | float) and 0 <= value < 60_000


@pytest.mark.long
@pytest.mark.timeout(180)
def test_the_latency_benchmark_measures_real_calls() -> None:
    arguments = ("--json", "--only", "wrong_number", "--language", "en", "--skip-kills")
    done = python("benchmarks/latency.py", *arguments)
    figures = json.loads(done.stdout)
    assert done.returncode == (1 if figures["failed"] else 0)
    assert (figures["scenarios"], figures["runs"], figures["kills"]) == (1, 1, {})
    assert figures["as_expected"] + len(figures["failed"]) == figures["runs"]
    assert figures["turns"] >= 1 and 0 < figures["ready_s"] < 60
    assert set(figures["latency_ms"]) == set(PARTS)
    for row in (
        *figures["latency_ms"].values(),
        figures["voice_to_voice_ms"],
        figures["hops_plus_playback_ms"],
    ):
        assert all(milliseconds(value) for value in row.values()), row
    assert figures["voice_to_voice_ms"]["p50"] > 0
    assert {"supervisor", *ROOMS} <= set(figures["cpu_percent_of_a_core"])
    assert figures["cpu_percent_without_recognizer"] >= 0
    assert isinstance(figures["audio_lost_frames"], int)


def test_the_words_benchmark_counts_lines_and_prints_those_not_heard() -> None:
    done = python(
        "-m", "benchmarks.scenario_words", "--language", "en", "--only", "wrong_number", "accepts", "--json"
    )
    assert done.returncode == 0
    heard, of, lines = done.stderr.split()[:3]
    missed = [json.loads(row) for row in done.stdout.splitlines()]
    assert of == "of" and int(lines) >= 2 and int(lines) - int(heard) == len(missed)
    assert all(row["where"].startswith("en/") and row["said"] and row["heard"] for row in missed)


def test_the_words_benchmark_takes_sentences_too() -> None:
    done = python("-m", "benchmarks.scenario_words", "--language", "de", "--say", "Guten Tag.")
    assert done.returncode == 0 and "of 1 lines heard" in done.stderr


@pytest.mark.timeout(180)
def test_the_turns_benchmark_plays_callers_to_the_engines_rooms_and_says_how_they_were_answered() -> None:
    done = python("benchmarks/turns.py", "--quick", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    files = figures.pop("by_file")
    assert set(files) == {"turns_en.wav", "pauses_en.wav", "interruptions_en.wav"}
    assert figures["turns"] + figures["paused_turns"] >= 4 and not figures["unanswered"]
    assert (figures["backchannels"], figures.get("not_over_us", 0)) == (1, 0)
    for name in ("voice_to_voice_ms", "after_decision_ms", "barge_in_ms"):
        assert all(milliseconds(value) for value in figures[name].values()), name
    assert "stub recogniser" not in done.stderr  # it has found all audio in the files it was told of
