"""The record of a call: one folder, written before anything is shown, readable after any crash.

    events.jsonl   one event a line, the first being the journal's header
    audio.wav      stereo, 16 kHz: left the far end, right the agent (a simulated line, or where policy allows)
    summary.json   written when the call has ended

An event: {"n": number, "us": µs since the call began, "kind": name of the message, "flags": …, "data": {…}, "hash": …}
Every line is chained to the one before it, see engine/records/chain.py. docs/journal.md has every field.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import StateError
from engine.protocol import CLOCK_MODULUS_US, KINDS, Flag, Header, Message, OperatorAct, elapsed_us
from engine.records.chain import START, sealed, sealed_summary

VERSION = 2  # 1 was not chained
EVENTS = "events.jsonl"
AUDIO = "audio.wav"
SUMMARY = "summary.json"
SUMMARY_DRAFT = f".{SUMMARY}"  # while the call's last event is written
BEGUN = ".begun-"  # before the name of a folder until its journal has a header: no other is ever listed
BY_NAME: dict[str, type[Message]] = {message.__name__: message for message in KINDS.values()}


class JournalWriter:
    """Appends to one call's journal. Raises StateError when the disk refuses; what was written stays readable."""

    def __init__(self, folder: Path, about: dict[str, Any], started_us: int) -> None:
        """about: goes into the header line; started_us: header clock at the call's beginning."""
        self.folder = folder
        self._started_us = started_us
        self._number = 0
        self._last_us = 0
        self._marks = 0
        self._hash = START  # of the last line
        begun = folder.with_name(f"{BEGUN}{folder.name}")
        try:
            if folder.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
            begun.mkdir(parents=True, mode=0o700)
        except OSError as error:
            raise StateError(unwritable(folder, error)) from None
        wall = datetime.now(UTC).isoformat(timespec="milliseconds")
        try:
            self._file = (begun / EVENTS).open("ab", buffering=0)
            clock_us = started_us % CLOCK_MODULUS_US  # to read the header times inside of messages by
            self._line({"journal": VERSION, "wall": wall, "clock_us": clock_us, **about})
            begun.rename(folder)
        except (OSError, StateError) as error:
            _unmake(begun)
            raise StateError(
                unwritable(folder, error) if isinstance(error, OSError) else str(error)
            ) from None

    def discard(self) -> None:
        """A call that was never begun leaves no folder."""
        self._file.close()
        _unmake(self.folder)

    def append(self, header: Header, message: Message) -> None:
        """One event, handed to the system before this returns: it survives the end of this process."""
        self._line(self._event(header, message))
        self._number += 1  # only what is on disk counts

    def _event(self, header: Header, message: Message) -> dict[str, Any]:
        self._last_us = max(self._last_us, elapsed_us(self._started_us, header.time_us))
        if isinstance(message, OperatorAct) and message.action == "mark" and not message.refused:
            self._marks += 1
        return {
            "n": self._number + 1,
            "us": elapsed_us(self._started_us, header.time_us),
            "kind": type(message).__name__,
            "flags": int(header.flags),
            "data": msgspec.to_builtins(message),
        }

    def _line(self, event: dict[str, Any]) -> None:
        line, digest = sealed(self._hash, msgspec.json.encode(event))
        line += b"\n"
        try:
            written = self._file.write(line)  # unbuffered: one write, one line
            if written != len(
                line
            ):  # a disk that fills up takes a part; half a line would spoil the next one
                self._file.truncate(self._file.tell() - (written or 0))
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise StateError(unwritable(self.folder, error)) from None
        self._hash = digest  # only what is on disk is followed by something

    def close(self, summary: dict[str, Any], last: tuple[Header, Message] | None = None) -> None:
        """Write the summary beside the events, whole or not at all; with what a list of calls is to show of them.

        last: the call's last event. The summary is there, under another name, before that is written: so a call whose
        last event is in the journal has its summary too, whenever this process ends.
        """
        event = self._event(*last) if last else None
        chain = sealed(self._hash, msgspec.json.encode(event))[1] if event else self._hash
        summary = {**summary, "seconds": round(self._last_us / 1e6, 1), "marks": self._marks}
        summary |= {"events": self._number + bool(event), "chain": chain}
        text = json.dumps(summary, indent=2, ensure_ascii=False) + "\n"
        draft = self.folder / SUMMARY_DRAFT
        try:
            draft.write_bytes(sealed_summary(chain, text.encode()))
            if event:
                self._line(event)
            self._file.close()
            draft.replace(self.folder / SUMMARY)
        except (OSError, StateError) as error:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
                self._file.close()
            raise StateError(
                unwritable(self.folder, error) if isinstance(error, OSError) else str(error)
            ) from None


def _unmake(folder: Path) -> None:
    """Take away a journal that could not be begun."""
    with contextlib.suppress(OSError):
        (folder / EVENTS).unlink(missing_ok=True)
        folder.rmdir()


def unwritable(folder: Path, error: OSError) -> str:
    """What to tell a person when a call's folder cannot be written."""
    return (
        f"{folder}: the journal cannot be written ({error.strerror}). Make room on that disk, or choose another "
        "directory: --state-dir or state_dir in the settings."
    )


def read(folder: Path) -> Iterator[tuple[int, Flag, Message]]:
    """A journal's events as (µs since the call began, flags, message); a last line cut by a crash is left out.

    Raises StateError when there is no journal. Events of a kind this version does not know are skipped.
    """
    try:
        lines = (folder / EVENTS).read_bytes().splitlines()
    except OSError as error:
        raise StateError(f"{folder}: no journal can be read there ({error.strerror}).") from None
    for line in lines[1:]:
        try:
            event = json.loads(line)
            kind = BY_NAME[event["kind"]]
            yield event["us"], Flag(event["flags"]), msgspec.convert(event["data"], kind)
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
