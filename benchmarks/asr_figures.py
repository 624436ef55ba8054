"""What the clips of benchmarks/asr.py come to: figures of each set, and those that stand for a model. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from benchmarks import asr_sets
from benchmarks.asr_clips import Clip
from benchmarks.asr_nobody import NOBODY
from engine.evaluation.word_errors import Errors, errors
from engine.protocol import LANGUAGES, LanguageCode
from engine.turns.hallucination import plain

WORSE_POINTS = 0.5  # of the word error rate: less is chance in an hour of speech
MADE, RECORDED = "synthetic", "recorded"
NAMED = {
    "wer_unseen_patterns": asr_sets.UNSEEN,
    "wer_noisy": asr_sets.NOISY,
    "wer_unseen_voices": asr_sets.VOICES,
}
SILENT = ("words_from_nonspeech", "words_undetected", "words_raw", "nonspeech_clips")


class Heard(NamedTuple):
    """What became of one clip."""

    clip: Clip  # without its audio
    lasted_s: float
    text: str  # that is believed
    raw: str  # that was written
    language: LanguageCode
    early: LanguageCode | None  # after the first second of speech; None: not asked
    took_ms: float


def figures(heard: list[Heard], from_nonspeech: int) -> dict[str, Any]:
    """Of one set; see the top of asr.py. from_nonspeech: words that a call believes where nobody speaks."""
    speech = [each for each in heard if each.clip.speech]
    known = [each for each in speech if each.clip.language]
    nonspeech = [each for each in heard if not each.clip.speech]
    took = [each.took_ms for each in speech] or [0.0]
    lasted_s = sum(each.lasted_s for each in speech)
    by_language = {code: wrong(speech, code) for code in LANGUAGES}
    return {
        "wer": {code: _percent(found) for code, found in by_language.items()},
        "wer_all": _percent(together(by_language.values())),
        "errors": by_language,
        "real_time_factor": round(sum(took) / 1000 / lasted_s, 4) if lasted_s else None,
        "ms_per_utterance": {f"p{share}": round(float(np.percentile(took, share)), 1) for share in (50, 95)},
        "words_from_nonspeech": from_nonspeech,
        "words_undetected": sum(len(plain(each.text).split()) for each in nonspeech),
        "words_raw": sum(len(plain(each.raw).split()) for each in nonspeech),
        "language_accuracy": _share([each.early == each.clip.language for each in known if each.early]),
        "language_accuracy_whole": _share([each.language == each.clip.language for each in known]),
        "utterances": len(speech),
        "nonspeech_clips": len(nonspeech),
    }


def wrong(heard: Iterable[Heard], language: LanguageCode) -> Errors:
    """Wrong words in all clips of a language whose words are known."""
    pairs = [
        (each.clip.said, each.text) for each in heard if each.clip.language == language and each.clip.said
    ]
    return together(errors(said, text, language) for said, text in pairs)


def together(some: Iterable[Errors]) -> Errors:
    """The sum."""
    every = list(some)
    return Errors(sum(each.wrong for each in every), sum(each.words for each in every))


def better_window(cropped: dict[str, Any], padded: dict[str, Any]) -> str:
    """ "speech" where a model that looks at the utterance alone hears as well as on 30 s, else "whole"."""
    if cropped["wer_all"] is None or padded["wer_all"] is None:
        return "whole"
    as_well = cropped["wer_all"] <= padded["wer_all"] + WORSE_POINTS
    as_silent = cropped["words_from_nonspeech"] <= padded["words_from_nonspeech"]
    sure = [each["language_accuracy_whole"] or 0 for each in (cropped, padded)]
    return "speech" if as_well and as_silent and sure[0] >= sure[1] else "whole"


def on_top(sets: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The figures that stand for the model: see the top of asr.py."""
    if RECORDED in sets or asr_sets.KNOWN not in sets:
        found = dict(sets[RECORDED if RECORDED in sets else MADE])
    else:
        speech = [sets[name] for name in (asr_sets.KNOWN, asr_sets.UNSEEN)]
        found = {**speech[0], **{name: sets[NOBODY][name] for name in SILENT}}
        for name in ("language_accuracy", "language_accuracy_whole"):
            shares = [each[name] for each in speech if each[name] is not None]
            found[name] = round(sum(shares) / len(shares), 4) if shares else None
    for name, of in NAMED.items():
        found[name] = sets[of]["wer"] if of in sets else None
    return {**found, **_telephone(sets)}


def _telephone(sets: dict[str, dict[str, Any]]) -> dict[str, Any]:
    lines = {name.removeprefix(f"{asr_sets.TELEPHONE}/"): each for name, each in sets.items() if "/" in name}
    if not lines:
        return {"wer_telephone": None, "telephone_ratio": None, "telephone_lines": None}
    by_language = {code: together(each["errors"][code] for each in lines.values()) for code in LANGUAGES}
    there, clean = together(by_language.values()).rate, together(sets[asr_sets.KNOWN]["errors"].values()).rate
    return {
        "wer_telephone": {code: _percent(found) for code, found in by_language.items()},
        "telephone_ratio": round(there / clean, 2) if there is not None and clean else None,
        "telephone_lines": {name: each["wer_all"] for name, each in lines.items()},
    }


def _percent(found: Errors) -> float | None:
    return None if found.rate is None else round(100 * found.rate, 2)


def _share(right: list[bool]) -> float | None:
    return round(float(np.mean(right)), 4) if right else None
