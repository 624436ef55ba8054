"""A call that is written until somebody kills it: `python -m tests.fakes.endless_call FOLDER`.

Says after each 20 ms of sound how many events and samples of the far end the record has been given.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from engine.lines.placing import Placement
from engine.live_call import LiveCall
from engine.protocol import AgentFrame, FarSound, Flag, Header, Transcript
from tests.fakes.kept_calls import CALL, TASK

live = LiveCall(1, CALL, "simulated", Placement(TASK, "de/accepts", record=True), Path(sys.argv[1]), 0)
for frame in itertools.count():
    at_us = frame * 20_000
    header = Header(0, 1, Flag.NONE, frame % 65_536, at_us)
    live.frame(header, FarSound(at_us, bytes([frame % 100]) * 640))
    live.frame(header, AgentFrame(bytes([frame % 100]) * 1920))
    live.journal.append(header, Transcript(frame, "noch ein Wort " * 20, True, "de", 0.9, 0, 0))
    print(frame + 1, (frame + 1) * 320, flush=True)
