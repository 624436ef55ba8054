"""What a report draws of a call. Plain values, as the page's script gets them; see timeline.py for how they come about.

Every time is in milliseconds since the call began.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Tone = Literal["", "good", "warn", "bad"]
Lane = Literal["line", "sound", "decision", "tool", "record", "recording", "operator", "engine"]


class Word(msgspec.Struct, array_like=True, frozen=True):
    """One word and when it was said."""

    start_ms: int
    end_ms: int
    text: str


class Reason(msgspec.Struct, array_like=True, frozen=True):
    """Why a decision waited so long: what for, and how much of it."""

    reason: str
    ms: int


class Fact(msgspec.Struct, array_like=True, frozen=True):
    """A name and its value, for people."""

    name: str
    value: str


class Cache(msgspec.Struct, frozen=True):
    """May a stored reply be said? The cache's word on a turn."""

    hit: bool
    similarity: float
    threshold: float
    verdict: str
    nearest: str
    template: str
    ahead: bool


class Latency(msgspec.Struct, frozen=True):
    """From the end of their speech to our first frame; the parts follow one another and sum to the whole."""

    start_ms: float
    end_ms: float
    whole_ms: float
    parts: list[tuple[str, float]]
    measured: str


class Prepared(msgspec.Struct, frozen=True):
    """An answer that was prepared before it was known that the turn is over."""

    kept: bool
    reason: str
    saved_ms: float


class Turn(msgspec.Struct):
    """One of the far end's."""

    number: int
    start_ms: int
    end_ms: int  # of the last voiced window
    decided_ms: int = 0  # when it was judged over; 0 = never
    hangover_ms: int = 0
    reason: str = ""
    weights: list[Reason] = []
    under_our_voice: bool = False
    text: str = ""
    truth: str = ""  # what was really said, where a simulated line knows
    dropped: str = ""  # why what was heard was thrown away
    confidence: float = 0.0
    language: str = ""
    words: list[Word] = []
    pauses: list[tuple[int, int]] = []  # in which it might have been over
    cache: Cache | None = None
    prepared: list[Prepared] = []
    brain: list[Fact] = []
    latency: Latency | None = None


class Utterance(msgspec.Struct):
    """One of the near end's: the agent's, or an operator's."""

    number: int
    who: Literal["agent", "operator"]
    turn: int  # of the far end that it answers; 0 = none
    start_ms: int
    end_ms: int
    text: str  # what was to be said
    said: str  # what of it was
    words: list[Word] = []
    cut: bool = False
    from_cache: bool = False
    language: str = ""


class Happening(msgspec.Struct):
    """Anything else that has a place in time."""

    at_ms: int
    lane: Lane
    kind: str
    title: str
    end_ms: int = 0  # 0 = a moment
    tone: Tone = ""
    facts: list[Fact] = []


class Span(msgspec.Struct, array_like=True, frozen=True):
    """How the call stood for a while."""

    start_ms: int
    end_ms: int
    state: str


class Meter(msgspec.Struct, frozen=True):
    """One value a window for a whole call, as base64 of unsigned bytes; 0 = nothing known."""

    start_ms: int
    step_ms: int
    far_probability: str  # 1..255 is 0..1
    far_level: str  # 1..255 is -90..0 dBFS
    agent_level: str


class Waveform(msgspec.Struct, frozen=True):
    """The loudest and the lowest sample of each of many short stretches: base64 of int16 pairs, little-endian."""

    start_ms: float
    step_ms: float
    far: str
    agent: str


class CallPicture(msgspec.Struct):
    """One call, ready to be drawn."""

    name: str
    began: str  # date and time, UTC; "" = not known
    restaurant: str
    language: str
    line: str
    scenario: str
    outcome: str
    reason: str
    length_ms: int
    recorded: bool
    goal: list[Fact] = []
    result: list[Fact] = []
    turns: list[Turn] = []
    utterances: list[Utterance] = []
    happenings: list[Happening] = []
    states: list[Span] = []
    meter: Meter | None = None
    waveform: Waveform | None = None
    notes: list[str] = []  # for people: what is missing, and why
