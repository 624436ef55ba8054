"""A moment of a recorded call becomes a case: the record until some seconds after it, and what was said there."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from engine import journal
from engine.errors import SettingsError, StateError
from engine.evaluation.word_errors import errors
from engine.journal import AUDIO, JournalWriter, unwritable
from engine.protocol import (
    CallClosed,
    CallState,
    Flag,
    Header,
    LanguageCode,
    OperatorAct,
    SoundKept,
    elapsed_us,
)
from engine.recorder import wav_head
from engine.records.finishing import finish
from engine.rerun.case import CASE, Case, Expected, Told, load
from engine.rerun.past_call import PastCall
from engine.rerun.turns import Heard, Turn, heard_in

BEFORE_MS, AFTER_MS = 8000, 1000  # around the moment: people mark what they have just heard
REST_MS = 4000  # of sound after what is expected: no silence is waited for longer (turns.longest_ms)


class Mark(NamedTuple):
    """A moment that somebody marked."""

    at_ms: int  # media time
    words: str


class Wish(NamedTuple):
    """What is to be expected, where it is not what the record has."""

    words: str | None = None  # that were said
    whole: bool = False  # what was heard around the moment was one utterance: the agent cut in
    note: str = ""


def marks(past: PastCall) -> list[Mark]:
    """In order."""
    found = []
    for us, _, message in past.events:
        if isinstance(message, OperatorAct) and message.action == "mark" and not message.refused:
            about_us = elapsed_us(past.clock_us, message.at_us) if message.at_us else us
            found.append(Mark(max(0, past.media.ms(about_us)), message.words))
    return sorted(found)


def mark_of(past: PastCall, number: int | None) -> Mark:
    """The mark with that number, from 1; None: the only one there is. Raises SettingsError."""
    there = marks(past)
    name = past.folder.name
    if not there:
        raise SettingsError(f"Nothing is marked in {name}. Say when it was: --at SECONDS of the recording.")
    if number is None and len(there) > 1:
        those = ", ".join(f"{n} at {mark.at_ms / 1000:.1f} s" for n, mark in enumerate(there, 1))
        raise SettingsError(f"{len(there)} moments are marked in {name}: {those}. Choose one: --mark NUMBER.")
    if not 1 <= (number or 1) <= len(there):
        raise SettingsError(f"{name} has {len(there)} marks; there is no mark {number}. Counted from 1.")
    return there[(number or 1) - 1]


def expected_at(heard: Heard, at_ms: int, wish: Wish, language: LanguageCode) -> tuple[Expected, ...]:
    """What was said around a moment: by the truth where it is known, else as it was heard. Raises SettingsError."""
    spans = _truths(heard, at_ms, language) or [
        Expected(turn.start_ms, turn.end_ms, turn.words)
        for turn in heard.turns
        if turn.words and _near(turn, at_ms)
    ]
    if not spans:
        raise SettingsError(f"Nobody was heard around {at_ms / 1000:.1f} s. Name another moment with --at.")
    if wish.whole:
        words = " ".join(each.words or "" for each in spans)
        spans = [Expected(spans[0].start_ms, max(each.end_ms for each in spans), words)]
    if wish.words is not None:
        nearest = min(range(len(spans)), key=lambda n: abs(spans[n].end_ms - at_ms))
        spans[nearest] = msgspec.structs.replace(spans[nearest], words=wish.words, most_wer=0.0)
    return tuple(spans)


def _truths(heard: Heard, at_ms: int, language: LanguageCode) -> list[Expected]:
    """With the errors that were made then: a case that begins red shows nothing but what it is about."""
    found = []
    for truth in heard.truths:
        if truth.start_ms > at_ms + AFTER_MS or truth.end_ms < at_ms - BEFORE_MS:
            continue
        of_it = [
            turn for turn in heard.turns if turn.start_ms < truth.end_ms and turn.end_ms > truth.start_ms
        ]
        rate = errors(truth.text, " ".join(turn.words for turn in of_it), language).rate or 0.0
        found.append(Expected(truth.start_ms, truth.end_ms, truth.text, round(rate, 4)))
    return found


def _near(turn: Turn, at_ms: int) -> bool:
    return turn.start_ms <= at_ms + AFTER_MS and turn.end_ms >= at_ms - BEFORE_MS


def make(past: PastCall, at_ms: int, wish: Wish, target: Path) -> Case:
    """Write the folder. Raises SettingsError where there is nothing at that moment, StateError where it is there."""
    if not 0 <= at_ms <= past.seconds * 1000:
        raise SettingsError(f"--at {at_ms / 1000:g}: the recording has {past.seconds:.1f} s.")
    heard = heard_in(past.events, past.clock_us, past.media)
    expected = expected_at(heard, at_ms, wish, past.task.language)
    until_ms = max(at_ms, *(each.end_ms for each in expected)) + REST_MS
    if target.exists():
        raise StateError(f"{target} is there already. Name another folder with --to.")
    told = Told(past.folder.name, at_ms, expected, wish.note)
    _write_record(past, until_ms, target)
    try:
        (target / CASE).write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")
    except OSError as error:
        raise StateError(unwritable(target, error)) from None
    finish(target)
    return load(target)


def _write_record(past: PastCall, until_ms: int, target: Path) -> None:
    """The record until then, as a journal of its own: chained anew, with a summary that says where it comes from."""
    about = {
        "call": target.name,
        "line": past.line,
        "scenario": past.scenario,
        "recorded": True,
        "task": msgspec.to_builtins(past.task),
    }
    writer = JournalWriter(target, about, past.clock_us)
    pcm = np.ascontiguousarray(past.pcm[: until_ms * 16])
    try:
        (target / AUDIO).write_bytes(wav_head(len(pcm)) + pcm.tobytes())
    except OSError as error:
        raise StateError(unwritable(target, error)) from None
    media = past.media
    for us, flags, message in past.events:
        if media.ms(us) <= until_ms and not _ends(message) and not _beyond(message, len(pcm)):
            writer.append(_header(past, us, flags), message)
    audio = {
        "samples": len(pcm),
        "sha256": hashlib.sha256(pcm.tobytes()).hexdigest(),
        "began_us": past.media_us,
    }
    outcome = _outcome(past.folder)
    writer.close({"call": target.name, **outcome, "audio": audio, "case_of": past.folder.name})


def _outcome(folder: Path) -> dict[str, Any]:
    """As the whole call had it, so that a list of calls can show it."""
    try:
        summary = json.loads((folder / journal.SUMMARY).read_bytes())
        return {"outcome": summary["outcome"], "reason": "cut: a regression case"}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {"outcome": "failed", "reason": "cut: a regression case"}


def _header(past: PastCall, us: int, flags: Flag) -> Header:
    return Header(0, 1, flags, 0, (past.clock_us + us) % (1 << 32))


def _ends(message: object) -> bool:
    return isinstance(message, CallClosed) or (isinstance(message, CallState) and message.state == "ended")


def _beyond(message: object, samples: int) -> bool:
    return isinstance(message, SoundKept) and message.samples > samples
