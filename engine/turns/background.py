"""What is behind the telephone while nobody speaks: music, noise, or nothing at all? Pure: windows in, a verdict out.

Instruments hold their tones, and a voice does not: of music nearly all is in sharp lines, of speech a third. Singing is
between them, and a song with words is taken for somebody who speaks.
"""

from __future__ import annotations

from collections import deque
from typing import Literal, NamedTuple

import numpy as np

from engine.audio.silero import WINDOW_MS
from engine.turns.tone_runs import Look

Background = Literal["music", "noise", "silence", ""]
VOICED = 0.5  # Silero's threshold
MUSIC_MS, NOISE_MS, SILENCE_MS = 2500, 4000, 4000
JUDGED_EVERY = 4  # windows
ACTIVE = 0.8  # share of windows that are not silent; music has rests
# At most so much of it taken for speech, at least so sharp: recorded speech reaches 0.3 and 0.58, music 0.5 and 0.8.
MUSIC: tuple[tuple[float, float], ...] = ((0.05, 0.6), (0.35, 0.72), (0.6, 0.8))
NOISE_VOICED = 0.02
TURN_SHARP = 0.78  # a turn that is music: of recorded speech none is over 0.66
TURN_VOICED = 0.9  # mean probability of its voiced windows; instruments are doubtful speech


class Evidence(NamedTuple):
    """Means over a stretch of audio."""

    active: float
    voiced: float
    sharp: float  # of the active windows

    @property
    def words(self) -> str:
        """For people."""
        return f"speech in {self.voiced:.0%} of it, {self.sharp:.0%} of it in steady lines"


class BackgroundMeter:
    """The last seconds of one call."""

    def __init__(self, silence_dbfs: float) -> None:
        self._silence_dbfs = silence_dbfs
        self._looks: deque[Look] = deque(maxlen=max(NOISE_MS, SILENCE_MS) // WINDOW_MS)
        self._found: tuple[Background, Evidence] = ("", Evidence(0, 0, 0))
        self._count = 0

    def step(self, look: Look) -> tuple[Background, Evidence]:
        """What the last seconds were, as far as they are known; and by what."""
        self._looks.append(look)
        self._count += 1
        if self._count % JUDGED_EVERY == 0:
            self._found = self._judge()
        return self._found

    def _judge(self) -> tuple[Background, Evidence]:
        music = self._evidence(MUSIC_MS)
        if music is not None and _is_music(music):
            return "music", music
        rest = self._evidence(NOISE_MS)
        if rest is None:
            return "", music or Evidence(0, 0, 0)
        if rest.active == 0:
            return "silence", rest
        quiet_enough = rest.active >= ACTIVE and rest.voiced <= NOISE_VOICED
        return ("noise" if quiet_enough else ""), rest

    def forget(self) -> None:
        """What was heard so far tells nothing of what comes."""
        self._looks.clear()
        self._found = ("", Evidence(0, 0, 0))

    def _evidence(self, span_ms: int) -> Evidence | None:
        count = span_ms // WINDOW_MS
        if len(self._looks) < count:
            return None
        return evidence(list(self._looks)[-count:], self._silence_dbfs)


def evidence(looks: list[Look], silence_dbfs: float) -> Evidence:
    """The means over these windows, of which there is at least one."""
    active = [look for look in looks if look.level_dbfs > silence_dbfs]
    sharp = float(np.mean([look.texture.sharp for look in active])) if active else 0.0
    voiced = sum(look.probability >= VOICED for look in active) / len(looks)
    return Evidence(len(active) / len(looks), voiced, sharp)


def _is_music(seen: Evidence) -> bool:
    return seen.active >= ACTIVE and any(
        seen.voiced <= voiced and seen.sharp >= sharp for voiced, sharp in MUSIC
    )


def turn_is_music(looks: list[Look], silence_dbfs: float) -> bool:
    """Whether what was taken for a turn of the far end are instruments. looks: the turn's windows."""
    voiced = [look for look in looks if look.probability >= VOICED and look.level_dbfs > silence_dbfs]
    if not voiced:
        return False
    sharp = float(np.mean([look.texture.sharp for look in voiced]))
    return sharp >= TURN_SHARP and float(np.mean([look.probability for look in voiced])) < TURN_VOICED
