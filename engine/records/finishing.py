"""A call that has ended: its recording becomes FLAC. `python -m engine.records.finishing FOLDER …`, at low priority.

    audio.wav ─► .audio.flac.<process> ─► read back, sample for sample ─► audio.flac ─► audio.wav is deleted

Whoever is killed anywhere in this leaves a recording that is whole; what is left over is cleared away the next time.
A record that is damaged is left as it is found, for whoever wants to know why.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.errors import StateError
from engine.journal import AUDIO, EVENTS, SUMMARY, SUMMARY_DRAFT, read
from engine.protocol import RecordingConsent
from engine.recorder import erase_far_end
from engine.records.chain import taken_apart
from engine.records.flac import NotFlac, decoded, write_flac
from engine.records.past import is_of
from engine.records.sound import FLAC, SAMPLE_BYTES, read_sound
from engine.records.verify import ready_summary, verify

DRAFT = f".{FLAC}."  # before the number of the process that writes it
NICENESS = 10  # calls that go on need the processor sooner
_BLOCK = SAMPLE_BYTES << 14


def unfinished(journals: Path, others: frozenset[str] = frozenset()) -> list[Path]:
    """Folders with a WAV, or with a summary that was not put in its place, of calls that do not go on.

    Asked before an engine places its first call. others: the numbers of engines that are on these journals too; what
    one of them may be writing is left to it.
    """
    try:
        found = {path.parent for name in (AUDIO, SUMMARY_DRAFT) for path in journals.glob(f"[!.]*/{name}")}
        return sorted(folder for folder in found if not is_of(folder.name, others))
    except OSError:
        return []  # whoever lists the calls says why


def finish(folder: Path) -> Path | None:
    """Make one recording FLAC; where it is now, None where there is none. Safe to do again, and by two at once.

    Raises StateError when the disk refuses; what there was is there still.
    """
    wav, flac = folder / AUDIO, folder / FLAC
    draft = folder / f"{DRAFT}{os.getpid()}"
    try:
        for leftover in folder.glob(f"{DRAFT}*"):
            leftover.unlink(missing_ok=True)
        (folder / f".{AUDIO}").unlink(missing_ok=True)  # one without a head
        _put_summary_in_place(folder)
        if not wav.is_file():
            return flac if flac.is_file() else None
        if (report := verify(folder)).verdict == "unfinished" and unwanted(folder):
            erase_far_end(wav)  # their word was written down, and the engine killed before it did this
        if report.verdict == "damaged":
            return flac if flac.is_file() else wav
        if not flac.is_file():
            pcm = read_sound(wav).pcm
            if not pcm:
                return wav
            _write(draft, pcm)
            draft.rename(flac)
            _to_disk(folder)
        wav.unlink(missing_ok=True)
    except NotFlac as error:
        raise StateError(f"{wav}: stays as it is: {error}.") from None
    except FileNotFoundError:
        return flac if flac.is_file() else None  # somebody else has finished it, or deleted the call
    except OSError as error:
        raise StateError(f"{wav}: cannot become FLAC, and stays as it is ({error.strerror}).") from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    return flac


def unwanted(folder: Path) -> bool:
    """Did they not want to be recorded?"""
    return any(
        isinstance(message, RecordingConsent) and message.state in ("refused", "stopped")
        for _, _, message in read(folder)
    )


def _put_summary_in_place(folder: Path) -> None:
    """The engine was killed between the last event and the summary; or before that event, and there is none."""
    draft = folder / SUMMARY_DRAFT
    if not draft.exists():
        return
    lines = (folder / EVENTS).read_bytes().splitlines()
    last = taken_apart(lines[-1]) if lines else None
    if last is not None and not (folder / SUMMARY).exists() and ready_summary(folder, last.hash):
        draft.rename(folder / SUMMARY)
    else:
        draft.unlink()


def _write(draft: Path, pcm: bytes) -> None:
    """The file, on the disk, and proved by reading it back. Raises OSError, NotFlac."""
    with draft.open("wb") as file:
        write_flac(_blocks(pcm), file)
        file.flush()
        os.fsync(file.fileno())
    back = decoded(draft.read_bytes())
    if back.pcm != pcm or not back.as_written:
        raise NotFlac(f"what was encoded is not what was recorded {back.trouble}".rstrip())


def _blocks(pcm: bytes) -> Iterator[bytes]:
    view = memoryview(pcm)
    return (bytes(view[place : place + _BLOCK]) for place in range(0, len(pcm), _BLOCK))


def _to_disk(folder: Path) -> None:
    """The names in it, before one of them goes: a power cut must not take both files."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def finish_all(folders: Iterable[Path]) -> list[str]:
    """One after the other; what went wrong."""
    troubles = []
    for folder in folders:
        try:
            finish(folder)
        except StateError as error:
            troubles.append(str(error))
    return troubles


if __name__ == "__main__":
    os.nice(NICENESS)
    wrong = finish_all(Path(each) for each in sys.argv[1:])
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    sys.exit(1 if wrong else 0)
