"""The lines of a chained journal: which of them are as they were written. Pure."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from engine.records import chain


class Line(msgspec.Struct, frozen=True):
    """One line that could be taken apart."""

    event: dict[str, Any]
    hash: str  # as it states it


class Read(msgspec.Struct, frozen=True):
    """A journal's lines, and what is wrong with them."""

    header: dict[str, Any]
    lines: tuple[Line, ...]  # the header's among them; those that can be read
    damage: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def events(self) -> int:
        """How many events there are."""
        return sum("n" in line.event for line in self.lines)


class _Reader:
    """Goes through the lines, one after the other."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.damage: list[str] = []
        self._before = chain.START  # hash of the line before, as that states it
        self._next = 0  # number of the event that is to come; 0 = the header
        self._broken = False  # the line before could not be read

    def take(self, place: int, raw: bytes) -> None:
        """place: of the line in the file, from 1."""
        link = chain.taken_apart(raw)
        event = _object(raw)
        if link is None or event is None:
            self.damage.append(f"line {place} cannot be read: it was changed, or is none of the journal's")
            self._broken = True
            self._next += 1
            return
        number = event.get("n", 0 if "journal" in event else None)
        if chain.hash_of(self._before, link.body) != link.hash:
            self.damage.append(self._why(place, number, link))
        self.lines.append(Line(event, link.hash))
        self._before, self._broken = link.hash, False
        self._next = number + 1 if isinstance(number, int) else self._next + 1

    def _why(self, place: int, number: object, link: chain.Link) -> str:
        if not isinstance(number, int) or number == self._next:
            if self._broken:
                return f"line {place}: what it follows cannot be read, so that it proves nothing of it"
            return f"line {place} (event {number}) was changed, or the one before it was"
        if number > self._next:
            missing = (
                f"event {self._next}" if number == self._next + 1 else f"events {self._next} to {number - 1}"
            )
            if not self._next:
                missing = (
                    "the first line is missing" if number == 1 else f"the first {number} lines are missing"
                )
                return f"line {place}: {missing}"
            return f"line {place}: {missing} missing before event {number}"
        return f"line {place}: event {number} stands where event {self._next} belongs: inserted, doubled or swapped"


def read_lines(raw: bytes, finished: bool) -> Read:
    """Every line of a file. finished: the call has a summary, so that a half-written last line is damage.

    Else it is what an end without a word leaves: told as such, and no damage.
    """
    *whole, rest = raw.split(b"\n")
    reader = _Reader()
    for place, line in enumerate(whole, 1):
        reader.take(place, line)
    notes: list[str] = []
    if rest and (finished or not _may_be_half(rest, len(whole))):
        reader.damage.append(f"line {len(whole) + 1} has no end")
    elif rest:
        notes.append(f"the last line is half written ({len(rest)} bytes), as an end without a word leaves it")
    if not whole and not rest:
        if finished:
            reader.damage.append("there is no line in it")
        else:
            notes.append("nothing had been written yet")
    header = reader.lines[0].event if reader.lines and "journal" in reader.lines[0].event else {}
    return Read(header, tuple(reader.lines), tuple(reader.damage), tuple(notes))


def _may_be_half(rest: bytes, lines_before: int) -> bool:
    """Could this be the beginning of a line? A whole one with something behind it could not."""
    begins = b'{"n":%d,"us":' % lines_before if lines_before else b'{"journal":'
    length = min(len(rest), len(begins))
    end = rest.find(b'"}', max(0, rest.rfind(b',"hash":"')))
    closed = rest.rfind(b',"hash":"') >= 0 and 0 <= end < len(rest) - 2
    return rest[:length] == begins[:length] and not closed


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None
