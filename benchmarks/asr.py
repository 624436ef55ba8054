"""How well a recogniser hears, how fast, and whether it may look at the utterance alone.

    python benchmarks/asr.py [--model DIR|SIZE] [--data DIR] [--sentences N] [--json] [--keep] [--state-dir DIR]

Each clip is recognised as a turn of a call is: language found out, words believed or dropped. How the clips are made
is told at the top of asr_sets.py, asr_nobody.py and asr_clips.py; `sets` in the JSON has each set's figures. N:
sentences of a language in each set; with fewer of them there are fewer clips without speech, too.

wer                    wrong words of a hundred, by language, after case, punctuation and digits are written alike: of
                       sentences after known patterns, in known voices, on a quiet wide line
wer_unseen_patterns    of sentences after patterns that were not in training
wer_unseen_voices      of the same sentences as `wer`, in voices that were not in training
wer_noisy              of the same utterances as `wer`, with noise of six kinds at 5 to 10 dB
wer_telephone          of the same utterances as `wer`, through seven lines: narrow, G.711, Opus, some of them lossy
telephone_ratio        wrong words there to wrong words without the line, all languages together; null: none was wrong
telephone_lines        wrong words of a hundred on each line
language_accuracy      share of utterances whose language was found in their first second of speech
language_accuracy_whole                                         … in all of it
ms_per_utterance       half of the utterances, and 95 of 100, took at most so long, in one thread, language included
real_time_factor       time that it took, by time that the audio lasts
words_from_nonspeech   words believed in clips in which nobody speaks, behind the detector, as in a call
words_undetected       the same where the recogniser is given all of every such clip
words_raw              the same where nobody doubts what it writes

With --data, `wer`, speed, language and words from non-speech are those of the recordings. A Whisper is measured twice
on recordings and the sentences of asr_clips.py, `cropped` to the utterance and `padded` to its 30 s; `window` says
which it should have, and --keep writes that into the model's folder, where the setting recognizer.window = "auto"
looks for it. A model with a window of its own is always given the whole of it: `cropped` is null.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks import asr_sets
from benchmarks.asr_clips import Clip, recorded, synthetic
from benchmarks.asr_figures import MADE, RECORDED, Heard, better_window, figures, on_top
from benchmarks.asr_nobody import NOBODY, nobody_speaks
from benchmarks.sounds_heard import Clip as OfSounds, Ears
from engine.errors import CallThingError
from engine.protocol import HEARING_RATE_HZ, Transcript
from engine.recognizers.base import Recognition
from engine.recognizers.utterances import LEAD_MS, loudest_dbfs
from engine.recognizers.whisper import SIM_EAR, Verdict, WhisperRecognizer, folder_of
from engine.settings import RecognizerSettings, Settings, VadSettings
from engine.turns.hallucination import Around, plain, reason_to_drop

WINDOW_SETS = (MADE, RECORDED)  # in which a model's window is chosen
SENTENCES = 60
ASKED_EARLY = (MADE, RECORDED, asr_sets.KNOWN, asr_sets.UNSEEN)  # for their language after a second, too
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

Sets = dict[str, Callable[[], Iterable[Clip]]]


def listen(recognizer: WhisperRecognizer, clip: Clip, early: bool = False) -> Heard:
    """Recognise a clip as a turn of a call. early: ask for the language of its first second, too."""
    began = time.perf_counter()
    found = recognizer.transcribe(clip.pcm, None)
    took_ms = (time.perf_counter() - began) * 1000
    second = first_second(clip.pcm) if early and clip.speech else None
    guess = recognizer.transcribe(second, None).language if second is not None else None
    bare = clip._replace(pcm=clip.pcm[:0])
    lasted_s = clip.pcm.size / HEARING_RATE_HZ
    return Heard(bare, lasted_s, believed(found, clip.pcm), found.text, found.language, guess, took_ms)


def first_second(pcm: np.ndarray) -> np.ndarray | None:
    """The first second of speech with what a call gives before it; None where there is less than a second.

    Speech: from the first frame of 20 ms that is within 30 dB of the loudest one to the last.
    """
    powers = asr_sets.frame_powers(pcm)
    loud = np.flatnonzero(powers > asr_sets.LOUD_UNDER_PEAK * powers.max(initial=0.0))
    if not loud.size or (loud[-1] + 1 - loud[0]) * asr_sets.FRAME < HEARING_RATE_HZ:
        return None
    first = int(loud[0]) * asr_sets.FRAME
    return pcm[max(0, first - LEAD_MS * HEARING_RATE_HZ // 1000) : first + HEARING_RATE_HZ]


def believed(found: Recognition, pcm: np.ndarray) -> str:
    """The words, unless the guard drops them."""
    around = Around(found.language, pcm.size * 1000 // HEARING_RATE_HZ)
    silence = VadSettings().silence_dbfs
    doubt = reason_to_drop(found.text, loudest_dbfs(pcm), silence, found.confidence, found.no_speech, around)
    return "" if doubt else found.text


def measure(settings: RecognizerSettings, folder: Path, sets: Sets) -> dict[str, Any]:
    """Figures of every set, of a model with these settings."""
    recognizer = WhisperRecognizer(settings, folder)
    recognizer.transcribe(np.ones(HEARING_RATE_HZ, np.int16), None)  # the first time is slower
    ears = Ears(Settings(recognizer=msgspec.structs.replace(settings, model=str(folder))))
    found: dict[str, dict[str, Any]] = {}
    for name, made in sets.items():
        began, heard, words = time.monotonic(), [], 0
        for clip in made():
            heard.append(listen(recognizer, clip, name in ASKED_EARLY))
            words += 0 if clip.speech else overheard(ears, clip)
        found[name] = figures(heard, words)
        print(f"{name}: {len(heard)} clips, {time.monotonic() - began:.0f} s", file=sys.stderr)
    return {"sets": found, **recognizer.hardware._asdict(), "whisper": recognizer.pretrained}


def overheard(ears: Ears, clip: Clip) -> int:
    """Words that a call believes, of a clip in which nobody speaks."""
    finals = ears.hear(OfSounds(clip.name, "noise", "", clip.pcm, None, False)).of(Transcript)
    return sum(len(plain(each.text).split()) for each in finals if each.final)


def report(model: str, folder: Path, sets: Sets) -> dict[str, Any]:
    """Everything about a model. Raises ModelError when it cannot be loaded."""
    of_window = {name: made for name, made in sets.items() if name in WINDOW_SETS}
    others = {name: made for name, made in sets.items() if name not in WINDOW_SETS}
    whole = RecognizerSettings(model=model, window="whole")
    padded = measure(whole, folder, of_window)
    last = list(of_window)[-1]
    cropped, window, chosen = None, "whole", padded
    if padded["whisper"]:
        cropped = measure(RecognizerSettings(model=model, window="speech"), folder, of_window)
        window = better_window(cropped["sets"][last], padded["sets"][last])
        chosen = cropped if window == "speech" else padded
    settings = RecognizerSettings(model=model, window="speech" if window == "speech" else "whole")
    more = measure(settings, folder, others)["sets"] if others else {}
    every = {**chosen["sets"], **more}
    return {
        "model": model,
        "window": window,
        **on_top(every),
        **chosen,
        "sets": every,
        "cropped": cropped["sets"][last] if cropped else None,
        "padded": padded["sets"][last],
    }


def as_text(found: dict[str, Any]) -> str:
    """For people."""
    lines = [f"{found['model']} on {found['device']} {found['compute_type']}, window: {found['window']}"]
    rows = list(found["sets"].items())
    rows += [(name, found[name]) for name in ("cropped", "padded") if found[name]]
    for name, each in rows:
        wer = "  ".join(f"{code} {'–' if rate is None else rate}" for code, rate in each["wer"].items())
        took = each["ms_per_utterance"]
        silent = (
            f"   words from {each['nonspeech_clips']} clips without speech: {each['words_from_nonspeech']}"
        )
        lines.append(
            f"{name:<24} wer % {wer}   ms p50 {took['p50']} p95 {took['p95']}   language "
            f"{each['language_accuracy_whole']}, first second {each['language_accuracy']}"
            f"{silent if each['nonspeech_clips'] else ''}"
        )
    if found["telephone_ratio"] is not None:
        lines.append(
            f"{'telephone':<24} {found['telephone_ratio']} times as many wrong words as without the line"
        )
    return "\n".join(lines)


def every_set(data: Path | None, sentences: int) -> Sets:
    """All sets that are measured. Raises OSError or ValueError where the folder is not as described."""
    sets: Sets = {MADE: synthetic}
    if data is not None:
        clips = recorded(data)
        sets[RECORDED] = lambda: clips
    if sentences:
        sets |= asr_sets.sets_of(sentences)
        sets[NOBODY] = lambda: nobody_speaks(sentences)
    return sets


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=SIM_EAR, help="a size that was pulled, or a folder")
    parser.add_argument("--data", type=Path, help="recordings: see the top of benchmarks/asr_clips.py")
    parser.add_argument(
        "--sentences",
        type=int,
        default=SENTENCES,
        metavar="N",
        help="of each set and language; 0: no such sets",
    )
    parser.add_argument("--state-dir", default="", help="where pulled models lie")
    parser.add_argument("--keep", action="store_true", help="write the better window into the model's folder")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    models = Settings(state_dir=given.state_dir).state_path / "models"
    folder = folder_of(RecognizerSettings(model=given.model), models)
    try:
        found = report(given.model, folder, every_set(given.data, given.sentences))
    except CallThingError as error:
        print(error, file=sys.stderr)
        return int(error.exit_code)
    if given.keep and found["whisper"]:
        (folder / "window.json").write_bytes(msgspec.json.encode(Verdict(window=found["window"])))
    print(json.dumps(found, indent=2) if given.json else as_text(found))
    return 0


if __name__ == "__main__":
    if not ONE_THREAD.keys() <= os.environ.keys():  # numpy reads them when it is loaded, which it is by now
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **ONE_THREAD})
    sys.exit(main())
