"""Intervals in which a figure lies, at 95 %: of shares, of differences of shares and of means, of draws. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, mean, variance
from typing import NamedTuple

import numpy as np

SURE = 0.95
Z = NormalDist().inv_cdf(0.5 + SURE / 2)
RESAMPLES = 1000


class Interval(NamedTuple):
    """From … to."""

    low: float
    high: float


def wilson(passed: int, of: int) -> Interval:
    """Of a share. After E. B. Wilson, 1927: right for few runs too, and where all or none passed."""
    if not of:
        return Interval(0.0, 1.0)
    share = passed / of
    middle = (share + Z * Z / (2 * of)) / (1 + Z * Z / of)
    half = Z / (1 + Z * Z / of) * math.sqrt(share * (1 - share) / of + Z * Z / (4 * of * of))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def difference_of_shares(before: tuple[int, int], now: tuple[int, int]) -> Interval:
    """Of now - before, each (passed, of). After R. G. Newcombe, 1998, method 10: from both Wilson intervals."""
    first, second = wilson(*before), wilson(*now)
    was, is_now = (passed / of if of else 0.5 for passed, of in (before, now))
    low = math.hypot(is_now - second.low, first.high - was)
    high = math.hypot(second.high - is_now, was - first.low)
    return Interval(max(-1.0, is_now - was - low), min(1.0, is_now - was + high))


def difference_of_means(before: Sequence[float], now: Sequence[float]) -> Interval | None:
    """Of now - before, by Welch's t; None where one of them has fewer than two values."""
    if min(len(before), len(now)) < 2:
        return None
    spread = [variance(each) / len(each) for each in (before, now)]
    error = math.sqrt(sum(spread))
    middle = mean(now) - mean(before)
    if not error:
        return Interval(middle, middle)
    freedom = sum(spread) ** 2 / sum(
        s * s / (len(each) - 1) for s, each in zip(spread, (before, now), strict=True)
    )
    half = t_quantile(freedom) * error
    return Interval(middle - half, middle + half)


def t_quantile(freedom: float) -> float:
    """Student's t at SURE, both sides. Exact for 1 and 2 degrees, else by expansion: within 1 % from 3 on.

    After Abramowitz and Stegun, 26.7.5; between whole degrees below 3 the lower one is taken.
    """
    if freedom < 2:
        return math.tan(math.pi * SURE / 2)
    if freedom < 3:
        return SURE * math.sqrt(2 / (1 - SURE * SURE))
    z = Z
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )


def resampled(differences: np.ndarray) -> Interval | None:
    """The middle 95 % of what was found in RESAMPLES draws (nan = nothing); None where most of them say nothing."""
    found = differences[~np.isnan(differences)]
    if found.size < RESAMPLES / 2:
        return None
    low, high = np.quantile(found, [(1 - SURE) / 2, (1 + SURE) / 2])
    return Interval(float(low), float(high))
