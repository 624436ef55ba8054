"""The line and what is said over it: audio, what a call is about, the far end's side.

Audio is int16 little-endian mono, 20 ms a message; the payload is the PCM itself.
"""

from __future__ import annotations

from typing import Literal

from engine.protocol.basics import LanguageCode, Message


class LineFrame(Message):
    """line → capture: far-end audio at 48 kHz. The sequence is the line's frame number."""

    pcm: bytes


class FarFrame(Message):
    """capture → vad, transcribe: far-end audio at 16 kHz. The sequence is the line's.

    The supervisor hears it only while somebody listens to the call.
    """

    pcm: bytes


class FarSound(Message):
    """capture → supervisor: FarFrames that it sent one after the other, as one message for the recording.

    The sequence is that of the first of them.
    """

    began_us: int  # header clock: when the first was sent
    pcm: bytes  # 16 kHz, whole frames


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
    accept_times: tuple[str, ...] = ()  # single times, HH:MM, that would also do
    old_date: str = ""  # of the booking to change or cancel
    old_time: str = ""
    called_back: bool = False  # the restaurant calls us, and we pick up
    now: str = ""  # HH:MM by the restaurant's clock when the call begins; "" = not known


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
    confirmed_turn: int = 0  # the far end's turn in which that was; 0 = none, or not known
    call_back: str = ""  # when they want to be called again by their clock, "2026-11-27T17:00"; "" = not said


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
