"""The far end speaks while we do: be silent first, find out what they want, then stop or go on. Pure.

    quiet ─ maybe ─► ducked ─ likely ─► held ─ words that want something, or long speech ─► cut
      ▲                 │                 │
      └──── resume ─────┴──── resume ─────┘   "mhm", a cough, a cup, or nothing that was understood

Being silent costs nothing that resuming does not give back, so one window is enough for it. What becomes of it is told
by words, as soon as there are any, and by how long they spoke where there are none.
"""

from __future__ import annotations

from collections import deque
from typing import Literal

from engine.audio.levels import SILENT_DBFS
from engine.audio.silero import WINDOW_MS
from engine.protocol import BargeIn, LanguageCode
from engine.settings import TurnSettings, VadSettings
from engine.turns.backchannels import Wants, wants
from engine.turns.endpointing import Window

OVER_NOISE_DB = 6.0  # steady noise differs by 2 from window to window
NOISE_WINDOWS = 62  # two seconds
FEW_WINDOWS = 8  # before that nothing is known of the noise
LIKELY_MS = 64  # two windows over the detector's usual threshold do as well as one over the higher
WARY_MS = 96  # three, after a hold that came to nothing: there is music, or somebody eats
WARY_FOR_MS = 4000
FORGIVEN_QUIET_MS = 96  # gaps between words inside one interruption
NO_WORD_MS = 96  # the endpointer calls nothing below this a turn, so that no words will come
QUIET_AFTER_NOISE_MS = 160
QUIET_AFTER_WORDS_MS = 128  # then a back-channel is over; "yes … but" often goes on sooner
QUIET_WITHOUT_WORDS_MS = 640  # a large model on a slow machine takes half a second
SHORT_MS = 416  # a "no" and a "mhm" lie below, and nobody knows which it was
A_WORD_MS = 128  # a word made of less is the recogniser's invention, unless it is one that stops us
STEADY_MS = 320  # partial words change until somebody has said as much
LONGEST_HOLD_MS = 2500
LONG_BACKCHANNEL = 1.5  # times what would be an interruption without words: "oh, okay, all right then"

Stage = Literal["quiet", "ducked", "held", "cut"]


class BargeInJudge:
    """One per call; told every window, whether our voice is on the line, and the words that are recognised."""

    def __init__(self, vad: VadSettings, turns: TurnSettings) -> None:
        self._vad = vad
        self._turns = turns
        self._levels: deque[float] = deque(maxlen=NOISE_WINDOWS)
        self._stage: Stage = "quiet"
        self._voiced_ms = 0
        self._quiet_ms = 0
        self._held_ms = 0
        self._now_ms = 0
        self._wary_until_ms = -1
        self._wants = Wants.UNKNOWN
        self._whole = False  # … by all they said until they paused
        self._agent_speaks = False
        self._late_words = False  # we went on without knowing what they said

    @property
    def held(self) -> bool:
        """Our voice waits: it is silent, and has more to say."""
        return self._stage == "held"

    def step(self, window: Window, agent_speaks: bool) -> BargeIn | None:
        """The next action for our voice, if there is one. agent_speaks: or would, were it not held."""
        self._now_ms = window.end_ms
        over_noise = window.level_dbfs > self._noise_dbfs() + OVER_NOISE_DB
        self._levels.append(window.level_dbfs)
        self._agent_speaks = agent_speaks
        if not agent_speaks:
            held, self._late_words = self.held, False
            self._start_anew()
            return self._say("resume", "there is nothing more to say") if held else None
        if self._stage == "cut":
            return None
        audible = window.level_dbfs > self._vad.silence_dbfs
        if window.probability >= self._vad.enter and audible:
            self._voiced_ms += WINDOW_MS
            self._quiet_ms, self._whole = 0, False
        else:
            self._quiet_ms += WINDOW_MS
        if self.held:
            self._held_ms += WINDOW_MS
            return self._settle()
        return self._begin(window, over_noise)

    def words(self, text: str, language: LanguageCode, whole: bool, opening: bool = False) -> BargeIn | None:
        """What has been recognised of what they say over us. whole: they have paused, and this is all of it.

        opening: see `wants`. Words that come when our voice has gone on without them may still stop it.
        """
        said = text if whole else text.rpartition(" ")[0]  # the last word so far may be half of one
        wanted, reason = wants(said, language, opening, not whole), f"they said “{said}”"
        if not self.held:
            late = self._late_words and whole and self._agent_speaks and wanted is Wants.US_TO_STOP
            return self._cut(reason) if late else None
        if not whole and self._voiced_ms < STEADY_MS:
            return None
        self._wants, self._whole = wanted, whole
        if wanted is Wants.US_TO_STOP or (wanted is Wants.THE_FLOOR and self._voiced_ms >= A_WORD_MS):
            return self._cut(reason)
        return self._settle() if whole else None

    def _begin(self, window: Window, over_noise: bool) -> BargeIn | None:
        """Is somebody beginning to speak?"""
        if window.end_ms < self._wary_until_ms:
            likely = self._voiced_ms >= WARY_MS
        else:
            sure = window.probability >= self._turns.barge_in_hold and over_noise
            likely = self._voiced_ms > 0 and (self._voiced_ms >= LIKELY_MS or sure)
        if likely and not self._quiet_ms:
            self._stage, self._late_words = "held", False
            return self._say("hold", f"{self._voiced_ms} ms of speech over our voice")
        if self._stage == "ducked":
            if self._quiet_ms < QUIET_AFTER_NOISE_MS:
                return None
            self._start_anew()
            return self._say("resume", "it was no speech")
        if self._voiced_ms and not self._quiet_ms:
            self._stage = "ducked"
            return self._say("duck", "perhaps speech over our voice")
        if self._quiet_ms > FORGIVEN_QUIET_MS:
            self._voiced_ms = 0
        return None

    def _settle(self) -> BargeIn | None:
        """Our voice is held: stop, or go on?"""
        voiced_ms, quiet_ms, wanted = self._voiced_ms, self._quiet_ms, self._wants
        enough_ms = self._turns.barge_in_cut_ms * (LONG_BACKCHANNEL if wanted is Wants.NOTHING else 1)
        if voiced_ms >= enough_ms:
            return self._cut(f"{voiced_ms} ms of speech over our voice")
        if quiet_ms >= QUIET_AFTER_WORDS_MS and self._whole and wanted in (Wants.NOTHING, Wants.UNKNOWN):
            no_words = wanted is Wants.UNKNOWN
            return self._resume("nobody said a word" if no_words else "a back-channel", wary=no_words)
        if voiced_ms < NO_WORD_MS and quiet_ms >= QUIET_AFTER_NOISE_MS:
            return self._resume(f"only {voiced_ms} ms of sound", wary=True)
        if quiet_ms >= QUIET_WITHOUT_WORDS_MS:
            if voiced_ms >= SHORT_MS and wanted is not Wants.NOTHING:
                return self._cut(f"{voiced_ms} ms of speech over our voice")
            self._late_words = True
            return self._resume(f"{voiced_ms} ms of speech without words", wary=True)
        if self._held_ms >= LONGEST_HOLD_MS:
            return self._resume(f"{voiced_ms} ms of speech in {LONGEST_HOLD_MS} ms", wary=True)
        return None

    def _resume(self, reason: str, wary: bool = False) -> BargeIn:
        if wary:
            self._wary_until_ms = self._now_ms + WARY_FOR_MS
        self._start_anew()
        return self._say("resume", reason)

    def _cut(self, reason: str) -> BargeIn:
        self._start_anew()
        self._stage = "cut"
        return self._say("cut", reason)

    def _start_anew(self) -> None:
        self._stage, self._wants, self._whole = "quiet", Wants.UNKNOWN, False
        self._voiced_ms = self._quiet_ms = self._held_ms = 0

    def _say(self, action: Literal["duck", "hold", "cut", "resume"], reason: str) -> BargeIn:
        return BargeIn(action=action, at_ms=self._now_ms, reason=reason)

    def _noise_dbfs(self) -> float:
        """The line's noise: the quietest of the last windows, once there are enough of them."""
        return min(self._levels) if len(self._levels) >= FEW_WINDOWS else SILENT_DBFS
