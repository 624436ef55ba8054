"""A recording as FLAC: a third of the bytes, the same samples, and every byte of the file accounted for.

    fLaC  STREAMINFO  VORBIS_COMMENT  frames …

The comment says what is in the file, and holds a SHA-256 of STREAMINFO and frames. All the rest of the head follows
from those two, so that one byte that is not as it was written is seen, also where it changes no sample.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from engine.protocol import HEARING_RATE_HZ
from engine.recorder import CHANNELS, COMMENT

BITS = 16
LEVEL = 5  # of 12; a higher one takes twice as long for 1 % less
_INFO, _COMMENTS, _LAST = 0, 4, 0x80  # types of blocks in the head; the bit of the last one
_INFO_BYTES = 34
_INFO_AT = 8  # behind "fLaC" and the block's own head


class NotFlac(ValueError):
    """The text says why these bytes are no recording of ours that can be decoded."""


class Decoded(NamedTuple):
    """What could be decoded."""

    pcm: bytes  # int16, both channels
    stated: int  # samples per channel that the head says there are
    as_written: bool  # every byte of the file is
    trouble: str = ""  # why decoding ended early; "" = it did not


def head_of(info: bytes, frames_sha256: str) -> bytes:
    """What stands before the frames. info: the 34 bytes of STREAMINFO; frames_sha256: in hex, of it and the frames."""
    notes = [f"DESCRIPTION={COMMENT}".encode(), f"FRAMES_SHA256={frames_sha256}".encode()]
    vendor = b"Call-Thing"
    comments = struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(notes))
    comments += b"".join(struct.pack("<I", len(note)) + note for note in notes)
    return b"fLaC" + _block(_INFO, info) + _block(_COMMENTS | _LAST, comments)


def _block(kind: int, content: bytes) -> bytes:
    return bytes([kind]) + len(content).to_bytes(3, "big") + content


HEAD_BYTES = len(head_of(bytes(_INFO_BYTES), "0" * 64))


def write_flac(blocks: Iterable[bytes], file: BinaryIO) -> int:
    """Encode whole samples of both channels, int16, into a new file; samples per channel. At least one is needed.

    Raises OSError, NotFlac where FFmpeg's encoder refuses.
    """
    import av

    encoder: Any = av.CodecContext.create("flac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = HEARING_RATE_HZ, "stereo", "s16"
    encoder.options = {"compression_level": str(LEVEL)}
    samples, md5 = 0, hashlib.md5(usedforsecurity=False)
    packets: list[bytes] = []
    try:
        encoder.open()
        for pcm in _in_frames(blocks, encoder.frame_size * CHANNELS * 2):
            md5.update(pcm)
            frame = av.AudioFrame.from_ndarray(np.frombuffer(pcm, np.int16)[None], "s16", "stereo")
            frame.sample_rate, frame.pts = HEARING_RATE_HZ, samples
            samples += frame.samples
            packets += [bytes(packet) for packet in encoder.encode(frame)]
        packets += [bytes(packet) for packet in encoder.encode(None)]
    except av.FFmpegError as error:
        raise NotFlac(f"the encoder refuses ({error})") from None
    frames = [packet for packet in packets if packet]  # the last packet has only what was found out about all
    if not frames:
        raise NotFlac("there is no sample to encode")
    sizes = [len(packet) for packet in frames]
    info = _info(encoder.frame_size, min(sizes), max(sizes), samples, md5.digest())
    body = b"".join(frames)
    file.write(head_of(info, hashlib.sha256(info + body).hexdigest()) + body)
    return samples


def _info(block: int, smallest: int, largest: int, samples: int, md5: bytes) -> bytes:
    about = (HEARING_RATE_HZ << 44) | ((CHANNELS - 1) << 41) | ((BITS - 1) << 36) | samples
    sizes = smallest.to_bytes(3, "big") + largest.to_bytes(3, "big")
    return struct.pack("!HH", block, block) + sizes + about.to_bytes(8, "big") + md5


def _in_frames(blocks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes, so many at a time; the last may be shorter."""
    waiting = bytearray()
    for block in blocks:
        waiting += block
        whole = len(waiting) - len(waiting) % size
        yield from (bytes(waiting[place : place + size]) for place in range(0, whole, size))
        del waiting[:whole]
    if waiting:
        yield bytes(waiting)


def decoded(raw: bytes) -> Decoded:
    """The samples of a whole file, as far as they can be decoded. Raises NotFlac when none can."""
    parts: list[bytes] = []
    trouble = decode_each(raw, parts.append)
    info = raw[_INFO_AT : _INFO_AT + _INFO_BYTES]
    digest = hashlib.sha256(info + raw[HEAD_BYTES:]).hexdigest()
    stated = int.from_bytes(info[10:18], "big") & ((1 << 36) - 1)
    return Decoded(b"".join(parts), stated, raw[:HEAD_BYTES] == head_of(info, digest), trouble)


def decode_each(raw: bytes, take: Callable[[bytes], object]) -> str:
    """Hand on the samples of one frame after the other; why that ended early, "" = it did not. Raises NotFlac."""
    import av

    try:
        with av.open(io.BytesIO(raw), "r", format="flac") as file:
            form = (file.streams.audio[0].rate, file.streams.audio[0].channels)
            if form != (HEARING_RATE_HZ, CHANNELS):
                raise NotFlac("it is not 16 kHz stereo, as recordings are")
            for frame in file.decode(audio=0):
                if frame.format.name != "s16":
                    return f"its samples are of another kind ({frame.format.name})"
                take(frame.to_ndarray().tobytes())
    except (av.FFmpegError, OSError, IndexError, ValueError) as error:
        if isinstance(error, NotFlac):
            raise
        return f"it cannot be decoded further ({error})"
    return ""
