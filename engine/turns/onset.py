"""Where did speech begin that the detector was late to notice? Pure.

A network that has just begun to listen is not sure of loud windows at first; nor of a voice that sets in softly.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.audio.silero import WINDOW_MS
from engine.turns.windows import Window

BACK_MS = 352  # at most; the longest that was measured on people's voices is 320
PERHAPS = 0.05  # probability below which a loud window is taken for another sound
NEAR_SPEECH_DB = 15.0  # under the first sure window
OVER_NOISE_DB = 10.0  # over the quietest window before it
GAP_WINDOWS = 2  # that may be quiet in between: lips that are closed


def began_ms(before: Sequence[Window], sure: Window) -> int:
    """Start of the speech whose first sure window is `sure`. before: the windows before it, up to a second."""
    start_ms = sure.end_ms - WINDOW_MS
    floor_dbfs = min((window.level_dbfs for window in before), default=sure.level_dbfs)
    quietest_dbfs = max(floor_dbfs + OVER_NOISE_DB, sure.level_dbfs - NEAR_SPEECH_DB)
    gap = 0
    for window in reversed(before):
        if gap > GAP_WINDOWS or sure.end_ms - window.end_ms > BACK_MS:
            break
        if window.probability >= PERHAPS and window.level_dbfs >= quietest_dbfs:
            start_ms, gap = window.end_ms - WINDOW_MS, 0
        else:
            gap += 1
    return max(0, start_ms)
