"""capture: the far end's audio comes in.

hears  LineFrame                      from the lines   (48 kHz mono int16, 20 ms)
       LineState, LineQuality, DigitHeard, LineAction   from the lines
       RoomStarted, CallClosed        from the supervisor
says   FarFrame                       to vad, transcribe; to the supervisor where somebody listens
                                      (16 kHz mono int16, 20 ms)
       FarSound                       to the supervisor   (the same, ten frames at a time, for the recording)
       LineState, LineQuality, LineAction   to whoever wants to know, as the line said them
       DigitHeard                     to them too: as the line said it, and for keys that are heard in the audio
decides in audio/dtmf.py and audio/keys_once.py

What is heard before the far end picks up is passed on like everything after it. Of many calls the frames that have come
within some milliseconds are taken together: to be woken for each costs more than all that is done with it.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from engine.audio.dtmf import KeyListener
from engine.audio.frames import FrameRuns, Run
from engine.audio.keys_once import KeysOnce
from engine.audio.resample import Decimator
from engine.bus import Bus, now_us
from engine.protocol import (
    CLOCK_MODULUS_US,
    FRAME_MS,
    HEARING_RATE_HZ,
    LINE_RATE_HZ,
    CallClosed,
    DigitHeard,
    FarFrame,
    FarSound,
    Flag,
    LineAction,
    LineFrame,
    LineQuality,
    LineState,
    RoomStarted,
)
from engine.wiring import House

RECORDED_MS = 200  # at a time
LATER_US_A_CALL = 1000  # that a frame may wait for those of other calls, for each of these
LATEST_US = 15_000  # however many there are
KEEP_MS = 8000  # offered again to a hearer that was restarted, so that no word is lost
CLOSED_KEPT = 64  # calls of which a late frame is known to be late
FROM_LINES = (LineFrame, LineState, LineQuality, DigitHeard, LineAction)


class Ear:
    """One call's receiving end."""

    def __init__(self) -> None:
        self.decimator = Decimator(LINE_RATE_HZ // HEARING_RATE_HZ)
        self.recent: deque[tuple[int, bytes]] = deque(maxlen=KEEP_MS // FRAME_MS)
        self.recorded = FrameRuns(RECORDED_MS // FRAME_MS)
        self.listener = KeyListener()
        self.keys = KeysOnce()

    def hear(self, pcm: bytes, sequence: int) -> tuple[bytes, DigitHeard | None]:
        """One frame at 48 kHz in, the same frame at 16 kHz out; and the key whose tones were over in it."""
        heard = self.decimator.feed(np.frombuffer(pcm, np.int16))
        frame = heard.tobytes()
        self.recent.append((sequence, frame))
        press = self.listener.hear(heard)
        return frame, DigitHeard(*press) if press is not None else None


def run(bus: Bus) -> None:
    """Until the house shuts down."""
    ears: dict[int, Ear] = {}
    closed: deque[int] = deque(maxlen=CLOSED_KEPT)
    heard: list[tuple[int, FarFrame, int]] = []  # call, frame and its number: to be sent together
    for header, message in bus:
        call = header.call
        if not isinstance(message, LineFrame):
            _send(bus, ears, heard)
        if isinstance(message, FROM_LINES) and call not in ears:
            if call in closed:
                _send(bus, ears, heard)
                continue  # the line's last words, overtaken by the supervisor's
            ears[call] = Ear()
            bus.gather_us = gathering_us(len(ears))
        match message:
            case LineFrame(pcm=pcm):
                frame, key = ears[call].hear(pcm, header.sequence)
                heard.append((call, FarFrame(pcm=frame), header.sequence))
                if key is not None and ears[call].keys.is_new(key.digit, "audio", now_us()):
                    bus.send(call, key)
            case DigitHeard(digit=digit):
                if ears[call].keys.is_new(digit, "line", now_us()):
                    bus.send(call, message)
            case LineState() | LineQuality() | LineAction():
                if isinstance(message, LineState):
                    _record(bus, call, ears[call].recorded.rest())
                bus.send(call, message)
            case CallClosed():
                ears.pop(call, None)
                bus.gather_us = gathering_us(len(ears))
                closed.append(call)
            case RoomStarted(room=room) if room in ("vad", "transcribe"):
                for number, ear in ears.items():
                    for sequence, pcm in ear.recent:
                        bus.send(number, FarFrame(pcm=pcm), Flag.AGAIN, sequence=sequence)
        if not bus.next_is(LineFrame):
            _send(bus, ears, heard)


def _send(bus: Bus, ears: dict[int, Ear], heard: list[tuple[int, FarFrame, int]]) -> None:
    """What was heard, as one message."""
    if not heard:
        return
    at_us = bus.send_together([*heard])
    for call, frame, sequence in heard:
        _record(bus, call, ears[call].recorded.add(sequence, at_us, frame.pcm))
    heard.clear()


def gathering_us(calls: int) -> int:
    """How long a frame may wait for those of other calls, when there are so many calls."""
    return min(LATEST_US, LATER_US_A_CALL * max(0, calls - 1))


def _record(bus: Bus, call: int, runs: list[Run]) -> None:
    for run in runs:
        bus.send(call, FarSound(run.began_us % CLOCK_MODULUS_US, run.pcm), sequence=run.sequence)


def start(house: House) -> None:
    """Open the room in this process."""
    bus = Bus(house, *FROM_LINES, CallClosed, RoomStarted)
    bus.ready = True
    run(bus)
    bus.close()
