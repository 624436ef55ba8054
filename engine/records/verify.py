"""Is a call's record as it was written? Reads the folder, changes nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from engine.errors import StateError
from engine.journal import EVENTS, SUMMARY, SUMMARY_DRAFT
from engine.protocol import HEARING_RATE_HZ
from engine.records import chain
from engine.records.lines import Line, Read, read_lines
from engine.records.sound import SAMPLE_BYTES, Sound, read_sound, sound_file

Verdict = Literal["whole", "unfinished", "not chained", "damaged"]
UNTOLD_S = 5.0  # a recording is at most so far ahead of what the journal says of it


class Report(msgspec.Struct, frozen=True):
    """What came of it. `whole`: all is there as it was written; `unfinished`: so too, of a call that was broken off."""

    call: str
    verdict: Verdict
    events: int = 0
    damage: tuple[str, ...] = ()  # what is not as it was written, and where
    notes: tuple[str, ...] = ()  # what a crash leaves, and how far the proof reaches
    hash: str = ""  # of the summary, or of the last line where there is none: keep it elsewhere as a witness


class Kept(NamedTuple):
    """So much of the recording was so at one moment."""

    where: str
    samples: int
    sha256: str


def verify(folder: Path) -> Report:
    """Look a call's folder through. Raises StateError when there is no journal or the disk does not give it."""
    try:
        raw = (folder / EVENTS).read_bytes()
        summary = (folder / SUMMARY).read_bytes() if (folder / SUMMARY).exists() else None
    except OSError as error:
        raise StateError(f"{folder}: no journal can be read there ({error.strerror}).") from None
    if _first_version(raw):
        return Report(folder.name, "not chained", raw.count(b"\n") - 1, notes=_of_first_version(summary))
    read = read_lines(raw, finished=summary is not None)
    damage, notes = [*read.damage, *_name(folder, read)], list(read.notes)
    last = read.lines[-1].hash if read.lines else chain.START
    told: dict[str, Any] = {}
    if summary is not None:
        link, told, found = _summary(summary, last, read)
        damage += found
        last = link or last
    elif any(line.event.get("kind") == "CallClosed" for line in read.lines):
        if ready_summary(folder, last):
            notes.append(f"the engine ended while it wrote {SUMMARY}, which the next one puts in its place")
        else:
            damage.append(f"{SUMMARY} is missing, though the call was closed")
    heard, seen = _sound(folder, read, told, finished=summary is not None)
    damage += heard
    notes += seen
    verdict: Verdict = "damaged" if damage else "whole" if summary is not None else "unfinished"
    return Report(folder.name, verdict, read.events, tuple(damage), tuple(notes), last)


def ready_summary(folder: Path, last: str) -> bool:
    """Is there the summary that follows this last line's hash, under the name it has while that line is written?"""
    try:
        text = (folder / SUMMARY_DRAFT).read_bytes()
        follows = json.loads(text).get("chain")
    except (OSError, ValueError, RecursionError, AttributeError):
        return False
    link = chain.summary_taken_apart(text)
    return link is not None and follows == last and chain.hash_of(last, link.body) == link.hash


def _first_version(raw: bytes) -> bool:
    try:
        header = json.loads(raw.split(b"\n", 1)[0])
    except (ValueError, RecursionError):
        return False
    return (
        isinstance(header, dict)
        and header.get("journal") == 1
        and "hash" not in header
        and b',"hash":"' not in raw
    )


def _of_first_version(summary: bytes | None) -> tuple[str, ...]:
    return ("written before journals were chained",) + (() if summary else ("the call was broken off",))


def _name(folder: Path, read: Read) -> Iterator[str]:
    call = read.header.get("call")
    if isinstance(call, str) and folder.name != call and not folder.name.startswith(f"{call}-"):
        yield f"the journal is of the call {call}, and its folder is named {folder.name}"


def _summary(text: bytes, last: str, read: Read) -> tuple[str, dict[str, Any], list[str]]:
    """The summary's hash, what it says, and what is wrong with it."""
    link = chain.summary_taken_apart(text)
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        told = None
    if link is None or not isinstance(told, dict):
        return "", {}, [f"{SUMMARY} was changed: it does not end in its hash"]
    follows = told.get("chain")
    if not isinstance(follows, str) or chain.hash_of(follows, link.body) != link.hash:
        return link.hash, {}, [f"{SUMMARY} was changed"]
    counted = told.get("events")
    if isinstance(counted, int) and counted > read.events:
        return (
            link.hash,
            told,
            [f"{counted - read.events} of {counted} events are missing"],
        )
    if follows != last:
        return (
            link.hash,
            told,
            [f"{SUMMARY} does not belong to these events: they end otherwise than it says"],
        )
    return link.hash, told, []


# --- the recording ----------------------------------------------------------------------------------------


def _sound(folder: Path, read: Read, told: dict[str, Any], finished: bool) -> tuple[list[str], list[str]]:
    """What is wrong with the recording, and what is to be said of it."""
    promised, erases = _promised(read.lines)
    whole = _whole(told)
    path = sound_file(folder)
    if path is None:
        recorded = read.header.get("recorded") is True
        if promised or whole or (recorded and (finished or read.events)):
            return ["the recording is missing"], []
        return [], ["the engine ended before the recording began"] if recorded else []
    try:
        sound = read_sound(path)
    except StateError as error:
        return [str(error)], []
    if finished and told and whole is None:
        if not read.header.get("recorded"):
            return [f"{path.name} is there, of a call that was not recorded"], []
        return [], [
            f"{path.name} could not be finished when the call ended; it is proved to {_reach(promised):.1f} s"
        ]
    damage = [*_file(sound, finished, whole), *_prefixes(sound, [*promised, *([whole] if whole else [])])]
    if whole:
        if sound.samples > whole.samples:
            damage.append(
                f"{path.name} is longer than it was: {sound.seconds - whole.samples / HEARING_RATE_HZ:.1f} s"
            )
        return damage, []
    rest_s = sound.seconds - _reach(promised)
    if finished:
        return damage, []
    if erases:
        return damage, ["they do not want to be recorded, and the engine ended while it deleted their voice"]
    if rest_s > UNTOLD_S:
        damage.append(
            f"{path.name} goes on for {rest_s:.1f} s after what the journal says of it: events are missing"
        )
    return damage, [
        f"the recording is proved to {_reach(promised):.1f} s; the last {max(0.0, rest_s):.1f} s are not"
    ]


def _promised(lines: Iterable[Line]) -> tuple[list[Kept], bool]:
    """What the journal says of the recording; and whether the far end's voice was to be written over just then.

    Once they did not want to be recorded, what was said of it before holds no longer.
    """
    promised: list[Kept] = []
    erases = False
    for line in lines:
        if erased_by(line.event):
            promised, erases = [], True
        elif kept := _kept(line):
            promised.append(kept)
            erases = False
    return promised, erases


def erased_by(event: dict[str, Any]) -> bool:
    """Whether, from this event on, nothing of the far end's voice may be there."""
    data = event.get("data")
    unwanted = isinstance(data, dict) and data.get("state") in ("refused", "stopped")
    return unwanted and event.get("kind") == "RecordingConsent"


def _kept(line: Line) -> Kept | None:
    data = line.event.get("data")
    if line.event.get("kind") != "SoundKept" or not isinstance(data, dict):
        return None
    samples, digest = data.get("samples"), data.get("sha256")
    return (
        Kept(f"event {line.event.get('n')}", samples, digest) if isinstance(samples, int) and digest else None
    )


def _whole(told: dict[str, Any]) -> Kept | None:
    audio = told.get("audio")
    if not isinstance(audio, dict) or not isinstance(audio.get("samples"), int):
        return None
    return Kept(SUMMARY, audio["samples"], str(audio.get("sha256", "")))


def _reach(promised: list[Kept]) -> float:
    return promised[-1].samples / HEARING_RATE_HZ if promised else 0.0


def _file(sound: Sound, finished: bool, whole: Kept | None) -> Iterator[str]:
    """What is wrong with the file, whatever is in it."""
    name = sound.path.name
    if sound.trouble:
        yield sound.trouble
    elif whole and (sound.stated != whole.samples or sound.extra_bytes):
        yield f"{name} is not as long as it was"
    elif not finished and sound.stated > sound.samples:
        yield f"{name} is cut: its head says {sound.stated / HEARING_RATE_HZ:.1f} s, {sound.seconds:.1f} s are there"


def _prefixes(sound: Sound, promised: list[Kept]) -> Iterator[str]:
    """Where the sound is first not what it was; one finding, since nothing after it can be proved."""
    digest, until = hashlib.sha256(), 0
    for kept in sorted(promised, key=lambda each: each.samples):
        if kept.samples > sound.samples:
            missing_s = (kept.samples - sound.samples) / HEARING_RATE_HZ
            yield f"{sound.path.name} is cut: {missing_s:.1f} s are missing that {kept.where} has a digest of"
            return
        digest.update(sound.pcm[until * SAMPLE_BYTES : kept.samples * SAMPLE_BYTES])
        if digest.copy().hexdigest() != kept.sha256:
            first_s, last_s = until / HEARING_RATE_HZ, kept.samples / HEARING_RATE_HZ
            yield f"{sound.path.name} was changed between {first_s:.1f} s and {last_s:.1f} s ({kept.where})"
            return
        until = kept.samples
