"""A key that the line tells and the audio holds as well is one key. Pure: time is passed in.

Where keys travel as events (RFC 4733) their tones should not be in the audio, but the beginning of a tone often is,
and some gateways send both. The audio comes later, by its jitter buffer.
"""

from __future__ import annotations

from typing import Literal

SAME_KEY_US = 1_000_000  # between the two reports of one press


class KeysOnce:
    """One call's keys."""

    def __init__(self) -> None:
        self._alone: list[
            tuple[str, str, int]
        ] = []  # digit, who told it, when; the other has not told it yet

    def is_new(self, digit: str, told_by: Literal["line", "audio"], now_us: int) -> bool:
        """Whether this is a press that the other has not told already."""
        self._alone = [each for each in self._alone if now_us - each[2] < SAME_KEY_US]
        for place, (known, by, _) in enumerate(self._alone):
            if known == digit and by != told_by:
                del self._alone[place]
                return False
        self._alone.append((digit, told_by, now_us))
        return True
