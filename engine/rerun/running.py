"""A recorded call held once more: its far end's sound into today's rooms, in virtual time."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from engine import journal
from engine.lines.placing import Placement
from engine.protocol import Flag
from engine.rerun.comparing import Comparison, compare
from engine.rerun.far_end import FarEnd
from engine.rerun.media_time import MediaTime
from engine.rerun.near_end import NearEnd
from engine.rerun.past_call import IMPORTED, PastCall
from engine.rerun.recorded_replies import recorded_replies
from engine.rerun.recorded_words import RecordedWords
from engine.rerun.rooms import HEARING, WHOLE, Exchanged, opened
from engine.rerun.turns import Heard, heard_in
from engine.rerun.virtual_call import VirtualCall
from engine.settings import Settings

Source = Literal["recorded", "settings"]
Ours = Literal["agent", "recorded"]


class How(msgspec.Struct, frozen=True):
    """What is to be as then, and what as the settings have it now."""

    recognizer: Source = "settings"
    cache: Source = (
        "recorded"  # a store in memory with what was served then; "settings": a copy of today's folder
    )
    ours: Ours | None = (
        None  # who speaks on our side: today's agent, or what was recorded; None: see `our_side`
    )


class Rerun(msgspec.Struct, frozen=True):
    """What came of it."""

    call: str
    then: Heard
    now: Heard
    seconds: float  # of the recording
    took_s: float  # without the time that rooms need to start
    starting_s: float
    paced: bool  # in real time, since somebody is waited for
    ours: Ours
    comparison: Comparison

    @property
    def real_time_factor(self) -> float:
        """How many times faster than the call was."""
        return round(self.seconds / self.took_s, 1) if self.took_s > 0 else 0.0


def our_side(past: PastCall, how: How) -> Ours:
    """A person spoke in a recording that was imported; else today's agent does."""
    return how.ours or ("recorded" if past.line == IMPORTED else "agent")


def rerun(past: PastCall, settings: Settings, how: How, corrected: Mapping[int, str] | None = None) -> Rerun:
    """Raises StateError, ModelError and whatever else the rooms raise. Nothing is written but in a temporary folder."""
    ours = our_side(past, how)
    began = time.monotonic()
    with _state(settings, how) as aside:
        placed = Placement(past.task, past.scenario, asks=past.asks)
        call = VirtualCall(aside, placed, past.line, aside.state_path / "journals")
        near = _near(past) if ours == "recorded" else None
        far = FarEnd(call.house, past, near, record=False)
        words = RecordedWords(past, lambda: far.heard_frames) if how.recognizer == "recorded" else None
        replies = [recorded_replies(past)] if how.cache == "recorded" and settings.cache.enabled else None
        with opened(call.house, WHOLE if near is None else HEARING, Exchanged(words, replies)):
            call.open()
            ready = time.monotonic()
            far.begin()
            folder = call.run()
            took_s = time.monotonic() - ready
        events = list(journal.read(folder))
        paced = call.house.is_paced
        now = heard_in(events, call.live.started_us, MediaTime(events, past.media_us))
        if near is not None:
            _without_answers(now)
    then = heard_in(past.events, past.clock_us, past.media)
    comparison = compare(then, now, past.task.language, corrected, answers=ours == "agent")
    name = past.folder.name
    return Rerun(name, then, now, past.seconds, took_s, ready - began, paced, ours, comparison)


def _without_answers(heard: Heard) -> None:
    """What was answered then, and when, says nothing of today."""
    for turn in heard.turns:
        turn.latency_ms, turn.measured = None, ""


def _near(past: PastCall) -> NearEnd:
    return NearEnd(past.pcm[:, 1], Flag.OPERATOR if past.line == IMPORTED else Flag.SYNTHETIC)


@contextmanager
def _state(settings: Settings, how: How) -> Iterator[Settings]:
    """The same settings with a state directory of their own: what is done in a rerun is no past of anybody."""
    from engine.stores.opening import local_folder

    with tempfile.TemporaryDirectory(prefix="call-thing-rerun-") as folder:
        aside = msgspec.structs.replace(settings, state_dir=folder)
        models = settings.state_path / "models"
        if models.is_dir():
            (Path(folder) / "models").symlink_to(models)
        if how.cache == "settings" and local_folder(settings).is_dir():
            _copy(local_folder(settings), local_folder(aside))
        yield aside


def _copy(folder: Path, to: Path) -> None:
    """Without its lock: the engine that holds it goes on."""
    import shutil

    shutil.copytree(folder, to, ignore=shutil.ignore_patterns(".lock"))
