"""The wire: ten bytes of header, then raw PCM or msgpack. Nothing else packs or unpacks bytes.

A message is two ZeroMQ frames. The header is also the PUB/SUB topic: a hearer subscribes to a kind
(its first byte) or to a kind of one call (its first three bytes).

    0     kind      u8    which of the classes below the payload is
    1-2   call      u16   call number in this engine; 0 = the engine itself
    3     flags     u8    see Flag
    4-5   sequence  u16   per sender, kind and call; a gap is a loss, and is counted
    6-9   time      u32   CLOCK_MONOTONIC in µs modulo 2**32, the same clock in every process of a machine

Names ending in `_ms` without further word are media time: milliseconds of far-end audio since the line
opened, counted in frames, so that they survive the restart of any room. `_us` are durations or the
header's clock in microseconds.
"""

from __future__ import annotations

import struct
from enum import IntFlag
from typing import Any, Literal, NamedTuple

import msgspec

HEADER = struct.Struct("!BHBHI")
HEADER_SIZE = HEADER.size
CLOCK_MODULUS_US = 1 << 32
SEQUENCE_MODULUS = 1 << 16

FRAME_MS = 20
LINE_RATE_HZ = 48_000  # what Opus carries on the line
HEARING_RATE_HZ = 16_000  # what the detector and the recogniser hear
LINE_FRAME_BYTES = LINE_RATE_HZ * FRAME_MS // 1000 * 2
HEARING_FRAME_BYTES = HEARING_RATE_HZ * FRAME_MS // 1000 * 2

LanguageCode = Literal["en", "de", "es", "nl"]
LANGUAGES: tuple[LanguageCode, ...] = ("en", "de", "es", "nl")
Room = Literal["capture", "vad", "transcribe", "cache", "agent", "tts", "playback"]
ROOMS: tuple[Room, ...] = ("capture", "vad", "transcribe", "cache", "agent", "tts", "playback")
Outcome = Literal[
    "booked",
    "changed",
    "cancelled",
    "no_table",  # full, or nothing within what the person allowed
    "closed",  # that day, or for good
    "voicemail",
    "wrong_number",
    "call_back",  # they will call back, or asked us to
    "no_answer",
    "busy",
    "declined",  # the far end refused the call
    "not_found",  # nobody has that number or address
    "unavailable",  # not reachable at the moment, says the far end's side
    "redirected",  # to somewhere else; a redirection is never followed
    "unreachable",  # nothing answers there at all
    "network_away",  # our own network, or the far end in mid-call, is gone
    "rejected",  # any other refusal: of our account, of the codecs, of the encryption
    "transferred",  # to somebody else, who goes on with it
    "line_lost",  # ours: the line's process ended
    "far_end_hung_up",
    "needs_human",
    "hung_up",  # by the operator
    "failed",  # ours: a room or a provider
]


class Flag(IntFlag):
    """Bits of the header's flags byte."""

    NONE = 0
    FINAL = 1
    CUT = 2
    OPERATOR = 4
    SYNTHETIC = 8  # our own voice, or the simulator's
    AGAIN = 16  # offered once more after a room came back; the hearer drops what it has already done


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """What every payload is."""


# --- audio: the payload is the PCM itself (int16 little-endian mono, 20 ms) -------------------------


class LineFrame(Message):
    """line → capture: far-end audio at 48 kHz. The sequence is the line's frame number."""

    pcm: bytes


class FarFrame(Message):
    """capture → vad, transcribe, supervisor: far-end audio at 16 kHz. The sequence is the line's."""

    pcm: bytes


class AgentFrame(Message):
    """playback → line, vad, supervisor: the agent's voice at 48 kHz, handed to the line at the header's time."""

    pcm: bytes


# --- what a call is about ---------------------------------------------------------------------------


class Task(Message, kw_only=True):
    """What one person wants of one restaurant, and what they would accept instead. All the agent knows."""

    kind: Literal["book", "change", "cancel"] = "book"
    restaurant: str
    language: LanguageCode = "en"
    today: str  # ISO date on which "Friday" is to be read
    date: str  # ISO date
    time: str  # HH:MM, 24 h
    party_size: int
    name: str  # of the person the table is for
    phone: str = ""  # E.164, or "" when it must not be given
    wishes: str = ""  # said only when asked, or at the end
    accept_from: str = ""  # earliest time that would also do, HH:MM; "" = only `time`
    accept_until: str = ""
    accept_dates: tuple[str, ...] = ()  # ISO dates that would also do
    old_date: str = ""  # of the booking to change or cancel
    old_time: str = ""
    called_back: bool = False  # the restaurant calls us, and we pick up


class Reservation(Message):
    """The record of one call's result. Only tools change it."""

    status: Literal["open", "booked", "changed", "cancelled", "declined"] = "open"
    date: str = ""
    time: str = ""
    party_size: int = 0
    name: str = ""
    phone: str = ""
    reference: str = ""
    confirmed_by: dict[str, str] = {}  # field → the far end's words that confirmed it


# --- the line -----------------------------------------------------------------------------------------


class LineState(Message):
    """line → capture → everyone: where the line stands.

    `early_media`: there is sound from the far end's side before anybody has picked up: ringback, an announcement.
    `waiting`: to be called, at the address that is its reason; it is `ringing` once somebody calls.
    """

    state: Literal["waiting", "dialling", "ringing", "early_media", "answered", "held", "resumed", "ended"]
    reason: str = ""  # for `ended`: one of LINE_ENDS, or an error text; for `held` and `resumed`: who did it
    detail: str = ""  # what the far end's side said of it, such as "486 Busy Here"


LINE_ENDS: tuple[str, ...] = (
    "far_end",
    "near_end",
    "no_answer",
    "busy",
    "declined",
    "not_found",
    "unavailable",
    "redirected",
    "unreachable",
    "network_away",
    "rejected",
    "transferred",
    "line_lost",
)


class LineQuality(Message):
    """line → capture → supervisor, once a second: how the media of a real line does. Counts are since its beginning.

    The frame and the time tie the far end's frames to the packets that carried them: latency is counted from there.
    """

    codec: str = ""  # as it was agreed: "opus/48000", "PCMU/8000"
    encryption: str = ""  # "SDES", "DTLS-SRTP", or "" for none
    frame: int = -1  # a far-end frame, by its number; -1 = none yet
    arrived_us: int = 0  # header clock: when the packet that carried it came in
    playout_ms: float = 0.0  # from a packet's arrival to its frame: the jitter buffer, and how late it runs
    queued_ms: float = 0.0  # of our voice, in the stack and not sent yet
    received: int = 0  # packets
    lost: int = 0  # of the far end's packets
    late: int = 0  # came behind the earliest playout point and were played all the same: no damage
    sent: int = 0
    far_lost: int = 0  # of our packets, as the far end reports
    starved: int = 0  # packets of our voice that had to be filled up with silence
    jitter_ms: float = 0.0
    far_jitter_ms: float = 0.0
    round_trip_ms: float = 0.0
    re_anchored: int = 0  # how often a playout point that had drifted was set anew


class DigitHeard(Message):
    """line → capture → everyone: the far end pressed a key."""

    digit: str  # 0-9 A-D * #
    duration_ms: int


class LineAction(Message):
    """line → capture → everyone: what became of a command to the line."""

    action: Literal["hold", "resume", "digits", "transfer"]
    done: bool
    words: str = ""  # for people: the digits, the target, or why it could not be done


class VoicePlayed(Message):
    """line → playback: our frames up to this one have left, the last of them at `at_us`.

    Only from lines that send by a clock of their own, see CallOpened.lead_ms. The number is that in AgentFrame's
    header.
    """

    frame: int
    at_us: int  # header clock
    flushed: bool = False  # answer to a FlushVoice: what came after it was thrown away


class FlushVoice(Message):
    """playback → line: throw away what has not left yet."""


class FarEndTruth(Message):
    """line → supervisor alone, and only from a simulated line: what was really said, and when.

    For measuring, never for hearing: no room of the agent can subscribe to it.
    """

    text: str
    start_us: int  # header clock, first voiced sample handed to capture
    end_us: int  # header clock, last voiced sample handed to capture


# --- vad ------------------------------------------------------------------------------------------------


class Voice(Message):
    """vad → supervisor: speech probability and level of one 32 ms window."""

    side: Literal["far", "agent"]
    end_ms: int
    probability: float
    level_dbfs: float


class SpeechStarted(Message):
    """vad → transcribe, agent: the far end began to speak."""

    turn: int
    start_ms: int


class SpeechPaused(Message):
    """vad → transcribe: quiet so far; a good moment to transcribe on suspicion."""

    turn: int
    end_ms: int  # of the last voiced window


class SpeechResumed(Message):
    """vad → transcribe: it was only a pause."""

    turn: int


class TurnEnded(Message):
    """vad → transcribe: the turn is judged over."""

    turn: int
    start_ms: int
    end_ms: int  # of the last voiced window, not of the decision
    decided_ms: int
    hangover_ms: int
    reason: str  # why the hangover was as long as it was
    audible_end_ms: int = (
        0  # of the last frame that is not much quieter than the turn; what latency is counted from
    )
    under_our_voice: bool = False  # it began and ended while we spoke, too short to cut us: a "mhm"


class Echo(Message):
    """vad → supervisor: our own voice comes back from the far end."""

    return_db: float  # level of what comes back, relative to what was sent
    delay_ms: int  # from our frame to its echo
    correlation: float  # 0..1, between the two


class BargeIn(Message):
    """vad → playback, agent: the far end speaks over us."""

    action: Literal["duck", "cut", "resume"]
    at_ms: int
    reason: str = ""


# --- transcribe -------------------------------------------------------------------------------------------


class Transcript(Message):
    """transcribe → cache, agent: what was heard; partial until `final`."""

    turn: int
    text: str
    final: bool
    language: LanguageCode
    confidence: float  # mean token probability, 0..1
    start_ms: int
    end_ms: int
    asr_us: int = 0  # from the turn's end to this final transcript
    dropped: str = ""  # not empty: text was recognised and thrown away, and why


# --- cache ---------------------------------------------------------------------------------------------------


class CacheVerdict(Message):
    """cache → agent: may a stored reply be served for this final transcript?"""

    turn: int
    hit: bool
    similarity: float = 0.0  # of the nearest stored utterance, 0 when there is none
    template: str = ""  # the stored reply, with {slots} to refill
    expects: str = ""  # what the stored reply asks for
    source: str = ""  # id of the entry
    nearest: str = ""  # the stored utterance
    verdict: str = ""  # why it was served, or not
    cache_us: int = 0


# --- agent -----------------------------------------------------------------------------------------------------


class Sentence(Message):
    """agent → tts, cache, vad: one sentence to say."""

    utterance: int  # number of the agent's utterance in this call
    index: int  # of the sentence in the utterance, from 0
    last: bool
    turn: int  # the far end's turn it answers; 0 = the agent's own initiative
    text: str
    language: LanguageCode
    expects: str = ""  # what an answer to it would be: see dialogue.moves.Expects
    template: str = ""  # the sentence with its values taken out, when it may be stored
    state: str = ""  # dialogue state in which the turn was heard, part of the cache's key
    pending: str = ""  # what we had asked when the turn was heard, part of the cache's key
    from_cache: bool = False
    cache_us: int = 0  # the cache's own time, or how long it was waited for in vain
    llm_us: int = 0  # from the transcript (or the cache's verdict) to this sentence


class DialogueState(Message):
    """agent → cache, vad: what the next turn will be heard in."""

    state: str
    pending: str
    language: LanguageCode


class ToolCalled(Message):
    """agent → supervisor: a tool ran, or was refused."""

    tool: str
    arguments: dict[str, Any] = {}
    result: str = ""
    refused: bool = False
    turn: int = 0


class ReservationChanged(Message):
    """agent → supervisor: the record as it is now."""

    reservation: Reservation
    source: str  # the tool that changed it


class Checkpoint(Message):
    """room → supervisor: what the room must be given back after a restart."""

    room: Room
    state: bytes


class EndCall(Message):
    """agent → supervisor: end this call, now that the last words were spoken."""

    outcome: Outcome
    reason: str = ""


# --- tts ---------------------------------------------------------------------------------------------------------


class WordMark(msgspec.Struct, frozen=True, array_like=True):
    """Word number `word` of a sentence begins at `sample` of its audio."""

    sample: int
    char_end: int  # offset in the sentence's text after the word


class SpeechAudio(Message):
    """tts → playback: a piece of a sentence's audio at 48 kHz."""

    utterance: int
    index: int
    piece: int
    last: bool  # of the sentence
    ends_utterance: bool
    turn: int
    text: str
    pcm: bytes
    marks: tuple[WordMark, ...] = ()
    tts_us: int = 0  # from the sentence to this piece


# --- playback ------------------------------------------------------------------------------------------------------


class PlaybackStarted(Message):
    """playback → everyone: the first frame of an utterance went to the line at `at_us`."""

    utterance: int
    turn: int
    at_us: int
    playback_us: int  # from the first audio to that frame
    tts_us: int = 0  # from the sentence to its first audio


class Spoken(Message):
    """playback → agent, line, supervisor: what of a sentence the far end has been given so far."""

    utterance: int
    index: int
    text: str  # to the word
    done: bool  # nothing more of this sentence will come
    ends_utterance: bool = False  # done, and it was the last sentence
    cut: bool = False


# --- supervisor ------------------------------------------------------------------------------------------------------


class CallOpened(Message):
    """supervisor → every room: a call begins (or goes on, for a room that was restarted)."""

    task: Task
    call_id: str  # name of the journal folder, unique over the life of the state directory
    line: str  # "simulated", "sip", …
    started_us: int
    room: str = ""  # not empty: only for this room, which was restarted
    checkpoint: bytes = b""  # of that room
    answered: bool = False  # the far end has picked up already
    lead_ms: int = (
        0  # how far ahead our voice is sent; > 0: the line has its own clock and says what it played
    )


class CallClosed(Message):
    """supervisor → every room: forget this call. Consoles learn with it what was lost."""

    outcome: Outcome
    reason: str = ""
    lost_frames: int = 0  # audio frames of either direction that were sent and never arrived
    restarts: int = 0  # of rooms during the call


class HangUp(Message):
    """console → supervisor → line: end the call at once."""

    reason: str = "operator"


class AnswerLine(Message):
    """whoever is called → line: pick up. A line that was not told whom to dial rings until it hears this."""


class HoldLine(Message):
    """console → supervisor → line: put the far end on hold, or take it back."""

    hold: bool = True


class SendDigits(Message):
    """console → supervisor → line: press keys."""

    digits: str  # of 0-9 A-D * #


class TransferLine(Message):
    """console → supervisor → line: hand the far end over to somebody else.

    `attended`: call them first, and hand over once they have picked up; else the far end is told to call them itself.
    """

    to: str  # SIP address, behind the dial guard like every other
    attended: bool = False


class CallState(Message):
    """supervisor → consoles: where a call stands. The first message of every call."""

    state: Literal[
        "waiting", "dialling", "ringing", "listening", "thinking", "speaking", "on_hold", "ending", "ended"
    ]
    restaurant: str
    language: LanguageCode
    line: str
    scenario: str = ""
    outcome: str = ""
    reason: str = ""
    journal: str = ""  # folder, once there is one


class TurnLatency(Message):
    """supervisor → consoles: the answered turn as a waterfall; the parts sum to voice_to_voice_ms."""

    turn: int
    endpoint_ms: float
    asr_ms: float
    cache_ms: float
    llm_ms: float
    tts_ms: float
    playback_ms: float
    hops_ms: float
    voice_to_voice_ms: float
    measured: Literal["truth", "wire", "detector"] = "detector"
    """From where the turn is counted: the simulator's own word for its last audible sample; the arrival of the last
    packet with speech; or, where neither is known, the detector's last voiced window."""


class Heartbeat(Message):
    """room ↔ supervisor, every 250 ms: alive, and whom it hears."""

    room: str
    incarnation: int
    pid: int
    ready: bool
    hears: dict[str, int] = {}  # room → incarnation last heard
    lost_messages: int = 0
    malformed: int = 0
    late_ms: float = 0.0  # longest time a message waited for this room since the last heartbeat
    note: str = ""  # a word for the operator: a degraded store, a missing model


class RoomStarted(Message):
    """supervisor → every room: this room is (back) in the house; offer it again what it has not done."""

    room: Room
    incarnation: int


class EngineEvent(Message):
    """supervisor → consoles: something an operator should know."""

    level: Literal["info", "warning", "error"]
    text: str
    room: str = ""


class Shutdown(Message):
    """supervisor → every room: end in order."""


# --- commands: console, CLI → supervisor over DEALER/ROUTER; each is answered ---------------------------


class PlaceCall(Message):
    """Place a call. What is wanted comes from a scenario's task, or from `task`; a simulated line needs a scenario."""

    scenario: str = ""  # path of a scenario file; a real line is given nothing of it but the task
    task: Task | None = None
    line: str = "simulated"
    to: str = ""  # SIP address to call, for the line "sip"
    account: str = ""  # which of the settings' accounts; "" = the default one
    await_port: int = 0  # > 0: call nobody, but wait on this port of sip.listen to be called about the task
    await_s: int = 0  # how long


class GetSnapshot(Message):
    """Everything the engine has shown so far, to catch up with."""


class StopEngine(Message):
    """Hang up all calls and end the engine."""


class Accepted(Message):
    """The command was taken. `call`: the call it made or touched."""

    call: int = 0


class Refused(Message):
    """The command was not taken; `reason` says why, for a person."""

    reason: str
    exit_code: int = 2  # of a command line that gives up here, see errors.ExitCode


class Snapshot(Message):
    """Answer to GetSnapshot: events of live and recent calls as (header, payload), oldest first."""

    epoch: str  # changes when the engine is started anew
    ready: bool
    rooms: dict[str, str]  # room → "ready", "starting", "down"
    events: tuple[tuple[bytes, bytes], ...]


KINDS: dict[int, type[Message]] = {
    # audio
    1: LineFrame,
    2: FarFrame,
    3: AgentFrame,
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
    # transcribe, cache
    30: Transcript,
    35: CacheVerdict,
    # agent
    40: Sentence,
    41: DialogueState,
    42: ToolCalled,
    43: ReservationChanged,
    44: Checkpoint,
    45: EndCall,
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
    # commands and answers
    80: PlaceCall,
    81: GetSnapshot,
    82: StopEngine,
    83: HoldLine,
    84: SendDigits,
    85: TransferLine,
    86: AnswerLine,
    90: Accepted,
    91: Refused,
    92: Snapshot,
}
KIND_OF: dict[type[Message], int] = {message: kind for kind, message in KINDS.items()}
PCM_BYTES: dict[type[Message], int] = {
    LineFrame: LINE_FRAME_BYTES,
    FarFrame: HEARING_FRAME_BYTES,
    AgentFrame: LINE_FRAME_BYTES,
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


def unpack_header(frame: bytes) -> Header:
    """The header alone. Raises MalformedMessage."""
    if len(frame) != HEADER_SIZE:
        raise MalformedMessage(f"header of {len(frame)} bytes, expected {HEADER_SIZE}")
    kind, call, flags, sequence, time_us = HEADER.unpack(frame)
    if kind not in KINDS:
        raise MalformedMessage(f"unknown kind {kind}")
    return Header(kind, call, Flag(flags), sequence, time_us)


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
