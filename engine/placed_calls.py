"""Which call a key has made: a command that comes twice, or that nobody heard the answer of, makes one call at most.

Whoever places calls for others gives each attempt a key. It is asked about afterwards with FindPlaced; one that has
made no call by then never makes one. The keys of an engine live as long as it does. Pure.
"""

from __future__ import annotations

from engine.call import UNANSWERED
from engine.errors import CallRefused
from engine.live_call import LiveCall
from engine.protocol import PlacedCall

NONE = PlacedCall()


class PlacedCalls:
    """Of one engine."""

    def __init__(self) -> None:
        self._calls: dict[str, PlacedCall] = {}  # as they were placed, or as they ended

    def known(self, key: str) -> int:
        """The call that this key has made; 0: none. Raises CallRefused where it may make none any more."""
        if not key or key not in self._calls:
            return 0
        if self._calls[key] is NONE:
            raise CallRefused("This call was given up before it was placed; nothing was dialled.")
        return self._calls[key].call

    def placed(self, key: str, live: LiveCall) -> None:
        """A call was made of this key."""
        if key:
            self._calls[key] = described(live)

    def ended(self, live: LiveCall) -> None:
        """A call is over and settled."""
        if live.key:
            self._calls[live.key] = described(live)

    def find(self, key: str, live: LiveCall | None) -> PlacedCall:
        """What became of a key. live: the call that it has made, where that goes on."""
        return described(live) if live is not None else self._calls.setdefault(key, NONE)


def described(live: LiveCall) -> PlacedCall:
    """A call as whoever placed it wants to know it."""
    outcome, reason = live.outcome or ("", "")
    return PlacedCall(
        call=live.number,
        call_id=live.call_id,
        journal=str(live.journal.folder),
        answered=live.was_answered or live.state not in (*UNANSWERED, "ended"),
        outcome=outcome if live.state == "ended" else "",
        reason=reason,
        status=live.reservation.status,
        usd=live.usd,
        call_back=live.reservation.call_back,
    )
