"""A recording's audio at the line's rate: WAV, FLAC and whatever else FFmpeg reads, any rate, one of its channels."""

from __future__ import annotations

import functools
import wave
from pathlib import Path

import numpy as np

from engine.errors import CallThingError, ExitCode
from engine.protocol import LINE_RATE_HZ

LOWEST_RATE_HZ = 8000  # a telephone's; less is no speech
FULL_SCALE = 32768
KEPT_FILES = 8  # in memory: several calls at once may have the same far end


class RecordingError(CallThingError):
    """A file that cannot be a far end; the text says why."""

    exit_code = ExitCode.BAD_INPUT


@functools.lru_cache(maxsize=KEPT_FILES)
def line_audio(path: Path, channel: int) -> np.ndarray:
    """One channel of a file, int16, shape (samples,), LINE_RATE_HZ. Nobody may write to it.

    Raises RecordingError where the file is no audio, has no such channel, or too low a rate.
    """
    channels, rate_hz = _pcm_wave(path) or _decoded(path)
    if not 0 <= channel < channels.shape[1]:
        raise RecordingError(
            f"{path} has {channels.shape[1]} channels; there is no channel {channel}. Counted from 0."
        )
    if rate_hz < LOWEST_RATE_HZ:
        raise RecordingError(f"{path}: {rate_hz} Hz; a recording has at least {LOWEST_RATE_HZ}.")
    return at_line_rate(np.ascontiguousarray(channels[:, channel]), rate_hz)


def at_line_rate(pcm: np.ndarray, rate_hz: int) -> np.ndarray:
    """pcm: int16, shape (samples,). The same at LINE_RATE_HZ, not shifted in time."""
    import soxr

    made = pcm if rate_hz == LINE_RATE_HZ else soxr.resample(pcm, rate_hz, LINE_RATE_HZ, quality="HQ")
    result = np.array(made, np.int16)
    result.flags.writeable = False
    return result


def _pcm_wave(path: Path) -> tuple[np.ndarray, int] | None:
    """The commonest file without a decoder, shape (samples, channels); None for anything but 16-bit PCM in a WAV.

    A length in the header that was never brought up to date does not matter: what is there is read.
    """
    try:
        with wave.open(str(path)) as file:
            if file.getsampwidth() != 2:
                return None
            pcm, channels = file.readframes(file.getnframes()), file.getnchannels()
            whole = len(pcm) // (2 * channels) * channels
            return np.frombuffer(pcm, "<i2", count=whole).reshape(-1, channels), file.getframerate()
    except (wave.Error, EOFError):
        return None
    except OSError as error:
        raise RecordingError(f"{path} cannot be read ({error.strerror}).") from None


def _decoded(path: Path) -> tuple[np.ndarray, int]:
    """Through FFmpeg's decoders, shape (samples, channels), int16."""
    import av

    parts: list[np.ndarray] = []
    rate_hz = 0
    try:
        with av.open(str(path)) as file:
            resampler = av.AudioResampler(format="fltp")
            for frame in file.decode(audio=0):
                rate_hz = frame.sample_rate
                parts += [part.to_ndarray() for part in resampler.resample(frame)]
    except (av.FFmpegError, OSError, IndexError, ValueError) as error:
        raise RecordingError(f"{path} holds no audio that can be read ({error}). Use WAV or FLAC.") from None
    if not parts:
        raise RecordingError(f"{path} holds no audio.")
    whole = np.concatenate(parts, axis=1).T
    return np.asarray(np.clip(np.rint(whole * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1), np.int16), rate_hz
