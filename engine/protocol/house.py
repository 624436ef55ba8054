"""What the supervisor says: to every room, and to the consoles."""

from __future__ import annotations

from typing import Literal

from engine.protocol.basics import LanguageCode, Message, Outcome, Room
from engine.protocol.line import Task
from engine.protocol.operating import OperatorLeft


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
    silenced: Literal["", "muted", "operator"] = ""  # see AgentSilenced
    left: OperatorLeft | None = None  # how the last take-over ended, for an agent that missed it
    recording: Literal["", "announce", "consent"] = ""  # what the agent says of it; see RecordingSettings


class CallClosed(Message):
    """supervisor → every room: forget this call. Consoles learn with it what was lost."""

    outcome: Outcome
    reason: str = ""
    lost_frames: int = 0  # audio frames of either direction that were sent and never arrived
    restarts: int = 0  # of rooms during the call
    late_frames: int = 0  # of our voice, that left more than a frame after their time
    lag_ms: float = 0.0  # p99 of how late the loops were that carry audio, and the supervisor's
    behind_ms: float = 0.0  # by how much the far end's audio fell behind its own clock in this call


class CallTask(Message):
    """supervisor → consoles: what a call is to bring. Once, when it begins."""

    task: Task


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


class SoundKept(Message):
    """supervisor → the journal alone, about once a second: so much of the recording will not change any more."""

    samples: int  # per channel, from the recording's first
    sha256: str  # of them: 16 kHz stereo int16, little-endian; 64 hex digits
    began_us: int = 0  # since the call's beginning: when the first of them was heard


class Shutdown(Message):
    """supervisor → every room: end in order."""
