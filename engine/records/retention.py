"""How long calls are kept, and how they are thrown away. A call in progress is never touched."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.errors import SettingsError, StateError
from engine.journal import BEGUN
from engine.records.past import PastCall, past_calls

_AGE = re.compile(r"(\d{1,5})([dhw])")
_HOURS = {"h": 1, "d": 24, "w": 168}
BEGUN_S = 3600.0  # a journal is begun in a moment
PURGED = ".purged-"  # before the name of a folder that is being deleted


def age_of(words: str) -> timedelta:
    """30d, 12h or 4w. Raises SettingsError."""
    found = _AGE.fullmatch(words.strip())
    if not found:
        raise SettingsError(f'"{words}" is no age. Write 30d for days, 12h for hours or 4w for weeks.')
    return timedelta(hours=int(found[1]) * _HOURS[found[2]])


def expired(calls: Iterable[PastCall], now: datetime, keep: timedelta) -> list[PastCall]:
    """The calls that began longer ago than `keep`; none that goes on, and none whose time is not known."""
    return [
        call
        for call in calls
        if not call.in_progress and (began := began_of(call)) is not None and now - began > keep
    ]


def keep_only(state: Path, days: int, now: datetime) -> list[str]:
    """Delete what is older than so many days; what is gone. Raises StateError."""
    return purge(expired(past_calls(state, now), now, timedelta(days=days)))


def began_of(call: PastCall) -> datetime | None:
    """From the journal, or from the folder's name where that cannot be read."""
    if call.began is not None:
        return call.began
    try:
        return datetime.strptime(call.name[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def purge(calls: Iterable[PastCall]) -> list[str]:
    """Delete the folders for good; the names of those that are gone. Raises StateError at the first that stays.

    A folder is renamed first, so that no half of a call is ever listed. What an earlier purge left of one goes too.
    """
    gone: list[str] = []
    calls = list(calls)
    for journals in {call.folder.parent for call in calls}:
        for leftover in (*journals.glob(f"{PURGED}*"), *_never_begun(journals)):
            shutil.rmtree(leftover, ignore_errors=True)
    for call in calls:
        doomed = call.folder.with_name(f"{PURGED}{call.name}")
        try:
            call.folder.rename(doomed)
            shutil.rmtree(doomed)
        except FileNotFoundError:
            continue  # somebody else was faster
        except OSError as error:
            raise StateError(
                f"{call.folder}: cannot be deleted ({error.strerror}); {len(gone)} calls were. Make that folder "
                "writable, and purge again."
            ) from None
        gone.append(call.name)
    return gone


def _never_begun(journals: Path) -> list[Path]:
    """Folders of calls whose engine was killed before they had a journal."""
    found, before_s = [], time.time() - BEGUN_S
    for folder in journals.glob(f"{BEGUN}*"):
        with contextlib.suppress(FileNotFoundError):  # it has its journal by now
            if folder.stat().st_mtime < before_s:
                found.append(folder)
    return found
