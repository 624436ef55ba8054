"""What came of the answers that were prepared before it was known whether a turn was over. Pure."""

from __future__ import annotations

from collections import Counter
from typing import Any

from engine.protocol import Speculated


class PreparedAnswers:
    """One call's."""

    def __init__(self) -> None:
        self.all: list[Speculated] = []

    def add(self, message: Speculated) -> None:
        """One more."""
        self.all.append(message)

    def fields(self) -> dict[str, Any]:
        """As plain values. `wasted`: what those that were thrown away took of a language model; None = not known."""
        kept = [each for each in self.all if each.kept]
        wasted = [each for each in self.all if not each.kept]
        asked = [each for each in wasted if each.requests]
        return {
            "kept": len(kept),
            "thrown_away": len(wasted),
            "reasons": dict(Counter(each.reason for each in wasted)),
            "saved_ms": round(sum(each.saved_us for each in kept) / 1000, 1),
            "wasted": {
                "requests": sum(each.requests for each in asked),
                "tokens_in": _sum([each.tokens_in for each in asked]),
                "tokens_out": _sum([each.tokens_out for each in asked]),
                "usd": _sum([each.usd for each in asked]),
            },
        }


def _sum(values: list[Any]) -> Any:
    known = [value for value in values if value is not None]
    return sum(known) if known or not values else None


def prepared_words(fields: dict[str, Any]) -> str:
    """In a line for people; "" where nothing was prepared."""
    if not fields["kept"] + fields["thrown_away"]:
        return ""
    wasted = fields["wasted"]
    asked = f", {wasted['requests']} questions to the model for nothing" if wasted["requests"] else ""
    return f"answers prepared: {fields['kept']} said, {fields['thrown_away']} thrown away{asked}"
