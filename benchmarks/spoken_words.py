"""What a caller with a manifest has said by a certain moment of the file: what a stub recogniser hears. Pure.

Words are spread over the time in which they are spoken by their share of the characters; where a pause is, the audio
tells: words before it are over when it begins, and nothing is known of those after it until it is over.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from benchmarks.turn_inputs import PAUSE_MARK, InputFile, Turn
from engine.audio.levels import level_dbfs

BLOCK_MS = 5
QUIET_UNDER_SPEECH_DB = 35.0
HEARD_SHARE = 0.75  # of a word, from which on it is recognised
MOST_SHORTER = 0.7  # a pause is at least so much of what its mark says: the words beside it die away


class Word(NamedTuple):
    """One word; heard from here on, seconds into the file."""

    text: str
    heard_s: float
    turn: int  # its number in the file


def words_of(caller: InputFile, pcm: np.ndarray, rate_hz: int) -> list[Word]:
    """All words of a file in their order. pcm: the file's audio, int16."""
    return [
        word
        for number, turn in enumerate(caller.turns)
        for span, text in _stretches(turn, pcm, rate_hz)
        for word in _spread(text, *span, number)
    ]


def stops_of(caller: InputFile, pcm: np.ndarray, rate_hz: int) -> list[float]:
    """Where speech truly pauses or ends, in seconds: the ends of all stretches without a pause."""
    return [span[1] for turn in caller.turns for span, _ in _stretches(turn, pcm, rate_hz)]


def said(words: list[Word], from_s: float, until_s: float) -> str:
    """What of the words in a stretch of the file is known at its end; "" = nothing. Those before it are not heard."""
    return " ".join(word.text for word in words if from_s < word.heard_s <= until_s)


def _spread(text: str, start_s: float, end_s: float, turn: int) -> list[Word]:
    words = text.split()
    characters = sum(len(word) + 1 for word in words)
    made, at = [], 0.0
    for word in words:
        share = (len(word) + 1) / characters
        made.append(Word(word, start_s + (at + HEARD_SHARE * share) * (end_s - start_s), turn))
        at += share
    return made


def _stretches(turn: Turn, pcm: np.ndarray, rate_hz: int) -> list[tuple[tuple[float, float], str]]:
    """The parts of a turn between its pauses, with the time in which each is spoken."""
    texts = PAUSE_MARK.split(turn.text)[::2]
    pauses = _pauses(turn, [len(text) for text in texts], pcm, rate_hz)
    edges = [turn.start_s, *(edge for pause in pauses for edge in pause), turn.end_s]
    return [((edges[2 * n], edges[2 * n + 1]), text) for n, text in enumerate(texts)]


def _pauses(turn: Turn, lengths: list[int], pcm: np.ndarray, rate_hz: int) -> list[tuple[float, float]]:
    """Where the pauses of a turn are: the quiet stretch of about that length that is nearest to where it should be."""
    if not turn.pauses_ms:
        return []
    quiet = _quiet_stretches(turn, pcm, rate_hz)
    voiced_s = turn.end_s - turn.start_s - sum(turn.pauses_ms) / 1000
    found, before_s = [], turn.start_s
    for number, pause_ms in enumerate(turn.pauses_ms):
        expected_s = before_s + voiced_s * lengths[number] / max(1, sum(lengths))
        fitting = [span for span in quiet if (span[1] - span[0]) * 1000 >= MOST_SHORTER * pause_ms]
        span = min(fitting, key=lambda span, at_s=expected_s: abs(span[0] - at_s), default=None)
        span = span or (expected_s, expected_s + pause_ms / 1000)
        found.append(span)
        quiet = [each for each in quiet if each[0] > span[0]]
        before_s = span[1]
    return found


def _quiet_stretches(turn: Turn, pcm: np.ndarray, rate_hz: int) -> list[tuple[float, float]]:
    block = rate_hz * BLOCK_MS // 1000
    first, last = int(turn.start_s * rate_hz), int(turn.end_s * rate_hz)
    levels = [level_dbfs(pcm[at : at + block]) for at in range(first, last, block)]
    limit = max(levels) - QUIET_UNDER_SPEECH_DB
    spans: list[tuple[float, float]] = []
    begins: int | None = None
    for number, level in enumerate([*levels, 0.0]):
        if level < limit:
            begins = number if begins is None else begins
        elif begins is not None:
            edges = (turn.start_s + each * BLOCK_MS / 1000 for each in (begins, number))
            spans.append((next(edges), next(edges)))
            begins = None
    return spans
