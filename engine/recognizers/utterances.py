"""One call's speech on its way to words: its audio, the turn in progress, what is known of its language."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from engine.audio.frames import FrameCounter, RecentAudio
from engine.audio.levels import level_dbfs
from engine.protocol import (
    FRAME_MS,
    HEARING_RATE_HZ,
    CallOpened,
    Checkpoint,
    LanguageCode,
    Message,
    OperatorSpoke,
    OperatorWords,
    SpeechPaused,
    SpeechStarted,
    Transcript,
    TurnEnded,
)
from engine.recognizers.base import Recognition, Recognizer
from engine.settings import Settings
from engine.turns.hallucination import reason_to_drop
from engine.turns.sound_spans import SoundSpans

KEEP_MS = 30_000
LEAD_MS = 240  # of audio before the detected start: the detector needs about 100 ms to notice
TAIL_MS = 128  # of audio after the last voiced window: the end of a soft consonant
LANGUAGE_FROM_MS = 1000  # shorter utterances do not decide what language is spoken
LANGUAGE_PINNED_AFTER = 2  # utterances in a row that agree
LOUDEST_MS = 400
SAMPLES_PER_MS = HEARING_RATE_HZ // 1000


class Memory(msgspec.Struct, frozen=True):
    """What this room must know to go on after a restart."""

    turn: int
    agreements: int
    operator: int = 0  # the operator's last utterance
    forced: bool = False  # by an operator: the language of the task is spoken, whatever it sounds like


class Utterances:
    """One call's audio and the turn in progress."""

    def __init__(
        self, opened: CallOpened, settings: Settings, recognizer: Recognizer, clock_us: Callable[[], int]
    ) -> None:
        """clock_us: the monotonic clock."""
        memory = msgspec.msgpack.decode(opened.checkpoint, type=Memory) if opened.checkpoint else Memory(0, 0)
        self.settings = settings
        self.clock_us = clock_us
        self.recognizer = recognizer
        self.frames = FrameCounter(expected=(clock_us() - opened.started_us) // 1000 // FRAME_MS)
        self.audio = RecentAudio(KEEP_MS)
        self.sounds = SoundSpans()  # that are nobody
        self.language: LanguageCode = opened.task.language
        self.agreements, self.forced = memory.agreements, memory.forced
        self.done_turn = memory.turn  # up to this one a final transcript was given
        self.done_operator = memory.operator  # up to this one the operator's words were given
        self.turn = 0
        self.start_ms = 0
        self.last_text = ""
        self.on_suspicion: tuple[int, Recognition] | None = None  # recognised at a pause that ended there
        self.final: Transcript | None = None
        self.operator_words: OperatorWords | None = None
        self.held: list[tuple[Message, int]] = []  # what came during an outage, and when

    def begin(self, event: SpeechStarted) -> None:
        """A turn begins, unless it is an old one that is offered again."""
        if event.turn <= self.done_turn:
            return
        self.turn, self.start_ms, self.last_text, self.on_suspicion = event.turn, event.start_ms, "", None

    def recognize(self, end_ms: int) -> Recognition:
        """Words of the turn up to `end_ms`; none are looked for where it was nobody who was heard."""
        if self.sounds.reason_to_drop(self.start_ms, end_ms):
            return Recognition("", self.language, 0.0, 1.0)
        pcm = self.audio.between(max(0, self.start_ms - LEAD_MS), end_ms + TAIL_MS)
        return self.recognizer.transcribe(pcm, self._expected(end_ms - self.start_ms))

    def _expected(self, length_ms: int) -> LanguageCode | None:
        """The language of something that long; None: it has to be found out."""
        known = self.forced or self.agreements >= LANGUAGE_PINNED_AFTER or length_ms < LANGUAGE_FROM_MS
        return self.language if known else None

    def force(self, language: LanguageCode) -> None:
        """A language that is spoken from now on, and in the turn in progress."""
        self.language, self.forced, self.on_suspicion = language, True, None

    def partial(self) -> Transcript | None:
        """The turn so far, when its words have changed."""
        found = self.recognize(self.audio.end_ms)
        if not found.text or found.text == self.last_text:
            return None
        self.last_text = found.text
        return self._transcript(found, self.audio.end_ms, final=False)

    def suspect(self, event: SpeechPaused) -> Transcript | None:
        """Transcribe at a pause already: if the turn ends there, its words are known. None: it is another turn's."""
        if event.turn != self.turn or self.settings.turns.speculate == "off":
            return None
        found = self.recognize(event.end_ms)
        self.on_suspicion = (event.end_ms, found)
        self.last_text = found.text
        return self._transcript(found, event.end_ms, final=False, at_pause=True)

    def finish(self, event: TurnEnded, received_us: int) -> Transcript:
        """The final transcript of a turn."""
        self.turn, self.start_ms = event.turn, event.start_ms
        if self.on_suspicion is not None and self.on_suspicion[0] == event.end_ms:
            found = self.on_suspicion[1]
        else:
            found = self.recognize(event.end_ms)
        self.on_suspicion = None
        self._learn_language(found, event)
        transcript = self._transcript(found, event.end_ms, final=True, asr_us=self.clock_us() - received_us)
        self.turn, self.done_turn, self.final = 0, event.turn, transcript
        return transcript

    def understand(self, spoke: OperatorSpoke) -> OperatorWords | None:
        """The operator's words; None where there are none, or none to be believed."""
        self.done_operator = spoke.utterance
        pcm = np.frombuffer(spoke.pcm, np.int16)
        found = self.recognizer.transcribe(pcm, self._expected(pcm.size // SAMPLES_PER_MS))
        if not found.text or self._doubt(found, pcm):
            return None
        confidence = round(found.confidence, 3)
        words = OperatorWords(
            spoke.utterance, found.text, found.language, confidence, spoke.start_ms, spoke.end_ms
        )
        self.operator_words = words
        return words

    def checkpoint(self) -> Checkpoint:
        """After a final transcript, the operator's words, or a word on the language."""
        memory = Memory(self.done_turn, self.agreements, self.done_operator, self.forced)
        return Checkpoint(room="transcribe", state=msgspec.msgpack.encode(memory))

    def _learn_language(self, found: Recognition, event: TurnEnded) -> None:
        if event.end_ms - event.start_ms < LANGUAGE_FROM_MS or not found.text:
            return
        self.agreements = self.agreements + 1 if found.language == self.language else 0

    def _transcript(
        self, found: Recognition, end_ms: int, final: bool, asr_us: int = 0, at_pause: bool = False
    ) -> Transcript:
        nobody = self.sounds.reason_to_drop(self.start_ms, end_ms)
        dropped = nobody or self._doubt(found, self.audio.between(self.start_ms, end_ms))
        return Transcript(
            turn=self.turn,
            text="" if dropped else found.text,
            final=final,
            language=found.language,
            confidence=round(found.confidence, 3),
            start_ms=self.start_ms,
            end_ms=end_ms,
            asr_us=asr_us,
            dropped=f"{dropped}: {found.text}" if dropped else "",
            at_pause=at_pause,
        )

    def _doubt(self, found: Recognition, pcm: np.ndarray) -> str:
        silence_dbfs = self.settings.vad.silence_dbfs
        return reason_to_drop(found.text, loudest_dbfs(pcm), silence_dbfs, found.confidence, found.no_speech)


def loudest_dbfs(pcm: np.ndarray) -> float:
    """Level of the loudest 400 ms, in dBFS. pcm: int16, 16 kHz."""
    block = LOUDEST_MS * 16
    return max((level_dbfs(pcm[i : i + block]) for i in range(0, max(1, pcm.size), block)), default=-120.0)
