"""A call in a form that others can read: a vCon, or a folder; as it is, or without the persons in it."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from engine import journal
from engine.errors import StateError
from engine.protocol import HEARING_RATE_HZ, SoundKept, Task
from engine.recorder import wav_head
from engine.records import vcon
from engine.records.chain import START, sealed, sealed_summary
from engine.records.past import PastCall
from engine.records.redacting import NO_SOUND, WithoutPersons, without_persons
from engine.records.sound import read_sound
from engine.records.vcon_of_call import Told, vcon_of

WITHOUT = "names, numbers, e-mail addresses and references are replaced by stand-ins; the sound is left out"


def as_vcon(call: PastCall, redact: bool, now: datetime) -> bytes:
    """The file's bytes. Raises StateError: it cannot be read, or cannot be redacted."""
    made = vcon.encoded(vcon_of(_without(call) if redact else _as_it_is(call), now))
    try:
        vcon.decoded(made)  # nothing leaves here that others would refuse
    except ValueError as error:
        raise StateError(
            f"{call.name}: what was made of it is no vCon ({error}). This is a fault of the program."
        ) from None
    return made


def write(path: Path, content: bytes, force: bool) -> None:
    """One file, for its owner alone. Raises StateError."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
    try:
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            file.write(content)
    except FileExistsError:
        raise StateError(f"{path} is there already. --force replaces it.") from None
    except OSError as error:
        raise StateError(f"{path}: cannot be written ({error.strerror}). Name another file.") from None


def write_folder(call: PastCall, target: Path, redact: bool) -> None:
    """The call's folder; redacted: a journal of its own, chained anew. Raises StateError, also where it is there."""
    other = _redacted_files(call) if redact else None
    try:
        if other is None:
            shutil.copytree(call.folder, target)
            target.chmod(0o700)
        else:
            target.mkdir(mode=0o700)
            for name, content in other.items():
                write(target / name, content, force=False)
    except FileExistsError:
        raise StateError(f"{target} is there already. Name another folder with --out.") from None
    except OSError as error:
        raise StateError(
            f"{target}: cannot be written ({error.strerror}). Name another folder with --out."
        ) from None


def _as_it_is(call: PastCall) -> Told:
    task = task_of(call)
    sound = read_sound(call.recording) if call.recording else None
    wav = wav_head(sound.samples) + sound.pcm if sound and sound.samples else None
    files = [(journal.EVENTS, "application/jsonl")]
    files += [(journal.SUMMARY, "application/json")] if call.summary is not None else []
    return Told(
        call=_id(call), origin=_origin(call), began=_began(call), seconds=_seconds(call),
        line=str(call.header.get("line", "")), task=task, events=tuple(journal.read(call.folder)),
        outcome=call.outcome, reason=str((call.summary or {}).get("reason", "")), recorded=wav is not None, sound=wav,
        sound_seconds=sound.samples / HEARING_RATE_HZ if sound else 0.0, sound_began_us=_sound_began_us(call),
        files=tuple((name, mediatype, _text(call.folder / name)) for name, mediatype in files),
    )  # fmt: skip


def _without(call: PastCall) -> Told:
    other = _redacted(call)
    return Told(
        call=_id(call), origin=_origin(call), began=_began(call), seconds=_seconds(call),
        line=str(call.header.get("line", "")), task=other.task, events=other.events, outcome=call.outcome,
        reason=other.reason, without=WITHOUT, recorded=call.recording is not None,
        sound_began_us=_sound_began_us(call),
    )  # fmt: skip


def _redacted(call: PastCall) -> WithoutPersons:
    reason = str((call.summary or {}).get("reason", ""))
    return without_persons(_id(call), task_of(call), journal.read(call.folder), reason)


def _redacted_files(call: PastCall) -> dict[str, bytes]:
    """A journal of the same form, which says that it is not the original, with its summary."""
    other = _redacted(call)
    about: dict[str, Any] = {
        "journal": journal.VERSION,
        "wall": call.header.get("wall", ""),
        "clock_us": call.header.get("clock_us", 0),
        "call": _id(call),
        "line": call.header.get("line", ""),
        "scenario": "",  # a person's own may be named after whom it is for
        "recorded": False,
        "task": msgspec.to_builtins(other.task),
        "redacted": {
            "what": WITHOUT,
            "sound": NO_SOUND if call.recording else "",
            "left_out": other.left_out,
        },
    }
    line, last = sealed(START, msgspec.json.encode(about))
    lines = [line]
    for number, (us, flags, message) in enumerate(other.events, 1):
        event = {"n": number, "us": us, "kind": type(message).__name__, "flags": int(flags)}
        line, last = sealed(last, msgspec.json.encode({**event, "data": msgspec.to_builtins(message)}))
        lines.append(line)
    summary = {
        "call": _id(call),
        "outcome": call.outcome,
        "reason": other.reason,
        "seconds": _seconds(call),
        "events": len(lines) - 1,
        "chain": last,
    }
    text = json.dumps(summary, indent=2, ensure_ascii=False) + "\n"
    return {
        journal.EVENTS: b"".join(each + b"\n" for each in lines),
        journal.SUMMARY: sealed_summary(last, text.encode()),
    }


def task_of(call: PastCall) -> Task:
    """Raises StateError where the journal does not tell."""
    try:
        return msgspec.convert(call.header.get("task"), Task)
    except msgspec.ValidationError as error:
        raise StateError(
            f"{call.name}: the first line of its journal does not say what the call was to bring ({error}), so that "
            "nobody knows whose names are in it. Copy its folder instead."
        ) from None


def _text(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        raw.decode()
        return raw
    except OSError as error:
        raise StateError(f"{path}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise StateError(f"{path}: is damaged. `call-thing calls verify` says where.") from None


def _id(call: PastCall) -> str:
    return str(call.header.get("call") or call.name)


def _origin(call: PastCall) -> str:
    return str(call.header.get("hash") or json.dumps(call.header, sort_keys=True))


def _began(call: PastCall) -> datetime:
    if call.began is None:
        raise StateError(
            f"{call.name}: its journal does not say when the call began. Copy its folder instead."
        )
    return call.began


def _sound_began_us(call: PastCall) -> int:
    audio = (call.summary or {}).get("audio")
    began_us = audio.get("began_us") if isinstance(audio, dict) else None
    if isinstance(began_us, int):
        return began_us
    events = journal.read(call.folder)
    return next((message.began_us for _, _, message in events if isinstance(message, SoundKept)), 0)


def _seconds(call: PastCall) -> float:
    if call.seconds is not None:
        return call.seconds
    return max((us for us, _, _ in journal.read(call.folder)), default=0) / 1e6
