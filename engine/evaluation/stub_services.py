"""Services of 0 ms behind the engine's own seams: what is left is the engine, and what it costs."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

import numpy as np

from engine.dialogue.moves import Event, Heard, Move, Say
from engine.protocol import LINE_RATE_HZ, DialogueState, LanguageCode, Task
from engine.recognizers.base import Recognition
from engine.voices.base import Piece
from engine.voices.marks import shared_marks

HEARD = "we have a table for you at eight"  # whole, so that a turn is over as soon as one ever is
ANSWER = "Thank you, that is very kind of you."
MS_A_CHARACTER = 55
TONE_HZ, AMPLITUDE = 440, 8000


class StubEar:
    """A recogniser that hears the same sentence in everything."""

    def transcribe(
        self, pcm: np.ndarray, language: LanguageCode | None, names: Sequence[str] = ()
    ) -> Recognition:
        """See Recognizer."""
        return Recognition(HEARD, language or "en", 0.95, 0.01)


class StubBrain:
    """A brain that answers every turn with the same sentence, and never speaks unasked."""

    thinks = False

    def __init__(self, task: Task) -> None:
        self._task = task

    def step(self, event: Event) -> Iterator[Move]:
        """See Brain."""
        if isinstance(event, Heard):
            yield Say(text=ANSWER)

    def stop(self) -> None:
        """There is never a thought in flight."""

    def copy(self) -> StubBrain:
        """It has no memory, so that it is its own copy."""
        return self

    def situation(self) -> DialogueState:
        """See Brain."""
        return DialogueState("asking", "", self._task.language)

    def checkpoint(self) -> bytes:
        """It remembers nothing."""
        return b""


class StubVoice:
    """A tone about as long as the sentence, at once."""

    def say(self, text: str, language: LanguageCode) -> Generator[Piece, None, None]:
        """See Voice."""
        at = np.arange(LINE_RATE_HZ * MS_A_CHARACTER * len(text) // 1000) / LINE_RATE_HZ
        pcm = np.asarray(AMPLITUDE * np.cos(2 * np.pi * TONE_HZ * at), np.int16)
        yield Piece(pcm, shared_marks(text, pcm.size))
