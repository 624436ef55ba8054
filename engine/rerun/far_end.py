"""The far end of a recorded call in virtual time: the very samples that were heard then, at the very times.

It stands where the line and capture stood: what is recorded is what capture passed on. What the line said then (who
picked up, keys, what the simulated restaurant truly said) is said again. A hang-up of ours ends nothing: the recording
goes on, so that the rest of it is judged, too.
"""

from __future__ import annotations

import msgspec
import numpy as np

from engine.audio.frames import FrameRuns
from engine.protocol import (
    CLOCK_MODULUS_US,
    FRAME_MS,
    AgentFrame,
    DialogueState,
    DigitHeard,
    FarEndTruth,
    FarFrame,
    FarSound,
    Flag,
    LineState,
    Message,
    PlaybackStarted,
    Spoken,
    elapsed_us,
)
from engine.rerun.near_end import NearEnd
from engine.rerun.past_call import FRAME_SAMPLES, PastCall
from engine.rerun.virtual_call import CALL
from engine.rerun.virtual_house import VirtualHouse

FRAME_US = FRAME_MS * 1000
RECORDED_FRAMES = 10  # at a time, as capture does
OURS = {"PlaybackStarted": "playback", "Spoken": "playback", "DialogueState": "agent"}


class FarEnd:
    """One call's."""

    def __init__(self, house: VirtualHouse, past: PastCall, near: NearEnd | None, record: bool) -> None:
        """near: our side as it was then; None: rooms of ours speak. record: the sound goes into the new record, too."""
        self.heard_frames = 0
        self._house, self._past, self._near = house, past, near
        self._media = past.media
        self._began_us = house.clock.now_us  # of the call
        self._media_us = self._began_us + past.media_us - FRAME_US  # when media time 0 is
        self._runs = FrameRuns(RECORDED_FRAMES) if record else None

    def begin(self) -> None:
        """Everything that the line said takes its time; so do the frames, one after the other."""
        for us, _, message in self._past.events:
            match message:
                case LineState(state="ended"):
                    pass  # with the last frame
                case LineState() | DigitHeard():
                    self._later(us, "capture", message)
                case FarEndTruth():
                    self._truth(message)
                case PlaybackStarted() | Spoken() | DialogueState() if self._near is not None:
                    self._later(us, OURS[type(message).__name__], message)
        self._next()

    def _later(self, us: int, sender: str, message: Message) -> None:
        """What was said then, at the same sample of the far end's."""
        self._house.at(self._moved(us), lambda: self._say(sender, message))

    def _moved(self, us: int) -> int:
        """A moment of then, µs since the call began, by today's clock."""
        return max(self._began_us, self._media_us + self._media.ms(us) * 1000)

    def _say(self, sender: str, message: Message) -> None:
        if sender == "line":
            self._house.push("supervisor", CALL, message, 0)
        else:
            self._house.say(sender, CALL, message)

    def _truth(self, truth: FarEndTruth) -> None:
        """As soon as it is true: today a turn may be over sooner than then."""
        spans = (elapsed_us(self._past.clock_us, us) for us in (truth.start_us, truth.end_us))
        start_us, end_us = (self._moved(us) for us in spans)
        told = msgspec.structs.replace(
            truth, start_us=start_us % CLOCK_MODULUS_US, end_us=end_us % CLOCK_MODULUS_US
        )
        self._house.at(end_us, lambda: self._say("line", told))

    def _next(self) -> None:
        """Ask for the next frame, or for the end."""
        due_us = self._media_us + (self.heard_frames + 1) * FRAME_US
        self._house.at(due_us, self._frame if self.heard_frames < self._past.frames else self._end)

    def _frame(self) -> None:
        number, self.heard_frames = self.heard_frames, self.heard_frames + 1
        if self._near is not None and (ours := self._near.frame(number)) is not None:
            self._house.say("playback", CALL, AgentFrame(ours), self._near.whose, number)
        samples = self._past.pcm[number * FRAME_SAMPLES : (number + 1) * FRAME_SAMPLES, 0]
        pcm = np.ascontiguousarray(samples).tobytes().ljust(FRAME_SAMPLES * 2, b"\0")
        at_us = self._house.say("capture", CALL, FarFrame(pcm), Flag.NONE, number)
        if self._runs is not None:
            for run in self._runs.add(number, at_us, pcm):
                self._record(run.sequence, run.began_us, run.pcm)
        self._next()

    def _record(self, sequence: int, began_us: int, pcm: bytes) -> None:
        self._house.say("capture", CALL, FarSound(began_us % CLOCK_MODULUS_US, pcm), Flag.NONE, sequence)

    def _end(self) -> None:
        for run in self._runs.rest() if self._runs is not None else ():
            self._record(run.sequence, run.began_us, run.pcm)
        ends = [
            each for _, _, each in self._past.events if isinstance(each, LineState) and each.state == "ended"
        ]
        self._house.say("capture", CALL, ends[0] if ends else LineState("ended", "far_end"))
