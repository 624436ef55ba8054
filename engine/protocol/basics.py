"""What every message stands on: rates, names of rooms and outcomes, flags."""

from __future__ import annotations

from enum import IntFlag
from typing import Literal

import msgspec

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
    AHEAD = (
        32  # made on suspicion that the turn is over: nobody hears it before the same comes without this flag
    )

    def __and__(self, other: int) -> Flag:
        return FLAGS[int.__and__(self, other)]


FLAGS = tuple(Flag(bits) for bits in range(256))
"""By their bits, made once: an enum that makes them anew costs more than all else that is done with a header."""


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """What every payload is."""
