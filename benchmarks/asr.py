"""How well a recogniser hears, how fast, and whether it may look at the utterance alone.

    python benchmarks/asr.py [--model DIR|SIZE] [--data DIR] [--json] [--keep] [--state-dir DIR]

Each clip is recognised as a turn of a call is: language found out, words believed or dropped. A Whisper is measured
twice, `cropped` to the utterance and `padded` to its 30 s; `window` says which it should have, and --keep writes that
into the model's folder, where the setting recognizer.window = "auto" looks for it. A model with a window of its own is
always given the whole of it: `cropped` is null. With --data the figures on top are those of the recordings, else of the
sentences that espeak-ng speaks here; `sets` has both.

wer                    wrong words of a hundred, by language, after case, punctuation and digits are written alike
real_time_factor       time that it took, by time that the audio lasts
ms_per_utterance       half of the utterances, and 95 of 100, took at most so long; the language is found out in it
words_from_nonspeech   words believed in clips in which nobody speaks, behind the detector, as in a call
words_undetected       the same where the recogniser is given all of every such clip
language_accuracy      share of utterances whose language was found
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from benchmarks.asr_clips import Clip, recorded, synthetic
from benchmarks.sounds import Clip as OfSounds, Ears
from engine.errors import CallThingError
from engine.evaluation.word_errors import Errors, errors
from engine.protocol import HEARING_RATE_HZ, LANGUAGES, LanguageCode, Transcript
from engine.recognizers.base import Recognition
from engine.recognizers.utterances import loudest_dbfs
from engine.recognizers.whisper import SIM_EAR, Verdict, WhisperRecognizer, folder_of
from engine.settings import RecognizerSettings, Settings, VadSettings
from engine.turns.hallucination import Around, plain, reason_to_drop

WORSE_POINTS = 0.5  # of the word error rate: less is chance in an hour of speech
MADE, RECORDED = "synthetic", "recorded"


class Heard(NamedTuple):
    """What became of one clip."""

    clip: Clip
    text: str  # that is believed
    language: LanguageCode
    took_ms: float


def listen(recognizer: WhisperRecognizer, clip: Clip) -> Heard:
    """Recognise a clip as a turn of a call."""
    began = time.perf_counter()
    found = recognizer.transcribe(clip.pcm, None)
    took_ms = (time.perf_counter() - began) * 1000
    return Heard(clip, believed(found, clip.pcm), found.language, took_ms)


def believed(found: Recognition, pcm: np.ndarray) -> str:
    """The words, unless the guard drops them."""
    around = Around(found.language, pcm.size * 1000 // HEARING_RATE_HZ)
    silence = VadSettings().silence_dbfs
    doubt = reason_to_drop(found.text, loudest_dbfs(pcm), silence, found.confidence, found.no_speech, around)
    return "" if doubt else found.text


def figures(heard: list[Heard], from_nonspeech: int) -> dict[str, Any]:
    """See the top of this file. from_nonspeech: words that a call believes where nobody speaks."""
    speech = [each for each in heard if each.clip.speech]
    known = [each for each in speech if each.clip.language]
    nonspeech = [each for each in heard if not each.clip.speech]
    took = [each.took_ms for each in speech] or [0.0]
    lasted_s = sum(each.clip.pcm.size for each in speech) / HEARING_RATE_HZ
    by_language = {code: wrong(speech, code) for code in LANGUAGES}
    every = Errors(sum(e.wrong for e in by_language.values()), sum(e.words for e in by_language.values()))
    return {
        "wer": {code: _percent(found) for code, found in by_language.items()},
        "wer_all": _percent(every),
        "real_time_factor": round(sum(took) / 1000 / lasted_s, 4) if lasted_s else None,
        "ms_per_utterance": {f"p{share}": round(float(np.percentile(took, share)), 1) for share in (50, 95)},
        "words_from_nonspeech": from_nonspeech,
        "words_undetected": sum(len(plain(each.text).split()) for each in nonspeech),
        "language_accuracy": round(np.mean([each.language == each.clip.language for each in known]), 4)
        if known
        else None,
        "utterances": len(speech),
        "nonspeech_clips": len(nonspeech),
    }


def wrong(heard: Iterable[Heard], language: LanguageCode) -> Errors:
    """Wrong words in all clips of a language whose words are known."""
    pairs = [
        (each.clip.said, each.text) for each in heard if each.clip.language == language and each.clip.said
    ]
    every = [errors(said, text, language) for said, text in pairs]
    return Errors(sum(each.wrong for each in every), sum(each.words for each in every))


def better_window(cropped: dict[str, Any], padded: dict[str, Any]) -> str:
    """ "speech" where a model that looks at the utterance alone hears as well as on 30 s, else "whole"."""
    if cropped["wer_all"] is None or padded["wer_all"] is None:
        return "whole"
    as_well = cropped["wer_all"] <= padded["wer_all"] + WORSE_POINTS
    as_silent = cropped["words_from_nonspeech"] <= padded["words_from_nonspeech"]
    as_sure = (cropped["language_accuracy"] or 0) >= (padded["language_accuracy"] or 0)
    return "speech" if as_well and as_silent and as_sure else "whole"


def measure(settings: RecognizerSettings, folder: Path, sets: dict[str, list[Clip]]) -> dict[str, Any]:
    """Figures of every set, of a model with these settings."""
    recognizer = WhisperRecognizer(settings, folder)
    recognizer.transcribe(np.ones(HEARING_RATE_HZ, np.int16), None)  # the first time is slower
    ears = Ears(Settings(recognizer=msgspec.structs.replace(settings, model=str(folder))))
    found = {
        name: figures([listen(recognizer, clip) for clip in clips], overheard(ears, clips))
        for name, clips in sets.items()
    }
    last = found[list(sets)[-1]]
    return {**last, "sets": found, **recognizer.hardware._asdict(), "whisper": recognizer.pretrained}


def overheard(ears: Ears, clips: list[Clip]) -> int:
    """Words that a call believes, of clips in which nobody speaks."""
    nobody = [OfSounds(clip.name, "noise", "", clip.pcm, None, False) for clip in clips if not clip.speech]
    finals = [each for clip in nobody for each in ears.hear(clip).of(Transcript) if each.final]
    return sum(len(plain(each.text).split()) for each in finals)


def report(model: str, folder: Path, sets: dict[str, list[Clip]]) -> dict[str, Any]:
    """Everything about a model. Raises ModelError when it cannot be loaded."""
    padded = measure(RecognizerSettings(model=model, window="whole"), folder, sets)
    if not padded["whisper"]:
        return {"model": model, "window": "whole", **padded, "cropped": None, "padded": _short(padded)}
    cropped = measure(RecognizerSettings(model=model, window="speech"), folder, sets)
    window = better_window(cropped, padded)
    chosen = cropped if window == "speech" else padded
    return {"model": model, "window": window, **chosen, "cropped": _short(cropped), "padded": _short(padded)}


def as_text(found: dict[str, Any]) -> str:
    """For people."""
    lines = [f"{found['model']} on {found['device']} {found['compute_type']}, window: {found['window']}"]
    rows = [(name, each) for name, each in found["sets"].items()]
    rows += [(name, found[name]) for name in ("cropped", "padded") if found[name]]
    for name, each in rows:
        wer = "  ".join(f"{code} {'–' if rate is None else rate}" for code, rate in each["wer"].items())
        took = each["ms_per_utterance"]
        lines.append(
            f"{name:<10} wer % {wer}   ms p50 {took['p50']} p95 {took['p95']}   "
            f"real time x {each['real_time_factor']}   language {each['language_accuracy']}   "
            f"words from {each['nonspeech_clips']} clips without speech: {each['words_from_nonspeech']}"
        )
    return "\n".join(lines)


def _short(found: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in found.items()
        if name not in ("sets", "device", "compute_type", "whisper")
    }


def _percent(found: Errors) -> float | None:
    return None if found.rate is None else round(100 * found.rate, 1)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=SIM_EAR, help="a size that was pulled, or a folder")
    parser.add_argument("--data", type=Path, help="recordings: see the top of benchmarks/asr_clips.py")
    parser.add_argument("--state-dir", default="", help="where pulled models lie")
    parser.add_argument("--keep", action="store_true", help="write the better window into the model's folder")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    folder = folder_of(
        RecognizerSettings(model=given.model), Settings(state_dir=given.state_dir).state_path / "models"
    )
    sets = {MADE: list(synthetic())} | ({RECORDED: recorded(given.data)} if given.data else {})
    try:
        found = report(given.model, folder, sets)
    except CallThingError as error:
        print(error, file=sys.stderr)
        return int(error.exit_code)
    if given.keep and found["whisper"]:
        (folder / "window.json").write_bytes(msgspec.json.encode(Verdict(window=found["window"])))
    print(json.dumps(found, indent=2) if given.json else as_text(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
