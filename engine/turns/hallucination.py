"""Silence never becomes words: which recognised texts are thrown away, and why. Pure."""

from __future__ import annotations

from engine.protocol import Transcript

NOISE_BELOW_MS = 1000  # a cough, a cup, a chair
REPEATS = {1: 6, 2: 4, 3: 3}  # so many words so often in a row: a decoder in a loop, not a phone number
NO_SPEECH_LIMIT = 0.6  # Whisper's own threshold for "nobody spoke", used with a low confidence
LOW_CONFIDENCE = 0.37  # exp(-1), Whisper's threshold on the mean log probability


def nothing_said(transcript: Transcript) -> bool:
    """Noise that was taken for a turn: no words in a short one, or words that were thrown away.

    A long turn without words is somebody who was not understood, and deserves an answer.
    """
    short = transcript.end_ms - transcript.start_ms < NOISE_BELOW_MS
    return bool(transcript.dropped) or (not transcript.text and short)


def reason_to_drop(
    text: str, level_dbfs: float, silence_dbfs: float, confidence: float, no_speech: float
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
    if _loops(text.split()):
        return "the same words again and again"
    return ""


def _loops(words: list[str]) -> bool:
    for size, repeats in REPEATS.items():
        for start in range(len(words) - size * repeats + 1):
            piece = words[start : start + size]
            if words[start : start + size * repeats] == piece * repeats:
                return True
    return False
