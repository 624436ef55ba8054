"""Whisper models for real lines: which are here, and how they come here.

    models/small/             a whole model: model.bin, config.json, tokenizer.json, vocabulary
    models/.partial-small/    one on its way; becomes models/small/ by one rename, when every file has been checked

Nothing is fetched unless a person asks for it with `call-thing models pull`.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from engine.errors import CallThingError, ExitCode, ModelError
from engine.model_download import Download, Report, bytes_in, is_whole

NO_PROGRESS_LIMIT_S = 20.0  # two of the hub client's own 10 s timeouts


@dataclass(frozen=True)
class InstalledModel:
    """A model that can be loaded without a network."""

    size: str
    path: Path
    size_bytes: int


def sizes() -> dict[str, str]:
    """Names of Whisper sizes and the repository of each, as faster-whisper knows them."""
    from faster_whisper.utils import _MODELS

    return dict(_MODELS)


def path_of(size: str, folder: Path) -> Path | None:
    """Folder of a whole model, or None when it has not been pulled. Opens no connection."""
    _repository(size)
    path = folder / size
    return path if is_whole(path) else None


def installed(folder: Path) -> list[InstalledModel]:
    """The whole models in `folder`; one on its way is not among them."""
    if not folder.is_dir():
        return []
    return [
        InstalledModel(path.name, path, bytes_in(path))
        for path in sorted(folder.iterdir())
        if not path.name.startswith(".") and is_whole(path)
    ]


def pull(size: str, folder: Path, report: Report, no_progress_limit_s: float = NO_PROGRESS_LIMIT_S) -> Path:
    """Fetch a model, going on where an earlier pull stopped; its folder.

    report: told (bytes done, bytes in all) a few times a second; all = 0 until the hub has named the files.
    Raises ModelError. Whatever ends it, by exception or signal, the download ends with it.
    """
    repository = _repository(size)
    if there := path_of(size, folder):
        return there
    partial = folder / f".partial-{size}"
    try:
        partial.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelError(
            f"{folder}: cannot be written ({error.strerror}). Name another directory with --state-dir."
        ) from None
    with _alone(partial, size):
        Download(size, partial, report, no_progress_limit_s).run(repository)
        for leftover in partial.glob("*.part"):  # of an older revision
            leftover.unlink()
        shutil.rmtree(folder / size, ignore_errors=True)  # a broken one; a whole one was returned above
        partial.rename(folder / size)
    return folder / size


def command_pull(size: str, folder: Path) -> ExitCode:
    """`call-thing models pull SIZE`: progress to stderr, the model's folder to stdout."""
    line = _ProgressLine(size, sys.stderr)
    try:
        path = pull(size, folder, line.show)
    except CallThingError as error:
        line.end()
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        line.end()
        print("Interrupted. What was fetched is kept; the same command goes on from there.", file=sys.stderr)
        return ExitCode.INTERRUPTED
    line.end()
    print(path)
    return ExitCode.OK


def command_list(folder: Path, as_json: bool = False) -> ExitCode:
    """`call-thing models list`: what is here."""
    models = installed(folder)
    if as_json:
        rows = [{"size": m.size, "path": str(m.path), "bytes": m.size_bytes} for m in models]
        print(json.dumps(rows, indent=2))
        return ExitCode.OK
    for model in models:
        print(f"{model.size:<16} {model.size_bytes / 1e6:6.0f} MB  {model.path}")
    if not models:
        print(f"No Whisper model in {folder}. Bring one: call-thing models pull small", file=sys.stderr)
    return ExitCode.OK


class _ProgressLine:
    """One line that is written over in a terminal, and one line per tenth elsewhere."""

    def __init__(self, size: str, stream: IO[str]) -> None:
        self.size, self.stream, self.tenth, self.live = size, stream, -1, stream.isatty()

    def show(self, done_bytes: int, total_bytes: int) -> None:
        if not total_bytes:
            return
        text = f"{self.size}: {done_bytes / 1e6:.0f} of {total_bytes / 1e6:.0f} MB"
        if self.live:
            self.stream.write(f"\r\x1b[K{text}")
            self.stream.flush()
        elif (tenth := done_bytes * 10 // total_bytes) != self.tenth:
            self.tenth = tenth
            print(text, file=self.stream, flush=True)

    def end(self) -> None:
        if self.live:
            self.stream.write("\r\x1b[K")


def _repository(size: str) -> str:
    known = sizes()
    if size not in known:
        raise ModelError(f"{size!r} is no Whisper size. Known are: {', '.join(known)}.")
    return known[size]


@contextmanager
def _alone(partial: Path, name: str) -> Iterator[None]:
    """Keep a second pull of the same model from writing into the same files."""
    with partial.with_name(f".lock-{name}").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ModelError(
                f"Model {name!r} is being fetched already. Wait for it, or end that command."
            ) from None
        yield
