"""The way our voice takes back to us: found in what is heard, and followed. Pure arithmetic at 8 kHz.

    ours   ├───────────── up to 740 ms ─────────────┤├── 128 ms ──┤   what we sent, on the far end's clock
    heard                                            ├── 128 ms ──┤   what is heard now
               ├── 128 ms ──┤ ◄──────── lag ────────►                 where both agree, through a filter of 8 ms

The lag comes from the generalised cross-correlation with the phase transform (Knapp and Carter 1976), softened;
the filter from least squares. Speech of somebody else shares neither.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.audio.levels import SILENT_DBFS, level_dbfs
from engine.audio.resample import Decimator

RATE_HZ = 8_000  # nothing above 4 kHz comes back from a telephone
PER_MS = RATE_HZ // 1000
FRAME = 20 * PER_MS
BLOCK = 128 * PER_MS  # what an echo is looked for in
EARLIEST_LAG = -20 * PER_MS  # our frame's place is known to one frame
LATEST_LAG = 720 * PER_MS
TAPS = 64  # 8 ms: a telephone's band limits smear over about 4
TRIED_TAPS = 32
TAPS_BEFORE = 16  # of them lie before the strongest point
FFT_SIZE = 8192
BAND_HZ = (250, 3500)
LOCAL_EASE = 0.1  # of the mean energy: in our pauses there is nothing to be like
PEAKS = 3  # of the correlation are tried; a vowel that has just begun is like itself a few periods later
PHASE_SHARE = 0.8  # 1 would weigh noise like speech; the peak stands clearest here, in noise too
KEPT = 2 * FFT_SIZE  # samples of our voice: 2 s
UNBROKEN = 30 * PER_MS  # a frame that comes late by less follows its predecessor without a gap
FORGETTING = 0.93  # per window of 32 ms: the filter rests on the last half second of echo
EASE = 1e-3  # of the mean power: keeps the least squares solvable in the bands that carry nothing
SLIP = 3 * FRAME + TAPS_BEFORE  # so far a delay may jump at once: three frames that are lost, or said twice
LEAST_SLIP = PER_MS  # below, the filter follows
SLIPPED = {
    256: 0.7,
    512: 0.6,
}  # share explained of one window, of two; another voice reached 0.59 and 0.49 in 2900
PERHAPS_SLIPPED = 0.4  # of the window in which it happens; another voice reaches it in 1 of 100


class OurVoice:
    """What we have sent in the last two seconds, at 8 kHz, by the far end's clock."""

    def __init__(self) -> None:
        self._samples = np.zeros(KEPT, np.float32)
        self._first = 0  # position of the oldest sample kept
        self._decimator = Decimator(2)
        self._levels: list[
            tuple[int, float]
        ] = []  # end of a frame [ms], its level within the telephone's band
        self.end = 0  # position after the newest sample

    def add(self, pcm: np.ndarray, now_ms: int) -> None:
        """One frame as it is sent. pcm: int16, 320 samples at 16 kHz. now_ms: where the far end's clock stands."""
        now = now_ms * PER_MS
        if not 0 <= self.end - now + UNBROKEN <= 10 * FRAME:
            self.end = now  # the line had run dry
        samples = self._decimator.feed(pcm).astype(np.float32)
        self._make_room(self.end + FRAME)
        at = self.end - self._first
        self._samples[at : at + FRAME] = samples
        self.end += FRAME
        power = np.abs(np.fft.rfft(samples)) ** 2
        step_hz = RATE_HZ / FRAME
        audible = power[round(BAND_HZ[0] / step_hz) : round(BAND_HZ[1] / step_hz)].sum() / FRAME**2 * 4
        level = 10 * float(np.log10(audible)) - 20 * np.log10(32768) if audible > 0 else SILENT_DBFS
        self._levels.append((self.end // PER_MS, max(SILENT_DBFS, float(level))))
        if len(self._levels) > KEPT // FRAME:
            del self._levels[0]

    def _make_room(self, end: int) -> None:
        over = end - self._first - KEPT
        if over > 0:
            over = min(KEPT, max(over, KEPT // 4))
            self._samples = np.concatenate([self._samples[over:], np.zeros(over, np.float32)])
            self._first = max(self._first + over, end - KEPT)

    def between(self, first: int, count: int) -> np.ndarray:
        """Samples from a position on; silence where nothing is kept. float32, shape (count,)."""
        out = np.zeros(count, np.float32)
        start, stop = max(first, self._first), min(first + count, self.end, self._first + KEPT)
        if start < stop:
            out[start - first : stop - first] = self._samples[start - self._first : stop - self._first]
        return out

    def levels(self, from_ms: int, until_ms: int) -> list[float]:
        """Of the frames that end in a span, dBFS."""
        return [level for end_ms, level in self._levels if from_ms < end_ms <= until_ms]


class Found(NamedTuple):
    """The best that an echo could explain a block with."""

    lag: int
    explained: float  # share of the block's energy, 0..1
    explained_now: float  # the same over its second half alone
    clearness: float  # height of the correlation's peak over its root mean square


def find(ours: OurVoice, heard: np.ndarray, end: int) -> Found:
    """Where in our voice the block that ends at position `end` comes from. heard: float32, BLOCK samples."""
    reach = LATEST_LAG - EARLIEST_LAG
    x = ours.between(end - BLOCK - LATEST_LAG, BLOCK + reach)
    sent, back = _whitened(x), _whitened(heard)
    likeness = np.abs(np.fft.irfft(sent * np.conj(back), FFT_SIZE)[: reach + 1])
    energy = np.concatenate([[0.0], np.cumsum(np.fft.irfft(sent, FFT_SIZE)[: x.size] ** 2)])
    there = energy[BLOCK:] - energy[:-BLOCK]
    likeness /= np.sqrt(there + LOCAL_EASE * there.mean() + 1e-12)  # a loud vowel is like everything
    spread = float(np.sqrt(np.mean(likeness**2))) + 1e-12
    half, found = BLOCK // 2, Found(0, 0.0, 0.0, 0.0)
    for _ in range(PEAKS):
        peak = int(np.argmax(likeness))
        lag, clearness = LATEST_LAG - peak, float(likeness[peak]) / spread
        explained_now = _explained(_near_peak(_delayed(ours, lag, end, half)), heard[-half:])
        if explained_now > found.explained_now:
            found = Found(lag, 0.0, explained_now, clearness)
        likeness[max(0, peak - TAPS_BEFORE) : peak + TAPS_BEFORE] = 0
    return found._replace(explained=_explained(_near_peak(_delayed(ours, found.lag, end, BLOCK)), heard))


def _whitened(signal: np.ndarray) -> np.ndarray:
    spectrum = np.fft.rfft(signal, FFT_SIZE)
    size = np.abs(spectrum)
    spectrum /= np.maximum(size, 1e-2 * float(size.max()) + 1e-9) ** PHASE_SHARE
    spectrum[: round(BAND_HZ[0] * FFT_SIZE / RATE_HZ)] = 0
    spectrum[round(BAND_HZ[1] * FFT_SIZE / RATE_HZ) :] = 0
    return spectrum


def _delayed(ours: OurVoice, lag: int, end: int, count: int) -> np.ndarray:
    """Our voice as each tap of the filter sees it, shape (count, TAPS)."""
    x = ours.between(end - count - lag - (TAPS - 1 - TAPS_BEFORE), count + TAPS - 1)
    return np.lib.stride_tricks.sliding_window_view(x, TAPS)


def _near_peak(delayed: np.ndarray) -> np.ndarray:
    """Half of the taps: enough for a verdict, at a quarter of the cost."""
    return delayed[:, TAPS - TAPS_BEFORE - TRIED_TAPS * 3 // 4 : TAPS - TAPS_BEFORE + TRIED_TAPS // 4]


def _solved(power: np.ndarray, shared: np.ndarray) -> np.ndarray:
    ease = EASE * float(np.trace(power)) / len(power) + 1.0
    return np.linalg.solve(power + ease * np.eye(len(power), dtype=power.dtype), shared)


def _explained(delayed: np.ndarray, heard: np.ndarray) -> float:
    energy = float(heard @ heard)
    if energy <= 0:
        return 0.0
    left = heard - delayed @ _solved(delayed.T @ delayed, delayed.T @ heard)
    return max(0.0, 1 - float(left @ left) / energy)


class Slip(NamedTuple):
    """A delay near the known one that explains what is heard."""

    lag: int
    sure: bool
    perhaps: bool


class EchoPath:
    """A path that was found: its lag, and the filter that our voice goes through on it."""

    def __init__(self, ours: OurVoice, lag: int, heard: np.ndarray, end: int) -> None:
        self._ours = ours
        self.lag = lag
        self._power = np.zeros((TAPS, TAPS), np.float32)
        self._shared = np.zeros(TAPS, np.float32)
        self._filter = np.zeros(TAPS, np.float32)
        self.learn(heard, end)

    def learn(self, heard: np.ndarray, end: int) -> None:
        """Follow the path with audio that was nothing but echo. heard: float32, ends at position `end`."""
        delayed = _delayed(self._ours, self.lag, end, heard.size)
        self._power = FORGETTING * self._power + delayed.T @ delayed
        self._shared = FORGETTING * self._shared + delayed.T @ heard
        self._filter = _solved(self._power, self._shared)

    def predicted(self, end: int, count: int) -> np.ndarray:
        """The echo to be expected in the `count` samples up to position `end`, float32."""
        return np.asarray(_delayed(self._ours, self.lag, end, count) @ self._filter)

    def slipped(self, heard: np.ndarray, end: int) -> Slip:
        """Would the known filter explain what was heard last with another delay? heard: float32, ends at `end`.

        A line that loses a frame, or says one twice, changes nothing else. Nothing is fitted here: somebody else's
        voice is seldom explained by it, and one window is enough.
        """
        found = Slip(self.lag, sure=False, perhaps=False)
        for count, least in SLIPPED.items():
            jump, explained = self._best_jump(heard[-count:], end)
            if abs(jump) >= LEAST_SLIP and explained >= PERHAPS_SLIPPED:
                found = Slip(self.lag + jump, sure=explained >= least, perhaps=True)
            if found.sure:
                break
        return found

    def _best_jump(self, heard: np.ndarray, end: int) -> tuple[int, float]:
        """With which change of the delay most is explained, and that share of the energy; it may lie below 0."""
        echoes = self.predicted(end + SLIP, heard.size + 2 * SLIP)
        energies = np.concatenate([[0.0], np.cumsum(echoes * echoes, dtype=np.float64)])
        energy = float(heard @ heard)
        left = energies[heard.size :] - energies[: -heard.size] - 2 * np.correlate(echoes, heard, "valid")
        best = int(np.argmin(left))
        return SLIP - best, -float(left[best]) / energy if energy > 0 else 0.0

    def return_db(self, echo: np.ndarray, end: int) -> float:
        """Level of an echo that ends at position `end`, relative to what was sent. echo: float32, any length."""
        ours = self._ours.between(end - echo.size - self.lag, echo.size)
        return level_dbfs(echo) - level_dbfs(ours)

    @property
    def delay_ms(self) -> int:
        """From our frame to its echo, to the strongest tap."""
        strongest = int(np.argmax(np.abs(self._filter)))
        return (self.lag + TAPS - 1 - TAPS_BEFORE - strongest) // PER_MS


def loudest_dbfs(signal: np.ndarray, piece: int) -> float:
    """Level of the loudest of the pieces of a signal, dBFS."""
    return max(level_dbfs(signal[first : first + piece]) for first in range(0, signal.size, piece))
