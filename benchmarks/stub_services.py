"""Services of 0 ms behind the engine's own seams: a recogniser that knows the manifest, a brain with two sentences, a
voice that is a tone."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Sequence

import numpy as np

from benchmarks.spoken_words import said, words_of
from benchmarks.stub_plan import StubPlan
from engine.audio.resample import Decimator
from engine.dialogue.moves import Event, Heard, Move, Say
from engine.lines.audio_file import line_audio
from engine.protocol import (
    FRAME_MS,
    HEARING_RATE_HZ,
    LINE_RATE_HZ,
    DialogueState,
    LanguageCode,
    Task,
)
from engine.recognizers.base import Recognition
from engine.voices.base import Piece
from engine.voices.marks import shared_marks

log = logging.getLogger(__name__)

NOT_FOUND = "audio that is in no file of the manifest"
PROBE = 16  # samples by which a place in a file is recognised: a millisecond, and all places are whole ones
PROBES = 24  # tried over the audio before it counts as not found
FRAME_SAMPLES = LINE_RATE_HZ * FRAME_MS // 1000
HEARING_DELAY_S = 0.001  # of the way from the line's rate to that of the ears
MS_A_CHARACTER = 55
TONE_HZ, LONG_TONE_HZ = 440, 330
AMPLITUDE = 8000


class ManifestEar:
    """A recogniser that finds out where in which file the audio is, and says what was said there by then.

    It is given audio and nothing else, as every recogniser is. The audio has come over the line and through capture, so
    what it is looked up in has gone the same way, sample for sample.
    """

    def __init__(self, plan: StubPlan) -> None:
        self._callers = plan.callers()
        self._audio = [_as_heard(line_audio(caller.path, 0)) for caller in self._callers]
        self._words = [
            words_of(caller, pcm, HEARING_RATE_HZ)
            for caller, pcm in zip(self._callers, self._audio, strict=True)
        ]
        self._weights = np.random.default_rng(1).integers(-(1 << 62), 1 << 62, PROBE, np.int64)
        keys = [self._keys(pcm) for pcm in self._audio]
        self._file = np.repeat(np.arange(len(keys)), [each.size for each in keys])
        self._ms = np.concatenate([np.arange(each.size) for each in keys])
        every = np.concatenate(keys)
        self._order = np.argsort(every, kind="stable")
        self._sorted = every[self._order]

    def _keys(self, pcm: np.ndarray) -> np.ndarray:
        whole = pcm[: pcm.size // PROBE * PROBE].reshape(-1, PROBE).astype(np.int64)
        return np.asarray(whole @ self._weights)

    def transcribe(
        self, pcm: np.ndarray, language: LanguageCode | None, names: Sequence[str] = ()
    ) -> Recognition:
        """See Recognizer."""
        place = self._place(pcm)
        if place is None:
            log.warning("%s: %d ms", NOT_FOUND, pcm.size * 1000 // HEARING_RATE_HZ)
            return Recognition("", language or "en", 0.0, 1.0)
        file, start_s = place
        caller = self._callers[file]
        text = said(self._words[file], start_s, start_s + pcm.size / HEARING_RATE_HZ)
        return Recognition(text, caller.language, 0.95 if text else 0.0, 0.01 if text else 1.0)

    def _place(self, pcm: np.ndarray) -> tuple[int, float] | None:
        """File and second in which some audio begins; None when it is nowhere."""
        keys = self._keys(pcm)
        for probe in np.linspace(keys.size - 1, 0, min(PROBES, keys.size)).astype(int):
            left, right = np.searchsorted(self._sorted, [keys[probe], keys[probe] + 1])
            for at in self._order[left:right]:
                start = (int(self._ms[at]) - int(probe)) * PROBE
                there = self._audio[self._file[at]]
                if start >= 0 and np.array_equal(there[start : start + pcm.size], pcm):
                    return int(self._file[at]), start / HEARING_RATE_HZ - HEARING_DELAY_S
        return None


def _as_heard(pcm: np.ndarray) -> np.ndarray:
    """What capture makes of a file that comes over the line."""
    ear = Decimator(LINE_RATE_HZ // HEARING_RATE_HZ)
    whole = np.concatenate([pcm, np.zeros(-pcm.size % FRAME_SAMPLES, np.int16)])
    return np.concatenate([ear.feed(frame) for frame in whole.reshape(-1, FRAME_SAMPLES)])


class TwoSentences:
    """A brain that says one sentence to every turn, and a long one to what asks for it. It speaks unasked never."""

    thinks = False

    def __init__(self, plan: StubPlan, task: Task) -> None:
        self._plan, self._task = plan, task

    def step(self, event: Event) -> Iterator[Move]:
        """See Brain."""
        if isinstance(event, Heard):
            long = any(ask in event.text for ask in self._plan.asks)
            yield Say(text=self._plan.long_answer if long else self._plan.answer)

    def stop(self) -> None:
        """There is never a thought in flight."""

    def copy(self) -> TwoSentences:
        """It has no memory, so that it is its own copy."""
        return self

    def situation(self) -> DialogueState:
        """See Brain."""
        return DialogueState("asking", "", self._task.language)

    def checkpoint(self) -> bytes:
        """It remembers nothing."""
        return b""


class ToneVoice:
    """A tone about as long as the sentence, at once; the long answer's is lower."""

    def __init__(self, plan: StubPlan) -> None:
        self._tones = {text: tone(text, text == plan.long_answer) for text in (plan.answer, plan.long_answer)}

    def say(self, text: str, language: LanguageCode) -> Generator[Piece, None, None]:
        """See Voice."""
        pcm = self._tones.get(text)
        pcm = tone(text, long=False) if pcm is None else pcm
        yield Piece(pcm, shared_marks(text, pcm.size))


def tone(text: str, long: bool, rate_hz: int = LINE_RATE_HZ) -> np.ndarray:
    """A sentence's stand-in, int16, audible from its first sample to its last."""
    at = np.arange(rate_hz * MS_A_CHARACTER * len(text) // 1000) / rate_hz
    hz = LONG_TONE_HZ if long else TONE_HZ
    return np.asarray(AMPLITUDE * np.cos(2 * np.pi * hz * at), np.int16)
