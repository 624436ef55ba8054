"""The wire: what is packed comes back, and whatever else arrives is malformed, never a crash."""

from __future__ import annotations

import types
import typing
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import example, given, settings, strategies as st

from engine.protocol import (
    CLOCK_MODULUS_US,
    HEADER,
    HEADER_SIZE,
    KIND_OF,
    KINDS,
    PCM_BYTES,
    AgentFrame,
    CallOpened,
    Command,
    FarFrame,
    Flag,
    MalformedMessage,
    Message,
    SpeechStarted,
    ToolCalled,
    Transcript,
    TurnEnded,
    WordMark,
    elapsed_us,
    pack,
    topic,
    unpack,
    unpack_header,
)

SIMPLE = {
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False),
    str: st.text(),
    bool: st.booleans(),
    bytes: st.binary(),
    Any: st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
}


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type, as far as the protocol uses types."""
    if hint in SIMPLE:
        return SIMPLE[hint]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*(st.none() if a is type(None) else values_of(a) for a in arguments))
    if origin is dict:
        return st.dictionaries(values_of(arguments[0]), values_of(arguments[1]), max_size=3)
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(values_of(arguments[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*(values_of(argument) for argument in arguments))
    return messages(hint)


def messages(cls: type[Any]) -> st.SearchStrategy[Any]:
    if cls in PCM_BYTES:
        return st.binary(min_size=1, max_size=8).map(lambda seed: cls(pcm=(seed * 2000)[: PCM_BYTES[cls]]))
    hints = typing.get_type_hints(cls)
    return st.builds(cls, **{field: values_of(hints[field]) for field in cls.__struct_fields__})


def head(kind: int, call: int = 1) -> bytes:
    return HEADER.pack(kind, call, 0, 0, 0)


def map_of(key: bytes, value: bytes) -> bytes:
    return b"\x82\xa4tool\xa1x" + bytes([0xA0 + len(key)]) + key + value


@pytest.mark.parametrize("cls", KINDS.values(), ids=lambda cls: cls.__name__)
@settings(max_examples=20)
@given(data=st.data(), call=st.integers(0, 65535), flags=st.integers(0, 255), at=st.integers(0, 2**70))
def test_every_kind_comes_back_as_it_was_sent(cls, data, call, flags, at):
    message = data.draw(messages(cls))
    header, back = unpack(list(pack(message, call, at, at, Flag(flags))))
    assert back == message
    assert type(back) is cls
    assert header == (KIND_OF[cls], call, flags, at % 65536, at % CLOCK_MODULUS_US)


def test_header_is_ten_bytes_in_network_order():
    frame, _ = pack(
        SpeechStarted(turn=1, start_ms=2), call=0x0203, sequence=0x0506, time_us=0x0708090A, flags=Flag(4)
    )
    assert frame == bytes([21, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    assert len(frame) == HEADER_SIZE == 10


@given(frames=st.lists(st.binary(max_size=64), max_size=4))
def test_any_frames_at_all_are_a_message_or_malformed(frames):
    with_verdict(frames)


@given(
    kind=st.sampled_from(sorted(KINDS)),
    rest=st.binary(min_size=9, max_size=9),
    payload=st.binary(max_size=200),
)
def test_any_payload_under_a_known_kind_is_a_message_or_malformed(kind, rest, payload):
    with_verdict([bytes([kind]) + rest, payload])


@given(message=messages(TurnEnded) | messages(CallOpened) | messages(Transcript), data=st.data())
def test_a_message_with_one_byte_changed_is_a_message_or_malformed(message, data):
    frame, payload = pack(message, 1, 2, 3)
    at = data.draw(st.integers(0, len(payload) - 1))
    changed = payload[:at] + bytes([data.draw(st.integers(0, 255))]) + payload[at + 1 :]
    with_verdict([frame, changed])


@given(message=messages(TurnEnded) | messages(CallOpened), data=st.data())
def test_a_message_cut_short_is_a_message_or_malformed(message, data):
    frame, payload = pack(message, 1, 2, 3)
    with_verdict([frame, payload[: data.draw(st.integers(0, len(payload)))]])


def with_verdict(frames: list[bytes]) -> None:
    try:
        header, message = unpack(frames)
    except MalformedMessage:
        return
    assert KINDS[header.kind] is type(message)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (42, map_of(b"arguments", b"\x81\xa1a" + b"\x91" * 100_000 + b"\x00")),
        (24, b"\x81\xa1z" + b"\x91" * 100_000 + b"\x00"),  # under a field that nobody knows
        (42, map_of(b"arguments", b"\x81\xa1a\x81\x80\x01")),
        (42, map_of(b"arguments", b"\x81\xa1a\xdd\xff\xff\xff\xff")),
        (42, map_of(b"arguments", b"\x81\xa1a\xc7\x0c\xff" + b"\x7f" * 12)),
        (42, b"\x82\xa4tool\xa2\xff\xfe"),
    ],
    ids=["nested", "nested where ignored", "unhashable key", "array of 4 G", "year 10**12", "no UTF-8"],
)
def test_hostile_payloads_are_malformed(kind, payload):
    with pytest.raises(MalformedMessage):
        unpack([head(kind), payload])


def test_malformed_messages_say_what_is_wrong():
    with pytest.raises(MalformedMessage, match="1 frames, expected 2"):
        unpack([b""])
    with pytest.raises(MalformedMessage, match="header of 3 bytes, expected 10"):
        unpack([b"abc", b""])
    with pytest.raises(MalformedMessage, match="unknown kind 255"):
        unpack([head(255), b""])
    with pytest.raises(MalformedMessage, match="FarFrame of 639 bytes, expected 640"):
        unpack([head(KIND_OF[FarFrame]), bytes(639)])
    with pytest.raises(MalformedMessage, match=r"TurnEnded: .*turn"):
        unpack([head(KIND_OF[TurnEnded]), b"\x81\xa4turn\xa1x"])


@pytest.mark.parametrize("cls", PCM_BYTES)
@pytest.mark.parametrize("off_by", [-1, 1])
def test_audio_that_is_not_one_frame_is_not_sent(cls, off_by):
    with pytest.raises(ValueError, match="20 ms"):
        pack(cls(pcm=bytes(PCM_BYTES[cls] + off_by)), 1, 0, 0)


@given(call=st.integers(0, 65535))
def test_topics_are_prefixes_of_the_header(call):
    frame, _ = pack(SpeechStarted(turn=1, start_ms=0), call, 0, 0)
    assert frame.startswith(topic(SpeechStarted))
    assert frame.startswith(topic(SpeechStarted, call))
    assert not frame.startswith(topic(SpeechStarted, (call + 1) % 65536))
    assert not frame.startswith(topic(AgentFrame))


def test_kinds_are_one_to_one_and_fit_a_byte():
    assert len(KIND_OF) == len(KINDS)
    assert all(0 < kind < 256 for kind in KINDS)
    assert all(
        issubclass(cls, Message) and cls.__module__.startswith("engine.protocol.") for cls in KINDS.values()
    )


def test_every_command_has_a_kind_and_says_who_gives_it():
    commands = set(Command.__subclasses__())
    assert commands <= KIND_OF.keys()
    assert all("by" in cls.__struct_fields__ for cls in commands)


@given(earlier=st.integers(0, 2**40), passed=st.integers(-(2**31), 2**31 - 1))
@example(earlier=CLOCK_MODULUS_US - 1, passed=1)
@example(earlier=0, passed=-1)
def test_elapsed_time_is_right_across_the_wrap(earlier, passed):
    assert elapsed_us(earlier % CLOCK_MODULUS_US, (earlier + passed) % CLOCK_MODULUS_US) == passed


def test_an_unknown_flag_bit_survives():
    assert unpack_header(HEADER.pack(21, 1, 0b1010_0001, 0, 0)).flags & Flag.FINAL


def test_a_word_mark_travels_as_an_array():
    assert msgspec.msgpack.encode(WordMark(1, 2)) == b"\x92\x01\x02"


def test_defaults_cost_nothing_on_the_wire():
    assert len(pack(ToolCalled("book"), 1, 0, 0)[1]) < 16
