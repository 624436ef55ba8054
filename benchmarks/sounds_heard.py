"""What the ears of a call make of recorded clips: capture's, vad's and transcribe's, without a line."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
import numpy as np

from engine.audio.silero import SileroNetwork, judge
from engine.bus import now_us
from engine.protocol import (
    FRAME_MS,
    HEARING_RATE_HZ,
    LANGUAGES,
    LINE_RATE_HZ,
    CallOpened,
    Message,
    SoundHeard,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    Task,
    Transcript,
    TurnEnded,
)
from engine.recognizers.utterances import Utterances
from engine.recognizers.whisper import WhisperRecognizer, folder_of
from engine.settings import Settings
from engine.turns.far_frames import Frame
from engine.turns.hearing import Hearing
from engine.workers.capture import Ear

QUIET_AFTER_MS = 2000  # so that a turn at the end of a clip is over
BORDER_MS = 300  # a pause that is shorter lies within a stretch of speech


class Clip(NamedTuple):
    """One recording and what is known of it."""

    name: str
    kind: str
    language: str
    pcm: np.ndarray  # int16, 16 kHz
    segments: list[list[float]] | None
    holds_sounds: bool  # it was made of speech and of something else


class Heard(NamedTuple):
    """What the ears made of a clip, with the time at which they said it, in ms."""

    said: list[tuple[int, Message]]

    def of(self, kind: type[Any]) -> list[Any]:
        """Messages of one kind."""
        return [message for _, message in self.said if isinstance(message, kind)]


class Ears:
    """capture, vad and transcribe of one call after the other, in this process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._network = SileroNetwork()
        self._recognizer = WhisperRecognizer(
            settings.recognizer, folder_of(settings.recognizer, settings.state_path / "models")
        )

    def hear(self, clip: Clip) -> Heard:
        """One clip as a call of its own."""
        import soxr

        language = clip.language if clip.language in LANGUAGES else "en"
        task = msgspec.convert(
            {
                "restaurant": "-",
                "language": language,
                "today": "2030-01-01",
                "date": "2030-01-02",
                "time": "19:00",
                "party_size": 2,
                "name": "-",
            },
            Task,
        )
        opened = CallOpened(task=task, call_id="-", line="simulated", started_us=now_us())
        ear, hearing = Ear(), Hearing(self._network, self._settings, opened, now_us())
        words = Utterances(opened, self._settings, self._recognizer, now_us)
        line = soxr.resample(clip.pcm.astype(np.float32), HEARING_RATE_HZ, LINE_RATE_HZ)
        line = np.concatenate([line, np.zeros(QUIET_AFTER_MS * LINE_RATE_HZ // 1000)])
        pcm = np.clip(np.rint(line), -32768, 32767).astype(np.int16)
        said: list[tuple[int, Message]] = []
        size = LINE_RATE_HZ * FRAME_MS // 1000
        for number in range(pcm.size // size):
            frame, key = ear.hear(pcm[number * size : (number + 1) * size].tobytes(), number)
            words.audio.add(words.frames.count(number), np.frombuffer(frame, np.int16))
            waiting = [*_heard(hearing, Frame(number, frame, now_us())), *([key] if key else [])]
            while waiting:
                message = waiting.pop(0)
                said.append(((number + 1) * FRAME_MS, message))
                transcript = _recognised(words, message)
                if transcript is not None:
                    said.append(((number + 1) * FRAME_MS, transcript))
                    waiting += hearing.words(transcript, now_us())
        return Heard(said)


def _heard(hearing: Hearing, frame: Frame) -> list[Message]:
    """What vad does with a frame of the far end's."""
    hearing.take(frame)
    return hearing.judged(judge([hearing.far]) if hearing.far.has_window else [], now_us())


def _recognised(words: Utterances, message: Message) -> Transcript | None:
    """What transcribe does with a message of vad's."""
    match message:
        case SoundHeard():
            words.sounds.told(message)
        case SpeechStarted():
            words.begin(message)
        case SpeechPaused():
            return words.suspect(message)
        case SpeechResumed():
            words.on_suspicion = None
        case TurnEnded():
            return words.finish(message, now_us())
    return None


def segments_of(heard: Heard) -> list[tuple[int, int]]:
    """Stretches of speech with pauses shorter than BORDER_MS in them, in ms."""
    found: list[list[int]] = []
    for at_ms, message in heard.said:
        match message:
            case SpeechStarted(start_ms=start_ms):
                found.append([start_ms, -1])
            case SpeechPaused(end_ms=end_ms) if found:
                found[-1][1] = end_ms
            case SpeechResumed() if found:
                found.append([at_ms - 64, -1])  # two windows are looked at
            case TurnEnded(audible_end_ms=end_ms) if found:
                found[-1][1] = end_ms
    whole: list[tuple[int, int]] = []
    for start, end in found:
        if whole and start - whole[-1][1] < BORDER_MS:
            start, _ = whole.pop()
        whole.append((start, end))
    return whole
