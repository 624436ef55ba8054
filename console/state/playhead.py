"""Where a replay stands: position, play and pause, speed, steps by event. Pure: the time is passed in."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_TIME = re.compile(r"(?:(\d+):)?(?:(\d+):)?(\d+(?:[.,]\d+)?)")
_TURN = re.compile(r"t(?:urn)?\s*(\d+)")
_MARK = re.compile(r"(?:m|mark\s*)(\d+)")


@dataclass(frozen=True)
class ReplayView:
    """What is shown of a replay: where it stands, and what its journal is like."""

    number: int  # of the call in its engine
    playing: bool
    position_us: int
    length_us: int
    speed: float
    turn: int  # of the far end, begun so far
    turns: int
    stop: int  # events that matter, so far
    stops: int
    marks_us: tuple[int, ...]
    sound: str  # in words
    began: datetime  # local time
    finished: bool  # else the journal was cut
    unreadable: int  # lines


class Playhead:
    """Times are µs since the call's beginning; `clock_us` is the clock of whoever watches."""

    def __init__(self, times_us: Sequence[int], stops: Sequence[int]) -> None:
        """times_us: of every event, never falling. stops: the places, in times_us, of the events that matter."""
        self._times_us = times_us
        self._stops = stops
        self.length_us = times_us[-1] if times_us else 0
        self.position_us = 0
        self.applied = 0  # so many events have happened
        self.playing = False
        self.speed = 1.0
        self._since_us = 0

    @property
    def at_end(self) -> bool:
        return self.applied == len(self._times_us)

    @property
    def stops(self) -> int:
        """Events that matter, in all."""
        return len(self._stops)

    @property
    def stop(self) -> int:
        """How many of them have happened."""
        return bisect_left(self._stops, self.applied)

    def play(self, clock_us: int) -> None:
        """Go on from here; from the beginning where it is over."""
        if self.at_end:
            self.go_to(0)
        self.playing, self._since_us = True, clock_us

    def pause(self) -> None:
        self.playing = False

    def advance(self, clock_us: int) -> None:
        """Let time pass."""
        if not self.playing:
            return
        passed_us, self._since_us = clock_us - self._since_us, clock_us
        self._move(self.position_us + int(passed_us * self.speed))

    def follow(self, position_us: int, clock_us: int) -> None:
        """Another clock says how far it is: that of a sound that plays. It never runs backwards."""
        if self.playing:
            self._since_us = clock_us
            self._move(max(position_us, self.position_us))

    def _move(self, position_us: int) -> None:
        """Forward, event by event; one that was stepped to may not be taken back by the time."""
        self.position_us = min(position_us, self.length_us)
        self.applied = max(self.applied, bisect_right(self._times_us, self.position_us))
        if self.at_end:
            self.playing = False

    def go_to(self, position_us: int) -> None:
        """Be at this time, with all that has happened until then. Playing goes on from there."""
        self.position_us = min(max(position_us, 0), self.length_us)
        self.applied = bisect_right(self._times_us, self.position_us)

    def next_stop(self) -> bool:
        """To the next event that matters, and pause; False when there is none."""
        return self._stop_at(bisect_left(self._stops, self.applied))

    def previous_stop(self) -> bool:
        """To the one before the event shown last, and pause; before the first it is the beginning."""
        self.playing = False
        last = bisect_left(self._stops, self.applied) - 1  # the newest that has happened
        stands_on_it = (
            last >= 0
            and self.applied == self._stops[last] + 1
            and self.position_us == self._times_us[self._stops[last]]
        )
        target = last - 1 if stands_on_it else last
        if target >= 0:
            return self._stop_at(target)
        moved = self.applied > 0
        self.position_us = self.applied = 0
        return moved

    def _stop_at(self, stop: int) -> bool:
        self.playing = False
        if not 0 <= stop < len(self._stops):
            return False
        place = self._stops[stop]
        self.applied, self.position_us = place + 1, self._times_us[place]
        return True

    def faster(self, by: int) -> None:
        """So many steps of SPEEDS up, or down."""
        place = SPEEDS.index(self.speed) + by
        self.speed = SPEEDS[min(max(place, 0), len(SPEEDS) - 1)]


def place_of(
    words: str, length_us: int, turns_us: Mapping[int, int], marks_us: Sequence[int] = ()
) -> int | str:
    """The time that "1:12", "72", "t7", "m2", "start" or "end" names, or why it names none."""
    asked = words.strip().casefold()
    if asked in ("start", "end"):
        return length_us if asked == "end" else 0
    if turn := _TURN.fullmatch(asked):
        number = int(turn[1])
        last = max(turns_us, default=0)
        return turns_us.get(number, f"There is no turn {number}; the last one is {last}.")
    if mark := _MARK.fullmatch(asked):
        number = int(mark[1])
        if 1 <= number <= len(marks_us):
            return marks_us[number - 1]
        return f"There is no mark {number}; there are {len(marks_us)}."
    if time := _TIME.fullmatch(asked):
        first, second, seconds = time.groups()
        minutes = int(first or 0) if second is None else int(first or 0) * 60 + int(second)
        position_us = int((minutes * 60 + float(seconds.replace(",", "."))) * 1e6)
        if position_us <= length_us:
            return position_us
        return f"The call lasts {length_us // 60_000_000}:{length_us // 1_000_000 % 60:02d}."
    return "A time such as 1:12, a turn such as t7, a mark such as m1, start or end."
