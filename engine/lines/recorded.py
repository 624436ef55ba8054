"""The recorded line: the far end is an audio file, played in real time; nobody there hears us.

hears  AgentFrame            from playback     (for whoever measures)
       HangUp, CallClosed    from the supervisor
says   LineFrame, LineState  to capture        (48 kHz mono int16, 20 ms)

Frame n of the file leaves when its last sample would have been spoken: n + 1 frames after the call was answered, by
one clock for the whole call. A frame that is late does not make the next one late. When the file ends the far end
hangs up. One process plays many calls.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

import numpy as np

from engine.bus import TICK, Bus, now_us
from engine.lines.audio_file import RecordingError, line_audio
from engine.protocol import (
    FRAME_MS,
    LINE_FRAME_BYTES,
    LINE_RATE_HZ,
    AgentFrame,
    CallClosed,
    HangUp,
    Header,
    LineFrame,
    LineState,
)
from engine.wiring import House, LinePlan

FRAME_US = FRAME_MS * 1000
FRAME_SAMPLES = LINE_RATE_HZ * FRAME_MS // 1000
RING_US = 500_000  # until rooms know of the call, and this process hears our voice in it
LINGER_S = 0.3  # so that the last word and the end reach capture


class Witness(Protocol):
    """Somebody who measures what passes over the line. Called in its thread: what takes long makes frames late."""

    def answered(self, call: int, at_us: int) -> None:
        """The file begins at this time, monotonic µs."""
        ...

    def sent(self, call: int, number: int, late_us: int) -> None:
        """A frame of the file has left, so long after its time."""
        ...

    def heard(self, call: int, header: Header, pcm: bytes) -> None:
        """A frame of our voice."""
        ...

    def ended(self, call: int) -> None:
        """The call is over."""
        ...


class Nobody:
    """Nothing is measured."""

    def answered(self, call: int, at_us: int) -> None:
        """See Witness."""

    def sent(self, call: int, number: int, late_us: int) -> None:
        """See Witness."""

    def heard(self, call: int, header: Header, pcm: bytes) -> None:
        """See Witness."""

    def ended(self, call: int) -> None:
        """See Witness."""


class Player:
    """One file on its way over the line, frame by frame. Pure: the time is passed in."""

    def __init__(self, pcm: np.ndarray, answered_us: int) -> None:
        """pcm: int16, shape (samples,), LINE_RATE_HZ; what does not fill the last frame is filled up with silence."""
        self._pcm = pcm
        self._answered_us = answered_us
        self._next = 0

    @property
    def due_us(self) -> int | None:
        """When the next frame leaves; None after the last."""
        if self._next * FRAME_SAMPLES >= self._pcm.size:
            return None
        return self._answered_us + (self._next + 1) * FRAME_US

    def take(self) -> tuple[int, bytes]:
        """The next frame and its number."""
        number, self._next = self._next, self._next + 1
        frame = self._pcm[number * FRAME_SAMPLES : (number + 1) * FRAME_SAMPLES].tobytes()
        return number, frame.ljust(LINE_FRAME_BYTES, b"\0")


class RecordedCall:
    """One call: it rings, is answered, plays, and ends with its file."""

    def __init__(self, bus: Bus, plan: LinePlan, audio: Future[np.ndarray], witness: Witness) -> None:
        """audio: of the file, once it is read: calls that go on must not wait for that."""
        self._bus, self._audio, self._witness = bus, audio, witness
        self.call = plan.call
        self.over = False
        self._answer_us = now_us() + RING_US
        self._player: Player | None = None
        bus.hear_call(plan.call)
        bus.push("lines", self.call, LineState("ringing"))

    @property
    def due_us(self) -> int | None:
        """When something is to be done next."""
        if self.over:
            return None
        return self._answer_us if self._player is None else self._player.due_us

    def go_on(self, now: int) -> None:
        """Send what is due."""
        if self._player is None and now >= self._answer_us:
            if not self._bus.hears_all or not self._audio.done():
                self._answer_us = now + FRAME_US  # nothing the agent says may be missed
                return
            self._answer(now)
        player = self._player
        while player is not None and player.due_us is not None and player.due_us <= now:
            late_us = now - player.due_us
            number, pcm = player.take()
            self._bus.push("lines", self.call, LineFrame(pcm), sequence=number)
            self._witness.sent(self.call, number, late_us)
        if player is not None and player.due_us is None:
            self.end("far_end")

    def _answer(self, now: int) -> None:
        try:
            self._player = Player(self._audio.result(), now)
        except RecordingError as error:
            self.end("line_lost", str(error))
            return
        self._bus.push("lines", self.call, LineState("answered"))
        self._witness.answered(self.call, now)

    def end(self, reason: str, detail: str = "") -> None:
        """The line has ended, for one of LINE_ENDS."""
        if not self.over:
            self.over = True
            self._bus.push("lines", self.call, LineState("ended", reason, detail))
            self._witness.ended(self.call)


def run(bus: Bus, more: SimpleQueue[LinePlan | None], witness: Witness) -> None:
    """Until the supervisor gives no further call, or shuts down."""
    assert bus.house.line is not None
    reader = ThreadPoolExecutor(1)
    calls: dict[int, RecordedCall] = {}

    def begin(plan: LinePlan) -> None:
        audio = reader.submit(line_audio, Path(plan.recording), plan.channel)
        calls[plan.call] = RecordedCall(bus, plan, audio, witness)

    begin(bus.house.line)
    bus.wake_at_us = now_us()
    for delivery in bus:
        header, message = delivery
        call = calls.get(header.call)
        match message:
            case AgentFrame(pcm=pcm) if call is not None:
                witness.heard(call.call, header, pcm)
            case HangUp() | CallClosed() if call is not None:
                call.end("near_end")
        if delivery is not TICK:
            continue
        while not more.empty():
            plan = more.get()
            if plan is None:
                return
            begin(plan)
        for each in list(calls.values()):
            each.go_on(now_us())
            if each.over:
                del calls[each.call]
        due = [each.due_us for each in calls.values() if each.due_us is not None]
        bus.wake_at_us = min([*due, now_us() + FRAME_US])  # further calls are looked for that often


def start(house: House, more: SimpleQueue[LinePlan | None], witness: Witness | None = None) -> None:
    """Open the line in this process."""
    import time

    bus = Bus(house, AgentFrame, HangUp, CallClosed)
    bus.push_to("lines")
    run(bus, more, witness or Nobody())
    time.sleep(LINGER_S)
    bus.close()
