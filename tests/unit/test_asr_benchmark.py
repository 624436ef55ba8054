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

from benchmarks import asr, asr_figures, asr_sets
from benchmarks.asr_clips import SENTENCES, Clip, recorded, synthetic
from benchmarks.asr_nobody import nobody_speaks
from engine.evaluation.word_errors import Errors, errors, words_of
from engine.protocol import LANGUAGES
from tests.fakes.far_ends import noise, speech
from tests.fakes.untrained_whisper import untrained_whisper
from tools.ear import project_text, voices

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


GOOD = {"wer_all": 8.0, "words_from_nonspeech": 0, "language_accuracy_whole": 0.98}


@pytest.mark.parametrize(
    ("cropped", "window"),
    [
        ({}, "speech"),
        ({"wer_all": 8.4}, "speech"),
        ({"wer_all": 9.0}, "whole"),
        ({"words_from_nonspeech": 1}, "whole"),
        ({"language_accuracy_whole": 0.9}, "whole"),
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


SETS = asr_sets.sets_of(2)


def test_every_set_is_the_same_whenever_it_is_made():
    for name in (asr_sets.KNOWN, asr_sets.NOISY, f"{asr_sets.TELEPHONE}/opus_24k_lossy"):
        for one, other in zip(SETS[name](), SETS[name](), strict=True):
            assert one.said == other.said and np.array_equal(one.pcm, other.pcm)


def test_patterns_never_seen_are_none_of_the_training_and_voices_neither():
    known = {(each.language, each.said) for each in asr_sets.utterances(asr_sets.KNOWN, 60)}
    for each in asr_sets.utterances(asr_sets.UNSEEN, 60):
        assert (each.language, each.said) not in known
        assert each.said not in project_text.sentences(each.language)
    for each in asr_sets.utterances(asr_sets.VOICES, 60):
        assert each.voice.split("+")[1] in voices.UNSEEN
    trained = {each.voice for each in asr_sets.utterances(asr_sets.KNOWN, 60)}
    assert not {name.split("+")[1] for name in trained if "+" in name} & set(voices.UNSEEN)


def test_voices_noise_and_lines_are_compared_on_the_same_sentences():
    said = [(clip.language, clip.said) for clip in SETS[asr_sets.KNOWN]()]
    for name, made in SETS.items():
        if name not in (asr_sets.KNOWN, asr_sets.UNSEEN):
            assert [(clip.language, clip.said) for clip in made()] == said, name


def test_noise_is_five_to_ten_decibels_under_the_voice():
    for quiet, noisy in zip(SETS[asr_sets.KNOWN](), SETS[asr_sets.NOISY](), strict=True):
        noise = noisy.pcm.astype(float) - quiet.pcm
        powers = asr_sets.frame_powers(quiet.pcm)
        voice = powers[powers > 1e-3 * powers.max()].mean()
        assert 4.5 < 10 * np.log10(voice / np.mean(noise**2)) < 10.5, noisy.name


def test_a_telephone_line_carries_nothing_above_four_kilohertz():
    for clip in SETS[f"{asr_sets.TELEPHONE}/narrow"]():
        power = np.abs(np.fft.rfft(clip.pcm)) ** 2
        hz = np.fft.rfftfreq(clip.pcm.size, 1 / 16_000)
        assert power[hz > 4200].mean() < 1e-3 * power[hz < 3800].mean()


def test_the_first_second_of_speech_begins_with_the_voice():
    quiet = np.zeros(16_000, np.int16)
    tone = (8000 * np.sin(np.arange(24_000) / 5)).astype(np.int16)
    found = asr.first_second(np.concatenate([quiet, tone, quiet]))
    assert found.size == 16_000 + asr.LEAD_MS * 16 and not found[: 239 * 16].any() and found[-16_000:].any()
    assert asr.first_second(np.concatenate([quiet, tone[:12_000], quiet])) is None
    assert asr.first_second(quiet) is None


def test_nobody_speaks_for_long_and_in_many_ways():
    clips = list(nobody_speaks(20))
    assert len({clip.name.rsplit(" ", 1)[0] for clip in clips}) > 15
    assert len(clips) == 2 * len(list(nobody_speaks(10)))
    assert all(not clip.speech and 4 * 16_000 <= clip.pcm.size <= 12 * 16_000 for clip in clips)


def of_set(wrong: int, words: int = 100, **more) -> dict:
    none = {code: Errors(0, 0) for code in LANGUAGES}
    found = asr_figures.figures([], 0)
    return {**found, "errors": {**none, "en": Errors(wrong, words)}, "wer_all": wrong / words, **more}


def test_lines_are_weighed_against_the_same_sentences_without_them():
    sets = {
        name: of_set(4)
        for name in (asr_sets.KNOWN, asr_sets.UNSEEN, asr_sets.NOISY, asr_sets.VOICES, "nobody")
    }
    sets |= {"telephone/narrow": of_set(5), "telephone/opus": of_set(7)}
    found = asr_figures.on_top(sets)
    assert found["telephone_ratio"] == 1.5
    assert found["wer_telephone"]["en"] == 6.0 and found["wer_telephone"]["de"] is None
    assert found["telephone_lines"] == {"narrow": 0.05, "opus": 0.07}


def test_without_recordings_words_from_nonspeech_are_those_of_the_clips_in_which_nobody_speaks():
    sets = {name: of_set(4) for name in (asr_sets.KNOWN, asr_sets.UNSEEN)}
    sets["nobody"] = of_set(0, words_from_nonspeech=3, nonspeech_clips=20)
    found = asr_figures.on_top(sets)
    assert (found["words_from_nonspeech"], found["nonspeech_clips"]) == (3, 20)
    recordings = of_set(9, words_from_nonspeech=1)
    assert asr_figures.on_top({**sets, "recorded": recordings})["words_from_nonspeech"] == 1


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
        capture_output=True, text=True, timeout=110, env={**os.environ, "ORT_DISABLE_TELEMETRY": "1"},
    )  # fmt: skip


@pytest.mark.timeout(120)
def test_the_small_recogniser_is_measured_by_one_command(tmp_path):
    done = run("--json", "--sentences", 1, "--data", folder_of_clips(tmp_path, *CLIPS))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wer"]["en"] < 30 and found["wer"]["de"] is None
    assert found["sets"]["synthetic"]["wer_all"] < 30
    assert found["language_accuracy"] == 1.0
    assert found["words_from_nonspeech"] == 0
    assert found["cropped"] is None and found["padded"]["wer"] == found["wer"]
    assert 0 < found["ms_per_utterance"]["p50"] <= found["ms_per_utterance"]["p95"]
    assert 0 < found["real_time_factor"] < 5
    for name in ("wer_unseen_patterns", "wer_noisy", "wer_telephone", "wer_unseen_voices"):
        assert set(found[name]) == set(LANGUAGES) and None not in found[name].values()
    assert set(found["telephone_lines"]) == set(asr_sets.LINES)
    assert found["sets"]["nobody"]["nonspeech_clips"] > 15


def test_a_whisper_is_measured_both_ways_and_the_verdict_is_kept(tmp_path, monkeypatch, capsys):
    folder = untrained_whisper(tmp_path)
    monkeypatch.setattr(asr, "synthetic", lambda: iter(CLIPS))
    monkeypatch.setattr(
        sys, "argv", ["asr.py", "--json", "--keep", "--sentences", "0", "--model", str(folder)]
    )
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
