"""What the supervisor does with one call's events, without consoles and operators: into the journal, in order."""

from __future__ import annotations

from collections.abc import Callable

from engine.live_call import LiveCall
from engine.news import News
from engine.protocol import (
    AgentFrame,
    CallClosed,
    CallTask,
    Checkpoint,
    EndCall,
    FarSound,
    Flag,
    Header,
    Message,
)
from engine.rerun.virtual_house import VirtualClock


class Keeper:
    """One call's. Raises StateError and OSError where the disk refuses."""

    def __init__(self, live: LiveCall, clock: VirtualClock, ends: Callable[[EndCall], None]) -> None:
        """ends: told when the agent wants the call to end."""
        self.live = live
        self._clock, self._ends, self._news = clock, ends, News()

    def begin(self) -> None:
        """The call's first events."""
        self.show(self.live.describe())
        self.show(CallTask(self.live.task))

    def take(self, header: Header, message: Message) -> None:
        """Something a room or the line said."""
        if header.flags & Flag.AHEAD or not self._news.takes(header, message):
            return
        if isinstance(message, FarSound | AgentFrame):
            self.live.frame(header, message)
        elif isinstance(message, Checkpoint):
            self.live.take(header, message)
        else:
            for event in self.live.in_order.take(header, message, self._clock.now_us):
                self._taken(*event)

    def _taken(self, header: Header, message: Message) -> None:
        follows = self.live.take(header, message)
        self.live.journal.append(header, message)
        for follow in follows:
            self.show(follow)
        if isinstance(message, EndCall):
            self._ends(message)

    def show(self, message: Message) -> None:
        """An event of the supervisor's own."""
        self.live.journal.append(Header(0, 1, Flag.NONE, 0, self._clock.now_us % (1 << 32)), message)

    def close(self) -> None:
        """Everything into the journal, with its summary."""
        for event in self.live.in_order.rest():
            self._taken(*event)
        self.live.settle()
        self.show(self.live.describe())
        outcome, reason = self.live.outcome or ("failed", "")
        self.show(CallClosed(outcome, reason, self.live.sound.lost_frames, 0))
        self.live.close()
