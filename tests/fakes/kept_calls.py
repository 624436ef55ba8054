"""Calls as the supervisor keeps them, with journal, recording and summary, in a moment."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.lines.placing import Placement
from engine.live_call import LiveCall
from engine.protocol import (
    AgentFrame,
    CallClosed,
    EndCall,
    FarSound,
    Flag,
    Header,
    LineState,
    Message,
    Sentence,
    Task,
    ToolCalled,
    Transcript,
)

TASK = Task(
    restaurant="Zur Krone", language="de", today="2026-03-02", date="2026-03-06", time="19:00", party_size=4,
    name="Hannelore Wittgensberg", phone="+4930901820745", wishes="einen Kinderstuhl",
)  # fmt: skip
CALL = "20260302-180000-4711-1"
FRAMES = 10  # of 20 ms, as capture sends them together


def kept_call(
    journals: Path,
    seconds: float = 5.0,
    *,
    call: str = CALL,
    ends: bool = True,
    task: Task = TASK,
    record: bool = True,
    seed: int = 7,
) -> Path:
    """A call's folder, written by the engine's own hands. ends: it was closed in order, and has a summary.

    seed: of the noise that both voices are.
    """
    live = LiveCall(1, call, "simulated", Placement(task, "de/accepts", record=record), journals, 0)
    said = {
        0.2: LineState("answered"),
        0.4: Transcript(1, "Zur Krone, guten Abend.", True, "de", 0.9, 400, 1400),
        1.0: Sentence(1, 0, True, 1, f"Guten Abend, hier ist {task.name}.", "de"),
        1.6: ToolCalled("book", {"date": "2026-03-06", "name": task.name}, "K7"),
        1.8: EndCall("booked"),
    }
    noise = np.random.default_rng(seed).integers(-4000, 4000, (int(seconds * 50) + 1) * 960, np.int16)
    for frame in range(0, int(seconds * 50), FRAMES):
        at_us = frame * 20_000
        pcm = noise[frame * 320 : (frame + FRAMES) * 320].tobytes()
        live.frame(Header(0, 1, Flag.NONE, frame % 65_536, at_us), FarSound(at_us, pcm))
        for number in range(FRAMES):
            pcm = noise[(frame + number) * 960 :][:960].tobytes()
            header = Header(0, 1, Flag.NONE, frame + number, at_us + number * 20_000)
            live.frame(header, AgentFrame(pcm))
        for at_s, message in said.items():
            if frame * 0.02 <= at_s < (frame + FRAMES) * 0.02:
                _tell(live, message, at_us)
    if ends:
        live.settle()
        closed = Header(0, 1, Flag.NONE, 0, int(seconds * 1e6))
        assert live.close((closed, CallClosed("booked"))) is None
    return live.journal.folder


def _tell(live: LiveCall, message: Message, at_us: int) -> None:
    header = Header(0, 1, Flag.NONE, 0, at_us)
    live.take(header, message)
    live.journal.append(header, message)
