"""A coordinator's status as bytes, and where it is found. Both sides of the wire use this, and nothing else packs it.

REQ-like:  DEALER b"status"      → ROUTER answers with the status as it is
published: PUB    b"status" …    whenever something has changed
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import msgspec

from engine.coordinator.status import CoordinatorStatus
from engine.errors import StateError
from engine.statedir import ADVICE

INFO = "coordinator.json"  # in the state directory
ASK = b"status"
TOPIC = b"status"
_DECODER = msgspec.msgpack.Decoder(CoordinatorStatus)


class CoordinatorAddress(msgspec.Struct, frozen=True):
    """Where a coordinator is and how to prove that one may ask it; in INFO, mode 0600."""

    pid: int
    host: str
    ask_port: int
    publish_port: int
    server_public: str
    client_public: str
    client_secret: str


def packed(status: CoordinatorStatus) -> bytes:
    """A status as it goes over the wire."""
    return msgspec.msgpack.encode(status)


def unpacked(data: bytes) -> CoordinatorStatus:
    """Raises msgspec.MsgspecError: it is none, or one of another version."""
    return _DECODER.decode(data)


def announce(folder: Path, address: CoordinatorAddress) -> None:
    """Let clients find this coordinator; no other account can read it. Raises StateError."""
    draft = folder / f".{INFO}.{os.getpid()}"
    try:
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(address))
        draft.replace(folder / INFO)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise StateError(f"{folder / INFO}: cannot be written ({error.strerror}). {ADVICE}") from None


def withdraw(folder: Path) -> None:
    """Clients find no coordinator from here on. What another process has announced meanwhile stays."""
    with contextlib.suppress(OSError, ValueError):
        if json.loads((folder / INFO).read_bytes()).get("pid") == os.getpid():
            (folder / INFO).unlink()


def announced(folder: Path) -> CoordinatorAddress | None:
    """Where the coordinator that ran here last said it is; None: none did. It may have been killed since.

    Raises StateError where that cannot be read.
    """
    try:
        return msgspec.json.decode((folder / INFO).read_bytes(), type=CoordinatorAddress)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        raise StateError(
            f"{folder / INFO}: belongs to another account. Run this as the account that started the coordinator."
        ) from None
    except (OSError, msgspec.MsgspecError) as error:
        raise StateError(f"{folder / INFO}: cannot be read ({error}). Start the coordinator again.") from None
