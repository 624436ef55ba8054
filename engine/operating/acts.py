"""What was asked, as the record puts it: who, what in one word, and the rest in words. Pure.

Keys and addresses are left out; the line's own events say of them what may be said.
"""

from __future__ import annotations

import re
from pathlib import PurePath

import msgspec

from engine.line_orders import told
from engine.operating.orders import NAMES
from engine.protocol import (
    AcknowledgeAlert,
    Alert,
    ArmMic,
    Command,
    DecideTool,
    ForceLanguage,
    ForgetReply,
    GoLive,
    HandBack,
    HangUp,
    HoldLine,
    InjectEvent,
    MarkMoment,
    Message,
    MuteAgent,
    OperatorAct,
    PlaceCall,
    ReleaseMic,
    RestartRoom,
    SayLine,
    SendDigits,
    StopEngine,
    Talk,
    ToolPending,
    TransferLine,
    Whisper,
)

OF_THE_ENGINE = (RestartRoom, ForgetReply, AcknowledgeAlert, StopEngine)
"""Commands that are also written into the engine's own list."""
OF_EVERY_CALL = (RestartRoom, StopEngine)
"""Commands that every live call is touched by."""
_FREE_TEXT = (SayLine, Whisper, HandBack, MarkMoment, DecideTool, InjectEvent)
_SOMEBODY = "the operator"  # who gave no name
_ADDRESS = re.compile(r"sips?:\S+|\S+@\S+|\+?\d[\d ()/.-]{4,}\d")


def act_of(
    command: Message, about: ToolPending | Alert | None = None, refused: str = ""
) -> OperatorAct | None:
    """The act that a command is, or None for what is no act: questions, signs of life, sound.

    about: what a decision or an acknowledgement is about. refused: why it was not done.
    A key held down and let go again is an act only where it was refused: MicState tells of the others.
    """
    if not isinstance(command, Command):
        return None
    named = _named(command, about)
    if named is None or (isinstance(command, Talk) and not refused):
        return None
    if isinstance(command, PlaceCall | TransferLine):
        refused = without_addresses(refused)
    at_us = command.at_us if isinstance(command, MarkMoment) else 0
    return OperatorAct(command.by or _SOMEBODY, *named, refused, at_us)


def without_talk(command: Message, act: OperatorAct) -> OperatorAct:
    """The act as the engine's own list keeps it: what was said or written in a call belongs into its journal alone."""
    if isinstance(command, AcknowledgeAlert):  # its words may be the far end's
        return msgspec.structs.replace(act, words=f"alert {command.alert}")
    return msgspec.structs.replace(act, words="") if isinstance(command, _FREE_TEXT) else act


def without_addresses(words: str) -> str:
    """The same words, with everything that may be an address or a telephone number taken out."""
    return _ADDRESS.sub("(address)", words)


def _named(command: Command, about: ToolPending | Alert | None) -> tuple[str, str] | None:
    """The act's name and its words."""
    match command:
        case SayLine(text=text):
            return "say", text
        case Whisper(text=text):
            return "whisper", text
        case MuteAgent(mute=mute):
            return ("mute" if mute else "unmute"), ""
        case ForceLanguage(language=language):
            return "language", NAMES[language]
        case DecideTool():
            return _decided(command, about)
        case InjectEvent():
            return "inject", _injected(command)
        case MarkMoment(note=note):
            return "mark", note
        case AcknowledgeAlert(alert=number):
            return "acknowledge", about.text if isinstance(about, Alert) else f"alert {number}"
        case ForgetReply(source=source):
            return "forget", source
        case RestartRoom(room=room):
            return "restart_room", room
    return _of_mic(command) or _of_line(command)


def _of_mic(command: Command) -> tuple[str, str] | None:
    match command:
        case ArmMic():
            return "arm", ""
        case GoLive(mode=mode):
            return "go_live", "push to talk" if mode == "ptt" else "open microphone"
        case Talk(on=on, why=why):
            return ("talk" if on else "stop_talking"), why
        case HandBack(agreed=agreed):
            return "hand_back", agreed
        case ReleaseMic(why=why):
            return "release", why
    return None


def _of_line(command: Command) -> tuple[str, str] | None:
    match command:
        case PlaceCall(scenario=scenario, line=line):
            path = PurePath(scenario)
            name = f"{path.parent.name}/{path.stem}" if scenario else "a task"
            return "place", f"{name} ({line})"
        case HangUp(goodbye=goodbye):
            return "hang_up", "with a goodbye" if goodbye else ""
        case HoldLine() | SendDigits() | TransferLine():
            name = {HoldLine: "hold", SendDigits: "digits", TransferLine: "transfer"}[type(command)]
            return name, told(command)
        case StopEngine():
            return "stop_engine", ""
    return None


def _decided(command: DecideTool, about: ToolPending | Alert | None) -> tuple[str, str]:
    if isinstance(about, ToolPending) and about.kind == "question":
        verdict = "yes" if command.approve else "no"
        return "answer", f"{about.question} – {command.words or verdict}"
    tool = about.tool if isinstance(about, ToolPending) else f"request {command.request}"
    edited = ", ".join(f"{name} = {value}" for name, value in command.arguments.items())
    parts = (tool, f"with {edited}" if edited else "", command.words)
    return ("approve" if command.approve else "deny"), "; ".join(part for part in parts if part)


def _injected(command: InjectEvent) -> str:
    lasting = f"for {command.seconds:g} s"
    match command.what:
        case "noise":
            return f"noise of {command.level_dbfs:g} dBFS {lasting}"
        case "silence":
            return f"silence {lasting}"
        case "say":
            return f"the far end says: {command.text}"
        case "hang_up":
            return "the far end hangs up"
        case "fail":
            return f"the provider of {command.room} fails {lasting}"
