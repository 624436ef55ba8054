"""The recording of a call on disk. Samples: int16, 16 kHz, stereo."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

from engine.errors import StateError
from engine.journal import AUDIO
from engine.protocol import HEARING_RATE_HZ
from engine.recorder import CHANNELS, HEAD_BYTES, wav_head

SAMPLE_BYTES = CHANNELS * 2  # of both channels


class Sound(NamedTuple):
    """What of a recording can be heard."""

    path: Path
    pcm: bytes  # whole samples of both channels
    stated: int  # samples that the file's head says there are
    head_as_written: bool  # the head is byte for byte the one that a recording of `stated` samples has
    extra_bytes: int = 0  # behind the last whole sample

    @property
    def samples(self) -> int:
        """Per channel, as many as are there."""
        return len(self.pcm) // SAMPLE_BYTES

    @property
    def seconds(self) -> float:
        return self.samples / HEARING_RATE_HZ


def recording(folder: Path) -> Path | None:
    """Where a call's recording is; None where there is none."""
    return path if (path := folder / AUDIO).is_file() else None


def read_sound(path: Path) -> Sound:
    """The whole of it; 4 MB a minute. Raises StateError when it cannot be read."""
    try:
        return _wav(path, path.read_bytes())
    except OSError as error:
        raise StateError(f"{path}: the recording cannot be read ({error.strerror}).") from None


def _wav(path: Path, raw: bytes) -> Sound:
    stated = int.from_bytes(raw[HEAD_BYTES - 4 : HEAD_BYTES], "little") // SAMPLE_BYTES
    body = raw[HEAD_BYTES:]
    extra = len(body) % SAMPLE_BYTES
    pcm = body[: len(body) - extra] if extra else body
    try:
        head_as_written = raw[:HEAD_BYTES] == wav_head(stated)
    except struct.error:  # a length beyond 32 bits
        head_as_written = False
    return Sound(path, pcm, stated, head_as_written, extra)
