"""What an operator may do to a call, and what rooms and consoles are told of it.

The commands go the way of all others and are answered like them, but for `Presence` and `MicFrame`, which are not.
Where a command is of a call, the header names the call. Rooms are sent some of them as they are, once accepted.
"""

from __future__ import annotations

from typing import Any, Literal

from engine.protocol.basics import LanguageCode, Message, Room
from engine.protocol.commands import Command

MicMode = Literal["ptt", "full"]
AlertKind = Literal[
    "approval",  # a tool waits for the operator
    "question",  # the agent asks the person it calls for, through the operator
    "wants_person",  # they asked for a human being
    "repeated_question",
    "low_confidence",  # of the recogniser, two turns running
    "silence",
    "long_hold",
    "tool_error",
    "slow",  # voice to voice over budget, three turns running
    "room_restarted",
    "recording_failed",
    "needs_human",  # the agent gave up, or a take-over was lost
]

# --- commands to the agent --------------------------------------------------------------------------


class SayLine(Command):
    """console → supervisor → agent: say this, in the agent's voice, next."""

    text: str


class Whisper(Command):
    """console → supervisor → agent: know this; the far end does not hear it."""

    text: str


class MuteAgent(Command):
    """console → supervisor: the agent keeps silent until it is told to go on. It hears and remembers meanwhile."""

    mute: bool = True


class ForceLanguage(Command):
    """console → supervisor → agent, transcribe: speak and hear this language from now on."""

    language: LanguageCode


class DecideTool(Command):
    """console → supervisor → agent: the operator's word on a ToolPending."""

    request: int
    approve: bool
    arguments: dict[str, Any] = {}  # edited ones; {} = as they were
    words: str = ""  # why not, or the answer to a question


# --- commands to other rooms, lines and the house ------------------------------------------------------


class ForgetReply(Command):
    """console → supervisor → cache: throw a stored reply away, by its id."""

    source: str


class InjectEvent(Command):
    """console → supervisor → line or room: something goes wrong, or somebody says something, to see what comes of it.

    `noise`, `silence`, `say` and `hang_up` happen at the far end, so only on a simulated line; `fail` makes the
    provider of a room fail for this call, for so many seconds.
    """

    what: Literal["noise", "silence", "say", "hang_up", "fail"]
    text: str = ""  # what the far end says
    seconds: float = 3.0
    level_dbfs: float = -30.0  # of the noise
    room: Room | Literal[""] = ""  # transcribe, cache, agent or tts


class RestartRoom(Command):
    """console → supervisor: end a room's process; the house starts it again."""

    room: Room


class MarkMoment(Command):
    """console → supervisor: remember this moment of a call."""

    note: str = ""
    at_us: int = 0  # header clock, when the key was pressed; 0 = now


class AcknowledgeAlert(Command):
    """console → supervisor: the operator has seen it."""

    alert: int


class Presence(Command):
    """console → supervisor, once a second, not answered: an operator is here."""

    readonly: bool = False
    listens_to: int = 0  # the call whose sound is to be sent; 0 = none


# --- take-over ------------------------------------------------------------------------------------------


class ArmMic(Command):
    """console → supervisor: let me take this call over. Answered by LeaseGranted; the agent goes on."""


class LeaseGranted(Message):
    """Answer to ArmMic."""

    lease: int
    ttl_ms: int  # without a RenewLease for so long it is lost


class RenewLease(Command):
    """console → supervisor, every 500 ms: still here."""

    lease: int


class GoLive(Command):
    """console → supervisor: the agent is silent from now on, and I speak."""

    lease: int
    mode: MicMode


class Talk(Command):
    """console → supervisor: the microphone is on or off. Going off drops what was on its way to the line."""

    lease: int
    on: bool
    why: str = ""  # it went off, when it was not the operator's key


class MicFrame(Command):
    """console → supervisor, every 20 ms while talking, not answered: 16 kHz mono int16."""

    lease: int
    pcm: bytes


class HandBack(Command):
    """console → supervisor: the agent goes on."""

    lease: int
    agreed: str = ""  # what the operator and the far end agreed, in the operator's words


class ReleaseMic(Command):
    """console → supervisor: give the lease up. In a live take-over that is a lost one."""

    lease: int
    why: str = ""


class MicState(Message):
    """supervisor → consoles: who holds the microphone of a call, and how."""

    mode: Literal["off", "armed", "ptt", "full"]
    operator: str = ""
    talking: bool = False
    why: str = ""  # it ended, or was muted


class AgentSilenced(Message):
    """supervisor → agent, playback, consoles: the agent's own voice is off the line, or may speak again."""

    reason: Literal["", "muted", "operator"]  # "" = it may speak
    by: str = ""


class OperatorFrame(Message):
    """supervisor → playback: the operator's voice, 20 ms at 16 kHz, only of the call's lease."""

    pcm: bytes


class OperatorLeft(Message):
    """supervisor → agent: a live take-over is over; it is yours again."""

    agreed: str = ""
    lost: bool = False  # the operator went without a word
    by: str = ""


class OperatorSpoke(Message):
    """vad → transcribe: one utterance of the operator, over."""

    utterance: int  # number among the operator's in this call, from 1
    start_ms: int
    end_ms: int
    pcm: bytes  # 16 kHz mono int16


class OperatorWords(Message):
    """transcribe → agent, supervisor: what the operator said."""

    utterance: int
    text: str
    language: LanguageCode
    confidence: float
    start_ms: int
    end_ms: int


# --- what is asked of the operator, and told ------------------------------------------------------------


class ToolPending(Message):
    """agent → supervisor: a tool call waits for the operator's word."""

    request: int  # number in this call
    kind: Literal["approval", "question"]  # `question`: ask_principal
    tool: str
    deadline_us: int  # header clock
    otherwise: str  # what happens at the deadline, for people
    arguments: dict[str, Any] = {}
    words: dict[str, str] = {}  # argument → what the far end said of it
    question: str = ""


class ToolDecided(Message):
    """agent → supervisor: a pending tool call is settled."""

    request: int
    approved: bool
    by: str = ""  # "" = nobody in time
    words: str = ""
    arguments: dict[str, Any] = {}  # as it ran


class ReplyForgotten(Message):
    """cache → supervisor: what became of a ForgetReply."""

    source: str
    done: bool


class OperatorAct(Message):
    """supervisor → consoles: who asked for what, and what became of it. Journalled with every call it touches."""

    by: str
    action: str  # the command's name: "say", "whisper", "hang_up", …
    words: str = ""  # of it, for people
    refused: str = ""  # why it was not done
    at_us: int = 0  # header clock of the moment it is about, when not now


class Alert(Message):
    """supervisor → consoles: something that needs an operator, or does no longer."""

    alert: int  # number in this engine
    kind: AlertKind
    text: str
    state: Literal["raised", "acknowledged", "over"] = "raised"
    deadline_us: int = 0  # header clock; 0 = none
    by: str = ""  # who acknowledged it


class Operators(Message):
    """supervisor → rooms, consoles: which operators are there that may give commands."""

    names: tuple[str, ...] = ()
    listening: dict[str, int] = {}  # operator → the call they listen to
