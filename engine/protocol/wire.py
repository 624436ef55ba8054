"""The ten bytes of the header, packing and unpacking. Nothing else does it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from engine.protocol.basics import FLAGS, Flag, Message
from engine.protocol.kinds import KIND_OF, KINDS, PCM_BYTES

HEADER = struct.Struct("!BHBHI")
HEADER_SIZE = HEADER.size
CLOCK_MODULUS_US = 1 << 32
SEQUENCE_MODULUS = 1 << 16

_encoder = msgspec.msgpack.Encoder()
_decoders = {kind: msgspec.msgpack.Decoder(message) for kind, message in KINDS.items()}


class Header(NamedTuple):
    """The ten bytes, unpacked."""

    kind: int
    call: int
    flags: Flag
    sequence: int
    time_us: int


class MalformedMessage(ValueError):
    """Bytes that are no message of this protocol; the text says what is wrong with them."""


def topic(message: type[Message], call: int | None = None) -> bytes:
    """What to subscribe to for a kind, or for a kind of one call."""
    kind = bytes([KIND_OF[message]])
    return kind if call is None else kind + call.to_bytes(2, "big")


def pack(
    message: Message, call: int, sequence: int, time_us: int, flags: Flag = Flag.NONE
) -> tuple[bytes, bytes]:
    """Header and payload of one message. Raises ValueError when PCM is not exactly one frame."""
    cls = type(message)
    head = HEADER.pack(
        KIND_OF[cls], call, int(flags), sequence % SEQUENCE_MODULUS, time_us % CLOCK_MODULUS_US
    )
    frame_bytes = PCM_BYTES.get(cls)
    if frame_bytes is None:
        return head, _encoder.encode(message)
    pcm: bytes = message.pcm  # type: ignore[attr-defined]
    if len(pcm) != frame_bytes:
        raise ValueError(f"{cls.__name__} carries {frame_bytes} bytes (20 ms), got {len(pcm)}")
    return head, pcm


def parted(frames: list[bytes]) -> Iterator[list[bytes]]:
    """The messages that were sent as one, each of two frames; whatever else has come is left as it is, for `unpack`."""
    if len(frames) <= 2 or len(frames) % 2:
        yield frames
        return
    for first in range(0, len(frames), 2):
        yield frames[first : first + 2]


def unpack_header(frame: bytes) -> Header:
    """The header alone. Raises MalformedMessage."""
    if len(frame) != HEADER_SIZE:
        raise MalformedMessage(f"header of {len(frame)} bytes, expected {HEADER_SIZE}")
    kind, call, flags, sequence, time_us = HEADER.unpack(frame)
    if kind not in KINDS:
        raise MalformedMessage(f"unknown kind {kind}")
    return Header(kind, call, FLAGS[flags], sequence, time_us)


def unpack(frames: list[bytes]) -> tuple[Header, Message]:
    """Header and message. Raises MalformedMessage for anything that `pack` could not have made."""
    if len(frames) != 2:
        raise MalformedMessage(f"{len(frames)} frames, expected 2")
    header = unpack_header(frames[0])
    cls = KINDS[header.kind]
    frame_bytes = PCM_BYTES.get(cls)
    if frame_bytes is not None:
        if len(frames[1]) != frame_bytes:
            raise MalformedMessage(f"{cls.__name__} of {len(frames[1])} bytes, expected {frame_bytes}")
        return header, cls(pcm=frames[1])
    try:
        return header, _decoders[header.kind].decode(frames[1])
    except (
        msgspec.DecodeError,
        UnicodeDecodeError,
        RecursionError,
    ) as error:  # nested beyond what Python can hold
        raise MalformedMessage(f"{cls.__name__}: {error}") from error


def elapsed_us(earlier_us: int, later_us: int) -> int:
    """Microseconds from one header time to a later one, across the wrap (less than 35 minutes apart)."""
    difference = (later_us - earlier_us) % CLOCK_MODULUS_US
    return difference - CLOCK_MODULUS_US if difference >= CLOCK_MODULUS_US // 2 else difference
