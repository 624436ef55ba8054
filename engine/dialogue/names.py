"""Names in an utterance: behind their cues, or spelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.dialogue.numbers import NumberWords, fold
from engine.dialogue.patterns import Patterns

if TYPE_CHECKING:
    from engine.dialogue.values import Words

NAME_WORDS = 3  # at most, and the particles between them: "anna maria van der berg"
PARTICLES = 2  # in a row
SPELLED_LETTERS = 3  # so many single letters in a row are a name


def read_names(words: Words, patterns: Patterns, numbers: NumberWords) -> None:
    """Replace every name in `words` by its mark: after a cue ("under …"), or spelled letter by letter."""
    _spelled_names(words, patterns)
    position = 0
    while match := patterns.name_cue.search(" ".join(words.canonical), position):
        first = match.string.count(" ", 0, match.end()) + 1
        end = _end_of_name(words, first, patterns, numbers)
        if end > first:
            words.put(first, end, "N", " ".join(words.said[first:end]))
        position = match.end()


def _end_of_name(words: Words, first: int, patterns: Patterns, numbers: NumberWords) -> int:
    """Where the name that begins at `first` is over. A particle belongs to it between two of its words."""
    end, count = first, 0
    while count < NAME_WORDS:
        at = end
        while (
            first < at < end + PARTICLES
            and at < len(words.said)
            and words.said[at] in patterns.name_particles
        ):
            at += 1
        if at >= len(words.said) or not _can_be_name(words, at, patterns, numbers):
            break
        end, count = at + 1, count + 1
    return end


def _can_be_name(words: Words, index: int, patterns: Patterns, numbers: NumberWords) -> bool:
    word = words.said[index]
    return (
        len(word) > 1
        and word.isalpha()
        and not word.isupper()
        and fold(word) not in patterns.name_stops
        and not numbers.is_value(word)
    )


def _spelled_names(words: Words, patterns: Patterns) -> None:
    """Letters in a row; "double l" is two, and "b as in berta" is one."""
    index = 0
    while index < len(words.said):
        letters, end, surely = "", index, 0
        while end < len(words.said):
            times = patterns.repeats.get(fold(words.said[end]), 0)
            letter, length = _letter(words, end, patterns)
            if not letter and times:
                letter, length = _letter(words, end + 1, patterns)
                length += 1
            if not letter or _part_of_the_day(words, end):
                break
            surely += fold(words.said[end + length - 1]) not in patterns.name_stops
            letters += letter * (times if times and length > 1 else 1)
            end = _after_example(words, end + length - 1, patterns)
        if len(letters) >= SPELLED_LETTERS and surely:
            words.put(index, end, "N", letters)
            end = index
        index = max(end, index + 1)


def _letter(words: Words, at: int, patterns: Patterns) -> tuple[str, int]:
    """The letter that is said at `at`, by itself or by its name, and in how many words; "" where there is none."""
    word = words.canonical[at] if at < len(words.said) else ""
    name = f"{word} {words.canonical[at + 1]}" if at + 1 < len(words.said) else ""
    if name in patterns.letters:
        return patterns.letters[name], 2
    if word in patterns.letters:
        return patterns.letters[word], 1
    word = words.said[at] if word else ""
    return (word, 1) if len(word) == 1 and word.isalpha() else ("", 0)


def _part_of_the_day(words: Words, at: int) -> bool:
    """Is it the "p m" of "four thirty p m i have a table"?"""
    before = words.canonical[at - 1] if at else ""
    return words.said[at : at + 2] in (["a", "m"], ["p", "m"]) and (before[:2] == "n:" or before == "oclock")


def _after_example(words: Words, at: int, patterns: Patterns) -> int:
    """Where the next letter stands: behind "as in berta", if that explains the letter at `at`."""
    explained = patterns.spelling_cue.match(" ".join(words.canonical[at + 1 : at + 4]))
    if explained and explained[0].rpartition(" ")[2].startswith(fold(words.said[at])):
        return at + 2 + explained[0].count(" ")
    return at + 1
