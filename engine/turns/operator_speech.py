"""The operator's voice, cut into utterances for the recogniser. Pure: windows and media time in, utterances out.

Frames of the microphone come only while it is on: when none come, time alone ends an utterance.
"""

from __future__ import annotations

import numpy as np

from engine.audio.silero import WINDOW_MS
from engine.protocol import HEARING_RATE_HZ, OperatorSpoke
from engine.settings import VadSettings

HANGOVER_MS = 500  # longer than the far end's: nobody waits for these words
LONGEST_MS = 15_000  # half of what the recogniser hears at once
ONSET_WINDOWS = 3  # in a row; one click is no speech
LEAD_WINDOWS = 8  # before the onset: a soft consonant is not speech to the detector
TAIL_WINDOWS = 4  # after the last voiced one
GAP_MS = 2 * WINDOW_MS  # between windows: the microphone was off
SAMPLES_PER_MS = HEARING_RATE_HZ // 1000


class OperatorSpeech:
    """One call's."""

    def __init__(self, vad: VadSettings, last: int = 0) -> None:
        """last: number of the last utterance, of a room before this one."""
        self.last = last
        self._vad = vad
        self._windows: list[np.ndarray] = []
        self._run = 0  # voiced windows in a row
        self._speaking = False
        self._start_ms = 0
        self._voiced_ms = 0  # end of the last voiced window
        self._kept = 0  # windows up to that one
        self._heard_ms = 0

    def hear(
        self, probability: float, level_dbfs: float, samples: np.ndarray, now_ms: int
    ) -> list[OperatorSpoke]:
        """One window of 32 ms that ends at `now_ms` of media time. samples: int16, 16 kHz."""
        said = self.passed(now_ms - WINDOW_MS)
        gap_ms = now_ms - self._heard_ms - WINDOW_MS
        self._heard_ms = now_ms
        if gap_ms >= GAP_MS:
            self._missed(gap_ms)
        self._windows.append(samples)
        threshold = self._vad.exit if self._speaking else self._vad.enter
        voiced = probability >= threshold and level_dbfs > self._vad.silence_dbfs
        self._run = self._run + 1 if voiced else 0
        if not self._speaking:
            self._maybe_start(now_ms)
        elif voiced:
            self._voiced_ms, self._kept = now_ms, len(self._windows)
        return said + self.passed(now_ms)

    def _missed(self, gap_ms: int) -> None:
        if self._speaking:
            self._windows.append(np.zeros(gap_ms * SAMPLES_PER_MS, np.int16))
        else:
            self._windows, self._run = [], 0

    def _maybe_start(self, now_ms: int) -> None:
        self._windows = self._windows[-(LEAD_WINDOWS + self._run) :]
        if self._run >= ONSET_WINDOWS:
            self._speaking = True
            self._start_ms = max(0, now_ms - self._run * WINDOW_MS)
            self._voiced_ms, self._kept = now_ms, len(self._windows)

    def passed(self, now_ms: int) -> list[OperatorSpoke]:
        """Media time goes on; the utterance that is over with it, if one is."""
        quiet = now_ms - self._voiced_ms >= HANGOVER_MS
        full = now_ms + WINDOW_MS - self._start_ms > LONGEST_MS
        return self.finish() if quiet or full else []

    def finish(self) -> list[OperatorSpoke]:
        """The microphone is somebody else's now, or the line has ended: what was being said is over."""
        if not self._speaking:
            return []
        pcm = np.concatenate(self._windows[: self._kept + TAIL_WINDOWS])
        self._windows, self._run, self._speaking = self._windows[self._kept + TAIL_WINDOWS :], 0, False
        self.last += 1
        return [OperatorSpoke(self.last, self._start_ms, self._voiced_ms, pcm.tobytes())]
