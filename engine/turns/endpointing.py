"""When does the far end begin to speak, pause, go on, and end its turn? Pure: windows and words in, events out.

The decision window is 400 ms long, as it always was in this project, but it slides with every 32 ms window
instead of jumping: that is 200 ms sooner at the onset and at the end. A turn is over when the silence is as long as
hangover.py wants it, after the words that completeness.py has judged.
"""

from __future__ import annotations

import math
from collections import deque

import msgspec

from engine.audio.silero import WINDOW_MS
from engine.protocol import LanguageCode, SpeechPaused, SpeechResumed, SpeechStarted, TurnEnded, Weight
from engine.settings import TurnSettings, VadSettings
from engine.turns.completeness import Verdict, completeness
from engine.turns.hangover import Patience, weigh
from engine.turns.onset import began_ms
from engine.turns.windows import Window as Window

KEPT_WINDOWS = 32  # about a second, in which the line's noise shows
ONSET_SHARE = 0.2  # of the sliding window; 3 of 12 windows, so that one click is no speech
TurnEvent = SpeechStarted | SpeechPaused | SpeechResumed | TurnEnded


class Words(msgspec.Struct, frozen=True):
    """What was recognised of a turn, up to `end_ms` of the far end's audio."""

    end_ms: int
    text: str


class Endpointer:
    """The far end's turns, from windows and words. One per call; turn numbers go up from `first_turn`."""

    def __init__(self, vad: VadSettings, turns: TurnSettings, first_turn: int = 1) -> None:
        self._vad = vad
        self._turns = turns
        self._recent: deque[tuple[bool, int]] = deque(maxlen=max(2, round(vad.window_ms / WINDOW_MS)))
        self._before: deque[Window] = deque(
            maxlen=max(KEPT_WINDOWS, self._recent.maxlen or 0)
        )  # since the last turn
        self._needed = max(2, math.ceil(ONSET_SHARE * (self._recent.maxlen or 0)))
        self.language: LanguageCode = "en"
        self.patience = Patience(turns)
        self.turn = first_turn - 1
        self.speaking = False
        self.last_voiced_ms = 0
        self.start_ms = 0
        self._paused = False
        self._expects = ""
        self._words: Words | None = None
        self._finished = (-1, 0.0)  # a pause, and how surely the turn model took it for the end

    def step(self, window: Window, expects: str = "") -> list[TurnEvent]:
        """Judge one more window. `expects`: what the agent has just asked for."""
        self._expects = expects
        threshold = self._vad.exit if self.speaking else self._vad.enter
        voiced = window.probability >= threshold and window.level_dbfs > self._vad.silence_dbfs
        was_voiced = bool(self._recent) and self._recent[-1][0]
        self._recent.append((voiced, window.end_ms))
        if not self.speaking:
            self._before.append(window)
            return self._maybe_start()
        if voiced and (was_voiced or not self._paused):
            return self._voiced(window.end_ms)  # a single window in a pause is a click, not speech
        return self._quiet(window.end_ms)

    def words(self, turn: int, end_ms: int, text: str) -> list[TurnEvent]:
        """What was recognised of a turn up to `end_ms`: of the pause that goes on, or it is no news.

        Words that do not reach to the last voiced window are those of an older pause; more was said since.
        """
        if not self.speaking or turn != self.turn or end_ms < self.last_voiced_ms or not text.strip():
            return []
        self._words = Words(end_ms, text)
        return self._maybe_end() if self._paused else []

    def sounded(self, turn: int, end_ms: int, finished: float) -> list[TurnEvent]:
        """How surely the turn model takes the pause at `end_ms` for the end, 0..1; of another pause it is no news."""
        if not self.speaking or turn != self.turn or end_ms != self.last_voiced_ms:
            return []
        self._finished = (end_ms, finished)
        return self._maybe_end() if self._paused else []

    def line_ended(self, now_ms: int) -> list[TurnEvent]:
        """No more audio will come: what was being said is over."""
        if not self.speaking:
            return []
        return [self._end(now_ms, (Weight("the line ended", 0),), "the line ended", asked_to_wait=False)]

    def _maybe_start(self) -> list[TurnEvent]:
        voiced = [end_ms for is_voiced, end_ms in self._recent if is_voiced]
        if len(voiced) < self._needed or not self._recent[-1][0]:
            return []
        self.speaking, self._paused, self._words = True, False, None
        self.turn += 1
        sure = next(index for index, window in enumerate(self._before) if window.end_ms == voiced[0])
        self.start_ms = began_ms([*self._before][:sure], self._before[sure])
        self.last_voiced_ms = voiced[-1]
        self.patience.began(self.start_ms)
        return [SpeechStarted(turn=self.turn, start_ms=self.start_ms)]

    def _voiced(self, now_ms: int) -> list[TurnEvent]:
        paused_ms = now_ms - WINDOW_MS - self.last_voiced_ms
        self.last_voiced_ms = now_ms
        if not self._paused:
            return []
        self._paused = False
        self.patience.paused(paused_ms)
        return [SpeechResumed(turn=self.turn)]

    def _quiet(self, now_ms: int) -> list[TurnEvent]:
        events: list[TurnEvent] = []
        if not self._paused and now_ms - self.last_voiced_ms >= self._turns.pause_ms:
            self._paused = True
            events.append(SpeechPaused(turn=self.turn, end_ms=self.last_voiced_ms))
        return events + self._maybe_end()

    def _maybe_end(self) -> list[TurnEvent]:
        voiced, now_ms = self._recent[-1]
        if voiced:
            return []  # a click, or they go on: the next window tells
        verdict = self._verdict()
        heard_ms, finished = self._finished
        sound = finished if heard_ms == self.last_voiced_ms else None
        weights = weigh(verdict, self._expects, self._turns, self.patience, sound)
        if now_ms - self.last_voiced_ms < sum(weight.ms for weight in weights):
            return []
        reason = verdict.reason if verdict else weights[0].reason
        return [self._end(now_ms, weights, reason, bool(verdict and verdict.kind == "hold"))]

    def _verdict(self) -> Verdict | None:
        if self._words is None or self._words.end_ms < self.last_voiced_ms:
            return None
        return completeness(self._words.text, self.language, self._expects)

    def _end(self, now_ms: int, weights: tuple[Weight, ...], reason: str, asked_to_wait: bool) -> TurnEnded:
        self.speaking = False
        self._recent.clear()
        self._before.clear()
        self.patience.ended(now_ms, asked_to_wait)
        return TurnEnded(
            turn=self.turn,
            start_ms=self.start_ms,
            end_ms=self.last_voiced_ms,
            decided_ms=now_ms,
            hangover_ms=sum(weight.ms for weight in weights),
            reason=reason,
            weights=weights,
        )
