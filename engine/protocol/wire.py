"""The ten bytes of the header, the number of every kind, packing and unpacking. Nothing else does it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from engine.protocol.basics import FLAGS, HEARING_FRAME_BYTES, LINE_FRAME_BYTES, Flag, Message
from engine.protocol.commands import (
    Accepted,
    AnswerLine,
    FindPlaced,
    GetSnapshot,
    HangUp,
    HoldLine,
    Ping,
    PlaceCall,
    PlacedCall,
    Refused,
    SendDigits,
    Snapshot,
    StopEngine,
    TransferLine,
)
from engine.protocol.house import (
    CallClosed,
    CallOpened,
    CallState,
    CallTask,
    EngineEvent,
    Heartbeat,
    RoomStarted,
    Shutdown,
    SoundKept,
    TurnLatency,
)
from engine.protocol.line import (
    AgentFrame,
    DigitHeard,
    FarEndTruth,
    FarFrame,
    FarSound,
    FlushVoice,
    LineAction,
    LineFrame,
    LineQuality,
    LineState,
    VoicePlayed,
)
from engine.protocol.operating import (
    AcknowledgeAlert,
    AgentSilenced,
    Alert,
    ArmMic,
    DecideTool,
    ForceLanguage,
    ForgetReply,
    GoLive,
    HandBack,
    InjectEvent,
    LeaseGranted,
    MarkMoment,
    MicFrame,
    MicState,
    MuteAgent,
    OperatorAct,
    OperatorFrame,
    OperatorLeft,
    Operators,
    OperatorSpoke,
    OperatorWords,
    Presence,
    ReleaseMic,
    RenewLease,
    ReplyForgotten,
    RestartRoom,
    SayLine,
    Talk,
    ToolDecided,
    ToolPending,
    Whisper,
)
from engine.protocol.rooms import (
    BargeIn,
    BrainUse,
    CacheVerdict,
    Checkpoint,
    DialogueState,
    Echo,
    EndCall,
    LanguageSwitched,
    PlaybackStarted,
    RecordingConsent,
    ReservationChanged,
    Sentence,
    SoundHeard,
    Speculated,
    SpeechAudio,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    Spoken,
    ToolCalled,
    Transcript,
    TurnEnded,
    Voice,
)

HEADER = struct.Struct("!BHBHI")
HEADER_SIZE = HEADER.size
CLOCK_MODULUS_US = 1 << 32
SEQUENCE_MODULUS = 1 << 16

KINDS: dict[int, type[Message]] = {
    # audio
    1: LineFrame,
    2: FarFrame,
    3: AgentFrame,
    4: FarSound,
    5: SoundKept,
    # the line
    10: LineState,
    11: FarEndTruth,
    12: LineQuality,
    13: DigitHeard,
    14: LineAction,
    # vad
    20: Voice,
    21: SpeechStarted,
    22: SpeechPaused,
    23: SpeechResumed,
    24: TurnEnded,
    25: BargeIn,
    26: Echo,
    27: SoundHeard,
    # transcribe, cache
    30: Transcript,
    31: LanguageSwitched,
    35: CacheVerdict,
    # agent
    40: Sentence,
    41: DialogueState,
    42: ToolCalled,
    43: ReservationChanged,
    44: Checkpoint,
    45: EndCall,
    39: RecordingConsent,
    # tts, playback
    50: SpeechAudio,
    55: PlaybackStarted,
    56: Spoken,
    57: VoicePlayed,
    58: FlushVoice,
    # supervisor
    60: CallOpened,
    61: CallClosed,
    62: HangUp,
    63: CallState,
    64: TurnLatency,
    65: Heartbeat,
    66: RoomStarted,
    67: EngineEvent,
    68: Shutdown,
    69: CallTask,
    # the operator, as rooms and consoles are told
    70: OperatorAct,
    71: Alert,
    72: Operators,
    73: MicState,
    74: AgentSilenced,
    75: OperatorFrame,
    76: OperatorLeft,
    77: OperatorSpoke,
    78: OperatorWords,
    79: ReplyForgotten,
    46: ToolPending,
    47: ToolDecided,
    # the agent once more
    48: BrainUse,
    49: Speculated,
    # commands and answers
    80: PlaceCall,
    81: GetSnapshot,
    82: StopEngine,
    83: HoldLine,
    84: SendDigits,
    85: TransferLine,
    86: AnswerLine,
    87: Ping,
    88: FindPlaced,
    90: Accepted,
    91: Refused,
    92: Snapshot,
    93: LeaseGranted,
    94: PlacedCall,
    # commands of an operator
    100: SayLine,
    101: Whisper,
    102: MuteAgent,
    103: DecideTool,
    104: ForceLanguage,
    105: MarkMoment,
    106: ForgetReply,
    107: RestartRoom,
    108: InjectEvent,
    109: AcknowledgeAlert,
    110: Presence,
    111: ArmMic,
    112: RenewLease,
    113: GoLive,
    114: Talk,
    115: HandBack,
    116: ReleaseMic,
    117: MicFrame,
}
KIND_OF: dict[type[Message], int] = {message: kind for kind, message in KINDS.items()}
PCM_BYTES: dict[type[Message], int] = {
    LineFrame: LINE_FRAME_BYTES,
    FarFrame: HEARING_FRAME_BYTES,
    AgentFrame: LINE_FRAME_BYTES,
    OperatorFrame: HEARING_FRAME_BYTES,
}

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
