"""vad: is the far end speaking, and is its turn over?

hears  FarFrame, LineState               from capture    (16 kHz mono int16, 20 ms)
       AgentFrame                        from playback   (is our voice on the line? is it an operator's?)
       PlaybackStarted, Spoken           from playback   (is it our first sentence? was that all?)
       Transcript, LanguageSwitched      from transcribe (are their words a whole sentence? what do they say over us?)
       DialogueState                     from agent      (what did we ask?)
       AgentSilenced                     from the supervisor   (an operator takes over, or gives back)
       CallOpened, CallClosed            from the supervisor
says   SpeechStarted, SpeechPaused, SpeechResumed, TurnEnded   to transcribe, agent
       OperatorSpoke                     to transcribe
       SoundHeard                        to transcribe, agent, supervisor   (tones, music: nobody speaks)
       BargeIn                           to playback, agent
       Voice, Echo                       to the supervisor (meters)
decides in turns/echo.py, turns/endpointing.py, turns/barge_in.py, turns/operator_speech.py and turns/sounds.py
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from engine.audio.frames import SAMPLES_PER_MS, FrameCounter, RecentAudio
from engine.audio.levels import audible_end, level_dbfs
from engine.audio.resample import Decimator
from engine.audio.silero import Judged, SileroNetwork, SpeechStream, judge
from engine.audio.turn_ear import Guess, TurnEar
from engine.bus import Bus, Woken, now_us
from engine.protocol import (
    FRAME_MS,
    HEARING_RATE_HZ,
    LINE_RATE_HZ,
    AgentFrame,
    AgentSilenced,
    BargeIn,
    CallClosed,
    CallOpened,
    Checkpoint,
    DialogueState,
    FarFrame,
    Flag,
    LanguageCode,
    LanguageSwitched,
    LineState,
    Message,
    OperatorSpoke,
    PlaybackStarted,
    RoomStarted,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    Spoken,
    Transcript,
    TurnEnded,
)
from engine.settings import Settings
from engine.turns.barge_in import BargeInJudge
from engine.turns.completeness import prepare
from engine.turns.echo import EchoMeter
from engine.turns.endpointing import Endpointer, TurnEvent, Window
from engine.turns.meters import Meters
from engine.turns.operator_speech import OperatorSpeech
from engine.turns.sounds import Sounds
from engine.wiring import House

HELD_MS = 500  # that long a restarted room waits for the frames it has missed
KEPT_MS = 8000  # of far-end audio: the last seconds of a turn and the pause after it
PAUSE_MS = 200  # beside a turn, in which the line's noise is measured
LATER_US_A_CALL = 200  # that something may wait to be taken together with what is heard of other calls
LATEST_US = 2000  # however many there are
FIRST_UTTERANCE = 1  # of a call
GOES_ON_US = (
    300_000  # on a busy machine; so long it counts as on the line after a hold, though no frame has come
)
OUR_VOICE_US = 60_000  # our voice is on the line until so long after its last frame: three frames


class Memory(msgspec.Struct, frozen=True):
    """What this room must know to go on after a restart."""

    turn: int
    heard_until_ms: int
    operator: int = 0  # the operator's last utterance


class Hearing:
    """One call's detector state."""

    def __init__(self, network: SileroNetwork, settings: Settings, opened: CallOpened) -> None:
        memory = msgspec.msgpack.decode(opened.checkpoint, type=Memory) if opened.checkpoint else Memory(0, 0)
        self.network = network
        self.far = SpeechStream(network)
        self.ours = SpeechStream(network)
        self.operator_speaks = False  # our voice was the operator's, when there was one last
        self.operator = OperatorSpeech(settings.vad, memory.operator)
        self.our_rate = Decimator(LINE_RATE_HZ // HEARING_RATE_HZ)
        self.frames = FrameCounter(expected=(now_us() - opened.started_us) // 1000 // FRAME_MS)
        self.held: list[tuple[int, bytes, int]] | None = (
            [] if opened.room else None
        )  # until older ones are offered again
        self.endpointer = Endpointer(settings.vad, settings.turns, memory.turn + 1)
        self.speaks(opened.task.language)
        self.judge = BargeInJudge(settings.vad, settings.turns)
        self.echo = EchoMeter(settings.vad)
        self.sounds = Sounds(settings.vad.silence_dbfs)
        self.meters = Meters()
        self.silence_dbfs = settings.vad.silence_dbfs
        self.memory = memory
        self.heard_until_ms = memory.heard_until_ms
        self.recent = RecentAudio(KEPT_MS)
        self.expects = ""
        self.our_voice_until_us = 0
        self.our_voice = False  # it was on the line, or held, with the last window
        self.spoken_over = False  # the turn lay wholly under our voice so far
        self.said_all = False  # our utterance has been played to its end
        self.opening = True  # it is our first
        self.paused_ms = -1  # where the turn has paused, if it has
        self.listened_ms = -1  # the last pause that the turn model was asked about
        self.open_events: list[Message] = []  # of the turn in progress or just ended, for a restarted hearer
        self.operator_spoke: OperatorSpoke | None = None  # last, for the same

    def far_frame(self, sequence: int, pcm: bytes, at_us: int, again: bool = False) -> list[Message]:
        """Everything to say after one frame of the far end. `again`: offered once more after a restart.

        After a restart the older frames come first: what arrives before them is held, for a moment.
        """
        if self.held is None:
            return self._far_frame(sequence, pcm, at_us)
        if not again:
            self.held.append((sequence, pcm, at_us))
            if len(self.held) * FRAME_MS < HELD_MS:
                return []
        held, self.held = self.held, None
        frames = [(sequence, pcm, at_us)] if again else held  # capture offers again what is held here, too
        return [said for frame in frames for said in self._far_frame(*frame)]

    def _far_frame(self, sequence: int, pcm: bytes, at_us: int) -> list[Message]:
        if not self.take_frame(sequence, pcm, at_us):
            return []
        return self.judged(judge([self.far]) if self.far.has_window else [])

    def take_frame(self, sequence: int, pcm: bytes, at_us: int) -> bool:
        """A frame whose window, if it completes one, is judged with those of other calls; False: it is not new."""
        number = self.frames.count(sequence)
        end_ms = (number + 1) * FRAME_MS
        if end_ms <= self.heard_until_ms:
            return False
        self.heard_until_ms = end_ms
        self.echo.far_clock(end_ms, at_us)
        samples = np.frombuffer(pcm, np.int16)
        self.recent.add(number, samples)
        self.far.add(samples)
        return True

    def judged(self, windows: Sequence[Judged]) -> list[Message]:
        """Everything to say after a frame, of which these windows were judged."""
        end_ms = self.heard_until_ms
        our_voice = now_us() < self.our_voice_until_us
        said: list[Message] = []
        behind_ms = self.far.waiting_samples // SAMPLES_PER_MS
        for probability, samples in windows:
            window = Window(probability, level_dbfs(samples), end_ms - behind_ms)
            said += self.meters.add("far", window)
            said += self.sounds.hear(window, samples, our_voice)
            if self.sounds.has_stopped:
                self.far.forget()
            for heard in self.echo.hear(window, samples, our_voice):
                for each in self.sounds.pass_on(heard.window):
                    said += self._judge(each, heard.our_voice)
            report = self.echo.report()
            if report is not None:
                said.append(report)
        return said + self._noted(self.operator.passed(end_ms))

    def _judge(self, window: Window, our_voice: bool) -> list[Message]:
        our_voice = our_voice or (self.judge.held and not self.said_all)
        said = self._barge_in(self.judge.step(window, our_voice))
        said += self._of_turn(self.endpointer.step(window, self.expects), our_voice)
        if not our_voice:
            self.spoken_over = False
        self.our_voice = our_voice
        return said

    def new_pause(self) -> tuple[int, int, np.ndarray] | None:
        """Turn, end and audio of a pause that has just begun, each once."""
        if self.paused_ms in (-1, self.listened_ms):
            return None
        self.listened_ms = self.paused_ms
        pcm = self.recent.between(self.endpointer.start_ms, self.paused_ms)
        return self.endpointer.turn, self.paused_ms, pcm

    def sounded(self, guess: Guess) -> list[Message]:
        """The turn model has heard how a pause began."""
        ended = self.endpointer.sounded(guess.turn, guess.end_ms, guess.finished)
        return self._of_turn(ended, self.our_voice)

    def speaks(self, language: LanguageCode) -> None:
        """The far end's words are judged as this language's from now on."""
        self.endpointer.language = language
        prepare(language)

    def words(self, heard: Transcript) -> list[Message]:
        """What they say has been recognised: is their turn over, and do our words go on?"""
        if heard.turn != self.endpointer.turn:
            return []
        whole = heard.final or (heard.at_pause and heard.end_ms == self.paused_ms)
        said = self._barge_in(self.judge.words(heard.text, heard.language, whole, self.opening))
        ended = self.endpointer.words(heard.turn, heard.end_ms, heard.text)
        return said + self._of_turn(ended, self.our_voice)

    def _of_turn(self, events: Sequence[TurnEvent], our_voice: bool) -> list[Message]:
        said: list[Message] = []
        for event in events:
            match event:
                case SpeechStarted():
                    self.spoken_over, self.open_events = our_voice, []
                case SpeechPaused(end_ms=end_ms):
                    self.paused_ms = end_ms
                case SpeechResumed():
                    self.paused_ms = -1
                case TurnEnded():
                    said += self.sounds.of_turn(event.start_ms, event.end_ms)
                    event = self._completed(event, self.spoken_over and our_voice)
            self.open_events.append(event)
            said.append(event)
        return said

    def _barge_in(self, action: BargeIn | None) -> list[Message]:
        if action is not None and action.action == "cut":
            self.spoken_over = False
        if action is not None and action.action == "resume" and not self.said_all:
            self.our_voice_until_us = now_us() + GOES_ON_US
        return [] if action is None else [action]

    def _completed(self, ended: TurnEnded, under_our_voice: bool) -> TurnEnded:
        """The turn with what its audio tells: where it was last audible."""
        turn = self.recent.between(ended.start_ms, ended.end_ms)
        before = self.recent.between(max(0, ended.start_ms - PAUSE_MS), ended.start_ms)
        after = self.recent.between(max(ended.end_ms, ended.decided_ms - PAUSE_MS), ended.decided_ms)
        pauses = (before, after) if ended.hangover_ms else (before,)
        end = audible_end(turn, HEARING_RATE_HZ, *pauses) or turn.size
        audible_end_ms = ended.end_ms - (turn.size - end) // SAMPLES_PER_MS
        return msgspec.structs.replace(ended, audible_end_ms=audible_end_ms, under_our_voice=under_our_voice)

    def line_ended(self) -> list[Message]:
        """What is still to be said of the far end when no more audio will come."""
        said = [each for heard in self.echo.flush() for each in self._judge(*heard)]
        ended = self.endpointer.line_ended(self.heard_until_ms)
        said += [self._completed(each, False) if isinstance(each, TurnEnded) else each for each in ended]
        return said + self.operator_left() + self.meters.rest()

    def our_frame(self, pcm: bytes, at_us: int, operator: bool) -> list[Message]:
        """The meter of our own voice after one of its frames; and the operator's utterance, where one is over.

        An operator hears the far end, as people do: nobody has to be stopped who speaks over them.
        """
        if operator != self.operator_speaks:
            self.operator_speaks, self.ours = operator, SpeechStream(self.network)
        self.said_all = False
        self.our_voice_until_us = 0 if operator else now_us() + OUR_VOICE_US
        heard = self.our_rate.feed(np.frombuffer(pcm, np.int16))
        self.echo.sent(heard, at_us)
        said: list[Message] = []
        for probability, samples in self._our_windows(heard, operator):
            window = Window(probability, level_dbfs(samples), self.heard_until_ms)
            said += self.meters.add("agent", window)
            if operator:
                said += self._noted(
                    self.operator.hear(probability, window.level_dbfs, samples, self.heard_until_ms)
                )
        return said

    def _our_windows(self, heard: np.ndarray, operator: bool) -> Sequence[Judged]:
        """That the agent's own voice is speech need not be found out."""
        if operator:
            return self.ours.feed(heard)
        self.ours.add(heard)
        windows = [self.ours.take()] if self.ours.has_window else []
        return [Judged(float(level_dbfs(window) > self.silence_dbfs), window) for window in windows]

    def operator_left(self) -> list[Message]:
        """The operator's voice is not on the line any more: what was being said is over."""
        return self._noted(self.operator.finish())

    def _noted(self, spoke: list[OperatorSpoke]) -> list[Message]:
        for each in spoke:
            self.operator_spoke = each
        return [*spoke]

    def remember(self, over: TurnEnded | OperatorSpoke) -> Checkpoint:
        """The checkpoint after a turn, or an utterance of the operator."""
        if isinstance(over, TurnEnded):
            self.memory = Memory(over.turn, over.end_ms, self.memory.operator)
        else:
            self.memory = msgspec.structs.replace(self.memory, operator=over.utterance)
        return Checkpoint(room="vad", state=msgspec.msgpack.encode(self.memory))


def run(bus: Bus, network: SileroNetwork, ear: TurnEar | None = None) -> None:
    """Until the house shuts down."""
    hearings: dict[int, Hearing] = {}
    taken: dict[
        int, Hearing
    ] = {}  # calls whose newest frame is to be judged, with those that have come with it
    for header, message in bus:
        call = header.call
        hearing = hearings.get(call)
        if call in taken or not isinstance(message, FarFrame):
            _judge(bus, taken, ear)
        match message:
            case CallOpened() if hearing is None:
                hearings[call] = Hearing(network, bus.house.settings, message)
                bus.gather_us = gathering_us(len(hearings))
            case Woken() if ear:
                for guess in ear.guesses():
                    if asked := hearings.get(guess.call):
                        _say(bus, guess.call, asked, asked.sounded(guess))
            case FarFrame(pcm=pcm) if hearing and hearing.held is None:
                if hearing.take_frame(header.sequence, pcm, header.time_us):
                    taken[call] = hearing
            case FarFrame(pcm=pcm) if hearing:
                again = bool(header.flags & Flag.AGAIN)
                _say(bus, call, hearing, hearing.far_frame(header.sequence, pcm, header.time_us, again))
            case AgentFrame(pcm=pcm) if hearing:
                operator = bool(header.flags & Flag.OPERATOR)
                _say(bus, call, hearing, hearing.our_frame(pcm, header.time_us, operator))
            case PlaybackStarted(utterance=utterance) if hearing:
                hearing.opening = utterance <= FIRST_UTTERANCE
            case Spoken(ends_utterance=True) if hearing:
                hearing.said_all = True
            case Transcript() if hearing:
                _say(bus, call, hearing, hearing.words(message))
            case LanguageSwitched(language=language) if hearing:
                hearing.speaks(language)
            case AgentSilenced(reason="" | "muted") if hearing:
                _say(bus, call, hearing, hearing.operator_left())
            case LineState(state="ended") if hearing:
                _say(bus, call, hearing, hearing.line_ended())
            case DialogueState(pending=pending) if hearing:
                hearing.expects = pending
            case RoomStarted(room="transcribe"):
                for number, each in hearings.items():
                    for event in (*each.open_events, *([each.operator_spoke] if each.operator_spoke else ())):
                        bus.send(number, event, Flag.AGAIN)
            case CallClosed():
                hearings.pop(call, None)
                bus.gather_us = gathering_us(len(hearings))
        if taken and not bus.next_is(FarFrame):
            _judge(bus, taken, ear)


def gathering_us(calls: int) -> int:
    """How long what is heard may wait for what comes of other calls, when there are so many calls."""
    return min(LATEST_US, LATER_US_A_CALL * max(0, calls - 1))


def _judge(bus: Bus, taken: dict[int, Hearing], ear: TurnEar | None) -> None:
    """The frames that were taken: one run of the network for all calls in which a window is whole."""
    whole = [call for call, hearing in taken.items() if hearing.far.has_window]
    found = dict(zip(whole, judge([taken[call].far for call in whole]), strict=True)) if whole else {}
    for call, hearing in taken.items():
        _say(bus, call, hearing, hearing.judged([found[call]] if call in found else []))
        if ear and (paused := hearing.new_pause()):
            ear.ask(call, *paused)
    taken.clear()


def _say(bus: Bus, call: int, hearing: Hearing, messages: list[Message]) -> None:
    for message in messages:
        bus.send(call, message)
        if isinstance(message, TurnEnded | OperatorSpoke):
            bus.send(call, hearing.remember(message))


def start(house: House) -> None:
    """Open the room in this process."""
    bus = Bus(
        house,
        FarFrame,
        LineState,
        AgentFrame,
        PlaybackStarted,
        Spoken,
        Transcript,
        LanguageSwitched,
        DialogueState,
        AgentSilenced,
        RoomStarted,
        CallClosed,
    )
    network = SileroNetwork()
    ear = _turn_ear(house, bus)
    bus.ready = True
    run(bus, network, ear)
    bus.close()


def _turn_ear(house: House, bus: Bus) -> TurnEar | None:
    if house.settings.turns.model == "off":
        return None
    from engine.audio.smart_turn import SmartTurn

    return TurnEar(SmartTurn(), bus.waker())
