"""Lexical embedding of an utterance: hashed character n-grams and words. No model, no download, 0.1 ms.

On pairs of restaurant sentences it is as good as a small sentence transformer, because the guard decides anyway:
two sentences that differ in one number are alike to both.
"""

from __future__ import annotations

import re
import zlib

import numpy as np

DIMENSIONS = 384
CHARACTER_RUNS = (3, 4, 5)
WORD_WEIGHT = 2.0  # a whole word in common says more than a few letters


def embed(text: str) -> np.ndarray:
    """float32, shape (384,), length 1 (zeros for a text without letters)."""
    words = re.sub(r"[^\w]+", " ", text.lower()).split()
    vector = np.zeros(DIMENSIONS, np.float32)
    line = f" {' '.join(words)} "
    for size in CHARACTER_RUNS:
        for start in range(len(line) - size + 1):
            _add(vector, line[start : start + size], 1.0)
    for word in words:
        _add(vector, f"word {word}", WORD_WEIGHT)
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector


def _add(vector: np.ndarray, feature: str, weight: float) -> None:
    hashed = zlib.crc32(feature.encode())
    vector[hashed % DIMENSIONS] += weight if hashed >> 31 else -weight
