"""How a recogniser is measured: what counts as a wrong word, and which window a model should have."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from benchmarks import asr
from benchmarks.asr_clips import SENTENCES, Clip, recorded, synthetic
from engine.evaluation.word_errors import Errors, errors, words_of
from tests.fakes.far_ends import noise, speech
from tests.fakes.untrained_whisper import untrained_whisper

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("language", "said", "written"),
    [
        ("en", "At half past seven, please!", "at half past seven please"),
        ("en", "A table for four at seven thirty.", "a table for 4 at 7:30"),
        ("en", "The twenty-first.", "the twenty first"),
        ("en", "That's five p.m.", "thats 5 p m"),
        ("en", "zero one seven one", "0171"),
        ("de", "Straße für zwölf", "strasse für 12"),
        ("de", "um neunzehn Uhr dreißig", "um 19 Uhr 30"),
        ("es", "Sí, a las ocho.", "si a las 8"),
        ("nl", "één tafel, oké", "een tafel, ok"),
    ],
)
def test_how_words_are_written_does_not_count(language, said, written):
    assert errors(said, written, language).wrong == 0, (words_of(said, language), words_of(written, language))


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("a table for two", 0),
        ("a table for three", 1),
        ("table for two", 1),
        ("a big table for two please", 2),
        ("", 4),
        ("good evening my friends how are you", 7),
    ],
)
def test_wrong_missing_and_added_words_count(written, wrong):
    assert errors("a table for two", written, "en") == (wrong, 4)


def test_nothing_said_has_no_rate():
    assert Errors(3, 0).rate is None
    assert Errors(6, 4).rate == 1.5


GOOD = {"wer_all": 8.0, "words_from_nonspeech": 0, "language_accuracy": 0.98}


@pytest.mark.parametrize(
    ("cropped", "window"),
    [
        ({}, "speech"),
        ({"wer_all": 8.4}, "speech"),
        ({"wer_all": 9.0}, "whole"),
        ({"words_from_nonspeech": 1}, "whole"),
        ({"language_accuracy": 0.9}, "whole"),
        ({"wer_all": None}, "whole"),
    ],
)
def test_a_model_looks_at_the_utterance_alone_where_it_hears_as_well(cropped, window):
    assert asr.better_window({**GOOD, **cropped}, GOOD) == window


def test_the_sentences_are_in_four_languages_and_spoken(monkeypatch):
    clips = list(synthetic())
    spoken = [clip for clip in clips if clip.speech]
    assert {clip.language for clip in spoken} == {"en", "de", "es", "nl"}
    assert len(spoken) == sum(len(each) for each in SENTENCES.values())
    assert all(clip.pcm.dtype == np.int16 and clip.pcm.size > 8000 for clip in clips)


def folder_of_clips(folder: Path, *clips: Clip) -> Path:
    rows = []
    for clip in clips:
        with wave.open(str(folder / clip.name), "wb") as file:
            file.setnchannels(1), file.setsampwidth(2), file.setframerate(16_000)
            file.writeframes(clip.pcm.tobytes())
        kind = "speech" if clip.speech else "noise"
        rows.append({"file": clip.name, "kind": kind, "language": clip.language, "transcript": clip.said})
    (folder / "index.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return folder


TEXT = "Good evening, what can I do for you?"
CLIPS = [
    Clip("a.wav", speech(TEXT), "en", TEXT, True),
    Clip("b.wav", noise(2000, -60.0), None, None, False),
    Clip("c.wav", speech("¿A qué hora?", "es"), "es", None, True),
]


def test_a_folder_of_recordings_is_read(tmp_path):
    found = recorded(folder_of_clips(tmp_path, *CLIPS))
    assert [each._replace(pcm=None) for each in found] == [each._replace(pcm=None) for each in CLIPS]
    assert np.array_equal(found[0].pcm, CLIPS[0].pcm)


def test_a_recording_at_another_rate_is_refused_by_name(tmp_path):
    folder_of_clips(tmp_path, CLIPS[0])
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(8000)
    with pytest.raises(ValueError, match=r"a\.wav"):
        recorded(tmp_path)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "asr.py", *map(str, arguments)],
        capture_output=True, text=True, timeout=55, env={**os.environ, "ORT_DISABLE_TELEMETRY": "1"},
    )  # fmt: skip


def test_the_small_recogniser_is_measured_by_one_command(tmp_path):
    done = run("--json", "--data", folder_of_clips(tmp_path, *CLIPS))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wer"]["en"] < 30 and found["wer"]["de"] is None
    assert found["sets"]["synthetic"]["wer_all"] < 30
    assert found["language_accuracy"] == 1.0
    assert found["words_from_nonspeech"] == 0
    assert found["cropped"] is None and found["padded"]["wer"] == found["wer"]
    assert 0 < found["ms_per_utterance"]["p50"] <= found["ms_per_utterance"]["p95"]
    assert 0 < found["real_time_factor"] < 5


def test_a_whisper_is_measured_both_ways_and_the_verdict_is_kept(tmp_path, monkeypatch, capsys):
    folder = untrained_whisper(tmp_path)
    monkeypatch.setattr(asr, "synthetic", lambda: iter(CLIPS))
    monkeypatch.setattr(sys, "argv", ["asr.py", "--json", "--keep", "--model", str(folder)])
    assert asr.main() == 0
    found = json.loads(capsys.readouterr().out)
    for way in ("cropped", "padded"):
        assert found[way]["wer"]["en"] is not None
        assert found[way]["ms_per_utterance"]["p95"] > 0
    assert json.loads((folder / "window.json").read_text()) == {"window": found["window"]}


def test_a_model_that_is_not_there_is_named(tmp_path):
    done = run("--model", "small", "--state-dir", tmp_path)
    assert done.returncode != 0
    assert "models pull small" in done.stderr
