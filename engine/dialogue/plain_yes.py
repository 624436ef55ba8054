"""Is a yes a plain one? Pure."""

from __future__ import annotations

from engine.dialogue.meaning import Meaning
from engine.dialogue.patterns import fold, numbers_of, patterns_of, tokens
from engine.dialogue.turn import Turn

NOT_UNDERSTOOD_WORDS = 3  # beside a yes; it may be a condition then


def is_plain(turn: Turn, meaning: Meaning, words: str) -> bool:
    """Is nothing asked, and little said beside the yes that was not understood?"""
    if words.rstrip().endswith("?"):
        return False
    yeses, left = _counts(turn, meaning, words)
    return left < NOT_UNDERSTOOD_WORDS * max(yeses, 1)  # "yes, that is right, …" stands more than "yes, …"


def _counts(turn: Turn, meaning: Meaning, words: str) -> tuple[int, int]:
    """How many times they say yes, and how many words stand beside all that is known: wordings, values, names."""
    code = turn.language.code
    patterns, numbers = patterns_of(code), numbers_of(code)
    plain = fold(" ".join(tokens(words)))
    yeses = len(patterns.yes.findall(plain))
    for pattern in (patterns.yes, patterns.neither, *(pattern for _, pattern in patterns.intents)):
        plain = pattern.sub(" ", plain)
    names = {fold(word) for name in (turn.task.name.lower(), *meaning.names) for word in name.split()}
    left = sum(
        len(word) > 1 and word not in patterns.name_stops and word not in names and not numbers.is_value(word)
        for word in plain.split()
    )
    return yeses, left
