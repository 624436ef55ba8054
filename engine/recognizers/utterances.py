"""One call's speech on its way to words: its audio, the turn in progress, what is known of its language."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
    LanguageSwitched,
    Message,
    OperatorSpoke,
    OperatorWords,
    SpeechPaused,
    SpeechStarted,
    Transcript,
    TurnEnded,
)
from engine.recognizers.base import Recognition, Recognizer
from engine.recognizers.behind import Behind
from engine.settings import Settings
from engine.turns.hallucination import Around, reason_to_drop
from engine.turns.language import (
    CLEAR_MS,
    SURE_PROBABILITY,
    CallLanguage,
    HeardIn,
    follow,
    force,
    is_clear,
    probability_of,
)
from engine.turns.sound_spans import SoundSpans

KEEP_MS = 90_000  # of audio: nobody speaks for longer without a pause, and 3 MB a call are enough
LEAD_MS = 240  # of audio before the detected start: the detector needs about 100 ms to notice
TAIL_MS = 128  # of audio after the last voiced window: the end of a soft consonant
BELIEVED = (
    0.5  # confidence in the words of the call's language, where another was heard and nothing speaks for it
)
LOUDEST_MS = 400
SAMPLES_PER_MS = HEARING_RATE_HZ // 1000


class Memory(msgspec.Struct, frozen=True):
    """What this room must know to go on after a restart."""

    turn: int
    language: CallLanguage | None = None  # None: the task's
    operator: int = 0  # the operator's last utterance


class Utterances:
    """One call's audio and the turn in progress."""

    def __init__(
        self, opened: CallOpened, settings: Settings, recognizer: Recognizer, clock_us: Callable[[], int]
    ) -> None:
        """clock_us: the monotonic clock."""
        memory = msgspec.msgpack.decode(opened.checkpoint, type=Memory) if opened.checkpoint else Memory(0)
        self.settings = settings
        self.clock_us = clock_us
        self.recognizer = recognizer
        self.names = (opened.task.restaurant, opened.task.name)  # that nobody can spell by ear
        self.frames = FrameCounter(expected=(clock_us() - opened.started_us) // 1000 // FRAME_MS)
        self.audio = RecentAudio(KEEP_MS)
        self.behind = Behind(settings.turns.pause_ms)
        self.sounds = SoundSpans()  # that are nobody
        self.spoken = memory.language or CallLanguage(opened.task.language)
        if self.spoken.language != opened.task.language:  # an operator has chosen one while nobody was here
            self.spoken = force(self.spoken, opened.task.language)
        self.before = self.spoken  # as it was when the turn began
        self.early_media = False  # what is heard is not yet somebody who has picked up
        self.heard_in: Mapping[LanguageCode, float] | None = None  # in this turn; None: not asked yet
        self.switched: list[LanguageSwitched] = []  # to be told before the words with which it was settled
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
        self.before, self.heard_in = self.spoken, None

    @property
    def language(self) -> LanguageCode:
        """That the call is held in."""
        return self.spoken.language

    def recognize(self, end_ms: int) -> Recognition:
        """Words of the turn up to `end_ms`; none are looked for where it was nobody who was heard."""
        if self.sounds.reason_to_drop(self.start_ms, end_ms):
            return Recognition("", self.language, 0.0, 1.0)
        expected = self._expected(end_ms - self.start_ms)
        found = self._transcribe(end_ms, expected)
        if expected is None:
            self.heard_in = found.languages or {found.language: found.confidence}
        return found

    def _transcribe(self, end_ms: int, language: LanguageCode | None) -> Recognition:
        pcm = self.audio.between(max(0, self.start_ms - LEAD_MS), end_ms + TAIL_MS)
        return self.recognizer.transcribe(pcm, language, self.names)

    def _expected(self, length_ms: int) -> LanguageCode | None:
        """The language of something that long; None: it has to be found out, which is done once in a turn.

        Most turns are asked about while they go on; who is heard to speak the call's language is not asked again.
        """
        if self.spoken.forced or length_ms < CLEAR_MS:
            return self.language
        surely = self.heard_in is not None and self.heard_in.get(self.language, 0.0) >= SURE_PROBABILITY
        return self.language if surely else None

    def _settle_language(self, found: Recognition, end_ms: int) -> Recognition:
        """All that is known of a turn's language: do we follow it? The words, in the language that they are read in.

        An announcement before anybody has picked up, and words that are not believed, tell nothing of it; and a turn
        that has been followed stays so, whatever else is said in it.
        """
        if self.heard_in is None or not found.text or self.early_media:
            return found
        if self.language != self.before.language or self._doubt(
            found, self.audio.between(self.start_ms, end_ms)
        ):
            return found
        length_ms = end_ms - self.start_ms
        heard = HeardIn(
            turn=self.turn,
            length_ms=length_ms,
            text=found.text,
            language=found.language,
            probability=probability_of(found.language, found.confidence, self.heard_in),
        )
        if found.language != self.before.language and not is_clear(heard, self.before.language):
            ours = self._transcribe(end_ms, self.before.language)
            return ours if ours.confidence >= min(BELIEVED, found.confidence) else found
        was, (self.spoken, reason) = self.language, follow(self.before, heard)
        if self.language != was:
            self.switched.append(LanguageSwitched(self.language, self.turn, reason, was))
        return found

    def force(self, language: LanguageCode) -> None:
        """A language that is spoken from now on, and in the turn in progress."""
        was, self.spoken = self.language, force(self.spoken, language)
        self.before, self.on_suspicion = self.spoken, None
        self.switched.append(LanguageSwitched(language, self.turn, "an operator", was, forced=True))

    def take_switches(self) -> list[LanguageSwitched]:
        """What is to be told of the language before anything else."""
        taken, self.switched = self.switched, []
        return taken

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
        found = self._settle_language(self.recognize(event.end_ms), event.end_ms)
        self.on_suspicion = (event.end_ms, found)
        self.last_text = found.text
        return self._transcript(found, event.end_ms, final=False, at_pause=True)

    def finish(self, event: TurnEnded, received_us: int) -> Transcript:
        """The final transcript of a turn."""
        if self.turn != event.turn:  # its beginning was not heard here
            self.before, self.heard_in = self.spoken, None
        self.turn, self.start_ms = event.turn, event.start_ms
        if self.on_suspicion is not None and self.on_suspicion[0] == event.end_ms:
            found = self.on_suspicion[1]
        else:
            found = self._settle_language(self.recognize(event.end_ms), event.end_ms)
        self.on_suspicion = None
        transcript = self._transcript(found, event.end_ms, final=True, asr_us=self.clock_us() - received_us)
        self.turn, self.done_turn, self.final = 0, event.turn, transcript
        return transcript

    def understand(self, spoke: OperatorSpoke) -> OperatorWords | None:
        """The operator's words; None where there are none, or none to be believed."""
        self.done_operator = spoke.utterance
        pcm = np.frombuffer(spoke.pcm, np.int16)
        known = self.spoken.forced or self.spoken.agreed or pcm.size // SAMPLES_PER_MS < CLEAR_MS
        found = self.recognizer.transcribe(pcm, self.language if known else None, self.names)
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
        memory = Memory(self.done_turn, self.spoken, self.done_operator)
        return Checkpoint(room="transcribe", state=msgspec.msgpack.encode(memory))

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
        around = Around(found.language, pcm.size // SAMPLES_PER_MS, self.names)
        return reason_to_drop(
            found.text, loudest_dbfs(pcm), silence_dbfs, found.confidence, found.no_speech, around
        )


def loudest_dbfs(pcm: np.ndarray) -> float:
    """Level of the loudest 400 ms, in dBFS. pcm: int16, 16 kHz."""
    block = LOUDEST_MS * 16
    return max((level_dbfs(pcm[i : i + block]) for i in range(0, max(1, pcm.size), block)), default=-120.0)
