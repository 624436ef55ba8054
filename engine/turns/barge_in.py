"""The far end speaks while we do: duck first, stop when it is confirmed, go on if it was a cough. Pure."""

from __future__ import annotations

from engine.audio.silero import WINDOW_MS
from engine.protocol import BargeIn
from engine.settings import TurnSettings, VadSettings
from engine.turns.endpointing import Window

FORGIVEN_QUIET_MS = 96  # gaps between words inside one interruption
RESUME_AFTER_MS = 192  # of quiet after a duck: it was a cough or a "mhm"


class BargeInJudge:
    """One per call; told every window, and whether our voice is on the line."""

    def __init__(self, vad: VadSettings, turns: TurnSettings) -> None:
        self._vad = vad
        self._turns = turns
        self._voiced_ms = 0
        self._quiet_ms = 0
        self._ducked = False
        self._cut = False

    def step(self, window: Window, agent_speaks: bool) -> BargeIn | None:
        """The next action for our voice, if there is one."""
        if not agent_speaks:
            self._voiced_ms = self._quiet_ms = 0
            self._ducked = self._cut = False
            return None
        if self._cut:
            return None
        if window.probability >= self._vad.enter and window.level_dbfs > self._vad.silence_dbfs:
            self._voiced_ms += WINDOW_MS
            self._quiet_ms = 0
        else:
            self._quiet_ms += WINDOW_MS
        return self._decide(window.end_ms)

    def _decide(self, at_ms: int) -> BargeIn | None:
        if self._voiced_ms >= self._turns.barge_in_cut_ms:
            self._cut = True
            return BargeIn(action="cut", at_ms=at_ms, reason=f"{self._voiced_ms} ms of speech over our voice")
        if self._ducked and self._quiet_ms >= RESUME_AFTER_MS:
            reason = f"only {self._voiced_ms} ms of speech"
            self._ducked, self._voiced_ms = False, 0
            return BargeIn(action="resume", at_ms=at_ms, reason=reason)
        if not self._ducked and self._voiced_ms >= self._turns.barge_in_duck_ms:
            self._ducked = True
            return BargeIn(
                action="duck", at_ms=at_ms, reason=f"{self._voiced_ms} ms of speech over our voice"
            )
        if not self._ducked and self._quiet_ms > FORGIVEN_QUIET_MS:
            self._voiced_ms = 0
        return None
