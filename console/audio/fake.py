"""A sound system without a sound card, paced by whoever tests with it."""

from __future__ import annotations

from collections.abc import Callable

from console.audio.base import BLOCK_BYTES, NoSound, Probe, Troubles
from console.audio.ring import Ring


class FakeMicrophone:
    """Delivers what `speak` puts into it."""

    def __init__(self, fails: str = "") -> None:
        self.name = "test microphone"
        self.opened = False
        self._fails = fails
        self._ring = Ring()
        self._troubles = Troubles()

    def open(self) -> None:
        """See Microphone."""
        if self._fails:
            raise NoSound(self._fails)
        self.opened = True

    def speak(self, blocks: int = 1, amplitude: int = 3000) -> None:
        """So many blocks of a steady sound have come."""
        for _ in range(blocks):
            self._ring.put(amplitude.to_bytes(2, "little", signed=True) * (BLOCK_BYTES // 2))

    def breaks(self, why: str) -> None:
        """The device is pulled out."""
        self._troubles.gone = why

    def loses(self) -> None:
        """The sound system reports an overflow."""
        self._ring.missed()

    def take(self) -> list[bytes]:
        """See Microphone."""
        return self._ring.take()

    def troubles(self) -> Troubles:
        """See Microphone."""
        return Troubles(self._ring.lost(), self._troubles.gone)

    def close(self) -> None:
        self.opened = False


class FakeSpeaker:
    """Plays when it is told that 20 ms have passed."""

    def __init__(self) -> None:
        self.name = "test headset"
        self.fails = ""  # why it cannot be opened
        self.played: list[bytes] = []
        self._pull: Callable[[], bytes] | None = None

    @property
    def opened(self) -> bool:
        return self._pull is not None

    def open(self, pull: Callable[[], bytes]) -> None:
        """See Speaker."""
        if self.fails:
            raise NoSound(self.fails)
        self._pull = pull

    def play(self, blocks: int = 1) -> None:
        """So many blocks of time have passed."""
        if self._pull is not None:
            self.played += [self._pull() for _ in range(blocks)]

    def close(self) -> None:
        self._pull = None


class FakeSound:
    """Hands out the one microphone and the one speaker."""

    def __init__(self, fails: str = "") -> None:
        """fails: why the microphone cannot be opened."""
        self.fails = fails
        self.mic = FakeMicrophone(fails)
        self.ear = FakeSpeaker()

    def probe(self) -> Probe:
        """See Sound."""
        if self.fails:
            return Probe(False, self.fails)
        return Probe(True, microphone=self.mic.name, speaker=self.ear.name)

    def microphone(self) -> FakeMicrophone:
        """See Sound."""
        self.mic = FakeMicrophone(self.fails)
        return self.mic

    def speaker(self) -> FakeSpeaker:
        """See Sound."""
        return self.ear
