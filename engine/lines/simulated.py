"""The simulated line: a restaurant at the other end, in a process of its own.

hears  AgentFrame, Spoken     from playback     (when we speak, and the words that were really spoken)
       HangUp, CallClosed     from the supervisor
       SendDigits             from the agent or an operator, through the supervisor
       InjectEvent            from an operator
says   LineFrame, LineState   to capture        (48 kHz mono int16, 20 ms)
       FarEndTruth            to the supervisor alone, for measuring
decides in persona.py, sounds in far_end.py

The scenario is read here and nowhere else: no room of the agent has a way to it.
"""

from __future__ import annotations

from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

from engine.bus import TICK, Bus, now_us
from engine.lines.far_end import FRAME_US, Ear, FarEnd, Heard
from engine.lines.part import Part
from engine.protocol import (
    CLOCK_MODULUS_US,
    AgentFrame,
    CallClosed,
    FarEndTruth,
    Flag,
    HangUp,
    InjectEvent,
    LineFrame,
    LineState,
    SendDigits,
    Spoken,
)
from engine.scenario import load
from engine.scenario_parts import Scenario
from engine.scenario_variables import with_variables
from engine.wiring import House, LinePlan

AGENT_QUIET_US = 60_000  # three frames without our voice: the agent has stopped talking
PATIENCE_US = 500_000  # of silence after the agent's words before the restaurant takes its turn
LINGER_S = 0.3  # so that the last word and the end reach capture


class Told:
    """An ear that is told the words that were really spoken."""

    def __init__(self) -> None:
        self._spoken: dict[tuple[int, int], str] = {}
        self._news: list[Heard] = []
        self._agent_until_us = 0
        self._turn_given = True

    def agent_frame(self, pcm: bytes, now_us: int) -> None:
        """Our voice is on the line. It is told the words, and does not listen."""
        self._agent_until_us = now_us + AGENT_QUIET_US
        self._turn_given = False

    def spoken(self, report: Spoken) -> None:
        """More of the agent's words have been played to us."""
        self._spoken[report.utterance, report.index] = report.text
        texts = (text for place, text in self._spoken.items() if place[0] == report.utterance and text)
        self._news.append(Heard(" ".join(texts), over=False))

    def heard(self, now_us: int) -> list[Heard]:
        """See Ear."""
        news, self._news = self._news, []
        quiet_us = now_us - self._agent_until_us
        if not self._turn_given and self._spoken and quiet_us >= PATIENCE_US - AGENT_QUIET_US:
            self._turn_given = True
            news.append(Heard(" ".join(text for text in self._spoken.values() if text), over=True))
            self._spoken = {}
        return news

    def agent_speaks(self, now_us: int) -> bool:
        """See Ear."""
        return now_us <= self._agent_until_us


class LineEar(Ear, Protocol):
    """An ear at the end of this line."""

    def agent_frame(self, pcm: bytes, now_us: int) -> None:
        """20 ms of our voice, 48 kHz mono int16."""
        ...

    def spoken(self, report: Spoken) -> None:
        """What of our words has been played."""
        ...


def run(bus: Bus, scenario: Scenario, ear: LineEar, part: Part | None = None) -> None:
    """From dialling to the end of the call. part: see FarEnd."""
    assert bus.house.line is not None
    call, restaurant = bus.house.line.call, scenario.restaurant
    far_end = FarEnd(scenario, ear, part)
    no_answer_us = bus.house.settings.call.no_answer_s * 1_000_000
    bus.push("lines", call, LineState("ringing"))
    rings_until_us = now_us() + (int(restaurant.ring_s * 1e6) if restaurant.answers else no_answer_us)
    number, due_us, answered = 0, now_us(), False
    bus.wake_at_us = due_us
    for delivery in bus:
        match delivery.message:
            case AgentFrame(pcm=pcm):
                ear.agent_frame(pcm, now_us())
            case Spoken() as report if not delivery.header.flags & Flag.AGAIN:
                ear.spoken(report)
            case SendDigits(digits=digits):
                for digit in digits:
                    far_end.key(digit, now_us())
            case InjectEvent() as event:
                far_end.inject(event, now_us())
            case HangUp() | CallClosed():
                bus.push("lines", call, LineState("ended", "near_end"))
                return
        if delivery is not TICK:
            continue
        now = now_us()
        if not bus.hears_all:
            bus.wake_at_us = now + FRAME_US  # nothing the agent says may be missed
            continue
        if not answered and now >= rings_until_us:
            if not restaurant.answers:
                bus.push("lines", call, LineState("ended", "no_answer"))
                return
            answered = True
            bus.push("lines", call, LineState("answered"))
            far_end.answered(now)
        if answered:
            bus.push("lines", call, LineFrame(far_end.frame(number, now).tobytes()), sequence=number)
            number += 1
        while far_end.said:
            said = far_end.said.popleft()
            start, end = said.start_us % CLOCK_MODULUS_US, said.end_us % CLOCK_MODULUS_US
            bus.push("truth", call, FarEndTruth(said.text, start, end))
        if far_end.hung_up:
            bus.push("lines", call, LineState("ended", "far_end"))
            return
        due_us = max(due_us + FRAME_US, now - FRAME_US)
        bus.wake_at_us = due_us


def start(house: House, more: SimpleQueue[LinePlan | None]) -> None:
    """Open the line in this process. It carries one call; `more` stays empty."""
    assert house.line is not None
    play(house, with_variables(load(Path(house.line.scenario)), house.line.variables), Told())


def play(house: House, scenario: Scenario, ear: LineEar, part: Part | None = None) -> None:
    """The line's one call."""
    import time

    bus = Bus(house, AgentFrame, Spoken, SendDigits, InjectEvent, HangUp, CallClosed)
    bus.push_to("lines")
    bus.push_to("truth")
    run(bus, scenario, ear, part)
    time.sleep(LINGER_S)
    bus.close()
