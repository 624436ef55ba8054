"""The recording of a call on disk: WAV as it was written, or FLAC as it is kept. Samples: int16, 16 kHz, stereo."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

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
    """Where a call's recording is; the FLAC only once the WAV is gone."""
    return next((path for name in (AUDIO, FLAC) if (path := folder / name).is_file()), None)


def read_sound(path: Path) -> Sound:
    """The whole of it; 4 MB a minute. Raises StateError when it cannot be read."""
    try:
        return _flac(path) if path.suffix == ".flac" else _wav(path, path.read_bytes())
    except OSError as error:
        raise StateError(f"{path}: the recording cannot be read ({error.strerror or error}).") from None


def _wav(path: Path, raw: bytes) -> Sound:
    stated = int.from_bytes(raw[HEAD_BYTES - 4 : HEAD_BYTES], "little") // SAMPLE_BYTES
    body = raw[HEAD_BYTES:]
    extra = len(body) % SAMPLE_BYTES
    pcm = body[: len(body) - extra] if extra else body
    try:
        head_as_written = raw[:HEAD_BYTES] == wav_head(stated)
    except Exception:  # a length beyond 32 bits
        head_as_written = False
    return Sound(path, pcm, stated, head_as_written, extra)


def _flac(path: Path) -> Sound:
    import av  # comes with faster-whisper; 0.1 s
    from av.error import FFmpegError

    parts: list[bytes] = []
    try:
        with av.open(str(path)) as file:
            form = (file.streams.audio[0].rate, file.streams.audio[0].channels)
            if form != (HEARING_RATE_HZ, CHANNELS):
                raise StateError(f"{path}: is not 16 kHz stereo, as recordings are.")
            for frame in file.decode(audio=0):
                parts.append(frame.to_ndarray().tobytes())
    except (FFmpegError, IndexError) as error:
        raise StateError(f"{path}: is no FLAC that can be read ({error}).") from None
    pcm = b"".join(parts)
    return Sound(path, pcm, len(pcm) // SAMPLE_BYTES, True)
