"""Silence never becomes words: which recognised texts are thrown away, and why. Pure."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import NamedTuple

from engine.languages.phantom_texts import phantoms
from engine.protocol import LanguageCode, Transcript

NOISE_BELOW_MS = 1000  # a cough, a cup, a chair
REPEATS = {1: 6, 2: 4} | dict.fromkeys(
    range(3, 13), 3
)  # of so many words so often in a row: a decoder in a loop
COMPRESSION_LIMIT = 2.4  # Whisper's own threshold for text that repeats itself
NO_SPEECH_LIMIT = 0.6  # Whisper's own threshold for "nobody spoke", used with a low confidence
LOW_CONFIDENCE = 0.37  # exp(-1), Whisper's threshold on the mean log probability
WEAK_NO_SPEECH, WEAK_CONFIDENCE = 0.4, 0.5  # enough to doubt a text that is often written where nobody speaks
WEAK_OVER_SILENCE_DB = 6.0
WORDS_A_SECOND, WORDS_MORE = 8, 4  # nobody says more: fast speech has 5 or 6 a second


class Around(NamedTuple):
    """What is known of the audio beside the recogniser's word on it."""

    language: LanguageCode | None = None  # of the text; None = not known
    length_ms: int = 0  # of the speech; 0 = not known
    names: Sequence[str] = ()  # that the recogniser was told might be said


NOTHING_KNOWN = Around()


def nothing_said(transcript: Transcript) -> bool:
    """Noise that was taken for a turn: no words in a short one, or words that were thrown away.

    A long turn without words is somebody who was not understood, and deserves an answer.
    """
    short = transcript.end_ms - transcript.start_ms < NOISE_BELOW_MS
    return bool(transcript.dropped) or (not transcript.text and short)


def reason_to_drop(
    text: str,
    level_dbfs: float,
    silence_dbfs: float,
    confidence: float,
    no_speech: float,
    around: Around = NOTHING_KNOWN,
) -> str:
    """Why this text is not to be believed, or "".

    level_dbfs: of the loudest 400 ms that were recognised.
    """
    if not text:
        return ""
    if level_dbfs <= silence_dbfs:
        return f"the audio is silence ({level_dbfs:.0f} dBFS)"
    if no_speech > NO_SPEECH_LIMIT and confidence < LOW_CONFIDENCE:
        return f"the recogniser doubts that anyone spoke ({no_speech:.2f})"
    if repeats_itself(text):
        return "the same words again and again"
    words = plain(text)
    count = words.count(" ") + 1
    if around.length_ms and count > WORDS_MORE + WORDS_A_SECOND * around.length_ms / 1000:
        return f"{count} words in {around.length_ms} ms"
    weak = (
        no_speech > WEAK_NO_SPEECH
        or confidence < WEAK_CONFIDENCE
        or level_dbfs <= silence_dbfs + WEAK_OVER_SILENCE_DB
    )
    return _phantom(words, weak, around)


def repeats_itself(text: str) -> bool:
    """Is this what a decoder writes that has got into a loop?"""
    words = text.lower().split()
    for size, repeats in REPEATS.items():
        for start in range(len(words) - size * repeats + 1):
            piece = words[start : start + size]
            if words[start : start + size * repeats] == piece * repeats:
                return True
    written = text.encode()
    return len(written) / len(zlib.compress(written)) > COMPRESSION_LIMIT


def plain(text: str) -> str:
    """Lower-case words with single spaces, without punctuation but apostrophes."""
    return " ".join(re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower().replace("’", "'")))


def _phantom(words: str, weak: bool, around: Around) -> str:
    """Words that come from the recogniser's training, or from what it was told, and from nobody's mouth."""
    known = phantoms(around.language) if around.language else None
    if known and known.says_nobody(words):
        return "nobody says this on the telephone"
    if weak and (not words or (known and known.is_doubtful(words))):
        return "often written where nobody speaks, and little speaks for it"
    told = plain(" ".join(around.names))
    if told and len(plain(around.names[0])) < len(told) and words.replace(told, "").strip() == "":
        return "the names that the recogniser was told, and nothing else"
    if weak and told and set(words.split()) <= set(told.split()):
        return "names that the recogniser was told, and little speaks for them"
    return ""
