"""Sounds that are nobody speaking: tones of the network, a beep, music, noise, silence. Pure: windows in, events out.

While music is on, what sounds a little like speech is kept from whoever looks for turns. When somebody is there again,
the windows that were kept back follow at once, so that no word is lost.
"""

from __future__ import annotations

from collections import deque
from itertools import islice

import numpy as np

from engine.audio.silero import WINDOW_MS
from engine.audio.tones import Prism
from engine.protocol import SoundHeard
from engine.turns.background import (
    MUSIC_MS,
    NOISE_MS,
    VOICED,
    BackgroundMeter,
    Evidence,
    evidence,
    turn_is_music,
)
from engine.turns.endpointing import Window
from engine.turns.line_tones import LineTone, Named, ToneNames
from engine.turns.tone_runs import Look, ToneTracker

RETURN_WINDOWS = 12  # in which somebody is known to be back: 384 ms
RETURN_VOICED = 7  # of them
RETURN_SHARP = 0.72  # somebody who speaks over the music is less sharp than it
RETURN_ALONE_VOICED = 4  # when the music has stopped, a few words are enough
RETURN_LONG = ((31, 26, 0.8), (94, 80, 1.0))  # windows, how many of them voiced, and less sharp than this
STOPPED_MS, STOPPED_WITHIN_MS = 128, 1500
STOPPED_DB = 12.0  # under the music's level
MUSIC_OVER_MS = 1500  # of quiet
TALKS_WINDOWS, TALKS_VOICED = 8, 6  # then nobody listens to a ringing tone
PERIOD_MS: dict[LineTone, int] = {"ringback": 5000, "busy": 1600, "information": 2400, "beep": 64}
KEPT_BACK = 24  # windows that follow once somebody is there: 0.8 s, for those who are known late
KEPT_WINDOWS = 1000  # 32 s of what was heard, to judge a turn by


class Sounds:
    """One call's ear for what is not speech."""

    def __init__(self, silence_dbfs: float) -> None:
        self._silence_dbfs = silence_dbfs
        self._prism = Prism()
        self._tracker = ToneTracker()
        self._names = ToneNames()
        self._background = BackgroundMeter(silence_dbfs)
        self._looks: deque[Look] = deque(maxlen=KEPT_WINDOWS)
        self._tone: Named | None = None  # that is on, with its pauses
        self._behind = ""  # music, noise or silence that is on
        self._sound_dbfs = 0.0  # of the music, or the tone
        self._music_ms = 0  # where it was heard last
        self._quiet_ms = 0  # for so long
        self._was_quiet_ms: int | None = None  # until when it last was
        self._kept: deque[Window] = deque()
        self.has_stopped = (
            False  # with this window: music or a tone, and a detector that got used to it hears late
        )

    @property
    def music(self) -> bool:
        """Whether music is on."""
        return self._behind == "music"

    def hear(self, window: Window, samples: np.ndarray, our_voice: bool) -> list[SoundHeard]:
        """Everything that begins or ends with this window. samples: int16, 512 at 16 kHz.

        our_voice: it is on the line, and comes back perhaps: who is silent then listens to us.
        """
        loud = window.level_dbfs > self._silence_dbfs
        texture = self._prism.feed(samples, loud)
        look = Look(window.end_ms, window.probability, window.level_dbfs, texture)
        self._looks.append(look)
        said = self._tones(look)
        self._listen_for_quiet(look)
        said += self._behind_it(look, our_voice or self._tone is not None)
        return said

    def pass_on(self, window: Window) -> list[Window]:
        """What whoever looks for turns is to see now, in place of `window`; told after `hear`."""
        if self.music:
            self._kept.append(window)
            if len(self._kept) <= KEPT_BACK:
                return []
            old = self._kept.popleft()
            return [Window(0.0, old.level_dbfs, old.end_ms)]
        if not self._kept:
            return [window]
        released = [*self._kept, window]
        self._kept.clear()
        return released

    def of_turn(self, start_ms: int, end_ms: int) -> list[SoundHeard]:
        """What a turn that is over was, where it was nobody; and what it was not.

        A turn in the pauses of a tone is somebody who has picked up, however short it was.
        """
        if self._tone is not None and end_ms > self._tone.end_ms:
            tone, self._tone = self._tone, None
            return [SoundHeard(tone.sound, False, tone.end_ms, "somebody spoke")]
        looks = [look for look in self._looks if start_ms < look.end_ms <= end_ms]
        if self.music or not turn_is_music(looks, self._silence_dbfs):
            return []
        reason = evidence(looks, self._silence_dbfs).words
        return [
            SoundHeard("music", True, start_ms, f"in a turn: {reason}"),
            SoundHeard("music", False, end_ms, "the turn is over"),
        ]

    # --- tones ----------------------------------------------------------------------------------------

    def _tones(self, look: Look) -> list[SoundHeard]:
        tone = self._tracker.step(look)
        named = self._names.step(tone, look.end_ms, look.level_dbfs)
        said: list[SoundHeard] = []
        if self._tone is not None and (named is None or named.sound != self._tone.sound):
            quiet_ms = look.end_ms - self._tone.end_ms
            if named is not None or quiet_ms >= PERIOD_MS[self._tone.sound] or self._talks():
                said.append(SoundHeard(self._tone.sound, False, self._tone.end_ms))
                self._tone = None
        if named is not None:
            if self._tone is None:
                said += self._leave_background(named.start_ms)
                said.append(SoundHeard(named.sound, True, named.start_ms, named.reason))
                self._sound_dbfs = look.level_dbfs
            self._tone = named
        return said

    def _talks(self) -> bool:
        return len(self._voiced(TALKS_WINDOWS)) >= TALKS_VOICED

    def _listen_for_quiet(self, look: Look) -> None:
        """Has what was on stopped, for a moment at least?"""
        on = self.music or self._tone is not None
        quiet = on and look.level_dbfs <= max(self._silence_dbfs, self._sound_dbfs - STOPPED_DB)
        self._quiet_ms = self._quiet_ms + WINDOW_MS if quiet else 0
        self.has_stopped = self._quiet_ms == STOPPED_MS
        if self._quiet_ms >= STOPPED_MS:
            self._was_quiet_ms = look.end_ms

    # --- what is behind it ----------------------------------------------------------------------------

    def _behind_it(self, look: Look, busy_otherwise: bool) -> list[SoundHeard]:
        if self.music:
            return self._music_goes_on(look)
        if busy_otherwise:
            self._background.forget()
            return self._leave_background(look.end_ms)
        found, seen = self._background.step(look)
        if found == self._behind:
            return []
        if not found and self._behind and not self._talks() and self._behind == "noise":
            return []  # a clatter, or a breath in it
        said = self._leave_background(look.end_ms)
        if found:
            said.append(self._begin(found, seen, look))
        return said

    def _begin(self, found: str, seen: Evidence, look: Look) -> SoundHeard:
        self._behind = found
        begun_ms = max(0, look.end_ms - (MUSIC_MS if found == "music" else NOISE_MS))
        if found == "music":
            looks = [each for each in self._looks if each.end_ms > begun_ms]
            voiced = [each for each in looks if each.probability >= VOICED]
            if len(voiced) >= TALKS_VOICED and not turn_is_music(voiced, self._silence_dbfs):
                begun_ms = voiced[-1].end_ms  # somebody spoke before it began
            levels = [each.level_dbfs for each in looks if each.end_ms > begun_ms]
            self._sound_dbfs, self._music_ms = float(np.median(levels or [look.level_dbfs])), look.end_ms
            self._quiet_ms, self._was_quiet_ms = 0, None
        reason = "nothing is heard" if found == "silence" else seen.words
        return SoundHeard(found, True, begun_ms, reason)  # type: ignore[arg-type]

    def _leave_background(self, at_ms: int) -> list[SoundHeard]:
        behind, self._behind = self._behind, ""
        return [SoundHeard(behind, False, at_ms)] if behind else []  # type: ignore[arg-type]

    def _music_goes_on(self, look: Look) -> list[SoundHeard]:
        if self._quiet_ms == 0 and look.probability < VOICED:
            self._music_ms = look.end_ms
        reason = self._over(look)
        if not reason:
            return []
        self._background.forget()
        self._behind = ""
        return [SoundHeard("music", False, self._music_ms, reason)]

    def _over(self, look: Look) -> str:
        if self._quiet_ms >= MUSIC_OVER_MS:
            return "it has stopped"
        voiced = self._voiced(RETURN_WINDOWS)
        stopped = self._was_quiet_ms is not None and look.end_ms - self._was_quiet_ms <= STOPPED_WITHIN_MS
        if stopped and len(voiced) >= RETURN_ALONE_VOICED:
            return "it has stopped, and somebody speaks"
        if len(voiced) >= RETURN_VOICED and _sharp(voiced) < RETURN_SHARP:
            return "somebody speaks"
        for windows, at_least, sharp in RETURN_LONG:
            long = self._voiced(windows)
            if len(long) >= at_least and _sharp(long) < sharp:
                return "somebody speaks for long"
        return ""

    def _voiced(self, windows: int) -> list[Look]:
        last = list(islice(reversed(self._looks), windows))
        return [look for look in last if look.probability >= VOICED and look.level_dbfs > self._silence_dbfs]


def _sharp(looks: list[Look]) -> float:
    return float(np.mean([look.texture.sharp for look in looks]))
