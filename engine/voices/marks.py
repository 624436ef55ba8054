"""When each word of a sentence begins, for voices that do not tell: by its share of the characters. Pure.

An estimate: the words of a sentence last about as long as they are written. While a sentence is still being made its
length is not known, and the pace of the sentences before it stands in. The pace leans to the slow side: a word that
counts as unheard is said again after an interruption; one that counts as heard and was not is lost.
"""

from __future__ import annotations

import re

from engine.protocol import LINE_RATE_HZ, WordMark

FIRST_PACE = LINE_RATE_HZ / 13  # samples a character; people read 14 to 16 characters a second aloud
SLOWER = 1.05
NEWEST_SHARE = 0.3


class Pace:
    """How long a character lasts in one language of one voice, learnt from whole sentences."""

    def __init__(self) -> None:
        self.samples_per_character = FIRST_PACE

    def learn(self, text: str, samples: int) -> None:
        """A sentence lasted so long."""
        if text.strip() and samples:
            seen = SLOWER * samples / len(text)
            self.samples_per_character += NEWEST_SHARE * (seen - self.samples_per_character)


class EstimatedMarks:
    """One sentence's marks as its audio comes."""

    def __init__(self, text: str, pace: Pace) -> None:
        self._text = text
        self._pace = pace
        starts = [match.start() for match in re.finditer(r"\S+", text)]
        ends = [len(text[:start].rstrip()) for start in starts[1:]] + [len(text.rstrip())]
        self._waiting = list(zip(starts, ends[: len(starts)], strict=True))  # a text may have no word
        self._place = (0, 0)  # (sample, character) up to which everything is marked

    def until(self, samples: int) -> tuple[WordMark, ...]:
        """So much audio is there: the words that have begun in it and were not given yet."""
        marks: list[WordMark] = []
        while self._waiting:
            start, end = self._waiting[0]
            sample = int(start * self._pace.samples_per_character)
            if sample >= samples:
                break
            marks.append(WordMark(sample, end))
            self._place = (sample, start)
            del self._waiting[0]
        return tuple(marks)

    def finish(self, samples: int) -> tuple[WordMark, ...]:
        """That was all: the rest of the words, over the rest of the audio."""
        if not samples:
            return ()
        self._pace.learn(self._text, samples)
        sample, character = self._place
        each = (samples - sample) / max(1, len(self._text) - character)
        marks = [
            WordMark(min(samples - 1, sample + int((start - character) * each)), end)
            for start, end in self._waiting
        ]
        self._waiting = []
        return tuple(marks)


def shared_marks(text: str, samples: int) -> tuple[WordMark, ...]:
    """The marks of a sentence whose whole audio is there."""
    marks = EstimatedMarks(text, Pace())
    return marks.finish(samples)


def first_unsaid(text: str, marks: list[WordMark]) -> int:
    """Where to go on when a voice fell silent after these marks: the character at which its last word begins."""
    said = marks[-2].char_end if len(marks) > 1 else 0
    return said + len(text[said:]) - len(text[said:].lstrip())
