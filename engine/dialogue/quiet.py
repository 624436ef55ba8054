"""Does the far end speak, and for how long has nobody? Pure: time is passed in."""

from __future__ import annotations

SILENCE_STEP_MS = 3000  # the brain is told of a silence at every multiple of this
EARLY_ANSWER_US = (
    1_200_000  # who says nothing for so long after our question thinks that they have answered it
)


class Quiet:
    """One call's."""

    def __init__(self) -> None:
        self.far_speaks = False
        self._since_us: int | None = None  # not known until something happens
        self._told_ms = 0

    def from_now(self, now_us: int) -> None:
        """Silence counts from here."""
        self._since_us, self._told_ms = now_us, 0

    def since_us(self, now_us: int) -> int:
        """When it began; now, where that is not known yet."""
        if self._since_us is None:
            self.from_now(now_us)
        return self._since_us or 0

    def grown_ms(self, now_us: int) -> int | None:
        """How long it is, where the brain has not been told of a silence as long as that."""
        silent_ms = (now_us - self.since_us(now_us)) // 1000
        if silent_ms < self._told_ms + SILENCE_STEP_MS:
            return None
        self._told_ms = silent_ms // SILENCE_STEP_MS * SILENCE_STEP_MS
        return self._told_ms

    def thinks_it_answered(self, now_us: int) -> bool:
        """Whether somebody who has said something over our question waits for us by now."""
        return (
            not self.far_speaks and self._since_us is not None and now_us - self._since_us >= EARLY_ANSWER_US
        )
