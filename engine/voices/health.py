"""Whether a voice that failed is asked again. Pure.

Each sentence that is asked of a dead voice costs the far end a silence as long as the deadline. So the voice is left
alone for a while after a failure, longer each time, and then one sentence tries it again. It is told once that it is
away, and once that it is back.
"""

from __future__ import annotations

from engine.protocol import EngineEvent

FIRST_REST_US = 4_000_000
LONGEST_REST_US = 60_000_000


class Health:
    """One voice's. Times are monotonic, in µs."""

    def __init__(self, name: str, instead: str) -> None:
        """name, instead: the voice and the one that speaks in its place, for people."""
        self._name = name
        self._instead = instead
        self._rest_us = 0  # > 0: it failed last
        self._again_us = 0

    def may_ask(self, now_us: int) -> bool:
        """Whether this sentence is asked of it; while it rests, one sentence at a time tries."""
        if self._rest_us == 0:
            return True
        if now_us < self._again_us:
            return False
        self._again_us = now_us + self._rest_us  # the next one waits for the answer to this one
        return True

    def failed(self, words: str, now_us: int) -> EngineEvent | None:
        """It did not say a sentence; what to tell, if that is new."""
        news = self._rest_us == 0
        self._rest_us = min(LONGEST_REST_US, self._rest_us * 2) if self._rest_us else FIRST_REST_US
        self._again_us = now_us + self._rest_us
        if not news:
            return None
        return EngineEvent("warning", f"{words} {self._instead} speaks until {self._name} is back.", "tts")

    def worked(self) -> EngineEvent | None:
        """It said a sentence; what to tell, if that is new."""
        news = self._rest_us > 0
        self._rest_us = 0
        return EngineEvent("info", f"{self._name} is back", "tts") if news else None
