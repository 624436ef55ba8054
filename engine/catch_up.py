"""What consoles that come late are sent: events of live and recent calls, and what concerns the house."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator

from engine.protocol import (
    AgentSilenced,
    Alert,
    Message,
    MicState,
    OperatorAct,
    Operators,
    OperatorWords,
    ToolDecided,
    ToolPending,
    Voice,
)

KEPT_EVENTS = 5000  # of one call
KEPT_OF_OPERATORS = 2000  # besides: what waits for somebody is not pushed out by what was said since
RECENT_CALLS = 20
RECENT_ACTS = 200  # of operators, on the engine as a whole
OF_OPERATORS = (OperatorAct, Alert, MicState, AgentSilenced, ToolPending, ToolDecided, OperatorWords)
Event = tuple[bytes, bytes]  # header, payload


class KeptEvents:
    """Of one call; meters are not kept. Iterating yields them oldest first."""

    def __init__(self) -> None:
        self._kept: deque[tuple[int, Event]] = deque(maxlen=KEPT_EVENTS)
        self._of_operators: deque[tuple[int, Event]] = deque(maxlen=KEPT_OF_OPERATORS)
        self._number = 0

    def add(self, event: Event, message: Message) -> None:
        """One more."""
        if not isinstance(message, Voice):
            self._number += 1
            kept = self._of_operators if isinstance(message, OF_OPERATORS) else self._kept
            kept.append((self._number, event))

    def __iter__(self) -> Iterator[Event]:
        return (event for _, event in heapq.merge(self._kept, self._of_operators))


class CatchUp:
    """Of the engine: ended calls, acts on the engine as a whole, and who is there."""

    def __init__(self) -> None:
        self._ended: deque[KeptEvents] = deque(maxlen=RECENT_CALLS)
        self._acts: deque[Event] = deque(maxlen=RECENT_ACTS)
        self._operators: tuple[Event, ...] = ()

    def of_house(self, event: Event, message: Message) -> None:
        """Something that is of no call."""
        if isinstance(message, OperatorAct):
            self._acts.append(event)
        elif isinstance(message, Operators):
            self._operators = (event,)  # each replaces the one before

    def ended(self, call: KeptEvents) -> None:
        """A call is over."""
        self._ended.append(call)

    def events(self, live: Iterable[KeptEvents]) -> tuple[Event, ...]:
        """Everything, with the calls that go on."""
        of_calls = (event for call in (*self._ended, *live) for event in call)
        return (*self._operators, *self._acts, *of_calls)
