"""The far end of a call as a restaurant plays it: its persona, its voice, its noise, and an ear of some kind.

What the ear is makes the difference between the two restaurants: the simulated line is told the words that were
really spoken, the one that answers SIP calls has to recognise them.
"""

from __future__ import annotations

import zlib
from collections import deque
from typing import NamedTuple, Protocol

import numpy as np

from engine.lines.injecting import Injected
from engine.lines.packet_loss import Concealed
from engine.lines.part import Part
from engine.lines.persona import Persona
from engine.lines.sounds import RestaurantVoice, Sound, noise_of
from engine.lines.steps import Act, HangUp, Play, Speak
from engine.protocol import FRAME_MS, LINE_RATE_HZ, InjectEvent
from engine.scenario_parts import VOICES, Scenario

FRAME_SAMPLES = LINE_RATE_HZ * FRAME_MS // 1000
FRAME_US = FRAME_MS * 1000
TICK_EVERY_FRAMES = 10


class Heard(NamedTuple):
    """Words of the agent: all of its turn so far, or (`over`) all of a turn that has ended."""

    text: str
    over: bool


class Ear(Protocol):
    """How the restaurant hears the agent."""

    def heard(self, now_us: int) -> list[Heard]:
        """What has been heard since it was last asked."""
        ...

    def agent_speaks(self, now_us: int) -> bool:
        """Is the agent talking, or has it talked and its words are not known yet?"""
        ...


class Said(NamedTuple):
    """What the restaurant has said, and when: monotonic µs of its first and last audible sample."""

    text: str
    start_us: int
    end_us: int


class Sounding:
    """One act on its way to the line."""

    def __init__(self, text: str, sound: Sound, begins_us: int) -> None:
        self.text, self.sound, self.begins_us = text, sound, begins_us
        self.at = 0
        self.start_us = self.end_us = 0

    def take(self, now: int, lost: bool = False) -> np.ndarray:
        """The next frame's worth. A frame leaves when its last sample would have been spoken, so the first and the
        last audible sample were spoken before `now`. lost: nobody hears this frame, and its words count as not said.
        """
        piece = self.sound.pcm[self.at : self.at + FRAME_SAMPLES]
        ends = self.at + piece.size
        if not lost and ends > self.sound.first and self.at < self.sound.last:
            self.start_us = self.start_us or now - _us(FRAME_SAMPLES - (self.sound.first - self.at))
            self.end_us = now - _us(FRAME_SAMPLES - (self.sound.last - self.at))
        self.at = ends
        return np.concatenate([piece, np.zeros(FRAME_SAMPLES - piece.size, np.int16)])

    @property
    def over(self) -> bool:
        """Everything audible has left."""
        return self.at >= min(self.sound.last, self.sound.pcm.size)


def _us(samples: int) -> int:
    """Of a frame: how long ago so many samples were spoken."""
    return min(max(0, samples), FRAME_SAMPLES) * 1_000_000 // LINE_RATE_HZ


class FarEnd:
    """The restaurant in one call."""

    def __init__(self, scenario: Scenario, ear: Ear, part: Part | None = None) -> None:
        """part: whoever plays the restaurant, where that is not the scenario's own persona."""
        restaurant = scenario.restaurant
        self.persona: Part = part or Persona(scenario)
        self.voice = RestaurantVoice(restaurant, VOICES[scenario.spoken])
        seed = zlib.crc32(scenario.title.encode())
        self.noise = noise_of(restaurant, seed)
        self._way = Concealed(restaurant.packet_loss, restaurant.loss_burst, seed)
        self.hung_up = False
        self.said: deque[Said] = deque()  # for whoever keeps account of it
        self._ear = ear
        self._sounding: Sounding | None = None
        self._injected = Injected()
        self._interlude: Sounding | None = None  # injected words; the persona knows nothing of them

    def answered(self, now: int) -> None:
        """The phone was picked up."""
        self._act(self.persona.answered(now // 1000), now)

    def frame(self, number: int, now: int) -> np.ndarray:
        """The next 20 ms of what the restaurant's end sends."""
        self._listen(number, now)
        pcm = np.zeros(FRAME_SAMPLES, np.int16)
        current = self._next(now)
        if current is not None:
            pcm = current.take(now, self._injected.is_silent(now))
            if current.over:
                self._finish(current, now)
        return self._way.over(self._injected.over(self.noise.add(pcm), now))

    def key(self, digit: str, now: int) -> None:
        """The agent has pressed a key."""
        self._act(self.persona.key(digit, now // 1000), now)

    def inject(self, event: InjectEvent, now: int) -> None:
        """Something happens at this end that is not in the scenario."""
        self._injected.take(event, now)
        self.hung_up = self.hung_up or self._injected.hangs_up

    def _next(self, now: int) -> Sounding | None:
        """What is to be heard now. Injected words wait for what is being said, and what comes next for them."""
        if self._interlude is None and self._sounding is None and self._injected.words:
            text = self._injected.words.popleft()
            self._interlude = Sounding(text, self.voice.speak(text), now)
        current = self._interlude or self._sounding
        return current if current is not None and now >= current.begins_us else None

    def _listen(self, number: int, now: int) -> None:
        turn_over = False
        for heard in self._ear.heard(now):
            if heard.over:
                turn_over = True
                self._act(self.persona.agent_finished(heard.text, now // 1000), now)
            else:
                self._act(self.persona.hears(heard.text, now // 1000), now)
        quiet = self._interlude is None and not self._ear.agent_speaks(now)
        if not turn_over and number % TICK_EVERY_FRAMES == 0 and quiet:
            self._act(self.persona.tick(now // 1000), now)

    def _finish(self, done: Sounding, now: int) -> None:
        if done.text and done.end_us:  # else nobody has heard anything of it
            self.said.append(Said(done.text, done.start_us, done.end_us))
        if done is self._interlude:
            self._interlude = None
            return
        self._sounding = None
        self._act(self.persona.finished(now // 1000), now)

    def _act(self, acts: list[Act], now: int) -> None:
        for act in acts:
            match act:
                case Speak(text=text, after_ms=after_ms, language=language):
                    self._sounding = Sounding(text, self.voice.speak(text, language), now + after_ms * 1000)
                case Play(sound=name, seconds=seconds):
                    self._sounding = Sounding("", self.voice.play(name, seconds), now)
                case HangUp():
                    self.hung_up = True
