"""Steady tones: when one begins, how long it lasts, what it consists of. Pure: windows in, tones out."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np

from engine.audio.silero import WINDOW_MS
from engine.audio.tones import Texture

PURE = 0.7  # a tone at 10 dB over noise has 0.9
SAME_HZ = 9.0  # one bin of the spectrum; a held vowel moves more in three windows
SOUNDS_LIKE_SPEECH = 0.5  # Silero gives tones less than 0.1
FALLS_DB = 7.0  # and the tone is over; noise may be 10 dB under it
STEADY_DB = 3.0  # spread of the levels within a tone: a struck string fades faster
LEAST_WINDOWS = 4
QUIET_WINDOWS = 4  # before a tone
LOOKS_BACK_WINDOWS = 3  # a spectrum of 128 ms is clean that much later than the tone began
KEPT_BEFORE = LOOKS_BACK_WINDOWS + QUIET_WINDOWS


class Look(msgspec.Struct, frozen=True):
    """One window of 32 ms, as it was judged and as it looks."""

    end_ms: int
    probability: float  # of speech
    level_dbfs: float
    texture: Texture


class Tone(NamedTuple):
    """One steady tone, or two at once. `end_ms` grows while it lasts."""

    start_ms: int
    end_ms: int
    tones_hz: tuple[float, ...]
    level_dbfs: float
    from_quiet: bool  # or after speech, or with the call; a note follows another
    over: bool

    @property
    def lasts_ms(self) -> int:
        """So far."""
        return self.end_ms - self.start_ms


class ToneTracker:
    """One call's tones, one after the other."""

    def __init__(self) -> None:
        self._run: list[Look] = []
        self._before: list[Look] = []  # windows that may belong to the tone's beginning

    def step(self, look: Look) -> Tone | None:
        """The tone that is on, or has just ended; None where there is none."""
        if self._run and self._goes_on(look):
            self._run.append(look)
            return self._tone(over=False)
        ended = self._tone(over=True) if self._run else None
        begins = _is_tone(look)
        self._run = [look] if begins else []
        if not begins:
            self._before = [*self._before[-KEPT_BEFORE:], look]
        elif ended is not None:
            self._before = []
        return ended

    def _goes_on(self, look: Look) -> bool:
        first = self._run[0]
        usual_dbfs = float(np.median([each.level_dbfs for each in self._run[-8:]]))
        same = _is_tone(look) and any(
            abs(one - other) <= SAME_HZ for one in look.texture.tones_hz for other in first.texture.tones_hz
        )
        return same and look.level_dbfs > usual_dbfs - FALLS_DB

    def _tone(self, over: bool) -> Tone | None:
        run = self._run
        if len(run) < LEAST_WINDOWS:
            return None
        inner = [each.level_dbfs for each in run[1:-1]]
        if float(np.std(inner)) > STEADY_DB:
            return None
        pairs = [each.texture.tones_hz for each in run if len(each.texture.tones_hz) == 2]
        singles = [each.texture.tones_hz for each in run if len(each.texture.tones_hz) == 1]
        usual = pairs if len(pairs) > len(singles) else singles
        hz = tuple(float(each) for each in np.median(np.array(usual), axis=0))
        level = float(np.median(inner))
        start_ms = self._start_ms(level)
        before = [each for each in self._before if each.end_ms <= start_ms][-QUIET_WINDOWS:]
        from_quiet = all(  # the last one may hold its beginning
            each.level_dbfs < level - FALLS_DB or each.probability >= SOUNDS_LIKE_SPEECH
            for each in before[:-1]
        )
        return Tone(start_ms, run[-1].end_ms, hz, level, from_quiet, over)

    def _start_ms(self, level_dbfs: float) -> int:
        """Where it began to sound: up to three windows before its spectrum was clean."""
        start = self._run[0].end_ms - WINDOW_MS
        for look in self._before[: -LOOKS_BACK_WINDOWS - 1 : -1]:
            adjoins = start - look.end_ms < WINDOW_MS // 2
            if (
                not adjoins
                or look.level_dbfs < level_dbfs - FALLS_DB
                or look.level_dbfs > level_dbfs + STEADY_DB
            ):
                break
            start = look.end_ms - WINDOW_MS
        return start


def _is_tone(look: Look) -> bool:
    return look.texture.pure >= PURE and look.probability < SOUNDS_LIKE_SPEECH
