"""Callers with known edges: folders of WAVs with a manifest, read or made here with espeak-ng.

manifest.json: {"files": {NAME: {"turns": [{"text", "start_s", "end_s", "kind"?}], "language"?}}}

`[500 ms]` inside a text marks a pause of that length within the turn. Where no language is given, the end of the name
tells it: turns_de.wav. kind: "turn", or in the files with interruptions "ask" (what our long answer is given to),
"interruption" and "backchannel".
"""

from __future__ import annotations

import json
import re
import wave
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.interruptions import Clip, clips
from benchmarks.turn_sentences import ASKS, PAUSES, TURNS
from engine.audio.levels import level_dbfs, trim_silence, with_level
from engine.errors import SettingsError
from engine.protocol import LANGUAGES, LanguageCode
from engine.voices.espeak import Espeak

MANIFEST = "manifest.json"
RATE_HZ = 16_000
LEAD_S = 1.5
GAP_S = 4.0  # after a turn: time for our answer
NOISE_DBFS = -65.0
LEVEL_DBFS = -20.0
VOICES = {"en": "en-us+m3", "de": "de+m3", "es": "es+f4", "nl": "nl+m2"}
PAUSE_MARK = re.compile(r"\[(\d+) ms\]")
CLIP_AFTER_S = (
    0.25,
    0.6,
    0.95,
)  # between what we answer at length and a clip, which begins with 1.5 s of noise
ANSWER_RESTS_S = {"interruption": 4.5, "backchannel": 5.5}  # after a clip's words: until our voice is silent


class Turn(NamedTuple):
    """What a caller says, from its first to its last audible sample."""

    text: str
    start_s: float
    end_s: float
    kind: str = "turn"

    @property
    def words(self) -> str:
        """Without the marks of pauses."""
        return " ".join(PAUSE_MARK.sub(" ", self.text).split())

    @property
    def pauses_ms(self) -> list[int]:
        """Of the pauses within."""
        return [int(length) for length in PAUSE_MARK.findall(self.text)]


class InputFile(NamedTuple):
    """One caller."""

    path: Path
    language: LanguageCode
    turns: tuple[Turn, ...]

    @property
    def name(self) -> str:
        """Of the file."""
        return self.path.name

    @property
    def has_interruptions(self) -> bool:
        """Whether somebody speaks over us in it."""
        return any(turn.kind != "turn" for turn in self.turns)


def read_inputs(folder: Path) -> list[InputFile]:
    """The files of a folder's manifest, by name. Raises SettingsError where there is none, or it is none."""
    path = folder / MANIFEST
    try:
        files = json.loads(path.read_text("utf-8"))["files"]
        return [
            InputFile(
                folder / name,
                about.get("language") or _language_of(name),
                tuple(
                    Turn(turn["text"], turn["start_s"], turn["end_s"], turn.get("kind", "turn"))
                    for turn in about["turns"]
                ),
            )
            for name, about in sorted(files.items())
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"{path}: not a manifest of inputs ({error!r}). benchmarks/turn_inputs.py has the format."
        ) from None


def _language_of(name: str) -> LanguageCode:
    ending = Path(name).stem.rpartition("_")[2]
    return ending if ending in LANGUAGES else "en"  # type: ignore[return-value]


def make_turns(folder: Path, most: int = 99) -> list[InputFile]:
    """Turns and turns with pauses in four languages, at most so many a file, written to a folder."""
    espeak = Espeak()
    made = []
    for kind, sentences in (("turns", TURNS), ("pauses", PAUSES)):
        for language in LANGUAGES:
            caller = _Caller(f"{kind}_{language}")
            for text in sentences[language][:most]:
                caller.say(text, spoken(espeak, text, VOICES[language]))
                caller.wait(GAP_S)
            made.append(caller.write(folder / f"{kind}_{language}.wav", language))
    _write_manifest(folder, made)
    return made


def make_interruptions(
    folder: Path, share: int = 2, languages: tuple[str, ...] = LANGUAGES
) -> list[InputFile]:
    """Callers who ask for something long, then speak over it. share: every how manyth clip of each kind."""
    espeak = Espeak()
    made = []
    for language in languages:
        of_kind = {kind: [c for c in clips(language) if c.kind == kind] for kind in ANSWER_RESTS_S}
        chosen = [clip for kind in of_kind for clip in of_kind[kind][::share]]
        caller = _Caller(f"interruptions_{language}", noise=False)
        for number, clip in enumerate(chosen):
            ask = ASKS[language]  # type: ignore[index]
            begins = caller.samples
            caller.say(ask, spoken(espeak, ask, VOICES[language]), "ask")
            caller.wait(CLIP_AFTER_S[number % len(CLIP_AFTER_S)])
            caller.add_clip(clip, begins)
        made.append(caller.write(folder / f"interruptions_{language}.wav", language))  # type: ignore[arg-type]
    _write_manifest(folder, made)
    return made


def spoken(espeak: Espeak, text: str, voice: str) -> np.ndarray:
    """A text with its pauses exactly as long as they are marked; 16 kHz, without silence around it."""
    import soxr

    parts: list[np.ndarray] = []
    for part in PAUSE_MARK.split(text):
        if part.isdigit():
            parts.append(np.zeros(int(part) * RATE_HZ // 1000, np.int16))
        elif part.strip():
            made = espeak.synthesize(part.strip(), voice)
            pcm = soxr.resample(made.pcm, made.rate_hz, RATE_HZ, quality="HQ").astype(np.int16)
            parts.append(with_level(trim_silence(pcm, RATE_HZ)[0], LEVEL_DBFS))
    return np.concatenate(parts)


class _Caller:
    """A file in the making."""

    def __init__(self, name: str, noise: bool = True) -> None:
        self._random = np.random.default_rng(zlib.crc32(name.encode()))  # the same noise every time
        self._noise = noise
        self._parts: list[np.ndarray] = []
        self._turns: list[Turn] = []
        self.samples = 0
        self.wait(LEAD_S)

    def wait(self, seconds: float) -> None:
        self._add(np.zeros(int(seconds * RATE_HZ), np.int16))

    def _add(self, pcm: np.ndarray) -> None:
        self._parts.append(pcm.astype(np.float32))
        self.samples += pcm.size

    def say(self, text: str, pcm: np.ndarray, kind: str = "turn") -> None:
        start_s = self.samples / RATE_HZ
        self._add(pcm)
        self._turns.append(Turn(text, start_s, self.samples / RATE_HZ, kind))

    def add_clip(self, clip: Clip, noise_from: int) -> None:
        """What is said over us, with its line noise in all that belongs to it, from a sample on."""
        at_s = self.samples / RATE_HZ
        noise_dbfs = level_dbfs(clip.pcm[:RATE_HZ])
        after = int(clip.end_s * RATE_HZ) + int(ANSWER_RESTS_S[clip.kind] * RATE_HZ)
        self._add(clip.pcm[:after])
        before = np.concatenate(self._parts[:-1])
        before[noise_from:] += self._noise_of(before.size - noise_from, noise_dbfs)
        tail = self._noise_of(max(0, after - clip.pcm.size), noise_dbfs)
        self._parts = [before, self._parts[-1], tail]
        self.samples += tail.size
        self._turns.append(Turn(clip.text, at_s + clip.onset_s, at_s + clip.end_s, clip.kind))

    def _noise_of(self, samples: int, dbfs: float) -> np.ndarray:
        rms = 32768 / np.sqrt(2) * 10 ** (dbfs / 20)
        return np.asarray(self._random.standard_normal(samples) * rms, np.float32)

    def write(self, path: Path, language: LanguageCode) -> InputFile:
        pcm = np.concatenate(self._parts)
        if self._noise:
            pcm = pcm + self._noise_of(pcm.size, NOISE_DBFS)
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(np.clip(np.rint(pcm), -32768, 32767).astype("<i2").tobytes())
        return InputFile(path, language, tuple(self._turns))


def _write_manifest(folder: Path, made: list[InputFile]) -> None:
    files = {
        each.name: {"language": each.language, "turns": [turn._asdict() for turn in each.turns]}
        for each in made
    }
    (folder / MANIFEST).write_text(
        json.dumps({"rate": RATE_HZ, "files": files}, indent=1, ensure_ascii=False)
    )
