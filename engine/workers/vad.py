"""vad: is the far end speaking, and is its turn over?

hears  FarFrame, LineState               from capture    (16 kHz mono int16, 20 ms)
       AgentFrame                        from playback   (is our voice on the line?)
       DialogueState                     from agent      (what did we ask?)
       CallOpened, CallClosed            from the supervisor
says   SpeechStarted, SpeechPaused, SpeechResumed, TurnEnded   to transcribe, agent
       BargeIn                           to playback, agent
       Voice, Echo                       to the supervisor (meters)
decides in turns/echo.py, turns/endpointing.py and turns/barge_in.py
"""

from __future__ import annotations

import msgspec
import numpy as np

from engine.audio.frames import SAMPLES_PER_MS, FrameCounter, RecentAudio
from engine.audio.levels import audible_end, level_dbfs
from engine.audio.resample import Decimator
from engine.audio.silero import SileroNetwork, SpeechStream
from engine.bus import Bus, now_us
from engine.protocol import (
    FRAME_MS,
    HEARING_RATE_HZ,
    LINE_RATE_HZ,
    AgentFrame,
    CallClosed,
    CallOpened,
    Checkpoint,
    DialogueState,
    FarFrame,
    Flag,
    LineState,
    Message,
    RoomStarted,
    SpeechStarted,
    TurnEnded,
    Voice,
)
from engine.settings import Settings
from engine.turns.barge_in import BargeInJudge
from engine.turns.echo import EchoMeter
from engine.turns.endpointing import Endpointer, Window
from engine.wiring import House

HELD_MS = 500  # that long a restarted room waits for the frames it has missed
KEPT_MS = 6000  # of far-end audio: the last seconds of a turn and the pause after it
PAUSE_MS = 200  # beside a turn, in which the line's noise is measured
OUR_VOICE_US = 60_000  # our voice is on the line until so long after its last frame: three frames


class Memory(msgspec.Struct, frozen=True):
    """What this room must know to go on after a restart."""

    turn: int
    heard_until_ms: int


class Hearing:
    """One call's detector state."""

    def __init__(self, network: SileroNetwork, settings: Settings, opened: CallOpened) -> None:
        memory = msgspec.msgpack.decode(opened.checkpoint, type=Memory) if opened.checkpoint else Memory(0, 0)
        self.far = SpeechStream(network)
        self.agent = SpeechStream(network)
        self.agent_rate = Decimator(LINE_RATE_HZ // HEARING_RATE_HZ)
        self.frames = FrameCounter(expected=(now_us() - opened.started_us) // 1000 // FRAME_MS)
        self.held: list[tuple[int, bytes, int]] | None = (
            [] if opened.room else None
        )  # until older ones are offered again
        self.endpointer = Endpointer(settings.vad, settings.turns, memory.turn + 1)
        self.judge = BargeInJudge(settings.vad, settings.turns)
        self.echo = EchoMeter(settings.vad)
        self.heard_until_ms = memory.heard_until_ms
        self.recent = RecentAudio(KEPT_MS)
        self.expects = ""
        self.our_voice_until_us = 0
        self.spoken_over = False  # the turn lay wholly under our voice so far
        self.open_events: list[Message] = []  # of the turn in progress or just ended, for a restarted hearer

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
        number = self.frames.count(sequence)
        end_ms = (number + 1) * FRAME_MS
        if end_ms <= self.heard_until_ms:
            return []
        self.heard_until_ms = end_ms
        self.echo.far_clock(end_ms, at_us)
        our_voice = now_us() < self.our_voice_until_us
        said: list[Message] = []
        samples_heard = np.frombuffer(pcm, np.int16)
        self.recent.add(number, samples_heard)
        windows = self.far.feed(samples_heard)
        behind_ms = self.far.waiting_samples // SAMPLES_PER_MS
        for probability, samples in windows:
            window = Window(probability, level_dbfs(samples), end_ms - behind_ms)
            said.append(_meter("far", window))
            for heard in self.echo.hear(window, samples, our_voice):
                said += self._judge(*heard)
            report = self.echo.report()
            if report is not None:
                said.append(report)
        return said

    def _judge(self, window: Window, our_voice: bool) -> list[Message]:
        said: list[Message] = []
        barge_in = self.judge.step(window, our_voice)
        if barge_in is not None:
            said.append(barge_in)
            if barge_in.action == "cut":
                self.spoken_over = False
        for event in self.endpointer.step(window, self.expects):
            if isinstance(event, SpeechStarted):
                self.spoken_over, self.open_events = our_voice, []
            if isinstance(event, TurnEnded):
                event = self._completed(event, self.spoken_over and our_voice)
            self.open_events.append(event)
            said.append(event)
        if not our_voice:
            self.spoken_over = False
        return said

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
        return said + [
            self._completed(each, False) if isinstance(each, TurnEnded) else each for each in ended
        ]

    def agent_frame(self, pcm: bytes, at_us: int) -> list[Message]:
        """The meter of our own voice after one of its frames."""
        self.our_voice_until_us = now_us() + OUR_VOICE_US
        heard = self.agent_rate.feed(np.frombuffer(pcm, np.int16))
        self.echo.sent(heard, at_us)
        return [
            _meter("agent", Window(p, level_dbfs(x), self.heard_until_ms)) for p, x in self.agent.feed(heard)
        ]


def _meter(side: str, window: Window) -> Voice:
    return Voice(
        side=side,  # type: ignore[arg-type]
        end_ms=window.end_ms,
        probability=round(window.probability, 3),
        level_dbfs=round(window.level_dbfs, 1),
    )


def run(bus: Bus, network: SileroNetwork) -> None:
    """Until the house shuts down."""
    hearings: dict[int, Hearing] = {}
    for header, message in bus:
        call = header.call
        hearing = hearings.get(call)
        match message:
            case CallOpened() if hearing is None:
                hearings[call] = Hearing(network, bus.house.settings, message)
            case FarFrame(pcm=pcm) if hearing:
                for said in hearing.far_frame(
                    header.sequence, pcm, header.time_us, bool(header.flags & Flag.AGAIN)
                ):
                    bus.send(call, said)
                    if isinstance(said, TurnEnded):
                        _remember(bus, call, hearing)
            case AgentFrame(pcm=pcm) if hearing:
                for said in hearing.agent_frame(pcm, header.time_us):
                    bus.send(call, said)
            case LineState(state="ended") if hearing:
                for said in hearing.line_ended():
                    bus.send(call, said)
            case DialogueState(pending=pending) if hearing:
                hearing.expects = pending
            case RoomStarted(room="transcribe"):
                for number, each in hearings.items():
                    for event in each.open_events:
                        bus.send(number, event, Flag.AGAIN)
            case CallClosed():
                hearings.pop(call, None)


def _remember(bus: Bus, call: int, hearing: Hearing) -> None:
    memory = Memory(hearing.endpointer.turn, hearing.endpointer.last_voiced_ms)
    bus.send(call, Checkpoint(room="vad", state=msgspec.msgpack.encode(memory)))


def start(house: House) -> None:
    """Open the room in this process."""
    bus = Bus(house, FarFrame, LineState, AgentFrame, DialogueState, RoomStarted, CallClosed)
    network = SileroNetwork()
    bus.ready = True
    run(bus, network)
    bus.close()
