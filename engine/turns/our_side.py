"""Our side of the line: is our voice on it, the agent's or an operator's, and what does the operator say? Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.audio.levels import level_dbfs
from engine.audio.resample import Decimator
from engine.audio.silero import Judged, SileroNetwork, SpeechStream
from engine.protocol import HEARING_RATE_HZ, LINE_RATE_HZ, OperatorSpoke
from engine.settings import VadSettings
from engine.turns.operator_speech import OperatorSpeech
from engine.turns.windows import Window

FIRST_UTTERANCE = 1  # of a call
ON_LINE_US = 60_000  # our voice is on the line until so long after its last frame: three frames
GOES_ON_US = (
    300_000  # on a busy machine; so long it counts as on the line after a hold, though no frame has come
)


class Sent(NamedTuple):
    """What one frame of our voice gives."""

    pcm: np.ndarray  # int16, 16 kHz
    windows: list[Window]  # that are whole with it
    utterances: list[OperatorSpoke]  # that are over with it


class OurSide:
    """One call's.

    An operator hears the far end, as people do: their voice does not count as on the line, since nobody has to be
    stopped who speaks over it.
    """

    def __init__(self, network: SileroNetwork, vad: VadSettings, last: int) -> None:
        """last: number of the operator's last utterance, of a room before this one."""
        self.said_all = False  # our utterance has been played to its end
        self.opening = True  # it is our first
        self._network = network
        self._silence_dbfs = vad.silence_dbfs
        self._operator = OperatorSpeech(vad, last)
        self._operator_speaks = False  # our voice was the operator's, when there was one last
        self._rate = Decimator(LINE_RATE_HZ // HEARING_RATE_HZ)
        self._stream = SpeechStream(network)
        self._until_us = 0

    def is_on_line(self, now_us: int) -> bool:
        """Whether the far end hears the agent."""
        return now_us < self._until_us

    def begins(self, utterance: int) -> None:
        """An utterance of the agent's is being played."""
        self.opening = utterance <= FIRST_UTTERANCE

    def goes_on(self, now_us: int) -> None:
        """After a hold."""
        if not self.said_all:
            self._until_us = now_us + GOES_ON_US

    def frame(self, pcm: bytes, operator: bool, media_ms: int, now_us: int) -> Sent:
        """20 ms of our voice at 48 kHz, at `media_ms` of the far end's time."""
        if operator != self._operator_speaks:
            self._operator_speaks, self._stream = operator, SpeechStream(self._network)
        self.said_all = False
        self._until_us = 0 if operator else now_us + ON_LINE_US
        heard = self._rate.feed(np.frombuffer(pcm, np.int16))
        sent = Sent(heard, [], [])
        for probability, samples in self._judged(heard, operator):
            window = Window(probability, level_dbfs(samples), media_ms)
            sent.windows.append(window)
            if operator:
                sent.utterances.extend(self._operator.hear(probability, window.level_dbfs, samples, media_ms))
        return sent

    def _judged(self, heard: np.ndarray, operator: bool) -> Sequence[Judged]:
        """That the agent's own voice is speech need not be found out."""
        if operator:
            return self._stream.feed(heard)
        self._stream.add(heard)
        windows = [self._stream.take()] if self._stream.has_window else []
        return [Judged(float(level_dbfs(window) > self._silence_dbfs), window) for window in windows]

    def passed(self, media_ms: int) -> list[OperatorSpoke]:
        """Media time goes on; the operator's utterance that is over with it, if one is."""
        return self._operator.passed(media_ms)

    def operator_left(self) -> list[OperatorSpoke]:
        """The operator's voice is not on the line any more: what was being said is over."""
        return self._operator.finish()
