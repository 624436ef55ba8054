"""The simulated line: a restaurant at the other end, in a process of its own.

hears  AgentFrame, Spoken     from playback     (when we speak, and the words that were really spoken)
       HangUp, CallClosed     from the supervisor
says   LineFrame, LineState   to capture        (48 kHz mono int16, 20 ms)
       FarEndTruth            to the supervisor alone, for measuring
decides in persona.py

The scenario is read here and nowhere else: no room of the agent has a way to it.
"""

from __future__ import annotations

import zlib
from collections import deque
from pathlib import Path
from queue import SimpleQueue

import numpy as np

from engine.bus import TICK, Bus, now_us
from engine.lines.persona import Persona
from engine.lines.sounds import Noise, RestaurantVoice, Sound
from engine.lines.steps import Act, Play, Speak
from engine.lines.steps import HangUp as PersonaHangUp
from engine.protocol import (
    CLOCK_MODULUS_US,
    FRAME_MS,
    LINE_RATE_HZ,
    AgentFrame,
    CallClosed,
    FarEndTruth,
    Flag,
    HangUp,
    LineFrame,
    LineState,
    Spoken,
)
from engine.scenario import load
from engine.scenario_parts import VOICES, Scenario
from engine.wiring import House, LinePlan

FRAME_SAMPLES = LINE_RATE_HZ * FRAME_MS // 1000
FRAME_US = FRAME_MS * 1000
AGENT_QUIET_US = 60_000  # three frames without our voice: the agent has stopped talking
PATIENCE_US = 500_000  # of silence after the agent's words before the restaurant takes its turn
TICK_EVERY_FRAMES = 10
LINGER_S = 0.3  # so that the last word and the end reach capture


class Sounding:
    """One act on its way to the line."""

    def __init__(self, text: str, sound: Sound, begins_us: int) -> None:
        self.text, self.sound, self.begins_us = text, sound, begins_us
        self.at = 0
        self.start_us = self.end_us = 0

    def take(self, now: int) -> np.ndarray:
        """The next frame's worth. A frame leaves when its last sample would have been spoken, so the first and the
        last audible sample were spoken before `now`.
        """
        piece = self.sound.pcm[self.at : self.at + FRAME_SAMPLES]
        if not self.start_us and self.at + piece.size > self.sound.first:
            self.start_us = now - _us(FRAME_SAMPLES - (self.sound.first - self.at))
        if not self.end_us and self.at + piece.size >= self.sound.last:
            self.end_us = now - _us(FRAME_SAMPLES - (self.sound.last - self.at))
        self.at += piece.size
        return np.concatenate([piece, np.zeros(FRAME_SAMPLES - piece.size, np.int16)])

    @property
    def over(self) -> bool:
        """Everything audible has left."""
        return (self.at >= self.sound.last and self.end_us > 0) or self.at >= self.sound.pcm.size


def _us(samples: int) -> int:
    return max(0, samples) * 1_000_000 // LINE_RATE_HZ


class FarEnd:
    """The restaurant: persona, voice, and what it has heard of the agent."""

    def __init__(self, scenario: Scenario) -> None:
        restaurant = scenario.restaurant
        self.persona = Persona(scenario)
        self.voice = RestaurantVoice(restaurant, VOICES[scenario.language])
        self.noise = Noise(restaurant.noise_dbfs, zlib.crc32(scenario.title.encode()))
        self.sounding: Sounding | None = None
        self.hung_up = False
        self._spoken: dict[tuple[int, int], str] = {}
        self._agent_until_us = 0
        self._turn_given = True
        self.truths: deque[FarEndTruth] = deque()

    def agent_frame(self, now: int) -> None:
        """Our voice is on the line."""
        self._agent_until_us = now + AGENT_QUIET_US
        self._turn_given = False

    def spoken(self, report: Spoken, now: int) -> None:
        """More of the agent's words have been played to us."""
        self._spoken[report.utterance, report.index] = report.text
        so_far = " ".join(
            text for place, text in self._spoken.items() if place[0] == report.utterance and text
        )
        self.act(self.persona.hears(so_far, now // 1000), now)

    def frame(self, number: int, now: int) -> np.ndarray:
        """The next 20 ms of what the restaurant's end sends."""
        self._listen(number, now)
        pcm = np.zeros(FRAME_SAMPLES, np.int16)
        current = self.sounding
        if current is not None and now >= current.begins_us:
            pcm = current.take(now)
            if current.over:
                self._finish(current, now)
        return self.noise.add(pcm)

    def _listen(self, number: int, now: int) -> None:
        quiet_us = now - self._agent_until_us
        if not self._turn_given and self._spoken and quiet_us >= PATIENCE_US - AGENT_QUIET_US:
            self._turn_given = True
            text = " ".join(text for text in self._spoken.values() if text)
            self._spoken = {}
            self.act(self.persona.agent_finished(text, now // 1000), now)
        elif number % TICK_EVERY_FRAMES == 0 and quiet_us > 0:
            self.act(self.persona.tick(now // 1000), now)

    def _finish(self, done: Sounding, now: int) -> None:
        self.sounding = None
        if done.text:
            start, end = done.start_us % CLOCK_MODULUS_US, done.end_us % CLOCK_MODULUS_US
            self.truths.append(FarEndTruth(done.text, start, end))
        self.act(self.persona.finished(now // 1000), now)

    def act(self, acts: list[Act], now: int) -> None:
        """Begin what the persona wants to do."""
        for act in acts:
            match act:
                case Speak(text=text, after_ms=after_ms):
                    self.sounding = Sounding(text, self.voice.speak(text), now + after_ms * 1000)
                case Play(sound=name, seconds=seconds):
                    self.sounding = Sounding("", self.voice.play(name, seconds), now)
                case PersonaHangUp():
                    self.hung_up = True


def run(bus: Bus, scenario: Scenario) -> None:
    """From dialling to the end of the call."""
    assert bus.house.line is not None
    call, restaurant = bus.house.line.call, scenario.restaurant
    far_end = FarEnd(scenario)
    no_answer_us = bus.house.settings.call.no_answer_s * 1_000_000
    bus.push("lines", call, LineState("ringing"))
    rings_until_us = now_us() + (int(restaurant.ring_s * 1e6) if restaurant.answers else no_answer_us)
    number, due_us, answered = 0, now_us(), False
    bus.wake_at_us = due_us
    for delivery in bus:
        match delivery.message:
            case AgentFrame():
                far_end.agent_frame(now_us())
            case Spoken() as report if not delivery.header.flags & Flag.AGAIN:
                far_end.spoken(report, now_us())
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
            far_end.act(far_end.persona.answered(now // 1000), now)
        if answered:
            bus.push("lines", call, LineFrame(far_end.frame(number, now).tobytes()), sequence=number)
            number += 1
        while far_end.truths:
            bus.push("truth", call, far_end.truths.popleft())
        if far_end.hung_up:
            bus.push("lines", call, LineState("ended", "far_end"))
            return
        due_us = max(due_us + FRAME_US, now - FRAME_US)
        bus.wake_at_us = due_us


def start(house: House, more: SimpleQueue[LinePlan | None]) -> None:
    """Open the line in this process. It carries one call; `more` stays empty."""
    import time

    bus = Bus(house, AgentFrame, Spoken, HangUp, CallClosed)
    bus.push_to("lines")
    bus.push_to("truth")
    assert house.line is not None
    run(bus, load(Path(house.line.scenario)))
    time.sleep(LINGER_S)
    bus.close()
