"""The final words of a turn: are they answered now, do they wait, or are they nothing to answer? Pure.

    final words ─┬─ the cache's verdict and vad's word on the turn are there ──────► answered
                 ├─ one of them is not ─► they wait until `due_us` at most ────────► answered
                 └─ vad says that it was a "mhm" under our voice ─► kept, unheeded
                                                                   └─ we were cut by them after all ─► heard anew

Messages of two rooms may overtake one another: the words may come before vad's word on their turn, and the cache's
verdict before the words.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.protocol import CacheVerdict, SpeechStarted, Transcript, TurnEnded

OVERTAKEN_US = 40_000  # a message that another one of another room has overtaken is there within a few ms


class Due(NamedTuple):
    """Words that are to be answered now."""

    words: Transcript
    served: str  # the cache's template, "" = a miss
    asked_us: int  # the brain's time counts from here
    cache_us: int  # what the cache took of the turn


class FinalWords:
    """One call's."""

    def __init__(self, budget_us: int) -> None:
        """budget_us: how long the cache is waited for; 0 = there is none."""
        self._budget_us = budget_us
        self._waiting: Transcript | None = None
        self._since_us = self._until_us = 0
        self._verdict: CacheVerdict | None = None  # the newest
        self._unheeded: set[int] = set()  # turns that were a "mhm" under our voice
        self._unheeded_words: Transcript | None = None  # of the newest turn, if it is one of them
        self._newest_turn = self._ended_turn = 0

    @property
    def due_us(self) -> int | None:
        """When the words that wait are answered, whatever is missing; None = none wait."""
        return self._until_us if self._waiting is not None else None

    def began(self, event: SpeechStarted) -> None:
        """A turn began."""
        self._newest_turn, self._unheeded_words = event.turn, None

    def ended(self, event: TurnEnded, now_us: int) -> Due | None:
        """What vad says of a turn."""
        self._ended_turn = event.turn
        waits = self._waiting is not None and self._waiting.turn == event.turn
        if event.under_our_voice:
            self._unheeded.add(event.turn)
            if waits:
                self._unheeded_words, self._waiting = self._waiting, None
            return None
        return self._answer(now_us) if waits and self._cache_has_spoken(event.turn) else None

    def hear(self, words: Transcript, now_us: int) -> list[Due]:
        """A turn's words; those of the turn before, should they wait still, are answered first."""
        if words.turn in self._unheeded:
            self._unheeded_words = words
            return []
        due = []
        if self._waiting is not None and self._waiting.turn < words.turn:
            due += [self._answer(now_us)]  # two turns at once, after a restart
        known = self._end_is_known(words.turn)
        self._waiting, self._since_us = words, now_us
        self._until_us = now_us + (self._budget_us if known else max(self._budget_us, OVERTAKEN_US))
        if known and self._cache_has_spoken(words.turn):
            due += [self._answer(now_us)]
        return [each for each in due if each is not None]

    def judged(self, verdict: CacheVerdict, now_us: int) -> Due | None:
        """What the cache makes of a turn's words."""
        self._verdict = verdict
        waits = self._waiting is not None and self._waiting.turn == verdict.turn
        return self._answer(now_us) if waits and self._end_is_known(verdict.turn) else None

    @property
    def unheeded(self) -> bool:
        """Whether the newest turn was a "mhm" under our voice, and its words are known."""
        return self._unheeded_words is not None

    def heed(self) -> Transcript | None:
        """We were cut by them, or they answered our question early: they are heard as if they had come now."""
        words, self._unheeded_words = self._unheeded_words, None
        self._unheeded.discard(self._newest_turn)
        return words

    def passed(self, now_us: int) -> Due | None:
        """Time passes: a cache that does not answer is a miss."""
        due_us = self.due_us
        return self._answer(due_us) if due_us is not None and now_us >= due_us else None

    def drop(self) -> None:
        """They have been answered with what was prepared."""
        self._waiting = None

    def _cache_has_spoken(self, turn: int) -> bool:
        return not self._budget_us or (self._verdict is not None and self._verdict.turn == turn)

    def _end_is_known(self, turn: int) -> bool:
        """Whether vad's word on the turn has come, which words may overtake; without its beginning none will."""
        return turn != self._newest_turn or turn == self._ended_turn

    def _answer(self, asked_us: int) -> Due | None:
        words, self._waiting = self._waiting, None
        if words is None:
            return None
        verdict = self._verdict if self._verdict is not None and self._verdict.turn == words.turn else None
        if verdict is None:
            return Due(words, "", asked_us, asked_us - self._since_us)
        return Due(words, verdict.template if verdict.hit else "", asked_us, verdict.cache_us)
