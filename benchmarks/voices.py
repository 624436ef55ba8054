"""What a sentence costs on our side, voice by voice: its first audio, the whole of it, and reading it from the cache.

    python benchmarks/voices.py [--json] [--repeat 20]

espeak-ng is the real one. Google and the voice in a process are stand-ins on this machine that answer at once, so that
what is measured is our own part of it: gRPC or pipe, resampling, silence cut away, marks. Times are wall-clock.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # started as a script, from anywhere

from engine.protocol import LANGUAGES
from engine.report import percentile
from engine.settings import VoiceSettings
from engine.voices.audio_cache import AudioCache, fixed_sentences
from engine.voices.espeak import EspeakVoice
from engine.voices.google import GoogleVoice
from engine.voices.process import ProcessVoice

PATIENT = VoiceSettings(first_audio_ms=20_000, sentence_ms=60_000)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeat", type=int, default=20, help="sentences per language")
    arguments = parser.parse_args()
    sentences = [
        (text, language)
        for language in LANGUAGES
        for text in sorted(fixed_sentences(language), key=len)[-arguments.repeat :]
    ]
    figures = {
        "sentences": len(sentences),
        "espeak": _measured(EspeakVoice(VoiceSettings()), sentences),
        "cache": _cache(sentences),
        "process": _process(sentences),
        "google": _google(sentences),
    }
    if arguments.json:
        print(json.dumps(figures))
        return
    print(f"{len(sentences)} sentences; ms, p50 / p95")
    for name, row in figures.items():
        if isinstance(row, dict):
            print(f"  {name:<10}" + "   ".join(f"{what} {row[what][0]} / {row[what][1]}" for what in row))


def _measured(voice: Any, sentences: list[tuple[str, Any]]) -> dict[str, tuple[float, float]]:
    first, whole = [], []
    list(voice.say("1 2 3", "en"))
    for text, language in sentences:
        began = time.perf_counter()
        heard = False
        for piece in voice.say(text, language):
            if piece.pcm.size and not heard:
                first.append(1000 * (time.perf_counter() - began))
                heard = True
        whole.append(1000 * (time.perf_counter() - began))
    return {"first_audio_ms": _p50_p95(first), "whole_ms": _p50_p95(whole)}


def _cache(sentences: list[tuple[str, Any]]) -> dict[str, tuple[float, float]]:
    espeak = EspeakVoice(VoiceSettings())
    reads, writes = [], []
    with tempfile.TemporaryDirectory() as folder:
        cache = AudioCache(Path(folder), 1_000_000_000)
        for text, language in sentences:
            pcm = np.concatenate([piece.pcm for piece in espeak.say(text, language)])
            began = time.perf_counter()
            cache.put("espeak", language, text, pcm)
            writes.append(1000 * (time.perf_counter() - began))
        for text, language in sentences:
            began = time.perf_counter()
            if cache.get("espeak", language, text) is None:
                raise RuntimeError("the cache has lost a sentence")
            reads.append(1000 * (time.perf_counter() - began))
    return {"read_ms": _p50_p95(reads), "write_ms": _p50_p95(writes)}


def _process(sentences: list[tuple[str, Any]]) -> dict[str, tuple[float, float]]:
    voice = ProcessVoice("piper", PATIENT, (sys.executable, "-m", "tests.fakes.espeak_child"))
    try:
        return _measured(voice, sentences)
    finally:
        voice.close()


def _google(sentences: list[tuple[str, Any]]) -> dict[str, tuple[float, float]]:
    from tests.fakes.google_speech import GoogleSpeech

    with GoogleSpeech() as service:
        voice = GoogleVoice(PATIENT, service.transport())
        try:
            return _measured(voice, sentences)
        finally:
            voice.close()


def _p50_p95(values: list[float]) -> tuple[float, float]:
    return round(percentile(values, 0.5) or 0.0, 2), round(percentile(values, 0.95) or 0.0, 2)


if __name__ == "__main__":
    main()
