"""A Whisper model of any shape with random weights, in CTranslate2's format: everything is real but what it hears.

Made without torch, from numpy alone. It has the small recogniser's tokenizer, and as many pieces more as a real
vocabulary has, so that its speed is that of a real model of the shape.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from engine.recognizers.whisper import SIM_EAR_FOLDER

MELS = 80
POSITIONS = 448  # of text, as in every Whisper
PIECES = 560  # of text in the small recogniser's tokenizer; what it cannot say follows
WINDOW_S, HOP_SAMPLES = 30, 160


class Shape(NamedTuple):
    """Of a model; the defaults are small enough for a test."""

    width: int = 64
    layers: int = 1
    heads: int = 2
    vocabulary: int = 0  # 0 = the small recogniser's


SMALLEST = Shape()
SHAPES = {
    "tiny": Shape(384, 4, 6, 51865),
    "base": Shape(512, 6, 8, 51865),
    "small": Shape(768, 12, 12, 51865),
}


def untrained_whisper(folder: Path, shape: Shape = SMALLEST, window_s: int = WINDOW_S, seed: int = 1) -> Path:
    """Write such a model; its folder. window_s: what it was (not) trained on, 30 for a Whisper."""
    from ctranslate2.specs import WhisperSpec

    folder.mkdir(parents=True, exist_ok=True)
    tokens = json.loads((SIM_EAR_FOLDER / "vocabulary.json").read_text())
    tokens += [f"<|more {number}|>" for number in range(shape.vocabulary - len(tokens))]
    spec = WhisperSpec(shape.layers, shape.heads, shape.layers, shape.heads)
    filled = _Filler(np.random.default_rng(seed), shape.width)
    filled.encoder(spec.encoder, window_s * 50)
    filled.decoder(spec.decoder, len(tokens))
    spec.config.suppress_ids, spec.config.suppress_ids_begin = [], []
    spec.config.lang_ids = [tokens.index(f"<|{code}|>") for code in ("en", "de", "es", "nl")]
    spec.config.alignment_heads = [[shape.layers - 1, 0]]
    spec.register_vocabulary(tokens)
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))
    shutil.copyfile(SIM_EAR_FOLDER / "tokenizer.json", folder / "tokenizer.json")
    features = {
        "feature_size": MELS, "sampling_rate": 16000, "hop_length": HOP_SAMPLES, "chunk_length": window_s, "n_fft": 400,
    }  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps(features))
    return folder


class _Filler:
    """Puts random weights into a specification."""

    def __init__(self, random: np.random.Generator, width: int) -> None:
        self.random, self.width = random, width

    def encoder(self, spec: Any, positions: int) -> None:
        self._linear(spec.conv1, self.width, MELS, 3)
        self._linear(spec.conv2, self.width, self.width, 3)
        self._around(spec, positions)

    def decoder(self, spec: Any, vocabulary: int) -> None:
        spec.embeddings.weight = self._weights(vocabulary, self.width)
        spec.projection.weight = spec.embeddings.weight
        spec.projection.bias = np.zeros(vocabulary, np.float32)
        spec.projection.bias[PIECES:] = -50.0  # it writes text and never comes to an end
        self._around(spec, POSITIONS)
        for layer in spec.layer:
            self._norm(layer.attention.layer_norm)
            for linear, times in zip(layer.attention.linear, (1, 2, 1), strict=True):
                self._linear(linear, times * self.width, self.width)

    def _around(self, spec: Any, positions: int) -> None:
        spec.position_encodings.encodings = self._weights(positions, self.width)
        self._norm(spec.layer_norm)
        for layer in spec.layer:
            self._norm(layer.self_attention.layer_norm)
            for linear, times in zip(layer.self_attention.linear, (3, 1), strict=True):
                self._linear(linear, times * self.width, self.width)
            self._norm(layer.ffn.layer_norm)
            self._linear(layer.ffn.linear_0, 4 * self.width, self.width)
            self._linear(layer.ffn.linear_1, self.width, 4 * self.width)

    def _linear(self, spec: Any, *shape: int) -> None:
        spec.weight = self._weights(*shape)
        spec.bias = np.zeros(shape[0], np.float32)

    def _norm(self, spec: Any) -> None:
        spec.gamma = np.ones(self.width, np.float32)
        spec.beta = np.zeros(self.width, np.float32)

    def _weights(self, *shape: int) -> np.ndarray:
        return self.random.normal(0, 0.05, shape).astype(np.float32)
