"""The seam behind which every voice stands."""

from __future__ import annotations

from typing import NamedTuple, Protocol, Self

import numpy as np

from engine.errors import EngineError
from engine.protocol import LanguageCode, WordMark


class VoiceError(EngineError):
    """A voice could not say a sentence, or not to its end; the text says why and what to do about it."""


def check_sounds(voice: str, text: str, samples: int) -> None:
    """Raise VoiceError when a text with letters or digits in it was answered with silence."""
    if not samples and any(character.isalnum() for character in text):
        raise VoiceError(
            f"{voice} gave no sound for a sentence. Try another of its voices: call-thing voices"
        )


class Piece(NamedTuple):
    """Some of a sentence's audio."""

    pcm: np.ndarray  # int16, shape (samples,), mono, LINE_RATE_HZ
    marks: tuple[WordMark, ...]  # words that begin in this piece, samples counted from the sentence's start


class Speech(Protocol):
    """One sentence while it is made. A generator is one."""

    def __iter__(self) -> Self: ...

    def __next__(self) -> Piece:
        """The next piece. Raises VoiceError when there will be no more of them, though there should."""
        ...

    def close(self) -> None:
        """Make no more of it. Where a piece may be waited for, `close` may come from another thread and ends that."""
        ...


class Voice(Protocol):
    """Turns one sentence at a time into audio at the line's rate, without silence before or after it."""

    def say(self, text: str, language: LanguageCode) -> Speech:
        """The sentence in pieces, the first as soon as it exists. Close it to cancel."""
        ...


class SlowVoice(Voice, Protocol):
    """A voice for which one has to wait: on a network, or on a process that computes. It is asked from threads."""

    def identity(self, language: LanguageCode) -> str:
        """What its sound depends on besides the text: engine, name, speed. Not for people."""
        ...

    def warm(self) -> None:
        """Get ready before the first sentence. Raises CallThingError, in words, when it cannot."""
        ...

    def close(self) -> None:
        """Give back what it holds: connections, processes."""
        ...
