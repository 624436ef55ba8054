"""transcribe: what does the far end say?

hears  FarFrame                                               from capture   (16 kHz mono int16, 20 ms)
       SpeechStarted, SpeechPaused, SpeechResumed, TurnEnded  from vad
       CallOpened, CallClosed, RoomStarted                    from the supervisor
says   Transcript (partial while they speak, final once the turn is over)   to cache, agent
decides in turns/hallucination.py
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from engine.audio.frames import FrameCounter, RecentAudio
from engine.audio.levels import level_dbfs
from engine.bus import TICK, Bus, now_us
from engine.protocol import (
    FRAME_MS,
    CallClosed,
    CallOpened,
    Checkpoint,
    FarFrame,
    Flag,
    LanguageCode,
    RoomStarted,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    Transcript,
    TurnEnded,
)
from engine.recognizers.base import Recognition, Recognizer
from engine.settings import Settings
from engine.turns.hallucination import reason_to_drop
from engine.wiring import House

KEEP_MS = 30_000
LEAD_MS = 240  # of audio before the detected start: the detector needs about 100 ms to notice
TAIL_MS = 128  # of audio after the last voiced window: the end of a soft consonant
LANGUAGE_FROM_MS = 1000  # shorter utterances do not decide what language is spoken
LANGUAGE_PINNED_AFTER = 2  # utterances in a row that agree
LOUDEST_MS = 400


class Memory(msgspec.Struct, frozen=True):
    """What this room must know to go on after a restart."""

    turn: int
    agreements: int


class Utterances:
    """One call's audio and the turn in progress."""

    def __init__(self, opened: CallOpened, settings: Settings, recognizer: Recognizer) -> None:
        memory = msgspec.msgpack.decode(opened.checkpoint, type=Memory) if opened.checkpoint else Memory(0, 0)
        self.settings = settings
        self.recognizer = recognizer
        self.frames = FrameCounter(expected=(now_us() - opened.started_us) // 1000 // FRAME_MS)
        self.audio = RecentAudio(KEEP_MS)
        self.language: LanguageCode = opened.task.language
        self.agreements = memory.agreements
        self.done_turn = memory.turn  # up to this one a final transcript was given
        self.turn = 0
        self.start_ms = 0
        self.last_text = ""
        self.on_suspicion: tuple[int, Recognition] | None = None  # recognised at a pause that ended there
        self.final: Transcript | None = None

    def begin(self, event: SpeechStarted) -> None:
        """A turn begins, unless it is an old one that is offered again."""
        if event.turn <= self.done_turn:
            return
        self.turn, self.start_ms, self.last_text, self.on_suspicion = event.turn, event.start_ms, "", None

    def recognize(self, end_ms: int) -> Recognition:
        """Words of the turn up to `end_ms`."""
        long_enough = end_ms - self.start_ms >= LANGUAGE_FROM_MS
        pinned = self.agreements >= LANGUAGE_PINNED_AFTER
        pcm = self.audio.between(max(0, self.start_ms - LEAD_MS), end_ms + TAIL_MS)
        return self.recognizer.transcribe(pcm, self.language if pinned or not long_enough else None)

    def partial(self) -> Transcript | None:
        """The turn so far, when its words have changed."""
        found = self.recognize(self.audio.end_ms)
        if not found.text or found.text == self.last_text:
            return None
        self.last_text = found.text
        return self._transcript(found, self.audio.end_ms, final=False)

    def suspect(self, event: SpeechPaused) -> None:
        """Transcribe at a pause already: if the turn ends there, its words are known."""
        if event.turn == self.turn:
            self.on_suspicion = (event.end_ms, self.recognize(event.end_ms))

    def finish(self, event: TurnEnded, received_us: int) -> Transcript:
        """The final transcript of a turn."""
        self.turn, self.start_ms = event.turn, event.start_ms
        if self.on_suspicion is not None and self.on_suspicion[0] == event.end_ms:
            found = self.on_suspicion[1]
        else:
            found = self.recognize(event.end_ms)
        self.on_suspicion = None
        self._learn_language(found, event)
        transcript = self._transcript(found, event.end_ms, final=True, asr_us=now_us() - received_us)
        self.turn, self.done_turn, self.final = 0, event.turn, transcript
        return transcript

    def memory(self) -> bytes:
        """The checkpoint after a final transcript."""
        return msgspec.msgpack.encode(Memory(self.done_turn, self.agreements))

    def _learn_language(self, found: Recognition, event: TurnEnded) -> None:
        if event.end_ms - event.start_ms < LANGUAGE_FROM_MS or not found.text:
            return
        self.agreements = self.agreements + 1 if found.language == self.language else 0

    def _transcript(self, found: Recognition, end_ms: int, final: bool, asr_us: int = 0) -> Transcript:
        pcm = self.audio.between(self.start_ms, end_ms)
        dropped = reason_to_drop(
            found.text,
            loudest_dbfs(pcm),
            self.settings.vad.silence_dbfs,
            found.confidence,
            found.no_speech,
        )
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
        )


def loudest_dbfs(pcm: np.ndarray) -> float:
    """Level of the loudest 400 ms, in dBFS. pcm: int16, 16 kHz."""
    block = LOUDEST_MS * 16
    return max((level_dbfs(pcm[i : i + block]) for i in range(0, max(1, pcm.size), block)), default=-120.0)


def run(bus: Bus, recognizer: Recognizer, clock_us: Callable[[], int] = now_us) -> None:
    """Until the house shuts down."""
    calls: dict[int, Utterances] = {}
    every_us = bus.house.settings.recognizer.partial_every_ms * 1000
    for delivery in bus:
        header, message = delivery
        call = header.call
        each = calls.get(call)
        if delivery is TICK:
            for number, speaking in calls.items():
                if speaking.turn and speaking.on_suspicion is None and (partial := speaking.partial()):
                    bus.send(number, partial)
        match message:
            case CallOpened() if each is None:
                calls[call] = Utterances(message, bus.house.settings, recognizer)
            case FarFrame(pcm=pcm) if each:
                each.audio.add(each.frames.count(header.sequence), np.frombuffer(pcm, np.int16))
            case SpeechStarted() if each:
                each.begin(message)
            case SpeechPaused() if each:
                each.suspect(message)
            case SpeechResumed() if each:
                each.on_suspicion = None
            case TurnEnded(turn=turn) if each and turn > each.done_turn:
                bus.send(call, each.finish(message, clock_us()), Flag.FINAL)
                bus.send(call, Checkpoint(room="transcribe", state=each.memory()))
            case RoomStarted(room="agent" | "cache"):
                for number, known in calls.items():
                    if known.final is not None:
                        bus.send(number, known.final, Flag.FINAL | Flag.AGAIN)
            case CallClosed():
                calls.pop(call, None)
        anyone = any(speaking.turn for speaking in calls.values())
        if anyone and bus.wake_at_us is None:
            bus.wake_at_us = clock_us() + every_us


def start(house: House) -> None:
    """Open the room in this process."""
    from engine.recognizers.whisper import WhisperRecognizer, folder_of

    bus = Bus(house, FarFrame, SpeechStarted, SpeechPaused, SpeechResumed, TurnEnded, RoomStarted, CallClosed)
    settings = house.settings.recognizer
    recognizer = WhisperRecognizer(settings, folder_of(settings, house.settings.state_path / "models"))
    bus.ready = True
    run(bus, recognizer)
    bus.close()
