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
from typing import Any, NamedTuple

import msgspec
import numpy as np

from engine.audio.dtmf import COLUMNS_HZ, KEYS, ROWS_HZ, KeyListener, frames_of
from engine.audio.silero import SileroNetwork, judge
from engine.bus import now_us
from engine.protocol import (
    FRAME_MS,
    HEARING_RATE_HZ,
    LINE_RATE_HZ,
    CallOpened,
    DigitHeard,
    Message,
    SoundHeard,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    Task,
    Transcript,
    TurnEnded,
)
from engine.recognizers.utterances import Utterances
from engine.recognizers.whisper import WhisperRecognizer, folder_of
from engine.settings import Settings
from engine.turns.far_frames import Frame
from engine.turns.hearing import Hearing
from engine.workers.capture import Ear

FULL_SCALE_SINE = 32768 / np.sqrt(2)  # its RMS
QUIET_AFTER_MS = 2000  # so that a turn at the end of a clip is over
BORDER_MS = 300  # a pause that is shorter lies within a stretch of speech
NEAR_MS = 100
OF_KIND = {
    "tone": {"ringback", "busy", "information", "beep"},
    "music": {"music"},
    "noise": {"noise"},
    "silence": {"silence"},
}
SNR_DB, LEVELS_DBFS = 10.0, (-6.0, -20.0, -35.0)
VOICES = tuple((code, pitch) for code in ("en", "de", "es", "nl") for pitch in (30, 50, 70))
TALK = {
    "en": "good evening, we have a table for four people at seven thirty. may I have your name and number, please?",
    "de": "guten abend, wir haben noch einen tisch für vier personen um halb acht. wie ist ihr name, bitte?",
    "es": "buenas noches, tenemos una mesa para cuatro personas a las siete y media. me dice su nombre, por favor?",
    "nl": "goedenavond, we hebben nog een tafel voor vier personen om half acht. mag ik uw naam, alstublieft?",
}


class Clip(NamedTuple):
    """One recording and what is known of it."""

    name: str
    kind: str
    language: str
    pcm: np.ndarray  # int16, 16 kHz
    segments: list[list[float]] | None
    holds_sounds: bool  # it was made of speech and of something else


class Heard(NamedTuple):
    """What the ears made of a clip, with the time at which they said it, in ms."""

    said: list[tuple[int, Message]]

    def of(self, kind: type[Any]) -> list[Any]:
        """Messages of one kind."""
        return [message for _, message in self.said if isinstance(message, kind)]


class Ears:
    """capture, vad and transcribe of one call after the other, in this process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._network = SileroNetwork()
        self._recognizer = WhisperRecognizer(
            settings.recognizer, folder_of(settings.recognizer, settings.state_path / "models")
        )

    def hear(self, clip: Clip) -> Heard:
        """One clip as a call of its own."""
        import soxr

        language = clip.language if clip.language in TALK else "en"
        task = msgspec.convert(
            {
                "restaurant": "-",
                "language": language,
                "today": "2030-01-01",
                "date": "2030-01-02",
                "time": "19:00",
                "party_size": 2,
                "name": "-",
            },
            Task,
        )
        opened = CallOpened(task=task, call_id="-", line="simulated", started_us=now_us())
        ear, hearing = Ear(), Hearing(self._network, self._settings, opened, now_us())
        words = Utterances(opened, self._settings, self._recognizer, now_us)
        line = soxr.resample(clip.pcm.astype(np.float32), HEARING_RATE_HZ, LINE_RATE_HZ)
        line = np.concatenate([line, np.zeros(QUIET_AFTER_MS * LINE_RATE_HZ // 1000)])
        pcm = np.clip(np.rint(line), -32768, 32767).astype(np.int16)
        said: list[tuple[int, Message]] = []
        size = LINE_RATE_HZ * FRAME_MS // 1000
        for number in range(pcm.size // size):
            frame, key = ear.hear(pcm[number * size : (number + 1) * size].tobytes(), number)
            words.audio.add(words.frames.count(number), np.frombuffer(frame, np.int16))
            waiting = [*_heard(hearing, Frame(number, frame, now_us())), *([key] if key else [])]
            while waiting:
                message = waiting.pop(0)
                said.append(((number + 1) * FRAME_MS, message))
                transcript = _recognised(words, message)
                if transcript is not None:
                    said.append(((number + 1) * FRAME_MS, transcript))
                    waiting += hearing.words(transcript, now_us())
        return Heard(said)


def _heard(hearing: Hearing, frame: Frame) -> list[Message]:
    """What vad does with a frame of the far end's."""
    hearing.take(frame)
    return hearing.judged(judge([hearing.far]) if hearing.far.has_window else [], now_us())


def _recognised(words: Utterances, message: Message) -> Transcript | None:
    """What transcribe does with a message of vad's."""
    match message:
        case SoundHeard():
            words.sounds.told(message)
        case SpeechStarted():
            words.begin(message)
        case SpeechPaused():
            return words.suspect(message)
        case SpeechResumed():
            words.on_suspicion = None
        case TurnEnded():
            return words.finish(message, now_us())
    return None


def segments_of(heard: Heard) -> list[tuple[int, int]]:
    """Stretches of speech with pauses shorter than BORDER_MS in them, in ms."""
    found: list[list[int]] = []
    for at_ms, message in heard.said:
        match message:
            case SpeechStarted(start_ms=start_ms):
                found.append([start_ms, -1])
            case SpeechPaused(end_ms=end_ms) if found:
                found[-1][1] = end_ms
            case SpeechResumed() if found:
                found.append([at_ms - 64, -1])  # two windows are looked at
            case TurnEnded(audible_end_ms=end_ms) if found:
                found[-1][1] = end_ms
    whole: list[tuple[int, int]] = []
    for start, end in found:
        if whole and start - whole[-1][1] < BORDER_MS:
            start, _ = whole.pop()
        whole.append((start, end))
    return whole


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


# --- keys ---------------------------------------------------------------------------------------------


def of_keys() -> dict[str, Any]:
    """Synthesised keys in noise and babble, and speech without any."""
    random = np.random.default_rng(11)
    talk = _talk()
    heard = sent = false = 0
    for babble in (False, True):
        for level_dbfs in LEVELS_DBFS:
            for twist_db in (-6.0, 0.0, 6.0):
                for offset in (0.0, 0.015, -0.015):
                    digits = "".join(random.permutation(list("".join(KEYS) * 2)))
                    tones = np.concatenate(
                        [_key(digit, level_dbfs, twist_db, offset, random) for digit in digits]
                    )
                    behind = (
                        _babble(talk, tones.size, random) if babble else random.standard_normal(tones.size)
                    )
                    behind *= FULL_SCALE_SINE * 10 ** ((level_dbfs - SNR_DB) / 20)
                    got = _keys_in(tones + behind)
                    right = _in_common(digits, got)
                    heard, sent, false = heard + right, sent + len(digits), false + len(got) - right
    false += len(_keys_in(talk))
    return {"share": round(heard / sent, 4), "tones": sent, "false": false}


def _key(
    digit: str, level_dbfs: float, twist_db: float, offset: float, random: np.random.Generator
) -> np.ndarray:
    """50 ms of quiet, give or take, and 50 ms of tones. level_dbfs: of both together."""
    row = next(number for number, keys in enumerate(KEYS) if digit in keys)
    hz = np.array([ROWS_HZ[row], COLUMNS_HZ[KEYS[row].index(digit)]]) * (1 + offset)
    time_s = np.arange(HEARING_RATE_HZ // 20) / HEARING_RATE_HZ
    low, high = (np.sin(2 * np.pi * each * time_s + random.random() * 6) for each in hz)
    wave_form = low + 10 ** (twist_db / 20) * high
    wave_form *= FULL_SCALE_SINE * 10 ** (level_dbfs / 20) / np.sqrt(np.mean(wave_form**2))
    return np.concatenate([np.zeros(HEARING_RATE_HZ // 20 + random.integers(160)), wave_form])


def _talk() -> np.ndarray:
    """A few minutes of synthetic speech in four languages, float at int16's scale."""
    import soxr

    from engine.voices.espeak import Espeak

    espeak = Espeak()
    said = []
    for code, pitch in VOICES:
        made = espeak.synthesize(f"{TALK[code]} " * 3, code, 165, pitch)
        said.append(soxr.resample(made.pcm.astype(np.float32), made.rate_hz, HEARING_RATE_HZ))
    return np.concatenate(said)


def _babble(talk: np.ndarray, samples: int, random: np.random.Generator) -> np.ndarray:
    """Six voices at once, RMS 1."""
    mixed = sum(np.roll(talk, -int(random.integers(talk.size)))[:samples] for _ in range(6))
    return np.asarray(mixed / np.sqrt(np.mean(np.square(mixed))))


def _keys_in(wave_form: np.ndarray) -> str:
    listener = KeyListener()
    pcm = np.clip(np.concatenate([wave_form, np.zeros(HEARING_RATE_HZ // 5)]), -32768, 32767).astype(np.int16)
    presses = [listener.hear(frame) for frame in frames_of(pcm)]
    return "".join(press.digit for press in presses if press is not None)


def _in_common(one: str, other: str) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for sign in one:
        before = 0
        for place, each in enumerate(other, 1):
            before, row[place] = row[place], before + 1 if sign == each else max(row[place], row[place - 1])
    return row[-1]


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
