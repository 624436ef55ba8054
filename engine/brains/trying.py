"""When is a model that has failed asked again? Pure: the time, in monotonic seconds, is passed in."""

from __future__ import annotations

MOST_TURNS = 4  # that a model is left alone after it has failed again and again


class Trying:
    """One call's. After the first failure the next turn is tried; after the second, one is left out, and so on."""

    def __init__(self) -> None:
        self._failures = 0
        self._leave_out = 0
        self._not_before_s = 0.0

    def due(self, now_s: float) -> bool:
        """A turn is to be answered: is the model asked?"""
        if self._leave_out:
            self._leave_out -= 1
            return False
        return now_s >= self._not_before_s

    def failed(self, now_s: float, wait_s: float = 0.0) -> None:
        """It did not answer. wait_s: what its server asked us to wait."""
        self._failures += 1
        self._leave_out = min(self._failures - 1, MOST_TURNS)
        self._not_before_s = now_s + wait_s

    def well(self) -> bool:
        """It did. Whether it had not before."""
        was_away = self._failures > 0
        self._failures = self._leave_out = 0
        self._not_before_s = 0.0
        return was_away
