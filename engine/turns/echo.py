"""Is what we hear our own voice, come back from the far end? Pure: frames and windows in, windows out.

A window that the echo explains is passed on as not voiced. One that might be either is held back until its
successors tell, for two windows at most; then it counts as speech. A line that has been quiet while we spoke has no
echo, and nothing is held back on it. While we are silent nothing is computed.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import NamedTuple

import msgspec
import numpy as np

from engine.audio.levels import SILENT_DBFS, level_dbfs
from engine.audio.resample import Decimator
from engine.audio.silero import WINDOW_MS
from engine.protocol import Echo, elapsed_us
from engine.settings import VadSettings
from engine.turns.echo_path import (
    BLOCK,
    EARLIEST_LAG,
    LATEST_LAG,
    LEAST_SLIP,
    PER_MS,
    EchoPath,
    Found,
    OurVoice,
    find,
    loudest_dbfs,
)
from engine.turns.endpointing import Window

LISTENS_MS = 800  # after our voice: the latest echo, and the width of the look
REACH_MS = (LATEST_LAG - EARLIEST_LAG) // PER_MS
HOLD_MS = 64  # two windows; with the 64 ms that a duck takes, within 150 ms of the onset
CLEARED_MS = 160  # somebody else's speech is believed for so long after it was last heard
EXPLAINED = 0.6  # an echo under -50 dBFS of noise reaches 0.67, another voice 0.49 (95 of 100 windows)
WELL_EXPLAINED = (
    0.85  # where the peak is low; or the path is known, and what it leaves over is somebody else's
)
CLEAR = 6.0  # the correlation's peak over its RMS; chance alone reaches 4.2 in 6000 lags
LEAST_CLEAR = 4.2
LOUDEST_RETURN_DB = -4.0  # nothing comes back as loud as it was sent
DOUBTS = 4  # windows that a path may miss before it has foretold one
FEW_WINDOWS = 16  # speech is never as quiet as its pauses for that long
OVER_FLOOR_DB = 6.0  # what stands out of the line's noise
OVER_LEFT_DB = 8.0  # over what the echo usually leaves unexplained
LEFT_DB = (-18.0, -5.0)  # bounds of that margin: G.711 leaves -25 dB, Opus and mobile codecs about -10
FAR_LOUDER_DB = 6.0  # so much over the echo there is no doubt
ECHO_WINDOWS = 5  # windows before: an echo's tail, and what the detector lets go of late
BOUND_MARGIN_DB = 10.0  # our frames and the far end's windows do not lie alike
BOUND_EASES_DB = 0.03  # per window, 1 dB a second: a call may be handed to another telephone
REPORT_MS = 500


class Verdict(Enum):
    """What a voiced window is; one that is not voiced has none."""

    OTHERS = 0
    ECHO = 1
    UNCLEAR = 2


class Heard(NamedTuple):
    """A window, and whether our voice was on the line with it."""

    window: Window
    our_voice: bool


class EchoMeter:
    """One per call. Told what we send and each window that is heard; gives the windows back, the echo taken out."""

    def __init__(self, vad: VadSettings) -> None:
        self._vad = vad
        self._ours = OurVoice()
        self._clock = (0, 0)  # media time [ms] of the newest far frame, and the header's time [µs] with it
        self._active_until_ms = -1
        self._backlog: deque[np.ndarray] = deque(maxlen=BLOCK // PER_MS // WINDOW_MS)
        self._decimator: Decimator | None = None  # while we listen for an echo
        self._heard = np.zeros(BLOCK, np.float32)
        self._levels: deque[float] = deque(maxlen=REACH_MS // WINDOW_MS + 1)
        self._levels_2s: deque[float] = deque(maxlen=2000 // WINDOW_MS)
        self._bound_db = 0.0  # no echo comes back louder than this
        self._path: EchoPath | None = None
        self._left_db = LEFT_DB[1] - OVER_LEFT_DB
        self._doubts = 0
        self._hint = (0, -REPORT_MS)  # a delay that was likely, and when; seen twice it is believed
        self._fresh = False  # the path was found with the newest window
        self._held: deque[tuple[Heard, Verdict | None]] = deque()
        self._cleared_until_ms = -1
        self._report_after_ms = 0
        self._report: Echo | None = None

    def far_clock(self, media_ms: int, at_us: int) -> None:
        """The far end's newest frame ends at `media_ms`; it came at `at_us` of the header's clock."""
        self._clock = (media_ms, at_us)

    def sent(self, pcm: np.ndarray, at_us: int) -> None:
        """One frame of our voice. pcm: int16, 320 samples at 16 kHz; at_us: the header's time."""
        media_ms, then_us = self._clock
        now_ms = media_ms + max(0, min(elapsed_us(then_us, at_us) // 1000, LISTENS_MS))
        self._ours.add(pcm, now_ms)
        self._active_until_ms = self._ours.end // PER_MS + LISTENS_MS

    def hear(self, window: Window, samples: np.ndarray, our_voice: bool) -> list[Heard]:
        """The windows about which there is no doubt any more, in order. samples: int16, 512 at 16 kHz."""
        self._backlog.append(samples)
        self._levels.append(window.level_dbfs)
        self._levels_2s.append(window.level_dbfs)
        verdict, self._fresh = None, False
        if window.end_ms <= self._active_until_ms:
            self._listen(samples)
            self._lower_bound(window)
            if window.probability >= self._vad.exit and window.level_dbfs > self._vad.silence_dbfs:
                verdict = self._settled(self._verdict(window), window.end_ms)
            elif self._held and self._path and self._slip(window.end_ms * PER_MS) is Verdict.ECHO:
                verdict = Verdict.ECHO  # in a pause the delay shows as well, for what is held before it
        else:
            self._decimator = None
        self._held.append((Heard(window, our_voice), verdict))
        return self._released(verdict, window.end_ms)

    def flush(self) -> list[Heard]:
        """No more audio will come: what is held counts as speech."""
        held, self._held = self._held, deque()
        return [_passed(heard, verdict) for heard, verdict in held]

    def report(self) -> Echo | None:
        """The echo's measure, about twice a second while there is one."""
        report, self._report = self._report, None
        return report

    def _listen(self, samples: np.ndarray) -> None:
        if self._decimator is None:
            self._decimator = Decimator(2)
            pieces = [self._decimator.feed(piece) for piece in self._backlog]
        else:
            pieces = [self._decimator.feed(samples)]
        self._heard = np.concatenate([self._heard, *pieces]).astype(np.float32)[-BLOCK:]

    def _lower_bound(self, window: Window) -> None:
        """Whatever the delay: the echo of a frame has come by now, and was no louder than all that was heard."""
        self._bound_db = min(0.0, self._bound_db + BOUND_EASES_DB)
        then_ms = window.end_ms - WINDOW_MS - REACH_MS
        around = self._ours.levels(then_ms - 60, then_ms)
        if len(around) == 3:
            self._bound_db = min(self._bound_db, max(self._levels) - min(around))

    def _verdict(self, window: Window) -> Verdict:
        end = window.end_ms * PER_MS
        ours = self._ours.levels(window.end_ms - REACH_MS - 4 * WINDOW_MS, window.end_ms + REACH_MS)
        if not ours or window.level_dbfs > max(ours) + self._bound_db + BOUND_MARGIN_DB:
            return Verdict.OTHERS
        if window.level_dbfs <= self._noise_dbfs() + OVER_FLOOR_DB:
            return Verdict.ECHO  # the line's noise: the detector lets go of speech slowly
        known = self._known_path(window, end) if self._path else Verdict.UNCLEAR
        if known is not Verdict.UNCLEAR:
            return known
        cleared = window.end_ms <= self._cleared_until_ms
        if cleared and window.end_ms // WINDOW_MS % 3:
            return Verdict.UNCLEAR  # somebody speaks: a look now and then will do
        return self._found(find(self._ours, self._heard, end), window.end_ms)

    def _noise_dbfs(self) -> float:
        """The line's noise: the quietest window of the last two seconds, once there are enough of them."""
        return min(self._levels_2s) if len(self._levels_2s) >= FEW_WINDOWS else SILENT_DBFS

    def _found(self, found: Found, now_ms: int) -> Verdict:
        """What a look at all delays says."""
        end = now_ms * PER_MS
        best, worst = sorted((found.explained, found.explained_now))[::-1]
        if self._path is not None and abs(found.lag - self._path.lag) < LEAST_SLIP:
            believed = worst >= max(WELL_EXPLAINED, 1 - 10 ** ((self._left_db + 6) / 10))
        elif self._path is not None or found.clearness < CLEAR:
            believed = best >= WELL_EXPLAINED and found.clearness >= LEAST_CLEAR
        else:
            believed = found.explained >= EXPLAINED or best >= WELL_EXPLAINED
        if found.clearness >= LEAST_CLEAR and best >= EXPLAINED:
            twice = self._path is None and abs(found.lag - self._hint[0]) <= 4
            believed = believed or (twice and now_ms - self._hint[1] <= REPORT_MS)
            self._hint = (found.lag, now_ms)
        if not believed:
            return Verdict.UNCLEAR
        path = EchoPath(self._ours, found.lag, self._heard, end)
        if path.return_db(self._heard, end) > LOUDEST_RETURN_DB:
            return Verdict.UNCLEAR
        self._path, self._doubts, self._fresh = path, 0, True
        self._measure(end, now_ms)
        return Verdict.ECHO

    def _known_path(self, window: Window, end: int) -> Verdict:
        """What the path that was found says to this window."""
        assert self._path is not None
        size = WINDOW_MS * PER_MS
        echo = self._path.predicted(end, ECHO_WINDOWS * size)
        left_dbfs = level_dbfs(self._heard[-size:] - echo[-size:])
        echo_dbfs, now_dbfs = loudest_dbfs(echo, size), level_dbfs(echo[-size:])
        margin_db = min(LEFT_DB[1], max(LEFT_DB[0], self._left_db + OVER_LEFT_DB))
        if left_dbfs <= max(self._noise_dbfs() + OVER_FLOOR_DB, echo_dbfs + margin_db):
            if now_dbfs > left_dbfs + 3:
                self._doubts = -1  # proved: it foretold a window
            if left_dbfs - now_dbfs <= min(-3.0, self._left_db + 6):
                self._left_db += 0.1 * (left_dbfs - now_dbfs - self._left_db)
                self._path.learn(self._heard[-size:], end)
                self._measure(end, window.end_ms)
            return Verdict.ECHO
        slip = self._slip(end)
        if slip is Verdict.ECHO:
            return slip
        if self._doubts >= 0:
            self._doubts += 1
            if self._doubts > DOUBTS:
                self._path = None
        return slip if left_dbfs > echo_dbfs + FAR_LOUDER_DB else Verdict.UNCLEAR

    def _slip(self, end: int) -> Verdict:
        """Has the known path's delay jumped by a few frames? It is then followed."""
        assert self._path is not None
        slip = self._path.slipped(self._heard, end)
        if slip.sure:
            self._path.lag, self._fresh = slip.lag, True
            return Verdict.ECHO
        return Verdict.UNCLEAR if slip.perhaps else Verdict.OTHERS

    def _measure(self, end: int, now_ms: int) -> None:
        assert self._path is not None
        echo = self._path.predicted(end, BLOCK)
        both = float(np.linalg.norm(echo) * np.linalg.norm(self._heard))
        correlation = max(0.0, float(echo @ self._heard) / both) if both > 0 else 0.0
        if now_ms >= self._report_after_ms:
            self._report_after_ms = now_ms + REPORT_MS
            self._report = Echo(
                round(self._path.return_db(echo, end), 1),
                max(0, self._path.delay_ms),
                round(min(1.0, correlation), 2),
            )

    def _settled(self, verdict: Verdict, now_ms: int) -> Verdict:
        if verdict is Verdict.UNCLEAR and now_ms <= self._cleared_until_ms:
            verdict = Verdict.OTHERS
        if verdict is Verdict.OTHERS:
            self._cleared_until_ms = now_ms + CLEARED_MS
        return verdict

    def _released(self, newest: Verdict | None, now_ms: int) -> list[Heard]:
        unclear = [heard.window.end_ms for heard, verdict in self._held if verdict is Verdict.UNCLEAR]
        if unclear and newest is Verdict.ECHO and (self._fresh or len(unclear) == 1):
            self._decide(Verdict.ECHO)
        elif unclear and newest in (Verdict.ECHO, Verdict.OTHERS):
            self._decide(Verdict.OTHERS)  # a word that has stopped for a moment, and the echo goes on
        elif len(unclear) == 1 and newest is None and self._path and now_ms - unclear[0] >= HOLD_MS:
            self._decide(Verdict.ECHO)  # nobody went on: the rest of a frame that the line has lost
        elif unclear and now_ms - unclear[0] >= HOLD_MS:
            self._decide(Verdict.OTHERS)
            self._cleared_until_ms = now_ms + CLEARED_MS
        released = []
        while self._held and self._held[0][1] is not Verdict.UNCLEAR:
            released.append(_passed(*self._held.popleft()))
        return released

    def _decide(self, verdict: Verdict | None) -> None:
        self._held = deque(
            (heard, verdict if each is Verdict.UNCLEAR else each) for heard, each in self._held
        )


def _passed(heard: Heard, verdict: Verdict | None) -> Heard:
    if verdict is not Verdict.ECHO:
        return heard
    return heard._replace(window=msgspec.structs.replace(heard.window, probability=0.0))
