"""Somebody else's recording as a call's sound: WAV, FLAC, MP3, Opus, Ogg, whatever FFmpeg reads, 8 to 48 kHz."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from engine.audio.resample import Decimator
from engine.lines.audio_file import FULL_SCALE, LOWEST_RATE_HZ, RecordingError
from engine.lines.placing import LONGEST_S
from engine.protocol import HEARING_RATE_HZ, LINE_RATE_HZ

FORMATS = "WAV, FLAC, MP3, Opus or Ogg"


def channels_of(path: Path) -> int:
    """How many there are. Raises RecordingError: no such file, no audio, too low a rate."""
    with _opened(path) as file:
        stream = _stream(path, file)
        if stream.rate < LOWEST_RATE_HZ:
            raise RecordingError(f"{path}: {stream.rate} Hz; a recording has at least {LOWEST_RATE_HZ}.")
        return int(stream.channels)


def sound_of(path: Path, channels: tuple[int, ...]) -> np.ndarray:
    """These channels, from 0, as capture would pass them on: int16, 16 kHz, shape (samples, len(channels)).

    What is decoded is never held as a whole at any other rate. Raises RecordingError as `channels_of`, also where a
    channel is not there, the file is longer than a call may be, or it is broken before any sound.
    """
    import soxr

    parts: list[np.ndarray] = []
    rate: Any = None
    decimators = [Decimator(LINE_RATE_HZ // HEARING_RATE_HZ) for _ in channels]
    rest = np.empty((0, len(channels)), np.int16)
    samples = 0
    for piece, rate_hz in _pieces(path, channels):
        if rate is None:
            rate = soxr.ResampleStream(rate_hz, LINE_RATE_HZ, len(channels), dtype="int16")
        made = rate.resample_chunk(piece)
        rest = np.concatenate([rest, made.reshape(-1, len(channels))])
        whole = len(rest) // 3 * 3
        parts.append(_decimated(decimators, rest[:whole]))
        rest, samples = rest[whole:], samples + len(parts[-1])
        if samples > LONGEST_S * HEARING_RATE_HZ:
            raise RecordingError(
                f"{path} is longer than {LONGEST_S // 60} minutes, after which a call's clock wraps. Cut it."
            )
    if not samples or rate is None:
        raise RecordingError(f"{path} holds no audio.")
    last = rate.resample_chunk(np.empty((0, len(channels)), np.int16), last=True).reshape(-1, len(channels))
    tail = np.concatenate([rest, last])
    parts.append(_decimated(decimators, tail[: len(tail) // 3 * 3]))
    return np.concatenate(parts)


def _decimated(decimators: list[Decimator], pcm: np.ndarray) -> np.ndarray:
    made = [each.feed(np.ascontiguousarray(pcm[:, n])) for n, each in enumerate(decimators)]
    return np.stack(made, axis=1)


def _pieces(path: Path, channels: tuple[int, ...]) -> Iterator[tuple[np.ndarray, int]]:
    """Decoded, int16, shape (samples, len(channels)), and their rate."""
    import av

    with _opened(path) as file:
        _stream(path, file)
        resampler = av.AudioResampler(format="fltp")
        frames = file.decode(audio=0)
        heard = False
        while True:
            try:
                frame = next(frames, None)
            except (av.FFmpegError, ValueError) as error:
                if heard:
                    return  # a file that is cut is taken as far as it goes
                raise RecordingError(
                    f"{path} holds no audio that can be read ({error}). Use {FORMATS}."
                ) from None
            if frame is None:
                return
            for part in resampler.resample(frame):
                there = part.to_ndarray()
                if max(channels) >= len(there):
                    raise RecordingError(
                        f"{path} has {len(there)} channel{'s' if len(there) > 1 else ''}; "
                        f"there is no channel {max(channels)}. Counted from 0."
                    )
                loud = np.rint(there[list(channels)].T * FULL_SCALE)
                heard = True
                yield (
                    np.ascontiguousarray(np.clip(loud, -FULL_SCALE, FULL_SCALE - 1), np.int16),
                    frame.sample_rate,
                )


def _opened(path: Path) -> Any:
    import av

    if not path.is_file():
        what = "is no file" if path.exists() else "is not there"
        raise RecordingError(f"{path} {what}. Name a recording: {FORMATS}.")
    try:
        return av.open(str(path), metadata_errors="ignore")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise RecordingError(f"{path} holds no audio that can be read ({error}). Use {FORMATS}.") from None


def _stream(path: Path, file: Any) -> Any:
    if not file.streams.audio:
        raise RecordingError(f"{path} holds no audio. Use {FORMATS}.")
    return file.streams.audio[0]
