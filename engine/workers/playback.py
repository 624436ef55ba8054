"""playback: the agent's voice goes out, one frame every 20 ms.

hears  SpeechAudio               from tts
       BargeIn                   from vad
       CallOpened, CallClosed    from the supervisor
says   AgentFrame                to the line, vad, supervisor   (48 kHz mono int16, 20 ms)
       PlaybackStarted, Spoken   to agent, line, supervisor     (what was really spoken, to the word)
decides in turns/playout.py
"""

from __future__ import annotations

from engine.bus import TICK, Bus, now_us
from engine.protocol import (
    AgentFrame,
    BargeIn,
    CallClosed,
    CallOpened,
    Flag,
    PlaybackStarted,
    SpeechAudio,
)
from engine.turns.playout import Playout
from engine.wiring import House


def run(bus: Bus) -> None:
    """Until the house shuts down."""
    playouts: dict[int, Playout] = {}
    for delivery in bus:
        call, message = delivery.header.call, delivery.message
        playout = playouts.get(call)
        match message:
            case CallOpened():
                playouts.setdefault(call, Playout())
            case SpeechAudio() if playout:
                for spoken in playout.add(message, now_us()):
                    bus.send(call, spoken, Flag.AGAIN)
            case BargeIn() if playout:
                for spoken in playout.barge_in(message):
                    bus.send(call, spoken, Flag.CUT)
            case CallClosed():
                playouts.pop(call, None)
        if delivery is TICK or isinstance(message, SpeechAudio):
            for number, each in playouts.items():
                _send_due(bus, number, each)
        bus.wake_at_us = min((p.due_us for p in playouts.values() if p.due_us is not None), default=None)


def _send_due(bus: Bus, call: int, playout: Playout) -> None:
    while playout.due_us is not None and playout.due_us <= now_us():
        pcm, reports = playout.frame(now_us())
        at_us = bus.send(call, AgentFrame(pcm=pcm), Flag.SYNTHETIC) if pcm is not None else now_us()
        for report in reports:
            if isinstance(report, PlaybackStarted):
                report = playout.started(report, at_us)
            bus.send(call, report)


def start(house: House) -> None:
    """Open the room in this process."""
    bus = Bus(house, SpeechAudio, BargeIn, CallClosed)
    bus.ready = True
    run(bus)
    bus.close()
