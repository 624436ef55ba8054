"""playback: our voice goes out, one frame every 20 ms: the agent's, or that of an operator who has taken over.

hears  SpeechAudio               from tts     (Flag.AHEAD: unheard, until its sentence is said)
       Sentence                  from agent   (said, or with Flag.AHEAD prepared)
       BargeIn                   from vad
       VoicePlayed               from lines with a clock of their own
       AgentSilenced, Talk       from the supervisor
       OperatorFrame             from the supervisor            (16 kHz mono int16, 20 ms)
       CallOpened, CallClosed    from the supervisor
says   AgentFrame                to the line, vad, supervisor   (48 kHz mono int16, 20 ms)
       FlushVoice                to a line with a clock of its own
       PlaybackStarted, Spoken   to agent, line, supervisor     (what was really spoken, to the word)
decides in turns/playout.py and turns/shelf.py
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.bus import TICK, Bus, now_us
from engine.protocol import (
    AgentFrame,
    AgentSilenced,
    BargeIn,
    CallClosed,
    CallOpened,
    Flag,
    FlushVoice,
    OperatorFrame,
    PlaybackStarted,
    Sentence,
    SpeechAudio,
    Spoken,
    Talk,
    VoicePlayed,
)
from engine.turns.playout import Playout, Report
from engine.turns.shelf import Shelf
from engine.wiring import House

MAKES_DUE = (SpeechAudio, Sentence, VoicePlayed, OperatorFrame, AgentSilenced)


class Ours:
    """One call's voice: what goes to the line, and what waits unheard until it is said."""

    def __init__(self, playout: Playout) -> None:
        self.playout = playout
        self.shelf = Shelf()
        self.typed: set[int] = set()  # utterances that an operator typed


def run(bus: Bus) -> None:
    """Until the house shuts down."""
    calls: dict[int, Ours] = {}
    for delivery in bus:
        call, message = delivery.header.call, delivery.message
        ours = calls.get(call)
        match message:
            case CallOpened(lead_ms=lead_ms) if ours is None:
                playout = Playout(lead_ms, restarted=bool(message.room), silenced=message.silenced)
                calls[call] = Ours(playout)
            case CallClosed():
                calls.pop(call, None)
            case _ if ours:
                _take(bus, call, ours, delivery.header.flags, message)
        if delivery is TICK or isinstance(message, MAKES_DUE):
            for number, each in calls.items():
                _send_due(bus, number, each)
        due = [each.playout.due_us for each in calls.values()]
        bus.wake_at_us = min((us for us in due if us is not None), default=None)


def _take(bus: Bus, call: int, ours: Ours, flags: Flag, message: object) -> None:
    playout = ours.playout
    operator_spoke = playout.operator_speaks
    match message:
        case SpeechAudio() if flags & Flag.AHEAD:
            _add(bus, call, ours, ours.shelf.put(message, now_us()))
        case SpeechAudio():
            if flags & Flag.OPERATOR:
                ours.typed.add(message.utterance)
            _add(bus, call, ours, ours.shelf.pass_by(message, now_us()))
        case Sentence() if flags & Flag.AHEAD:
            ours.shelf.prepare(message)
        case Sentence():
            anew = bool(flags & (Flag.AGAIN | Flag.OPERATOR))
            _add(bus, call, ours, ours.shelf.say(message, now_us(), anew))
        case OperatorFrame(pcm=pcm):
            playout.operator_frame(pcm, now_us())
        case VoicePlayed():
            _tell(bus, call, ours, playout.line_played(message, now_us()))
        case BargeIn():
            _tell(bus, call, ours, playout.barge_in(message, now_us()))
        case AgentSilenced(reason=reason):
            _tell(bus, call, ours, playout.silence(reason, now_us()), operator_spoke)
        case Talk(on=on):
            _tell(bus, call, ours, playout.talk(on, now_us()), operator_spoke)


def _add(bus: Bus, call: int, ours: Ours, pieces: list[SpeechAudio]) -> None:
    """Audio that may be played. What was said or cut before is not said again, but reported again."""
    for piece in pieces:
        for spoken in ours.playout.add(piece, now_us(), typed=piece.utterance in ours.typed):
            bus.send(call, spoken, Flag.AGAIN)
            if spoken.cut:
                ours.shelf.cut(spoken.utterance)


def _send_due(bus: Bus, call: int, ours: Ours) -> None:
    playout = ours.playout
    while playout.due_us is not None and playout.due_us <= now_us():
        whose = Flag.OPERATOR if playout.operator_speaks else Flag.SYNTHETIC
        pcm, reports = playout.frame(now_us())
        at_us = now_us()
        if pcm is not None:
            at_us = bus.send(call, AgentFrame(pcm=pcm), whose, sequence=playout.number)
        _tell(
            bus,
            call,
            ours,
            [playout.started(each, at_us) if isinstance(each, PlaybackStarted) else each for each in reports],
        )


def _tell(bus: Bus, call: int, ours: Ours, reports: Sequence[Report], operator_spoke: bool = False) -> None:
    """operator_spoke: what is flushed was the operator's, of which no other report tells that it was cut."""
    for report in reports:
        if isinstance(report, Spoken) and report.cut:
            ours.shelf.cut(report.utterance)
        if isinstance(report, Spoken) and ours.playout.late_frames:
            report = msgspec.structs.replace(report, late_frames=ours.playout.late_frames)
        cut = report.cut if isinstance(report, Spoken) else operator_spoke and isinstance(report, FlushVoice)
        bus.send(call, report, Flag.CUT if cut else Flag.NONE)


def start(house: House) -> None:
    """Open the room in this process."""
    bus = Bus(house, SpeechAudio, Sentence, BargeIn, AgentSilenced, Talk, OperatorFrame, CallClosed)
    bus.ready = True
    run(bus)
    bus.close()
