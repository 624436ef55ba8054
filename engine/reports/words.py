"""When each word was said, from what is known of some of them. Pure; milliseconds of whatever clock it is given.

A recogniser's partials say by when a word had been heard, playback says by when it had been said. Words in between are
given time by their letters, which is near enough to find them in the sound.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.reports.parts import Word

Heard = tuple[int, str]  # the text so far, and when it was that


def word_times(text: str, so_far: Iterable[Heard], start_ms: int, end_ms: int) -> list[Word]:
    """Every word of `text` with its time. so_far: growing beginnings of it; where one differs, it counts to there."""
    words = text.split()
    if not words:
        return []
    ends: list[int | None] = [None] * len(words)
    for at_ms, beginning in sorted(so_far):
        agreed = _agreed(words, beginning.split())
        # A later partial may take a word back: the last time that it was new counts.
        if agreed and ends[agreed - 1] is None and not any(ends[agreed:]):
            ends[agreed - 1] = min(max(at_ms, start_ms), max(end_ms, start_ms))
    ends[-1] = max(end_ms, start_ms)
    return _filled(words, ends, start_ms)


def _agreed(words: Sequence[str], others: Sequence[str]) -> int:
    """How many words both begin with."""
    count = 0
    for one, other in zip(words, others, strict=False):
        if one.casefold() != other.casefold():
            break
        count += 1
    return count


def _filled(words: Sequence[str], ends: Sequence[int | None], start_ms: int) -> list[Word]:
    timed: list[Word] = []
    waiting: list[str] = []
    begin_ms = start_ms
    for word, end_ms in zip(words, ends, strict=True):
        waiting.append(word)
        if end_ms is None:
            continue
        end_ms = max(end_ms, begin_ms)
        letters, passed = sum(len(each) + 1 for each in waiting), 0
        for each in waiting:
            first_ms = begin_ms + (end_ms - begin_ms) * passed // letters
            passed += len(each) + 1
            timed.append(Word(first_ms, begin_ms + (end_ms - begin_ms) * passed // letters, each))
        waiting, begin_ms = [], end_ms
    return timed
