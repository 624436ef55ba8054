"""Somebody else's recording of a telephone call becomes a call of ours: with a journal, its words, and its sound.

One channel is the far end; where there is a second one, that is our side, and a person speaks there. Both are heard by
the rooms that hear a live call, in virtual time.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec
import numpy as np

from engine.lines.placing import Placement
from engine.protocol import Flag, LineState, Outcome, Task
from engine.records.finishing import finish
from engine.rerun.far_end import FRAME_US, FarEnd
from engine.rerun.near_end import NearEnd
from engine.rerun.past_call import IMPORTED, PastCall
from engine.rerun.rooms import AS_THEY_ARE, HEARING, Exchanged, opened
from engine.rerun.sound_in import channels_of, sound_of
from engine.rerun.virtual_call import VirtualCall
from engine.settings import Settings

OUTCOME: tuple[Outcome, str] = ("far_end_hung_up", "an imported recording: it ended")
NOBODY = "–"  # what is not known of a recording


def unknown_task(language: str, today: str) -> Task:
    """Of a recording of which nobody says what it was to bring. today: YYYY-MM-DD."""
    known = {"restaurant": NOBODY, "name": NOBODY, "date": today, "time": "19:00", "party_size": 2}
    return msgspec.convert({**known, "language": language, "today": today}, Task)


def sides_of(path: Path, channel: int | None, swap: bool) -> tuple[int, ...]:
    """The far end's channel, and ours where there is one. channel: the far end's alone. Raises RecordingError.

    Of two the first is the far end, as in our own recordings.
    """
    there = channels_of(path)
    if channel is not None:
        return (channel,)
    if there == 1:
        return (0,)
    return (1, 0) if swap else (0, 1)


def import_recording(
    path: Path,
    sides: tuple[int, ...],
    placed: Placement,
    settings: Settings,
    exchanged: Exchanged = AS_THEY_ARE,
) -> Path:
    """The folder of the new call. placed: its task. Raises RecordingError, StateError, ModelError."""
    pcm = sound_of(path, sides)
    far, near = pcm[:, 0], pcm[:, 1] if len(sides) > 1 else None
    both = np.stack([far, far], axis=1) if near is None else pcm
    answered = [(0, Flag.NONE, LineState("answered"))]
    past = PastCall(path, placed.task, IMPORTED, placed.name, 0, [*answered], both, FRAME_US)
    settings.state_path.joinpath("journals").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="call-thing-import-") as aside:
        models = settings.state_path / "models"
        if models.is_dir():
            (Path(aside) / "models").symlink_to(models)
        own = msgspec.structs.replace(settings, state_dir=aside)
        call = VirtualCall(own, placed, IMPORTED, settings.state_path / "journals")
        end = FarEnd(call.house, past, None if near is None else NearEnd(near, Flag.OPERATOR), record=True)
        call.live.outcome = OUTCOME
        with opened(call.house, HEARING, exchanged):
            call.open()
            end.begin()
            folder = call.run()
    finish(folder)
    return folder
