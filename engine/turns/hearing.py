"""One call as the detector hears it: windows, words and our own voice become turns, barge-in, sounds, meters. Pure.

frame ─► far_frames.py ─► window, judged by the network for many calls at once
                            │
         sounds.py: nobody speaks ─► echo.py: without our own voice ─┬─► endpointing.py: turns
                                                                     └─► barge_in.py: our voice, held or cut
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from engine.audio.frames import SAMPLES_PER_MS
from engine.audio.levels import level_dbfs
from engine.audio.silero import Judged, SileroNetwork, SpeechStream
from engine.protocol import (
    FRAME_MS,
    BargeIn,
    CallOpened,
    Checkpoint,
    LanguageCode,
    Message,
    OperatorSpoke,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    Transcript,
    TurnEnded,
)
from engine.settings import Settings
from engine.turns.barge_in import BargeInJudge
from engine.turns.completeness import prepare
from engine.turns.echo import EchoMeter
from engine.turns.endpointing import Endpointer, TurnEvent, Window
from engine.turns.far_frames import FarFrames, Frame
from engine.turns.meters import Meters
from engine.turns.our_side import OurSide
from engine.turns.sounds import Sounds

NOT_PAUSED_MS = -1


class Memory(msgspec.Struct, frozen=True):
    """What a successor must know to go on."""

    turn: int
    heard_until_ms: int
    operator: int = 0  # the operator's last utterance


class Pause(NamedTuple):
    """The far end is silent in the middle of a turn, or at its end."""

    turn: int
    end_ms: int
    pcm: np.ndarray  # of the turn until then; int16, 16 kHz


class Hearing:
    """One call's. Every method that returns messages gives everything to say."""

    def __init__(self, network: SileroNetwork, settings: Settings, opened: CallOpened, now_us: int) -> None:
        empty = Memory(0, 0)
        memory = msgspec.msgpack.decode(opened.checkpoint, type=Memory) if opened.checkpoint else empty
        expected = (now_us - opened.started_us) // 1000 // FRAME_MS
        self.frames = FarFrames(expected, memory.heard_until_ms, restarted=bool(opened.room))
        self.far = SpeechStream(network)
        self.ours = OurSide(network, settings.vad, memory.operator)
        self.expects = ""  # what our last question asks for
        self._memory = memory
        self._endpointer = Endpointer(settings.vad, settings.turns, memory.turn + 1)
        self._barge_in = BargeInJudge(settings.vad, settings.turns)
        self._echo = EchoMeter(settings.vad)
        self._sounds = Sounds(settings.vad.silence_dbfs)
        self._meters = Meters()
        self._our_voice = False  # it was on the line, or held, with the last window
        self._spoken_over = False  # the turn lay wholly under our voice so far
        self._paused_ms = NOT_PAUSED_MS  # where the turn has paused, if it has
        self._asked_ms = NOT_PAUSED_MS  # the last pause that `new_pause` has told
        self._events: list[Message] = []  # of the turn in progress or just ended
        self._operator_spoke: list[OperatorSpoke] = []  # the last
        self.speaks(opened.task.language)

    # --- the far end -----------------------------------------------------------------------------------

    def take(self, frame: Frame) -> bool:
        """A frame whose window, if it completes one, is to be judged; False: it is not new."""
        samples = self.frames.take(frame)
        if samples is None:
            return False
        self._echo.far_clock(self.frames.heard_until_ms, frame.at_us)
        self.far.add(samples)
        return True

    def judged(self, windows: Sequence[Judged], now_us: int) -> list[Message]:
        """After a frame was taken, of which these windows were judged."""
        said: list[Message] = []
        heard_until_ms = self.frames.heard_until_ms
        our_voice = self.ours.is_on_line(now_us)
        end_ms = heard_until_ms - self.far.waiting_samples // SAMPLES_PER_MS
        for probability, samples in windows:
            window = Window(probability, level_dbfs(samples), end_ms)
            said += self._meters.add("far", window)
            said += self._sounds.hear(window, samples, our_voice)
            if self._sounds.has_stopped:
                self.far.forget()
            for heard in self._echo.hear(window, samples, our_voice):
                for each in self._sounds.pass_on(heard.window):
                    said += self._judge(each, heard.our_voice, now_us)
            report = self._echo.report()
            if report is not None:
                said.append(report)
        return said + self._noted(self.ours.passed(heard_until_ms))

    def words(self, heard: Transcript, now_us: int) -> list[Message]:
        """What they say has been recognised: is their turn over, and do our words go on?"""
        if heard.turn != self._endpointer.turn:
            return []
        whole = heard.final or (heard.at_pause and heard.end_ms == self._paused_ms)
        action = self._barge_in.words(heard.text, heard.language, whole, self.ours.opening)
        said = self._interrupted(action, now_us)
        ended = self._endpointer.words(heard.turn, heard.end_ms, heard.text)
        return said + self._of_turn(ended, self._our_voice)

    def sounded(self, turn: int, end_ms: int, finished: float) -> list[Message]:
        """How a pause sounded; see Endpointer.sounded."""
        return self._of_turn(self._endpointer.sounded(turn, end_ms, finished), self._our_voice)

    def new_pause(self) -> Pause | None:
        """A pause that has just begun, each once."""
        if self._paused_ms in (NOT_PAUSED_MS, self._asked_ms):
            return None
        self._asked_ms = self._paused_ms
        pcm = self.frames.between(self._endpointer.start_ms, self._paused_ms)
        return Pause(self._endpointer.turn, self._paused_ms, pcm)

    def speaks(self, language: LanguageCode) -> None:
        """The far end's words are judged as this language's from now on."""
        self._endpointer.language = language
        prepare(language)

    def line_ended(self, now_us: int) -> list[Message]:
        """What is still to be said of the far end when no more audio will come."""
        said = [
            each
            for window, our_voice in self._echo.flush()
            for each in self._judge(window, our_voice, now_us)
        ]
        ended = self._endpointer.line_ended(self.frames.heard_until_ms)
        said += [self._completed(each, False) if isinstance(each, TurnEnded) else each for each in ended]
        return said + self.operator_left() + self._meters.rest()

    # --- our side --------------------------------------------------------------------------------------

    def our_frame(self, pcm: bytes, at_us: int, operator: bool, now_us: int) -> list[Message]:
        """20 ms of our voice. at_us: of the header's clock. operator: it is theirs."""
        sent = self.ours.frame(pcm, operator, self.frames.heard_until_ms, now_us)
        self._echo.sent(sent.pcm, at_us)
        said: list[Message] = [each for window in sent.windows for each in self._meters.add("agent", window)]
        return said + self._noted(sent.utterances)

    def operator_left(self) -> list[Message]:
        """The operator's voice is not on the line any more: what was being said is over."""
        return self._noted(self.ours.operator_left())

    # --- what a restart needs --------------------------------------------------------------------------

    def offer_again(self) -> list[Message]:
        """For a hearer that was started again: the turn in progress or just ended, and the operator's last words."""
        return [*self._events, *self._operator_spoke]

    def remember(self, over: TurnEnded | OperatorSpoke) -> Checkpoint:
        """The checkpoint after a turn, or an utterance of the operator."""
        if isinstance(over, TurnEnded):
            self._memory = Memory(over.turn, over.end_ms, self._memory.operator)
        else:
            self._memory = msgspec.structs.replace(self._memory, operator=over.utterance)
        return Checkpoint(room="vad", state=msgspec.msgpack.encode(self._memory))

    # --- one window, one event -------------------------------------------------------------------------

    def _judge(self, window: Window, our_voice: bool, now_us: int) -> list[Message]:
        our_voice = our_voice or (self._barge_in.held and not self.ours.said_all)
        said = self._interrupted(self._barge_in.step(window, our_voice), now_us)
        said += self._of_turn(self._endpointer.step(window, self.expects), our_voice)
        if not our_voice:
            self._spoken_over = False
        self._our_voice = our_voice
        return said

    def _interrupted(self, action: BargeIn | None, now_us: int) -> list[Message]:
        if action is None:
            return []
        if action.action == "cut":
            self._spoken_over = False
        if action.action == "resume":
            self.ours.goes_on(now_us)
        return [action]

    def _of_turn(self, events: Sequence[TurnEvent], our_voice: bool) -> list[Message]:
        said: list[Message] = []
        for event in events:
            match event:
                case SpeechStarted():
                    self._spoken_over, self._events = our_voice, []
                case SpeechPaused(end_ms=end_ms):
                    self._paused_ms = end_ms
                case SpeechResumed():
                    self._paused_ms = NOT_PAUSED_MS
                case TurnEnded():
                    said += self._sounds.of_turn(event.start_ms, event.end_ms)
                    event = self._completed(event, self._spoken_over and our_voice)
            self._events.append(event)
            said.append(event)
        return said

    def _completed(self, ended: TurnEnded, under_our_voice: bool) -> TurnEnded:
        """The turn with what its audio tells, and with what it was."""
        audible_end_ms = self.frames.audible_end_ms(
            ended.start_ms, ended.end_ms, ended.decided_ms, has_ended=bool(ended.hangover_ms)
        )
        return msgspec.structs.replace(ended, audible_end_ms=audible_end_ms, under_our_voice=under_our_voice)

    def _noted(self, spoke: list[OperatorSpoke]) -> list[Message]:
        self._operator_spoke = spoke[-1:] or self._operator_spoke
        return [*spoke]
