"""What an operator wants to know of a call first: whether it goes on, needs somebody, or how it came out."""

from __future__ import annotations

from typing import Literal

Standing = Literal["waiting", "talking", "good", "bad", "over", "needs_human"]
GOOD = ("booked", "changed", "cancelled")
BAD = (
    "failed",
    "no_answer",
    "wrong_number",
    "busy",
    "not_found",
    "unavailable",
    "redirected",
    "unreachable",
    "network_away",
    "rejected",
    "line_lost",
)


def standing_of(state: str, outcome: str, needs_somebody: bool) -> Standing:
    """Of a call in this state. needs_somebody: it has an open alert that nobody has seen; ended ones need nobody."""
    live = state != "ended"
    if outcome == "needs_human" or (live and needs_somebody):
        return "needs_human"
    if live:
        return "waiting" if state in ("waiting", "dialling", "ringing") else "talking"
    if outcome in GOOD:
        return "good"
    return "bad" if outcome in BAD else "over"
