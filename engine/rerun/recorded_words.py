"""A recogniser that hears what was heard then: for questions in which the words are not to change, and for speed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from engine.protocol import HEARING_RATE_HZ, LanguageCode, OperatorWords, Transcript
from engine.recognizers.base import Recognition
from engine.rerun.past_call import FRAME_SAMPLES, PastCall

PROBE_SAMPLES = HEARING_RATE_HZ // 25  # 40 ms: of speech, no two are alike
LATEST_SAMPLES = 95 * HEARING_RATE_HZ  # no turn is older
SAMPLES_PER_MS = HEARING_RATE_HZ // 1000


class RecordedWords:
    """The transcripts of one call, found by the place of the audio in its recording."""

    def __init__(self, past: PastCall, heard_frames: Callable[[], int]) -> None:
        """heard_frames: how many frames of the recording have been heard so far."""
        self._sound = np.ascontiguousarray(past.pcm[:, 0]).tobytes()
        self._heard_frames = heard_frames
        self._language = past.task.language
        self._known: dict[int, list[Transcript]] = {}
        for _, _, message in past.events:
            if isinstance(message, Transcript):
                self._known.setdefault(message.turn, []).append(message)
        self._ours = [message for _, _, message in past.events if isinstance(message, OperatorWords)]

    def transcribe(
        self, pcm: np.ndarray, language: LanguageCode | None, names: Sequence[str] = ()
    ) -> Recognition:
        """See Recognizer."""
        begins = self._place(pcm)
        if begins is None:
            return self._of_ours()
        start_ms = begins // SAMPLES_PER_MS
        end_ms = start_ms + pcm.size // SAMPLES_PER_MS
        heard = [known for turn in sorted(self._known) if (known := self._until(turn, start_ms, end_ms))]
        words = [each for each in heard if each.text]
        if not words:
            return Recognition("", self._language, 0.0, 1.0)
        text = " ".join(each.text for each in words)
        return Recognition(text, words[-1].language, min(each.confidence for each in words), 0.0)

    def _until(self, turn: int, start_ms: int, end_ms: int) -> Transcript | None:
        """The newest words of a turn that were known at that time; None: it was not then."""
        inside = [each for each in self._known[turn] if start_ms < each.end_ms <= end_ms]
        return max(inside, key=lambda each: (each.end_ms, each.final), default=None)

    def _place(self, pcm: np.ndarray) -> int | None:
        """Where in the recording it begins, in samples; None: it is not the far end's."""
        if not pcm.size:
            return None
        loudest = int(np.argmax(np.abs(pcm.astype(np.int32))))
        first = max(0, min(loudest - PROBE_SAMPLES // 2, pcm.size - PROBE_SAMPLES))
        probe = pcm[first : first + PROBE_SAMPLES].tobytes()
        heard = self._heard_frames() * FRAME_SAMPLES
        found = self._sound.rfind(probe, max(0, heard - LATEST_SAMPLES) * 2, heard * 2)
        return None if found < 0 else max(0, found // 2 - first)

    def _of_ours(self) -> Recognition:
        """The operator's next words, in the order of then."""
        if not self._ours:
            return Recognition("", self._language, 0.0, 1.0)
        said = self._ours.pop(0)
        return Recognition(said.text, said.language, said.confidence, 0.0)
