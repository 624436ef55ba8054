"""The recorded sound of a call: both ends at once, from any position, and the clock that a replay then follows."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from console.audio.base import BLOCK_BYTES, BLOCK_MS, RATE_HZ, SILENCE, NoSound, Speaker
from engine.errors import StateError
from engine.records.sound import read_samples

_BLOCK_SAMPLES = BLOCK_BYTES // 2
STALLED_US = 1_500_000  # a loudspeaker that takes nothing for so long is none


class ReplaySound:
    """Plays a recording, WAV or FLAC, through a speaker. Times are µs since the call's beginning."""

    def __init__(self, audio: Path, begins_us: int, speaker: Speaker) -> None:
        """begins_us: when the recording's first sample was heard."""
        self._audio, self._begins_us, self._speaker = audio, begins_us, speaker
        self._ends: np.ndarray | None = None  # int16, shape (samples, 2)
        self._lock = threading.Lock()  # blocks are pulled by a thread of the sound system
        self._sample = 0  # the next one to be played; below 0 before the recording begins
        self.playing = False

    def open(self) -> None:
        """May take some hundred milliseconds. Raises NoSound when file or loudspeaker cannot be used."""
        try:
            samples, rate_hz = read_samples(self._audio)
        except StateError as error:
            raise NoSound(str(error)) from None
        if not samples.size or rate_hz != RATE_HZ:
            raise NoSound(
                f"{self._audio.name} cannot be read: there is no sound in it that this version records."
            )
        self._ends = samples
        try:
            self._speaker.open(self.pull)
        except NoSound:
            self.close()
            raise

    @property
    def position_us(self) -> int:
        """Of what is played next."""
        return self._begins_us + self._sample * 1_000_000 // RATE_HZ

    def play(self, position_us: int) -> None:
        """Go on from here."""
        with self._lock:
            self._sample = (position_us - self._begins_us) * RATE_HZ // 1_000_000
            self.playing = True

    def pause(self) -> None:
        self.playing = False

    def pull(self) -> bytes:
        """The next 20 ms, both ends mixed: 16 kHz mono int16. Called by the sound system."""
        with self._lock:
            if not self.playing or self._ends is None:
                return SILENCE
            first, self._sample = self._sample, self._sample + _BLOCK_SAMPLES
            if first < 0 or first >= len(self._ends):
                return SILENCE
            ends = self._ends[first : first + _BLOCK_SAMPLES].astype(np.int32)
        mixed = np.clip(ends.sum(axis=1), -32_768, 32_767).astype(np.int16).tobytes()
        return mixed.ljust(BLOCK_BYTES, b"\0")

    def close(self) -> None:
        """Safe to call twice."""
        self.playing = False
        self._speaker.close()
        with self._lock:
            self._ends = None


class SoundClock:
    """Keeps a sound and whoever watches it together. Pure, but for the sound it is given."""

    def __init__(self, sound: ReplaySound) -> None:
        self.sound = sound
        self._followed_us = -1  # the position that was told last
        self._moved_us = 0

    def position(self, watched_us: int, clock_us: int) -> int | None:
        """How far the sound is; it is set anew where whoever watches has gone elsewhere. None when it is stuck."""
        if not self.sound.playing or watched_us != self._followed_us:
            self.sound.play(watched_us)
            self._followed_us, self._moved_us = watched_us, clock_us
            return watched_us
        now_us = max(self.sound.position_us - BLOCK_MS * 1000, watched_us)
        if now_us > watched_us:
            self._moved_us = clock_us
        elif clock_us - self._moved_us > STALLED_US:
            return None
        return now_us

    def followed(self, position_us: int) -> None:
        """Where the replay has come to with it."""
        self._followed_us = position_us
