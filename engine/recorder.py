"""Stereo audio of a call from one clock: left the far end, right what was really sent. 16 kHz WAV.

Each channel is placed by time, not by arrival, so that the two can never drift apart. The file is readable at any
moment: its header is brought up to date every second. What may still change is in it too, so that an end without a
word costs a second of sound and no more; a digest is kept of what will not change any more.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np

from engine.audio.frames import FrameCounter
from engine.audio.resample import Decimator
from engine.protocol import CLOCK_MODULUS_US, FRAME_MS, HEARING_RATE_HZ, LINE_RATE_HZ, elapsed_us

CHANNELS = 2
FRAME_SAMPLES = HEARING_RATE_HZ * FRAME_MS // 1000
HOLD_BACK_SAMPLES = HEARING_RATE_HZ  # a second: frames that arrive late still find their place
SHOWN_SAMPLES = HEARING_RATE_HZ  # a second: so much is lost when this process is killed
SNAP_SAMPLES = HEARING_RATE_HZ * 60 // 1000  # a frame this near to the end of the one before continues it
ERASED_SAMPLES = 1 << 16  # at once
COMMENT = "Call-Thing; right channel: synthetic speech of an AI assistant, or an operator who has taken over"


def wav_head(samples: int) -> bytes:
    """What stands before so many samples per channel: every recording of that length begins with these bytes."""
    data = samples * CHANNELS * 2
    note = COMMENT.encode() + b"\0" * (2 - len(COMMENT) % 2)
    info = b"INFO" + b"ICMT" + struct.pack("<I", len(note)) + note
    about = struct.pack("<HHIIHH", 1, CHANNELS, HEARING_RATE_HZ, HEARING_RATE_HZ * 4, CHANNELS * 2, 16)
    chunks = b"WAVEfmt " + struct.pack("<I", len(about)) + about
    chunks += b"LIST" + struct.pack("<I", len(info)) + info + b"data" + struct.pack("<I", data)
    return b"RIFF" + struct.pack("<I", len(chunks) + data) + chunks


HEAD_BYTES = len(wav_head(0))


class Recorder:
    """One call's audio file."""

    def __init__(self, path: Path) -> None:
        """Raises OSError when the file cannot be made."""
        self.lost_frames = 0
        self.ended = False  # nothing is recorded any more
        self._far_from: int | None = 0  # from this sample on the far end may be stored; None = not at all
        self._path = path
        draft = path.with_name(f".{path.name}")  # until it has a head
        self._file = draft.open("wb")
        self._written = 0  # samples per channel that are in the file for good
        self._shown = 0  # and with those that may still change
        self._pending = np.zeros((HEARING_RATE_HZ * 4, CHANNELS), np.int16)
        self._far_end = 0  # samples known of each channel
        self._agent_end = 0
        self._first_us: int | None = None
        self._far_frames = FrameCounter()
        self._to_hearing_rate = Decimator(LINE_RATE_HZ // HEARING_RATE_HZ)
        self._digest = hashlib.sha256()
        self._head(0)
        draft.rename(path)

    def far(self, sequence: int, time_us: int, pcm: bytes) -> None:
        """Frames of the far end at 16 kHz that follow one another; their place is the number of the first."""
        if self.ended:
            return
        samples = np.frombuffer(pcm, np.int16)
        number = self._far_frames.count_run(sequence, samples.size // FRAME_SAMPLES)
        self.lost_frames = self._far_frames.lost
        if self._first_us is None:
            self._first_us = time_us - number * FRAME_MS * 1000
        place = number * FRAME_SAMPLES
        samples = self._allowed(place, samples)
        if place >= self._far_end or place >= self._written:
            self._put(place, 0, samples)
        self._far_end = max(self._far_end, place + samples.size)
        if self._far_end - self._shown >= SHOWN_SAMPLES:
            self._flush(max(self._written, self._far_end - HOLD_BACK_SAMPLES))

    def agent(self, time_us: int, pcm: bytes) -> None:
        """A frame of our voice at 48 kHz; its place is the time it went to the line, or behind the one before it.

        A line with its own clock is sent a few frames at once: the first leaves at its next tick, the others follow.
        """
        if self._first_us is None or self.ended:
            return
        samples = self._to_hearing_rate.feed(np.frombuffer(pcm, np.int16))
        place = self._place(time_us)
        if place - self._agent_end < SNAP_SAMPLES:
            place = self._agent_end  # also of a frame sent ahead: a line plays one after the other
        self._put(place, 1, samples)
        self._agent_end = place + samples.size

    def cut(self, time_us: int) -> None:
        """Our voice was cut at this time: what a line was sent ahead of it and threw away was never heard."""
        if self._first_us is None or self.ended:
            return
        place = max(self._place(time_us), self._written)
        if self._agent_end - place > FRAME_SAMPLES:  # less than that was on its way already
            self._pending[place - self._written : self._agent_end - self._written, 1] = 0
            self._agent_end = place

    def allow_far_end(self, from_us: int | None) -> None:
        """From this time on the far end may be stored, whenever its frames arrive; None = no more of it."""
        if from_us is None:
            self._far_from = None
        else:
            self._far_from = self._place(from_us) if self._first_us is not None else 0

    def _allowed(self, place: int, samples: np.ndarray) -> np.ndarray:
        """Silence for what was said before it might be stored."""
        if self._far_from is not None and place >= self._far_from:
            return samples
        allowed = samples.copy()
        allowed[: samples.size if self._far_from is None else self._far_from - place] = 0
        return allowed

    def forget_far_end(self) -> None:
        """They do not want to be recorded: what there is of their voice is written over, and no more is taken."""
        self._flush(max(self._far_end, self._agent_end, self._written))
        self._file.flush()
        self._digest = hashlib.sha256()
        erase_far_end(self._path, self._digest.update)
        self.ended = True

    def _place(self, time_us: int) -> int:
        """The sample at a time of the header's clock."""
        return elapsed_us((self._first_us or 0) % CLOCK_MODULUS_US, time_us) * HEARING_RATE_HZ // 1_000_000

    def _put(self, place: int, channel: int, samples: np.ndarray) -> None:
        start = place - self._written
        if start < 0:
            return  # later than a second: its place is on disk already
        while start + samples.size > len(self._pending):
            self._pending = np.concatenate([self._pending, np.zeros_like(self._pending)])
        self._pending[start : start + samples.size, channel] = samples

    def _flush(self, until: int) -> None:
        """Write all that is known; what is before `until` will not change any more."""
        count = until - self._written
        kept = self._pending[:count].tobytes()
        known = max(until, self._far_end)  # our own voice ahead of it may still be cut
        self._file.seek(HEAD_BYTES + self._written * CHANNELS * 2)
        self._file.write(kept + self._pending[count : known - self._written].tobytes())
        self._shown = known
        self._head(known)
        if not count:
            return
        self._digest.update(kept)
        rest = self._pending[count:]
        self._pending = np.concatenate([rest, np.zeros((count, CHANNELS), np.int16)])
        self._written = until

    def _head(self, samples: int) -> None:
        self._file.seek(0)
        self._file.write(wav_head(samples))
        self._file.flush()

    @property
    def first_us(self) -> int:
        """Header clock at the first sample; 0 = nothing was heard yet."""
        return (self._first_us or 0) % CLOCK_MODULUS_US

    @property
    def kept_samples(self) -> int:
        """How much of `kept` there is."""
        return self._written

    @property
    def kept(self) -> tuple[int, str]:
        """Samples per channel that will not change any more, and the SHA-256 of them in hex."""
        return self._written, self._digest.hexdigest()

    def close(self) -> None:
        """Write what is left."""
        if not self.ended:
            self._flush(max(self._far_end, self._agent_end))
        self._file.close()


def erase_far_end(path: Path, tell: Callable[[bytes], object] = lambda pcm: None) -> None:
    """Write silence over the far end's channel of a recording. tell: is given the samples that are left, in order."""
    with path.open("r+b") as file:
        file.seek(HEAD_BYTES)
        while pcm := file.read(CHANNELS * 2 * ERASED_SAMPLES):
            whole = len(pcm) // (CHANNELS * 2) * CHANNELS * 2
            both = np.frombuffer(pcm[:whole], np.int16).reshape(-1, CHANNELS).copy()
            both[:, 0] = 0
            file.seek(-len(pcm), os.SEEK_CUR)
            file.write(both.tobytes())
            file.seek(len(pcm) - whole, os.SEEK_CUR)
            tell(both.tobytes())
        file.flush()
        os.fsync(file.fileno())  # deleted is deleted
