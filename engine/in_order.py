"""A call's events in the order of cause and effect, however the rooms' sockets were read. Pure.

An answer that was prepared follows the end of its turn within a millisecond, on another socket, and so it may be read
before it: a record in which we answer what has not been said yet would be wrong. What comes before its cause waits
for it, and all that comes later with it; not for long, since the cause may have been lost with a room. A cause that is
waited for goes before what waits for it.
"""

from __future__ import annotations

from engine.protocol import Header, Message, PlaybackStarted, Sentence, Spoken, Transcript, TurnEnded

LONGEST_US = 200_000  # a room that is alive has told by then
Event = tuple[Header, Message]
Cause = tuple[type[Message], int]


class InOrder:
    """One call's."""

    def __init__(self) -> None:
        self._known: set[Cause | None] = set()  # what has left
        self._waiting: list[Event] = []
        self._until_us = 0

    def take(self, header: Header, message: Message, now_us: int) -> list[Event]:
        """One more event; those whose turn it is."""
        if not self._waiting:
            self._until_us = now_us + LONGEST_US
        self._waiting.append((header, message))
        return self._leave(now_us)

    def overdue(self, now_us: int) -> list[Event]:
        """Those that have waited for too long, and what they held back."""
        return self._leave(now_us)

    def rest(self) -> list[Event]:
        """All that is left, at the end of the call."""
        left, self._waiting = self._waiting, []
        return left

    def _leave(self, now_us: int) -> list[Event]:
        left: list[Event] = []
        while self._waiting:
            place = self._next(overdue=now_us >= self._until_us)
            if place is None:
                break
            event = self._waiting.pop(place)
            self._known.add(_cause_by(event[1]))
            left.append(event)
        return left

    def _next(self, overdue: bool) -> int | None:
        """Which of those that wait may leave: the first, or its cause, or what is the cause of that."""
        place = 0
        while True:
            cause = _cause_of(self._waiting[place][1])
            if cause is None or cause in self._known:
                return place
            before = next((n for n, (_, each) in enumerate(self._waiting) if _cause_by(each) == cause), None)
            if before is None:
                if not overdue:
                    return None
                self._known.add(cause)
                return place
            place = before


def _cause_by(message: Message) -> Cause | None:
    """What it may be the cause of."""
    match message:
        case TurnEnded(turn=turn):
            return TurnEnded, turn
        case Transcript(final=True, turn=turn):
            return Transcript, turn
        case Sentence(utterance=utterance):
            return Sentence, utterance
    return None


def _cause_of(message: Message) -> Cause | None:
    """Without which it does not happen."""
    match message:
        case Transcript(final=True, turn=turn):
            return TurnEnded, turn
        case Sentence(turn=turn) if turn:
            return Transcript, turn
        case PlaybackStarted(utterance=utterance) | Spoken(utterance=utterance):
            return Sentence, utterance
    return None
