"""The recording of a call on disk, WAV or FLAC. Samples: int16, 16 kHz, stereo: left the far end, right what we sent.

While a call goes on it is `audio.wav`, which can be played at any moment; afterwards it becomes `audio.flac`
(engine/records/finishing.py).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.errors import StateError
from engine.journal import AUDIO
from engine.protocol import HEARING_RATE_HZ
from engine.recorder import CHANNELS, HEAD_BYTES, wav_head

FLAC = "audio.flac"
SAMPLE_BYTES = CHANNELS * 2  # of both channels


class Sound(NamedTuple):
    """What of a recording can be heard."""

    path: Path
    pcm: bytes  # whole samples of both channels
    stated: int  # samples that the file's head says there are
    trouble: str = ""  # what of the file is not as it was written, whatever its samples are; "" = nothing
    extra_bytes: int = 0  # behind the last whole sample

    @property
    def samples(self) -> int:
        """Per channel, as many as are there."""
        return len(self.pcm) // SAMPLE_BYTES

    @property
    def seconds(self) -> float:
        return self.samples / HEARING_RATE_HZ


class Samples(NamedTuple):
    """A recording's samples."""

    pcm: np.ndarray  # int16, shape (samples, 2): the far end, what we sent. Nobody may write to it
    rate_hz: int


def sound_file(folder: Path) -> Path | None:
    """Where a call's recording is; None where there is none.

    The FLAC is there only once it is whole, so that it is taken even while the WAV is still beside it.
    """
    return next((path for name in (FLAC, AUDIO) if (path := folder / name).is_file()), None)


def read_samples(path: Path) -> Samples:
    """Both channels of a recording, as far as they can be read. Raises StateError when they cannot."""
    sound = read_sound(path)
    return Samples(np.frombuffer(sound.pcm, np.int16).reshape(-1, CHANNELS), HEARING_RATE_HZ)


def read_sound(path: Path) -> Sound:
    """The whole of it; 4 MB a minute. Raises StateError when it cannot be read.

    A WAV that became a FLAC since somebody looked is read as that.
    """
    try:
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            path = path.with_name(FLAC)
            raw = path.read_bytes()
    except OSError as error:
        raise StateError(f"{path}: the recording cannot be read ({error.strerror}).") from None
    return _flac(path, raw) if path.suffix == ".flac" else _wav(path, raw)


def _wav(path: Path, raw: bytes) -> Sound:
    stated = int.from_bytes(raw[HEAD_BYTES - 4 : HEAD_BYTES], "little") // SAMPLE_BYTES
    body = raw[HEAD_BYTES:]
    extra = len(body) % SAMPLE_BYTES
    pcm = body[: len(body) - extra] if extra else body
    try:
        as_written = raw[:HEAD_BYTES] == wav_head(stated)
    except struct.error:  # a length beyond 32 bits
        as_written = False
    return Sound(path, pcm, stated, "" if as_written else f"the head of {path.name} was changed", extra)


def _flac(path: Path, raw: bytes) -> Sound:
    from engine.records.flac import NotFlac, decoded

    try:
        found = decoded(raw)
    except NotFlac as error:
        raise StateError(f"{path}: is no recording that can be read: {error}.") from None
    trouble = f"{path.name} is not byte for byte as it was written" if not found.as_written else ""
    if found.trouble:
        trouble = f"{path.name} was changed: {found.trouble}"
    whole = len(found.pcm) // SAMPLE_BYTES * SAMPLE_BYTES
    return Sound(path, found.pcm[:whole], found.stated, trouble)
