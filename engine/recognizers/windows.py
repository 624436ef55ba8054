"""How much audio a recogniser looks at, and where speech that is longer than that is cut. Pure."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from engine.protocol import HEARING_RATE_HZ

BLOCK_MS = 10
BLOCK = BLOCK_MS * HEARING_RATE_HZ // 1000
QUIET_MS = (
    120  # over which it has to be quiet where speech is cut: less lies within a word, before its p, t or k
)
LOOK_BACK_SHARE = 0.5  # of the longest piece, from its end, in which the quietest place is looked for
UNDER_LOUDEST_DB = 35.0  # a pause is that far under the loudest so far,
OVER_QUIETEST_DB = 6.0  # or that close to the quietest so far: the noise of the line
NEVER_QUIET_DB = 20.0  # unless it is within that of the loudest
SHORTEST_MS = 400  # of a piece: "yes," is better understood with what follows
FLOOR_POWER = 1.0  # of digital silence


class Window(NamedTuple):
    """How much of its window a model is given of an utterance."""

    cropped: bool
    floor_ms: int = 10_000  # a model that was trained on 30 s begins to repeat itself on much less
    margin_ms: int = 2_000  # of silence after the last word: it has to hear that there is no more

    def frames(self, heard: int, most: int, frame_ms: float) -> int:
        """Feature frames to look at: an even number, `most` at most.

        heard: frames in which there is audio; most: the model's own window, which one that is shorter than the floor
        always gets whole; frame_ms: of one frame.
        """
        if not self.cropped:
            return most
        wanted = max(heard + math.ceil(self.margin_ms / frame_ms), math.ceil(self.floor_ms / frame_ms))
        return min(most, wanted + wanted % 2)


class Cutting(NamedTuple):
    """How long speech is cut into pieces."""

    most_ms: int
    pause_ms: int = 0  # it is also cut at pauses from this length on; 0 = only where it is too long


def pieces(pcm: np.ndarray, cutting: Cutting) -> list[np.ndarray]:
    """The audio in pieces of at most `most_ms`, with nothing left out, and the same ones however much audio follows.

    So the words of all pieces but the last are final while somebody still speaks, and are recognised once.
    pcm: int16, shape (samples,), 16 kHz.
    """
    cuts = _pauses(pcm, cutting.pause_ms) if cutting.pause_ms else []
    most = cutting.most_ms // BLOCK_MS * BLOCK
    cut: list[np.ndarray] = []
    for piece in np.split(pcm, cuts):
        while piece.size > most:
            at = _quietest(piece[:most], round(most * (1 - LOOK_BACK_SHARE)))
            cut.append(piece[:at])
            piece = piece[at:]
        cut.append(piece)
    return cut


def levels_db(pcm: np.ndarray) -> np.ndarray:
    """Power of each whole block of 10 ms, in dB over the smallest step of 16 bits."""
    blocks = pcm[: pcm.size // BLOCK * BLOCK].astype(np.float32).reshape(-1, BLOCK)
    return np.asarray(10 * np.log10(np.maximum(np.mean(blocks**2, axis=1), FLOOR_POWER)))


def _quietest(pcm: np.ndarray, first: int) -> int:
    """The middle of the quietest 120 ms from the sample `first` on; of several, the one in the middle."""
    levels = levels_db(pcm[first:])
    width = min(QUIET_MS // BLOCK_MS, levels.size)
    around = np.convolve(levels, np.ones(width) / width, mode="valid")
    quiet = np.flatnonzero(around <= around.min() + 0.5)
    return first + int(quiet[quiet.size // 2] + width // 2) * BLOCK


def _pauses(pcm: np.ndarray, pause_ms: int) -> list[int]:
    """Samples in the middle of each pause that speech follows. Each is found by what came up to its end alone."""
    levels = levels_db(pcm)
    if levels.size == 0:
        return []
    loudest, quietest = np.maximum.accumulate(levels), np.minimum.accumulate(levels)
    noise = np.minimum(quietest + OVER_QUIETEST_DB, loudest - NEVER_QUIET_DB)
    quiet = levels < np.maximum(loudest - UNDER_LOUDEST_DB, noise)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], quiet, [0]))))
    cuts: list[int] = []
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        middle = int(first + end) // 2 * BLOCK
        long = (end - first) * BLOCK_MS >= pause_ms and end < levels.size
        if long and middle - (cuts[-1] if cuts else 0) >= SHORTEST_MS * BLOCK // BLOCK_MS and first:
            cuts.append(middle)
    return cuts
