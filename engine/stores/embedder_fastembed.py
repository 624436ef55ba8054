"""A sentence transformer as embedder, through fastembed: an extra, brought by `pip install 'call-thing[fastembed]'`.

Its model is downloaded when it is used for the first time, and takes some 25 ms an utterance on a CPU.
"""

from __future__ import annotations

import os
import re
from typing import Any

import numpy as np

from engine.errors import StateError

WAY_OUT = 'or set cache.embedder = "lexical", which needs nothing.'


class FastEmbed:
    """One model of fastembed's list. Raises StateError when the package or the model cannot be had."""

    def __init__(self, model: str) -> None:
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before onnxruntime is loaded
        try:
            from fastembed import TextEmbedding
        except ImportError:
            raise StateError(
                "cache.embedder is fastembed, which is not installed. Install it: pip install 'call-thing[fastembed]', "
                + WAY_OUT
            ) from None
        try:
            self._model: Any = TextEmbedding(model_name=model)
            self.dimensions = len(self._vector("hello"))
        except Exception as error:  # of its download, onnxruntime, tokenizers, which have no common root
            why = (str(error).splitlines() or ["no reason given"])[0]
            raise StateError(
                f"fastembed has no model {model!r} here ({why}). Name one of its list in cache.embedder_model and let "
                f"it be downloaded once, {WAY_OUT}"
            ) from None
        slug = re.sub(r"[^a-z0-9]+", "-", model.lower()).strip("-")
        self.name = f"fastembed-{slug}-{self.dimensions}"

    def embed(self, text: str) -> np.ndarray:
        """float32, shape (dimensions,), length 1; zeros for a text without words."""
        vector = self._vector(text) if re.search(r"\w", text) else np.zeros(self.dimensions, np.float32)
        length = float(np.linalg.norm(vector))
        return vector / length if length else vector

    def _vector(self, text: str) -> np.ndarray:
        return np.asarray(next(iter(self._model.embed([text]))), np.float32)
