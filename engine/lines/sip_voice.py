"""Our voice of one call: frames into the stack, and which of them have left."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable

from baresip import AudioNotActive, AudioRestarted
from baresip.audio import CallAudio

from engine.protocol import CLOCK_MODULUS_US, VoicePlayed

BEGINS_US = 60_000  # our voice has been silent: the first packet of what comes now is to be seen leaving


class SipVoice:
    """One call's. Belongs to the media thread; times are monotonic µs."""

    def __init__(self, audio: CallAudio, counters: CallAudio, on_restart: Callable[[], None]) -> None:
        """counters: another view of the same streams, to look at. on_restart: they are new; it calls `restarted`."""
        self._audio, self._counters, self._on_restart = audio, counters, on_restart
        self._flushing = False
        self._waiting: deque[tuple[int, bytes]] = deque()  # our frames, before there is a stream to write to
        self._holders: set[str] = set()  # who keeps the far end on hold, or us
        self._written = 0  # bytes, of the streams as they are
        self._in_stack: deque[tuple[int, int]] = deque()  # our frames: number, and `_written` after it
        self._last_played, self._last_played_us = -1, 0
        self._untold = 0  # frames that have left since playback was told
        self._overtaken = False  # frames were lost with the streams they were in

    def say(self, number: int, pcm: bytes) -> None:
        """One frame of our voice."""
        self._waiting.append((number, pcm))
        self._write()

    def held(self, by: str) -> None:
        """Nobody hears us now: what is said waits, and with it whoever says it, since nothing is told as played."""
        self._holders.add(by)

    def resumed(self, by: str) -> None:
        """The other side may hear us again, if nobody else holds."""
        self._holders.discard(by)

    def _write(self) -> None:
        if self._holders:
            return
        if self._flushing and self._has_ours():
            return  # the stack flushes with its next packet, and would throw away what is written until then
        self._flushing = False
        while self._waiting:
            number, pcm = self._waiting[0]
            try:
                taken = self._audio.write(pcm)
            except AudioNotActive:
                return
            except AudioRestarted:
                self._on_restart()
                continue
            self._written += taken
            if taken < len(pcm):  # a queue of 2.7 s is full
                self._waiting[0] = (number, pcm[taken:])
                return
            self._in_stack.append((number, self._written))
            self._waiting.popleft()

    def _has_ours(self) -> bool:
        """Whether anything of ours is in the stack's queue."""
        try:
            return self._counters.stats().tx_buffered > 0
        except AudioNotActive:
            return False

    def flush(self, now_us: int) -> VoicePlayed:
        """Throw away what has not left; tells what has."""
        self.played(now_us)
        if self._has_ours():  # a flush of nothing would throw away what is written next
            self._flush()
        self._waiting.clear()
        self._in_stack.clear()
        return VoicePlayed(self._last_played % (1 << 16), now_us % CLOCK_MODULUS_US, flushed=True)

    def _flush(self) -> None:
        try:
            self._audio.flush_tx()
            self._flushing = True
        except AudioNotActive:
            pass
        except AudioRestarted:
            self._on_restart()

    def played(self, now_us: int) -> VoicePlayed | None:
        """How far our voice has left: written - buffered - flushed, in whole frames.

        Told at once when our voice begins or has all left, and every second frame in between: each message wakes
        somebody.
        """
        self._write()
        begins = now_us - self._last_played_us > BEGINS_US
        gone = 0
        if self._in_stack:
            with contextlib.suppress(AudioNotActive):
                gone = self._written - self._counters.stats().tx_buffered
        while self._in_stack and self._in_stack[0][1] <= gone:
            self._last_played = self._in_stack.popleft()[0]
            self._last_played_us = now_us
            self._untold += 1
        if not self._overtaken and not (self._untold and (begins or self._untold > 1 or not self._in_stack)):
            return None
        self._overtaken, self._untold = False, 0
        return VoicePlayed(self._last_played % (1 << 16), now_us % CLOCK_MODULUS_US)

    @property
    def owes(self) -> bool:
        """Some of our voice is still on its way to the wire."""
        return bool(self._in_stack or (self._waiting and not self._holders))

    def begins(self, now_us: int) -> bool:
        """It is about to leave, after a silence."""
        return self.owes and now_us - self._last_played_us > BEGINS_US

    def restarted(self) -> None:
        """The streams are new, and what was in the old ones is gone."""
        if self._in_stack:  # playback must not wait for them for ever
            self._last_played, self._overtaken = self._in_stack[-1][0], True
        self._in_stack.clear()
        self._written = 0
        self._flushing = False
