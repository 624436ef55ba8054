"""Journals of an engine elsewhere come home: packed there, unpacked here, and only then removed there.

    node      journals/CALL/  ──►  one tar in memory  ──►  journals/.coming-CALL/  ──►  journals/CALL/     home

A folder is there whole or not at all, whoever is killed when. Where both ends are one folder, nothing is carried.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import tarfile
import time
from pathlib import Path
from typing import Any

import msgspec

from engine.coordinator.learning import outcome_of
from engine.errors import StateError
from engine.journal import AUDIO, SUMMARY, unwritable
from engine.protocol import Reservation, Task
from engine.records.finishing import finish
from engine.records.past import is_of
from engine.statedir import number_of
from engine.stores.reservations import ReservationStore

MARK = ".home"  # holds a word that only this state directory has: who can read it there shares it
SETTLED_S = 5.0  # after the summary was written: its traces are made of it too
LONGEST_SOUND_S = 120.0  # a recording that has not become FLAC by then comes home as it is
_CALL = re.compile(r"[0-9A-Za-z][\w.+-]{0,200}")
_FILE = re.compile(r"[\w][\w.-]{0,100}")


def journals_of(state: Path, engine: str, ended: bool, now_s: float) -> list[str]:
    """The calls of an engine whose folders can leave; all of them once it has ended. now_s: seconds since 1970."""
    numbers = frozenset((number_of(engine),))
    try:
        folders = sorted(path for path in (state / "journals").iterdir() if is_of(path.name, numbers))
    except OSError:
        return []
    return [path.name for path in folders if path.is_dir() and (ended or _is_settled(path, now_s))]


def _is_settled(folder: Path, now_s: float) -> bool:
    try:
        age_s = now_s - (folder / SUMMARY).stat().st_mtime
    except OSError:
        return False
    sounds = (folder / AUDIO).exists() or any(folder.glob(".audio*"))
    return age_s > (LONGEST_SOUND_S if sounds else SETTLED_S)


def shares(state: Path, word: str) -> bool:
    """Whether this is the home itself, by whatever way it is reached."""
    try:
        return bool(word) and (state / MARK).read_text("ascii") == word
    except (OSError, ValueError):
        return False


def packed(state: Path, call: str, ended: bool) -> bytes:
    """A call's folder as a tar; b"" = it is not there any more. ended: its engine has; its recording is finished here.

    Raises StateError.
    """
    folder = _folder(state, call)
    if ended and (folder / AUDIO).exists():
        with contextlib.suppress(StateError):  # it comes as it is
            finish(folder)
    buffer = io.BytesIO()
    try:
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for path in sorted(folder.iterdir()):
                if path.is_file() and not path.is_symlink() and _FILE.fullmatch(path.name):
                    tar.add(path, path.name)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise StateError(f"{folder}: cannot be read ({error.strerror}).") from None
    return buffer.getvalue()


def remove(state: Path, call: str) -> None:
    """It is at home."""
    shutil.rmtree(_folder(state, call), ignore_errors=True)


def unpack(home: Path, call: str, tar: bytes) -> None:
    """Put a call's folder among the journals, and what was agreed among the reservations. Raises StateError.

    Does nothing where it is there already.
    """
    folder = _folder(home, call)
    coming = folder.with_name(f".coming-{call}")
    if folder.exists():
        return
    try:
        shutil.rmtree(coming, ignore_errors=True)
        coming.parent.mkdir(mode=0o700, exist_ok=True)
        coming.mkdir(mode=0o700)
        with tarfile.open(fileobj=io.BytesIO(tar)) as files:
            for member in files:
                if not member.isfile() or not _FILE.fullmatch(member.name):
                    raise StateError(
                        f"{call}: a file of it has the name {member.name!r}; it is not unpacked."
                    )
                _write(coming / member.name, files.extractfile(member), member.mtime)
        _enter(home, coming, folder)
        coming.rename(folder)
    except tarfile.TarError as error:
        raise StateError(f"{call}: what came of it cannot be unpacked ({error}).") from None
    except OSError as error:
        raise StateError(unwritable(folder, error)) from None


def _write(path: Path, content: Any, changed_s: float) -> None:
    with path.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        shutil.copyfileobj(content, file)
        file.flush()
        os.fsync(file.fileno())  # it is removed where it came from
    os.utime(path, (time.time(), changed_s))


def _enter(home: Path, coming: Path, folder: Path) -> None:
    """How it ended, into the database of reservations; a call without a summary has none."""
    try:
        summary = json.loads((coming / SUMMARY).read_bytes())
        with (coming / "events.jsonl").open("rb") as file:
            header = json.loads(file.readline())
        call, outcome = str(header["call"]), outcome_of(summary.get("outcome"))
        task = msgspec.convert(header["task"], Task)
        reservation = msgspec.convert(summary["reservation"], Reservation)
    except (OSError, ValueError, KeyError, msgspec.ValidationError):
        return
    store = ReservationStore(home / "reservations.db")
    try:
        if reservation.status != "open":
            store.save(call, task, reservation, "end of call")
        store.finish(call, task, outcome, str(folder))
    finally:
        store.close()


def _folder(state: Path, call: str) -> Path:
    if not _CALL.fullmatch(call):
        raise StateError(f"{call!r} is no name of a call's folder.")
    return state / "journals" / call
