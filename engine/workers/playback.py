"""playback: our voice goes out, one frame every 20 ms: the agent's, or that of an operator who has taken over.

hears  SpeechAudio               from tts
       BargeIn                   from vad
       VoicePlayed               from lines with a clock of their own
       AgentSilenced, Talk       from the supervisor
       OperatorFrame             from the supervisor            (16 kHz mono int16, 20 ms)
       CallOpened, CallClosed    from the supervisor
says   AgentFrame                to the line, vad, supervisor   (48 kHz mono int16, 20 ms)
       FlushVoice                to a line with a clock of its own
       PlaybackStarted, Spoken   to agent, line, supervisor     (what was really spoken, to the word)
decides in turns/playout.py
"""

from __future__ import annotations

from collections.abc import Sequence

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
    SpeechAudio,
    Spoken,
    Talk,
    VoicePlayed,
)
from engine.turns.playout import Playout, Report
from engine.wiring import House

MAKES_DUE = (SpeechAudio, VoicePlayed, OperatorFrame, AgentSilenced)


def run(bus: Bus) -> None:
    """Until the house shuts down."""
    playouts: dict[int, Playout] = {}
    for delivery in bus:
        call, message = delivery.header.call, delivery.message
        playout = playouts.get(call)
        match message:
            case CallOpened(lead_ms=lead_ms) if playout is None:
                playouts[call] = Playout(lead_ms, restarted=bool(message.room), silenced=message.silenced)
            case CallClosed():
                playouts.pop(call, None)
            case _ if playout:
                _take(bus, call, playout, delivery.header.flags, message)
        if delivery is TICK or isinstance(message, MAKES_DUE):
            for number, each in playouts.items():
                _send_due(bus, number, each)
        bus.wake_at_us = min((p.due_us for p in playouts.values() if p.due_us is not None), default=None)


def _take(bus: Bus, call: int, playout: Playout, flags: Flag, message: object) -> None:
    operator_spoke = playout.operator_speaks
    match message:
        case SpeechAudio():
            for spoken in playout.add(message, now_us(), typed=bool(flags & Flag.OPERATOR)):
                bus.send(call, spoken, Flag.AGAIN)
        case OperatorFrame(pcm=pcm):
            playout.operator_frame(pcm, now_us())
        case VoicePlayed():
            _tell(bus, call, playout.line_played(message, now_us()))
        case BargeIn():
            _tell(bus, call, playout.barge_in(message, now_us()))
        case AgentSilenced(reason=reason):
            _tell(bus, call, playout.silence(reason, now_us()), operator_spoke)
        case Talk(on=on):
            _tell(bus, call, playout.talk(on, now_us()), operator_spoke)


def _send_due(bus: Bus, call: int, playout: Playout) -> None:
    while playout.due_us is not None and playout.due_us <= now_us():
        whose = Flag.OPERATOR if playout.operator_speaks else Flag.SYNTHETIC
        pcm, reports = playout.frame(now_us())
        at_us = now_us()
        if pcm is not None:
            at_us = bus.send(call, AgentFrame(pcm=pcm), whose, sequence=playout.number)
        _tell(
            bus,
            call,
            [playout.started(each, at_us) if isinstance(each, PlaybackStarted) else each for each in reports],
        )


def _tell(bus: Bus, call: int, reports: Sequence[Report], operator_spoke: bool = False) -> None:
    """operator_spoke: what is flushed was the operator's, of which no other report tells that it was cut."""
    for report in reports:
        cut = report.cut if isinstance(report, Spoken) else operator_spoke and isinstance(report, FlushVoice)
        bus.send(call, report, Flag.CUT if cut else Flag.NONE)


def start(house: House) -> None:
    """Open the room in this process."""
    bus = Bus(house, SpeechAudio, BargeIn, AgentSilenced, Talk, OperatorFrame, CallClosed)
    bus.ready = True
    run(bus)
    bus.close()
