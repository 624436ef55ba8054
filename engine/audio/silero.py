"""Silero VAD on onnxruntime: the ONNX file of the `silero-vad` package, found without importing it.

Importing the package would import torch; the network itself needs only onnxruntime.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from engine.errors import ModelError

WINDOW_SAMPLES = 512  # 32 ms at 16 kHz, the only window the network knows
WINDOW_MS = 32
CONTEXT_SAMPLES = 64  # of the window before; without them the network never fires
MODEL_FILE = "silero_vad.onnx"
SCALE = np.float32(1 / 32768)


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

    def run(self, windows: np.ndarray, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """One window of each of so many streams; a window of eight costs half of what it costs alone.

        windows: float32 (streams, 576) with their context; states: float32 (2, streams, 128). Probabilities (streams,)
        and the next states.
        """
        found, states = self._session.run(None, {"input": windows, "state": states, "sr": self._rate})
        return found[:, 0], states


class Judged(NamedTuple):
    """A window with the probability that somebody speaks in it."""

    probability: float
    samples: np.ndarray  # int16, the 512 samples


class SpeechStream:
    """Speech probabilities of one stream of audio, one for every 32 ms."""

    def __init__(self, network: SileroNetwork) -> None:
        self.network = network
        self.state = np.zeros((2, 1, 128), np.float32)
        self.window = np.zeros((1, CONTEXT_SAMPLES + WINDOW_SAMPLES), np.float32)
        self._waiting = np.empty(0, np.int16)

    def feed(self, pcm: np.ndarray) -> list[Judged]:
        """pcm: int16, 16 kHz mono, any length. Every whole window, judged."""
        self.add(pcm)
        judged = []
        while self.has_window:
            judged += judge([self])
        return judged

    def add(self, pcm: np.ndarray) -> None:
        """The same, to be judged later."""
        self._waiting = np.concatenate([self._waiting, pcm])

    @property
    def has_window(self) -> bool:
        """Whether a whole window waits to be judged."""
        return self._waiting.size >= WINDOW_SAMPLES

    def take(self) -> np.ndarray:
        """The oldest whole window is the one that the network is asked about next; its samples, int16."""
        samples, self._waiting = self._waiting[:WINDOW_SAMPLES], self._waiting[WINDOW_SAMPLES:]
        window = self.window[0]
        window[:CONTEXT_SAMPLES] = window[-CONTEXT_SAMPLES:]
        np.multiply(samples, SCALE, out=window[CONTEXT_SAMPLES:])
        return samples

    def forget(self) -> None:
        """Hear what comes as if nothing had been before: music leaves the network slow to notice a voice."""
        self.state = np.zeros_like(self.state)

    @property
    def waiting_samples(self) -> int:
        """Samples fed that do not fill a window yet."""
        return self._waiting.size


def judge(streams: Sequence[SpeechStream]) -> list[Judged]:
    """The oldest whole window of each of these streams of one network, all at once; each stream has one."""
    samples = [stream.take() for stream in streams]
    if len(streams) == 1:
        windows, states = streams[0].window, streams[0].state
    else:
        windows = np.concatenate([stream.window for stream in streams])
        states = np.concatenate([stream.state for stream in streams], axis=1)
    probabilities, states = streams[0].network.run(windows, states)
    for number, stream in enumerate(streams):
        stream.state = states[:, number : number + 1].copy() if len(streams) > 1 else states
    return [Judged(*each) for each in zip(probabilities.tolist(), samples, strict=True)]
