"""A recorded call in place of an engine: the same interface, out of its journal. Nothing can be asked of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from console.link.tape import Tape
from console.state.call import METER_STALE_US
from console.state.playhead import Playhead, place_of
from console.state.store import Store
from engine.errors import CallRefused
from engine.protocol import Accepted, Message, Voice

_LEVELS_US = METER_STALE_US  # older levels are shown by no meter


class ReplayLink:
    """Feeds a store of its own with what had happened until the playhead's position."""

    problem = ""

    def __init__(self, tape: Tape, now_us: Callable[[], int]) -> None:
        """now_us: the clock of whoever watches."""
        self.tape = tape
        self.store = Store()
        self.playhead = Playhead(tape.times_us, tape.stops)
        self.rebuilds = 0  # how often the store was made anew, to go back
        self._now_us = now_us
        self._applied = 0
        self._begin()

    def _begin(self) -> None:
        self.store.clear()
        self.store.link, self.store.readonly = "recording", True
        self.store.selected = None
        self._applied = 0

    async def watch(self) -> None:
        """There is nothing to wait for."""

    def drain(self) -> list[str]:
        """Bring the store to where the playhead is. Called once a frame."""
        self.playhead.advance(self._now_us())
        self.bring()
        return []

    def bring(self) -> None:
        """The same, without letting time pass."""
        target = self.playhead.applied
        if target < self._applied:
            self.rebuilds += 1
            self._begin()
        levels_from_us = self.playhead.position_us - _LEVELS_US
        for place in range(self._applied, target):
            header, message = self.tape.events[place]
            if isinstance(message, Voice) and self.tape.times_us[place] < levels_from_us:
                continue
            self.store.apply(header, message)
        self._applied = target
        self.store.tick(self.tape.clock_us + self.playhead.position_us)

    def wall(self) -> datetime:
        """The local time that is being replayed."""
        return self.tape.wall(self.playhead.position_us)

    # --- what keys do ----------------------------------------------------------------------------------

    def toggle(self) -> None:
        """Play or pause."""
        if self.playhead.playing:
            self.playhead.pause()
        else:
            self.playhead.play(self._now_us())

    def go_to(self, words: str) -> str:
        """To a time, a turn or a mark; "" or why not."""
        marks_us = [mark.at_us for mark in self.tape.marks]
        place = place_of(words, self.tape.length_us, self.tape.turns_us, marks_us)
        if isinstance(place, str):
            return place
        self.playhead.go_to(place)
        return ""

    # --- the rest of a link -----------------------------------------------------------------------------

    async def request(self, command: Message, call: int = 0, answer: type[Message] = Accepted) -> Any:
        """Raises CallRefused: what is recorded cannot be changed."""
        raise CallRefused(
            "This is a recording; nothing can be asked of it. esc leads back to the live calls."
        )

    def send(self, command: Message, call: int = 0) -> None:
        """Nobody hears it."""

    def close(self) -> None:
        """Nothing is open."""
