"""What the engine and a voice in a process of its own tell each other over its standard input and output.

A frame is five bytes, kind and length of the rest, then the rest. Nothing but the standard library is used here: the
other end may be another interpreter.

    engine → voice   CONFIGURE  JSON: the voice's settings, first and once
                     SAY        sentence number (4 bytes), language (2), text in UTF-8
                     CANCEL     sentence number
    voice → engine   READY      nothing: models are loaded
                     AUDIO      sentence number, rate in Hz (4 bytes), int16 samples, little-endian, mono
                     DONE       sentence number: that was all of it
                     FAILED     sentence number, why, for people; number 0: the voice cannot speak at all
"""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

CONFIGURE, SAY, CANCEL = 1, 2, 3
READY, AUDIO, DONE, FAILED = 11, 12, 13, 14
HEAD = struct.Struct("!BI")
NUMBER = struct.Struct("!I")
AUDIO_HEAD = struct.Struct("!II")
LONGEST = 1 << 24  # bytes; two minutes at 48 kHz are 11.5 million


class Frame(NamedTuple):
    """One of them, as it arrived."""

    kind: int
    body: bytes

    @property
    def number(self) -> int:
        """Of the sentence. Raises ValueError in a frame that is too short to have one."""
        if len(self.body) < NUMBER.size:
            raise ValueError(f"a frame of kind {self.kind} without a sentence's number")
        return int(NUMBER.unpack_from(self.body)[0])


def write(stream: BinaryIO, kind: int, *parts: bytes) -> None:
    """Send one frame. Raises OSError when nobody reads any more."""
    body = b"".join(parts)
    stream.write(HEAD.pack(kind, len(body)) + body)
    stream.flush()


def read(stream: BinaryIO) -> Frame | None:
    """The next frame; None at the stream's end, also in the middle of a frame. Raises ValueError for what is none."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    kind, length = HEAD.unpack(head)
    if length > LONGEST:
        raise ValueError(f"a frame of {length} bytes; {LONGEST} is the most")
    body = stream.read(length)
    return Frame(kind, body) if len(body) == length else None
