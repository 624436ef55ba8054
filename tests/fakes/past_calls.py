"""Recorded calls for reruns: a far end of espeak's voice, heard in virtual time by words that the test wrote."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import soxr

from engine.lines.placing import Placement
from engine.protocol import (
    HEARING_RATE_HZ,
    LINE_RATE_HZ,
    Flag,
    LanguageCode,
    LineState,
    Message,
    Task,
)
from engine.recognizers.base import Recognition
from engine.rerun.far_end import FRAME_US, FarEnd
from engine.rerun.past_call import PastCall, read_call
from engine.rerun.rooms import WHOLE, Exchanged, opened
from engine.rerun.virtual_call import VirtualCall
from engine.settings import Settings, VoiceSettings
from engine.stores.replies import ReplyStore
from engine.voices.espeak import EspeakVoice

TASK = Task(
    restaurant="Golden Lantern", today="2030-01-07", date="2030-01-11", time="19:30", party_size=4, name="Anna Walker"
)  # fmt: skip
GREETING, OFFER = "Good evening, Golden Lantern.", "Yes, we have a table at half past seven."
OFFER_AT_MS = 12_000  # our first sentences are over


class WrittenWords:
    """A recogniser that hears the n-th of these words for speech that is that long, in ms."""

    def __init__(self, *words: tuple[int, str]) -> None:
        self._words = words

    def transcribe(
        self, pcm: np.ndarray, language: LanguageCode | None, names: Sequence[str] = ()
    ) -> Recognition:
        length_ms = pcm.size * 1000 // HEARING_RATE_HZ
        text = next((text for at_most_ms, text in self._words if length_ms <= at_most_ms), "")
        return Recognition(text, "en", 0.9 if text else 0.0, 0.0 if text else 1.0)


@cache
def spoken(text: str) -> np.ndarray:
    """int16 at 16 kHz."""
    pcm = np.concatenate([piece.pcm for piece in EspeakVoice(VoiceSettings(en="en-us")).say(text, "en")])
    return np.asarray(soxr.resample(pcm, LINE_RATE_HZ, HEARING_RATE_HZ), np.int16)


@cache
def far_end() -> np.ndarray:
    """A greeting, and an answer while nobody speaks: int16 at 16 kHz, shape (samples, 2); we are silent."""
    sound = np.zeros((HEARING_RATE_HZ * (OFFER_AT_MS + 6000) // 1000, 2), np.int16)
    for at_ms, text in ((500, GREETING), (OFFER_AT_MS, OFFER)):
        pcm, at = spoken(text), at_ms * HEARING_RATE_HZ // 1000
        sound[at : at + pcm.size, 0] = pcm
    return sound


def past_of(
    pcm: np.ndarray, *events: tuple[int, Message], line: str = "simulated", task: Task = TASK
) -> PastCall:
    """A recording that nobody has written to a disk. events: µs since the call began; it is answered at once."""
    told = [(0, Flag.NONE, LineState("answered")), *((us, Flag.NONE, message) for us, message in events)]
    return PastCall(Path("20300107-180000-1-1"), task, line, "", 0, told, pcm, FRAME_US)


def words() -> WrittenWords:
    """Of the far end above: the greeting is the shorter one."""
    between_ms = (spoken(GREETING).size + spoken(OFFER).size) * 1000 // 2 // HEARING_RATE_HZ
    return WrittenWords((between_ms + 300, GREETING.lower()), (60_000, OFFER.lower()))


def record(state: Path, pcm: np.ndarray | None = None, asks: Literal["", "announce", "consent"] = "") -> Path:
    """A call with that far end, held by the whole house and written by it; its folder."""
    state.joinpath("journals").mkdir(parents=True)
    settings = Settings(state_dir=str(state))
    call = VirtualCall(settings, Placement(TASK, record=True, asks=asks), "simulated", state / "journals")
    end = FarEnd(call.house, past_of(far_end() if pcm is None else pcm), None, record=True)
    with opened(call.house, WHOLE, Exchanged(words(), [ReplyStore(None)])):
        call.open()
        end.begin()
        return call.run()


def recorded(state: Path) -> PastCall:
    """The same, read."""
    return read_call(record(state))
