"""Embeddings of utterances: what "alike" is measured by. The guard decides, whichever is used.

    lexical      hashed character n-grams and words: no model, no download, 0.1 ms
    fastembed    a sentence transformer on ONNX, an extra: see embedder_fastembed.py

On pairs of restaurant sentences the lexical one is as good as a small sentence transformer, because the guard decides
anyway: two sentences that differ in one number are alike to both.
"""

from __future__ import annotations

import re
import zlib
from typing import Protocol

import numpy as np

from engine.settings import CacheSettings

DIMENSIONS = 384
CHARACTER_RUNS = (3, 4, 5)
WORD_WEIGHT = 2.0  # a whole word in common says more than a few letters


class Embedder(Protocol):
    """Turns an utterance into a vector of length 1, or of zeros when there is nothing in it."""

    name: str  # with model and dimension: part of the collections' names, so that two never mix
    dimensions: int

    def embed(self, text: str) -> np.ndarray: ...


class Lexical:
    """The embedder that is always there."""

    name = f"lexical-{DIMENSIONS}"
    dimensions = DIMENSIONS

    def embed(self, text: str) -> np.ndarray:
        """float32, shape (384,)."""
        return embed(text)


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


def chosen_embedder(settings: CacheSettings) -> Embedder:
    """The embedder of the settings, ready to be used. Raises StateError naming the next step."""
    if settings.embedder == "lexical":
        return Lexical()
    from engine.stores.embedder_fastembed import FastEmbed

    return FastEmbed(settings.embedder_model)
