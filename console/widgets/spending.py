"""What a model costs, in words: money, tokens, and turns that it did not answer."""

from __future__ import annotations

from console.glyphs import Glyphs
from console.state.brain import BrainSpent

CENTS_FROM_USD = 0.995  # below it a call costs parts of a cent, and two figures would say that it was free


def money(spent: BrainSpent, glyphs: Glyphs) -> str:
    """What is known of the cost; "+" = some of it is not."""
    if spent.usd is None:
        return glyphs.none
    figures = 2 if spent.usd >= CENTS_FROM_USD else 4
    return f"${spent.usd:.{figures}f}{'+' if spent.unknown else ''}"


def tokens(spent: BrainSpent, glyphs: Glyphs) -> str:
    """Into the model and out of it."""
    if not spent.turns or spent.unknown == spent.turns:
        return glyphs.none
    return f"{_count(spent.tokens_in)} {glyphs.arrow} {_count(spent.tokens_out)}"


def answered(spent: BrainSpent, glyphs: Glyphs) -> str:
    """How many turns the model answered of those that it was to answer."""
    if not spent.turns:
        return glyphs.none
    if not spent.fallbacks:
        return f"all {spent.turns} turns" if spent.turns > 1 else "its one turn"
    return f"{spent.turns - spent.fallbacks} of {spent.turns} turns"


def _count(number: int) -> str:
    """A few figures."""
    if number < 1000:
        return str(number)
    for unit, size in (("k", 1e3), ("M", 1e6)):
        if number < 1000 * size:
            return f"{number / size:.{1 if number < 10 * size else 0}f}{unit}"
    return "1G+"
