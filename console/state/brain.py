"""What one call took of a language model, and when the scripted brain answered in its place."""

from __future__ import annotations

from dataclasses import dataclass

from engine.protocol import BrainUse


@dataclass(slots=True)
class BrainSpent:
    """Sums of what is known. Nothing of it: no model was asked."""

    model: str = ""
    turns: int = 0
    fallbacks: int = 0  # turns that the scripted brain answered
    unknown: int = 0  # turns of which the sums know nothing: given up, or not told by the server
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float | None = None  # None = not known

    def add(self, use: BrainUse) -> None:
        """One more turn."""
        self.model = use.model
        self.turns += 1
        self.fallbacks += use.fallback
        self.unknown += use.tokens_in is None
        self.tokens_in += use.tokens_in or 0
        self.tokens_out += use.tokens_out or 0
        if use.usd is not None:
            self.usd = (self.usd or 0.0) + use.usd


def fallback_words(use: BrainUse) -> str:
    """Why another brain speaks, where an operator reads the conversation."""
    return f"the scripted brain answers in place of {use.model}: {use.reason or 'no reason was told'}"
