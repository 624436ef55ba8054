"""What is not a person speaking: words out of it, sounds that are known, keys in the audio, the ends of speech.

    python benchmarks/sounds.py [--json] [--data DIR] [--model sim-ear]

Recorded clips go through the ears of a call, capture's, vad's and transcribe's, without a line and faster than in real
time. DIR holds WAV files (16 kHz, mono, 16 bit) and `index.jsonl`, a JSON object a line: `file`, `kind` (speech, tone,
dtmf, music, noise or silence), `language`, `derived`, `speech_segments` ([[start, end], …] in seconds, null = unknown).
Without a DIR only what is synthesised here is measured: keys in noise and babble, and keys heard in speech.

words_from_nonspeech   words in the final transcripts of clips in which nobody speaks
sounds                 found: clips of tones, music, noise, silence that are known as such, of so many;
                       false: sounds that are told in clips of speech
dtmf                   share of synthesised keys that are heard, of so many tones: all sixteen, 50 ms with 50 between,
                       10 dB over white noise and babble, off by 1.5 % and 6 dB apart; false: keys where there were none
segments               stretches of speech whose both ends are known within 100 ms, of those whose ends are known
"""

from __future__ import annotations

import argparse
import json
import sys
import wave
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # started as a script, from anywhere

from benchmarks.sounds_heard import Clip, Ears, segments_of
from benchmarks.sounds_keys import of_keys
from engine.protocol import DigitHeard, SoundHeard, Transcript
from engine.settings import Settings

NEAR_MS = 100
OF_KIND = {
    "tone": {"ringback", "busy", "information", "beep"},
    "music": {"music"},
    "noise": {"noise"},
    "silence": {"silence"},
}


def clips_of(folder: Path) -> list[Clip]:
    """All clips of a folder. Raises FileNotFoundError without its index."""
    clips = []
    for line in (folder / "index.jsonl").read_text().splitlines():
        entry = json.loads(line)
        with wave.open(str(folder / entry["file"])) as file:
            pcm = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        clips.append(
            Clip(
                entry["file"],
                entry["kind"],
                entry.get("language") or "",
                pcm,
                entry.get("speech_segments"),
                any(
                    kind in (entry.get("derived") or "") for kind in ("ring", "busy", "music", "tone", "beep")
                ),
            )
        )
    return clips


def of_clips(folder: Path, settings: Settings, wordy: list[str]) -> dict[str, Any]:
    """The figures of a folder of clips. wordy: gets a line for whatever is not as it should be."""
    ears = Ears(settings)
    words = found = of = false = false_keys = near = edges = 0
    for clip in clips_of(folder):
        heard = ears.hear(clip)
        begun = [
            event.sound for event in heard.of(SoundHeard) if event.on and event.at_ms < clip.pcm.size // 16
        ]
        keys = heard.of(DigitHeard)
        if clip.kind == "speech":
            wrong = [] if clip.holds_sounds else begun
            false, false_keys = false + len(wrong), false_keys + len(keys)
            if wrong or keys:
                wordy.append(f"{clip.name}: {[*wrong, *keys]}")
            if clip.segments:
                close, missed = _near(clip.segments, segments_of(heard))
                near, edges = near + close, edges + len(clip.segments)
                wordy.extend(f"{clip.name}: {each}" for each in missed)
            continue
        said = " ".join(each.text for each in heard.of(Transcript) if each.final)
        words += len(said.split())
        if said:
            wordy.append(f"{clip.name}: {said!r}")
        if clip.kind in OF_KIND:
            known = bool(OF_KIND[clip.kind].intersection(begun))
            found, of = found + known, of + 1
            if not known:
                wordy.append(f"{clip.name}: {begun or 'nothing'}")
        elif clip.kind == "dtmf":
            found, of = found + (len(keys) > 0), of + 1
    return {
        "words_from_nonspeech": words,
        "sounds": {"found": found, "of": of, "false": false},
        "segments": {"within_100_ms": near, "of": edges},
        "false_keys": false_keys,
    }


def _near(true_s: list[list[float]], heard_ms: list[tuple[int, int]]) -> tuple[int, list[str]]:
    missed = []
    for start_s, end_s in true_s:
        start, end = start_s * 1000, end_s * 1000
        if not any(abs(one - start) <= NEAR_MS and abs(other - end) <= NEAR_MS for one, other in heard_ms):
            missed.append(f"speech from {start:.0f} to {end:.0f} ms, heard {heard_ms}")
    return len(true_s) - len(missed), missed


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="the figures on stdout, as JSON")
    parser.add_argument("--data", type=Path, help="folder with clips and their index.jsonl")
    parser.add_argument("--model", default="sim-ear", help="the recogniser, as in recognizer.model")
    arguments = parser.parse_args()
    settings = Settings()
    recognizer = msgspec.structs.replace(settings.recognizer, model=arguments.model)
    settings = msgspec.structs.replace(settings, recognizer=recognizer)
    wordy: list[str] = []
    figures: dict[str, Any] = {}
    if arguments.data is not None:
        figures = of_clips(arguments.data, settings, wordy)
    keys = of_keys()
    keys["false"] += figures.pop("false_keys", 0)
    figures["dtmf"] = keys
    print("\n".join(wordy), file=sys.stderr)
    if arguments.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            print(f"{name:22}{value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
