"""Smart Turn v3: does a voice sound as if it had finished? Its ONNX file comes with the package `pipecat-ai`.

The package itself is not imported: the network needs onnxruntime alone, and the extra `turn-model` brings the file.
"""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import Any

import numpy as np

from engine.audio.log_mel import RATE_HZ, log_mel
from engine.errors import ModelError

HEARD_S = 8  # the last seconds of a turn; a shorter one is put at their end
QUIETEST = 1e-7  # variance, so that silence is not divided by zero
PACKAGE = "pipecat-ai"


def model_path() -> Path:
    """The network's file. Raises ModelError when the package is not installed."""
    try:
        files = importlib.metadata.distribution(PACKAGE).files or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name.startswith("smart-turn-v3") and file.suffix == ".onnx":
            return Path(str(file.locate()))
    raise ModelError(
        f'The turn model was not found in {PACKAGE}. Install it: pip install "call-thing[turn-model]", '
        'or set turns.model = "off".'
    )


class SmartTurn:
    """The network, loaded once. Not for two threads at a time."""

    def __init__(self, path: Path | None = None) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(
            str(path or model_path()), options, providers=["CPUExecutionProvider"]
        )

    def finished(self, pcm: np.ndarray) -> float:
        """How surely the turn is over, 0..1. pcm: int16, 16 kHz, the turn so far. About 60 ms of one core."""
        heard = pcm[-HEARD_S * RATE_HZ :].astype(np.float32) / 32768
        samples = np.concatenate([np.zeros(HEARD_S * RATE_HZ - heard.size, np.float32), heard])
        even = (samples - samples.mean()) / np.sqrt(samples.var() + QUIETEST)
        (probability,) = self._session.run(None, {"input_features": log_mel(even)[None]})
        return float(probability.reshape(-1)[0])
