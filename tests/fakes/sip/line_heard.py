"""One line process as a test sees it: what it is told, and all that it has said."""

from __future__ import annotations

import subprocess
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import psutil

from engine.bus import now_us
from engine.protocol import (
    LINE_FRAME_BYTES,
    AgentFrame,
    DigitHeard,
    HangUp,
    LineAction,
    LineFrame,
    LineQuality,
    LineState,
    Message,
    VoicePlayed,
)
from tests.fakes.sip.programs import PATIENCE_S, until


class Post(Protocol):
    """Who carries what a line is told."""

    def send(self, name: str, call: int, message: Message, sequence: int = 0) -> None:
        """Publish as the supervisor or as playback."""
        ...


class FrameHeard(NamedTuple):
    """20 ms of the far end as capture gets it."""

    number: int
    pcm: np.ndarray
    received_us: int  # monotonic
    state: str  # of the line when it came


class Line:
    """One line process, and all that it has said."""

    def __init__(self, post: Post, call: int, process: subprocess.Popen[bytes], words: Path) -> None:
        self.call, self.process = call, process
        self.states: list[LineState] = []
        self.state_times_us: list[int] = []  # when each of them came, monotonic
        self.frames: deque[FrameHeard] = deque(maxlen=50 * 120)
        self.quality: list[LineQuality] = []
        self.digits: list[DigitHeard] = []
        self.actions: list[LineAction] = []
        self.played: list[VoicePlayed] = []
        self.on_frame: Callable[[FrameHeard], None] | None = (
            None  # for who cannot wait; in the house's thread
        )
        self.words_file = words
        self._post, self._next = post, 0

    def take(self, sequence: int, message: Message) -> None:
        """One message of the process."""
        match message:
            case LineFrame(pcm=pcm):
                state = self.states[-1].state if self.states else ""
                frame = FrameHeard(sequence, np.frombuffer(pcm, np.int16), now_us(), state)
                self.frames.append(frame)
                if self.on_frame is not None:
                    self.on_frame(frame)
            case LineState():
                self.state_times_us.append(now_us())
                self.states.append(message)
            case LineQuality():
                self.quality.append(message)
            case DigitHeard():
                self.digits.append(message)
            case LineAction():
                self.actions.append(message)
            case VoicePlayed():
                self.played.append(message)

    def tell(self, message: Message) -> None:
        """What the supervisor says to it."""
        self._post.send("supervisor", self.call, message)

    def say(self, pcm: np.ndarray) -> int:
        """Our voice, all at once: the line has its own clock. Returns when it was sent, monotonic µs."""
        body = pcm.astype(np.int16).tobytes()
        body += bytes(-len(body) % LINE_FRAME_BYTES)
        at_us = now_us()
        for at in range(0, len(body), LINE_FRAME_BYTES):
            self._post.send("playback", self.call, AgentFrame(body[at : at + LINE_FRAME_BYTES]), self._next)
            self._next += 1
        return at_us

    def tell_from_playback(self, message: Message) -> int:
        """What playback says to it besides frames; when, in monotonic µs."""
        at_us = now_us()
        self._post.send("playback", self.call, message)
        return at_us

    def until_it_listens(self, port: int) -> None:
        """Wait until a line that is to be called can be: its SIP port is open, and soon after it looks at who calls."""
        process = psutil.Process(self.process.pid)
        until(lambda: any(each.laddr.port == port for each in process.net_connections("udp")), "it listens")
        time.sleep(0.3)

    def until_state(self, state: str, count: int = 1) -> LineState:
        """Wait until the line has been in this state so many times."""
        found: list[LineState] = []

        def there() -> bool:
            found[:] = [each for each in self.states if each.state == state]
            return len(found) >= count or self.ended_without(state)

        until(there, lambda: f"the line is {state}, it was {self.states}; {self.words}")
        assert len(found) >= count, f"the line ended without being {state}: {self.states[-1:]}\n{self.words}"
        return found[-1]

    def ended_without(self, state: str) -> bool:
        return state != "ended" and any(each.state == "ended" for each in self.states)

    @property
    def ended(self) -> LineState:
        """How it ended; waits for it."""
        return self.until_state("ended")

    def heard(self, state: str = "", since: int = 0) -> np.ndarray:
        """All far-end audio at 48 kHz. state: only what came while the line was in it; since: frames left out."""
        kept = [frame.pcm for frame in list(self.frames)[since:] if state in ("", frame.state)]
        return np.concatenate(kept) if kept else np.zeros(0, np.int16)

    @property
    def words(self) -> str:
        """What the process has written to its standard error."""
        return self.words_file.read_text(errors="replace")

    def hang_up(self) -> LineState:
        """We end the call; how it ended."""
        self.tell(HangUp())
        return self.ended

    def gone(self) -> int:
        """Wait for the process's end; its exit code."""
        return self.process.wait(PATIENCE_S)
