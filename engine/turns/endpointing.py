"""When does the far end begin to speak, pause, go on, and end its turn? Pure: windows in, events out.

The decision window is 400 ms long, as it always was in this project, but it slides with every 32 ms window
instead of jumping: that is 200 ms sooner at the onset and at the end.
"""

from __future__ import annotations

import math
from collections import deque

import msgspec

from engine.audio.silero import WINDOW_MS
from engine.protocol import SpeechPaused, SpeechResumed, SpeechStarted, TurnEnded
from engine.settings import TurnSettings, VadSettings

ONSET_SHARE = 0.2  # of the sliding window; 3 of 12 windows, so that one click is no speech
TurnEvent = SpeechStarted | SpeechPaused | SpeechResumed | TurnEnded


class Window(msgspec.Struct, frozen=True):
    """One 32 ms window of far-end audio as the detector judged it."""

    probability: float
    level_dbfs: float
    end_ms: int


def hangover_for(expects: str, settings: TurnSettings) -> tuple[int, str]:
    """How long a silence ends a turn that answers such a question, in ms, and why."""
    if expects == "yes_no":
        return settings.hangover_yes_no_ms, "a yes or no was asked"
    return settings.hangover_ms, "no special question"


class Endpointer:
    """The far end's turns, from windows. One per call; turn numbers go up from `first_turn`."""

    def __init__(self, vad: VadSettings, turns: TurnSettings, first_turn: int = 1) -> None:
        self._vad = vad
        self._turns = turns
        self._recent: deque[tuple[bool, int]] = deque(maxlen=max(2, round(vad.window_ms / WINDOW_MS)))
        self._needed = max(2, math.ceil(ONSET_SHARE * (self._recent.maxlen or 0)))
        self.turn = first_turn - 1
        self.speaking = False
        self.last_voiced_ms = 0
        self._start_ms = 0
        self._paused = False

    def step(self, window: Window, expects: str = "") -> list[TurnEvent]:
        """Judge one more window. `expects`: what the agent has just asked for."""
        threshold = self._vad.exit if self.speaking else self._vad.enter
        voiced = window.probability >= threshold and window.level_dbfs > self._vad.silence_dbfs
        was_voiced = bool(self._recent) and self._recent[-1][0]
        self._recent.append((voiced, window.end_ms))
        if not self.speaking:
            return self._maybe_start()
        if voiced and (was_voiced or not self._paused):
            self.last_voiced_ms = window.end_ms  # a single window in a pause is a click, not speech
        return self._maybe_pause_or_end(window.end_ms, expects)

    def _maybe_start(self) -> list[TurnEvent]:
        voiced = [end_ms for is_voiced, end_ms in self._recent if is_voiced]
        if len(voiced) < self._needed or not self._recent[-1][0]:
            return []
        self.speaking, self._paused = True, False
        self.turn += 1
        self._start_ms = max(0, voiced[0] - WINDOW_MS)
        self.last_voiced_ms = voiced[-1]
        return [SpeechStarted(turn=self.turn, start_ms=self._start_ms)]

    def _maybe_pause_or_end(self, now_ms: int, expects: str) -> list[TurnEvent]:
        silent_ms = now_ms - self.last_voiced_ms
        events: list[TurnEvent] = []
        if self._paused and silent_ms == 0:
            self._paused = False
            events.append(SpeechResumed(turn=self.turn))
        elif not self._paused and silent_ms >= self._turns.pause_ms:
            self._paused = True
            events.append(SpeechPaused(turn=self.turn, end_ms=self.last_voiced_ms))
        hangover_ms, why = hangover_for(expects, self._turns)
        if silent_ms >= hangover_ms:
            events.append(self._end(now_ms, hangover_ms, why))
        return events

    def line_ended(self, now_ms: int) -> list[TurnEvent]:
        """No more audio will come: what was being said is over."""
        return [self._end(now_ms, 0, "the line ended")] if self.speaking else []

    def _end(self, now_ms: int, hangover_ms: int, reason: str) -> TurnEnded:
        self.speaking = False
        self._recent.clear()
        return TurnEnded(self.turn, self._start_ms, self.last_voiced_ms, now_ms, hangover_ms, reason)
