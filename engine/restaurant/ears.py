"""A restaurant's ears: what comes down the line, as words. Speech detector, breath groups, recogniser.

The recogniser works in a thread of its own: the restaurant's voice must go on meanwhile.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from engine.audio.resample import Decimator
from engine.audio.silero import SileroNetwork, SpeechStream
from engine.lines.far_end import Heard
from engine.protocol import HEARING_RATE_HZ, LINE_RATE_HZ, LanguageCode
from engine.recognizers.base import Recognizer
from engine.restaurant.breaths import Breath, Breaths


class Hearing:
    """What all calls share: the models, each loaded once."""

    def __init__(self, recognizer: Recognizer) -> None:
        self.network = SileroNetwork()
        self._recognizer = recognizer
        self._thread = ThreadPoolExecutor(1, "recogniser")  # one at a time, in order

    def recognize(self, pcm: np.ndarray, language: LanguageCode) -> Future[str]:
        """The words of one breath, as soon as they are known."""
        return self._thread.submit(lambda: self._recognizer.transcribe(pcm, language).text)

    def close(self) -> None:
        """Forget what is still to be recognised."""
        self._thread.shutdown(cancel_futures=True)


class Ears:
    """The ears in one call. The restaurant's answer to `Ear`."""

    def __init__(self, hearing: Hearing, language: LanguageCode) -> None:
        self._hearing, self._language = hearing, language
        self._decimator = Decimator(LINE_RATE_HZ // HEARING_RATE_HZ)
        self._speech = SpeechStream(hearing.network)
        self._probability = 0.0
        self._breaths = Breaths()
        self._pending: deque[Future[str] | None] = deque()  # None: the turn is over
        self._turn: list[str] = []

    def listen(self, pcm: bytes) -> None:
        """The next 20 ms of the caller's side, 48 kHz mono int16."""
        heard = self._decimator.feed(np.frombuffer(pcm, np.int16))
        for probability, _ in self._speech.feed(heard):
            self._probability = probability
        for event in self._breaths.add(heard, self._probability):
            if isinstance(event, Breath):
                self._pending.append(self._hearing.recognize(event.pcm, self._language))
            else:
                self._pending.append(None)

    def heard(self, now_us: int = 0) -> list[Heard]:
        """What has become known since the last time: the turn so far, again with each breath, and its end."""
        news: list[Heard] = []
        while self._pending and ((words := self._pending[0]) is None or words.done()):
            self._pending.popleft()
            if words is not None:
                self._turn.append(words.result())
            news.append(Heard(", ".join(filter(None, self._turn)), over=words is None))
            if words is None:
                self._turn = []
        return news

    def agent_speaks(self, now_us: int = 0) -> bool:
        """Is the caller in the middle of a turn, or are its last words not known yet?"""
        return self._breaths.in_turn or bool(self._pending)
