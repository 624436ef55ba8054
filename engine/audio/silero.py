"""Silero VAD on onnxruntime: the ONNX file of the `silero-vad` package, found without importing it.

Importing the package would import torch; the network itself needs only onnxruntime.
"""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import ModelError

WINDOW_SAMPLES = 512  # 32 ms at 16 kHz, the only window the network knows
WINDOW_MS = 32
CONTEXT_SAMPLES = 64  # of the window before; without them the network never fires
MODEL_FILE = "silero_vad.onnx"


def model_path() -> Path:
    """The network's file. Raises ModelError when the package is not installed."""
    try:
        files = importlib.metadata.distribution("silero-vad").files or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == MODEL_FILE:
            return Path(str(file.locate()))
    raise ModelError(
        f"{MODEL_FILE} was not found: the package silero-vad is missing. Install it: make install"
    )


class SileroNetwork:
    """The network, loaded once; every stream keeps its own state."""

    def __init__(self) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(
            str(model_path()), options, providers=["CPUExecutionProvider"]
        )
        self._rate = np.array(16_000, np.int64)

    def run(self, window: np.ndarray, state: np.ndarray) -> tuple[float, np.ndarray]:
        """window: float32 (1, 576) with its context; state: float32 (2, 1, 128). Probability and next state."""
        probability, state = self._session.run(None, {"input": window, "state": state, "sr": self._rate})
        return float(probability[0, 0]), state


class SpeechStream:
    """Speech probabilities of one stream of audio, one for every 32 ms."""

    def __init__(self, network: SileroNetwork) -> None:
        self._network = network
        self._state = np.zeros((2, 1, 128), np.float32)
        self._window = np.zeros((1, CONTEXT_SAMPLES + WINDOW_SAMPLES), np.float32)
        self._waiting = np.empty(0, np.int16)

    def feed(self, pcm: np.ndarray) -> list[tuple[float, np.ndarray]]:
        """pcm: int16, 16 kHz mono, any length. Returns (probability, the 512 samples) per whole window."""
        self._waiting = np.concatenate([self._waiting, pcm])
        judged = []
        while self._waiting.size >= WINDOW_SAMPLES:
            samples, self._waiting = self._waiting[:WINDOW_SAMPLES], self._waiting[WINDOW_SAMPLES:]
            self._window[0, :CONTEXT_SAMPLES] = self._window[0, -CONTEXT_SAMPLES:]
            self._window[0, CONTEXT_SAMPLES:] = samples.astype(np.float32) / 32768
            probability, self._state = self._network.run(self._window, self._state)
            judged.append((probability, samples))
        return judged

    def forget(self) -> None:
        """Hear what comes as if nothing had been before: music leaves the network slow to notice a voice."""
        self._state = np.zeros_like(self._state)

    @property
    def waiting_samples(self) -> int:
        """Samples fed that do not fill a window yet."""
        return self._waiting.size
