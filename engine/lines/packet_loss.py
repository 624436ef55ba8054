"""Packets that are lost on the way from the restaurant, and what a telephone plays in their place. Pure.

Losses come in bursts, as they do on the Internet (Gilbert's model, two states). In place of a lost packet the last
period of the voice is repeated and faded out within 60 ms, as decoders do it (after ITU-T G.711, Appendix I); the first
packet that comes again is faded in.
"""

from __future__ import annotations

import numpy as np

from engine.protocol import LINE_RATE_HZ

LOWEST_PITCH_HZ, HIGHEST_PITCH_HZ = 66, 200  # of Appendix I
COMPARED_MS = 20  # of the last audio, in the search for its period
LOUD_MS, SILENT_MS = 10, 60  # Appendix I: full level until the first, nothing from the second on
FADE_IN_MS = 4
KEPT_MS = 50  # of what was heard last: two of the longest periods and what is compared

_PER_MS = LINE_RATE_HZ // 1000


class Losses:
    """Which packets are lost, by Gilbert's model: a good and a bad state; what is sent in the bad one is lost."""

    def __init__(self, percent: float, burst: float, seed: int) -> None:
        """percent: of all packets, in the long run. burst: how many in a row, on average."""
        share = percent / 100
        self._ends = 1 / burst
        self._begins = self._ends * share / (1 - share)  # so that `share` of the packets are lost
        self._dice = np.random.default_rng(seed)
        self._bad = False

    def next(self) -> bool:
        """Is the next packet lost?"""
        changes = self._ends if self._bad else self._begins
        self._bad ^= bool(self._dice.random() < changes)
        return self._bad


class Concealed:
    """A line that loses packets, as it is heard at our end of it."""

    def __init__(self, percent: float, burst: float, seed: int) -> None:
        self._losses = Losses(percent, burst, seed) if percent else None
        self._heard = np.zeros(KEPT_MS * _PER_MS)  # the last of it
        self._cycle = np.zeros(1)  # the period of the voice that is repeated
        self._lost = 0  # samples in a row, so far

    def over(self, pcm: np.ndarray) -> np.ndarray:
        """The next packet (int16) as it is played."""
        if self._losses is None:
            return pcm
        if self._losses.next():
            played = self._repeated(pcm.size)
            self._lost += pcm.size
        else:
            played = self._back(pcm.astype(float))
            self._lost = 0
        self._heard = np.concatenate([self._heard, played])[-self._heard.size :]
        return np.asarray(np.clip(np.rint(played), -32768, 32767), np.int16)

    def _repeated(self, count: int) -> np.ndarray:
        """What stands in for the next samples, at the level it has by then."""
        if not self._lost:
            self._cycle = self._heard[-period_of(self._heard) :].copy()
        since = self._lost + np.arange(count)
        gone_ms = since / _PER_MS
        gain = np.clip((SILENT_MS - gone_ms) / (SILENT_MS - LOUD_MS), 0, 1)
        return np.asarray(self._cycle[since % self._cycle.size] * gain)

    def _back(self, pcm: np.ndarray) -> np.ndarray:
        """The first packet after a loss takes over from what stood in for it."""
        if not self._lost:
            return pcm
        count = min(FADE_IN_MS * _PER_MS, pcm.size)
        share = np.arange(count) / count
        pcm[:count] = pcm[:count] * share + self._repeated(count) * (1 - share)
        return pcm


def period_of(heard: np.ndarray) -> int:
    """Samples after which the end of this audio is most like itself; audio without a pitch gives some period."""
    compared = COMPARED_MS * _PER_MS
    shortest, longest = LINE_RATE_HZ // HIGHEST_PITCH_HZ, LINE_RATE_HZ // LOWEST_PITCH_HZ
    end = heard[-compared:]
    lags = np.arange(shortest, longest + 1)
    windows = np.lib.stride_tricks.sliding_window_view(heard, compared)
    before = windows[heard.size - compared - lags]
    alike = before @ end / np.sqrt(np.sum(before**2, axis=1) + 1.0)
    return int(lags[np.argmax(alike)])
