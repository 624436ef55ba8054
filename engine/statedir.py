"""The state directory: what an engine leaves on disk, and the lock that gives it to one engine at a time.

    engine.lock        held (flock) while an engine runs; holds its process id, for people
    engine.json        endpoints and keys of the running engine, for its clients
    reservations.db    journals/    cache/    logs/    models/
    engines/NAME/      engine.lock, engine.json, cache/, logs/ of one of several engines that share the rest

The lock is the kernel's, so it is gone with its holder however that ended. A file of a dead engine is therefore
known by its free lock, never by its age or process id.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import stat
import time
import zlib
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from engine.errors import AlreadyRunning, StateError

NEEDED_FREE_BYTES = 50_000_000  # 13 minutes of stereo audio at 16 kHz; with less, nothing is begun
LOG = Path("logs", "engine.log")  # of an engine that a command has started
ENGINES = "engines"  # in the state directory: a folder for each engine of a coordinator
ADVICE = "Choose another directory: --state-dir or state_dir in the settings."
_LOCK_RETRIES = 20  # a client that looks holds the lock for an instant; 20 x 5 ms outlasts it
_LOCK_RETRY_S = 0.005


class StateDirectory:
    """One engine's hold on its state directory, from construction to close().

    Raises StateError when the directory cannot be used and AlreadyRunning when another engine holds it.
    """

    def __init__(
        self, path: Path, needed_free_bytes: int = NEEDED_FREE_BYTES, own: Path | None = None
    ) -> None:
        """own: the engine's own folder, where several share `path`; see `Settings.engine_path`."""
        self.path = path.expanduser().absolute()
        self.own = (own or self.path).expanduser().absolute()
        _create(self.path)
        if self.own != self.path:
            _create(self.own)
        _check_space(self.path, needed_free_bytes)
        self._lock = _hold(self.own)
        try:
            self._info.unlink(missing_ok=True)  # of an engine that died
            for folder in (self.journals, self.cache, self.logs, self.models):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            os.close(self._lock)
            raise StateError(f"{self.path}: cannot be written ({error.strerror}). {ADVICE}") from None

    @property
    def number(self) -> str:
        """What tells this engine's calls from those of others on the directory; it stands in their names."""
        return str(os.getpid()) if self.own == self.path else number_of(self.own.name)

    @property
    def journals(self) -> Path:
        return self.path / "journals"

    @property
    def reservations_db(self) -> Path:
        return self.path / "reservations.db"

    @property
    def cache(self) -> Path:
        return self.own / "cache"

    @property
    def logs(self) -> Path:
        return self.own / "logs"

    @property
    def models(self) -> Path:
        return self.path / "models"

    @property
    def _info(self) -> Path:
        return self.own / "engine.json"

    def announce(self, info: dict[str, Any]) -> None:
        """Let clients find this engine: write `info` (endpoints and keys) so that no other account can read it.

        Raises StateError.
        """
        draft = self.own / f".engine.json.{os.getpid()}"
        try:
            draft.unlink(missing_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump({"pid": os.getpid(), **info}, file)
                file.flush()
                os.fsync(descriptor)
            draft.replace(self._info)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise StateError(f"{self._info}: cannot be written ({error.strerror}). {ADVICE}") from None

    @staticmethod
    def running(path: Path) -> dict[str, Any] | None:
        """What the engine that holds the directory at `path` announced; None when no engine runs there.

        An engine that has not announced itself yet counts as none. Raises StateError when the file is there
        but not for us to read.
        """
        info = path.expanduser().absolute() / "engine.json"
        try:
            if not _is_held(info.with_name("engine.lock")):
                return None
            announced = json.loads(info.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except NotADirectoryError:
            return None
        except PermissionError:
            raise StateError(
                f"{info}: belongs to another account. Run this as the account that started the engine."
            ) from None
        except (OSError, ValueError) as error:
            raise StateError(
                f"{info}: cannot be read ({error}). Stop the engine and start it again."
            ) from None
        return announced if isinstance(announced, dict) else None

    def close(self) -> None:
        """Give the directory back; clients find no engine from here on. Safe to call twice."""
        if self._lock < 0:
            return
        self._info.unlink(missing_ok=True)
        os.close(self._lock)
        self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def number_of(name: str) -> str:
    """Digits that stand for the name of an engine: process numbers repeat, in containers and on other machines."""
    return str(zlib.crc32(name.encode()))


def engines_on(path: Path) -> frozenset[str]:
    """The numbers of all engines alive on the state directory at `path`; "" stands for one that is not known."""
    path = path.expanduser().absolute()
    alive = set()
    if is_held(path):
        try:
            alive.add((path / "engine.lock").read_text("ascii").strip())
        except (OSError, ValueError):
            alive.add("")
    with contextlib.suppress(OSError):
        alive |= {number_of(each.name) for each in (path / ENGINES).iterdir() if is_held(each)}
    return frozenset(alive)


def is_held(path: Path) -> bool:
    """Does a living engine hold the directory at `path`, announced or not?"""
    try:
        return _is_held(path.expanduser().absolute() / "engine.lock")
    except OSError:
        return False


def check_usable(path: Path) -> int:
    """Could an engine use this directory? Free bytes there; leaves nothing behind. Raises StateError."""
    there = nearest_folder(path)
    if not os.access(there, os.W_OK | os.X_OK):
        raise StateError(f"{there}: cannot be written. {ADVICE}")
    _check_space(there, NEEDED_FREE_BYTES)
    return free_bytes(there)


def nearest_folder(path: Path) -> Path:
    """The directory itself, or the nearest above it that is there. Raises StateError where that is a file."""
    path = path.expanduser().absolute()
    there = next(folder for folder in (path, *path.parents) if folder.exists())
    if not there.is_dir():
        raise StateError(f"{there}: is a file, not a directory. {ADVICE}")
    return there


def free_bytes(path: Path) -> int:
    """Free space for us on the file system of `path`, or of its nearest parent that exists. Raises OSError."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def _create(path: Path) -> None:
    """Make the directory with its parents (ours alone to read), and prove that a file can be made in it."""
    probe = path / f".probe.{os.getpid()}"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            probe.write_bytes(b"x" * 4096)
        finally:
            probe.unlink(missing_ok=True)
    except FileExistsError:
        raise StateError(f"{path}: is a file, not a directory. Move it away, or: {ADVICE}") from None
    except NotADirectoryError:
        raise StateError(f"{path}: something above it is a file, not a directory. {ADVICE}") from None
    except OSError as error:
        raise StateError(f"{path}: cannot be written ({error.strerror}). {ADVICE}") from None


def _check_space(path: Path, needed_bytes: int) -> None:
    free = free_bytes(path)
    if free < needed_bytes:
        raise StateError(
            f"{path}: {free // 1_000_000} MB free, {needed_bytes // 1_000_000} MB are needed. "
            f"Make room there, or: {ADVICE}"
        )


def _hold(path: Path) -> int:
    """Take the lock and write our process id into it; the descriptor, which is the lock.

    The lock is not inherited by the rooms: Python opens files close-on-exec.
    """
    lock = path / "engine.lock"
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StateError(f"{lock}: cannot be opened ({error.strerror}). {ADVICE}") from None
    for _ in range(_LOCK_RETRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_LOCK_RETRY_S)
            continue
        except OSError as error:
            os.close(descriptor)
            raise StateError(f"{lock}: cannot be locked ({error.strerror}). {ADVICE}") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        return descriptor
    pid = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
    os.close(descriptor)
    raise AlreadyRunning(
        f"An engine (process {pid or 'unknown'}) already runs on {path}. "
        "Watch it with `call-thing console`, stop it, or name another directory with --state-dir."
    )


def _is_held(lock: Path) -> bool:
    """Does a living engine hold this lock? Raises FileNotFoundError when there never was one."""
    descriptor = os.open(lock, os.O_RDONLY)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return False
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)
