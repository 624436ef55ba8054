"""What a microphone and a loudspeaker are to the console."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from engine.protocol import FRAME_MS, HEARING_FRAME_BYTES, HEARING_RATE_HZ

RATE_HZ, BLOCK_MS, BLOCK_BYTES = HEARING_RATE_HZ, FRAME_MS, HEARING_FRAME_BYTES
SILENCE = bytes(BLOCK_BYTES)


class NoSound(Exception):
    """A device cannot be used; the text says which, why, and what to do about it."""


@dataclass(frozen=True)
class Probe:
    """What there is. `reason`: why it cannot be used; `hint`: the next step. Both are "" when all is well."""

    ok: bool
    reason: str = ""
    hint: str = ""
    microphone: str = ""
    speaker: str = ""

    @property
    def words(self) -> str:
        """Reason and hint in one line."""
        return " ".join(part for part in (self.reason, self.hint) if part)


@dataclass
class Troubles:
    """What went wrong since it was last looked at."""

    lost_blocks: int = 0  # sound that came and could not be kept
    gone: str = ""  # why the device delivers no more


class Microphone(Protocol):
    """Delivers from `open` on. Everything but `open` returns at once."""

    name: str

    def open(self) -> None:
        """Take some hundred milliseconds to start. Raises NoSound."""
        ...

    def take(self) -> list[bytes]:
        """The blocks of 20 ms that came since the last time, oldest first; at most the last 400 ms."""
        ...

    def troubles(self) -> Troubles:
        """Since the last time."""
        ...

    def close(self) -> None: ...


class Speaker(Protocol):
    """Plays what `pull` gives, 20 ms at a time."""

    name: str

    def open(self, pull: Callable[[], bytes]) -> None:
        """pull: called in the sound system's thread, must not wait. Raises NoSound."""
        ...

    def close(self) -> None: ...


class Sound(Protocol):
    """A sound system."""

    def probe(self) -> Probe:
        """Look what there is; never raises, and may take a second."""
        ...

    def microphone(self) -> Microphone: ...

    def speaker(self) -> Speaker: ...
