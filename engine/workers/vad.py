"""vad: is the far end speaking, and is its turn over?

hears  FarFrame, LineState               from capture    (16 kHz mono int16, 20 ms)
       AgentFrame                        from playback   (is our voice on the line? is it an operator's?)
       PlaybackStarted, Spoken           from playback   (is it our first sentence? was that all?)
       Transcript, LanguageSwitched      from transcribe (are their words a whole sentence? what do they say over us?)
       DialogueState                     from agent      (what did we ask?)
       AgentSilenced                     from the supervisor   (an operator takes over, or gives back)
       CallOpened, CallClosed            from the supervisor
       RoomStarted                       from the supervisor   (transcribe is offered the turn in progress again)
says   SpeechStarted, SpeechPaused, SpeechResumed, TurnEnded   to transcribe, agent
       OperatorSpoke                     to transcribe
       SoundHeard                        to transcribe, agent, supervisor   (tones, music: nobody speaks)
       BargeIn                           to playback, agent
       Voice, Echo                       to the supervisor (meters)
       Checkpoint                        to the supervisor
decides in turns/hearing.py, which has echo.py, endpointing.py, barge_in.py, sounds.py, far_frames.py and our_side.py
"""

from __future__ import annotations

from engine.audio.silero import SileroNetwork, judge
from engine.audio.turn_ear import TurnEar
from engine.bus import Bus, Woken, now_us
from engine.protocol import (
    AgentFrame,
    AgentSilenced,
    CallClosed,
    CallOpened,
    DialogueState,
    FarFrame,
    Flag,
    LanguageSwitched,
    LineState,
    Message,
    OperatorSpoke,
    PlaybackStarted,
    RoomStarted,
    Spoken,
    Transcript,
    TurnEnded,
)
from engine.turns.far_frames import Frame
from engine.turns.hearing import Hearing
from engine.wiring import House

LATER_US_A_CALL = 200  # that something may wait to be taken together with what is heard of other calls
LATEST_US = 2000  # however many there are


def run(bus: Bus, network: SileroNetwork, ear: TurnEar | None = None) -> None:
    """Until the house shuts down."""
    hearings: dict[int, Hearing] = {}
    taken: dict[int, Hearing] = {}  # calls whose newest frame is to be judged, with those that came with it
    for header, message in bus:
        call = header.call
        hearing = hearings.get(call)
        if not isinstance(message, FarFrame):
            _judge(bus, taken, ear)
        match message:
            case CallOpened() if hearing is None:
                hearings[call] = Hearing(network, bus.house.settings, message, now_us())
                bus.gather_us = gathering_us(len(hearings))
            case Woken() if ear:
                for number, turn, end_ms, finished in ear.guesses():
                    if asked := hearings.get(number):
                        _say(bus, number, asked, asked.sounded(turn, end_ms, finished))
            case FarFrame(pcm=pcm) if hearing:
                again = bool(header.flags & Flag.AGAIN)
                for frame in hearing.frames.arrived(Frame(header.sequence, pcm, header.time_us), again):
                    if call in taken:
                        _judge(bus, taken, ear)
                    if hearing.take(frame):
                        taken[call] = hearing
            case AgentFrame(pcm=pcm) if hearing:
                operator = bool(header.flags & Flag.OPERATOR)
                _say(bus, call, hearing, hearing.our_frame(pcm, header.time_us, operator, now_us()))
            case PlaybackStarted(utterance=utterance) if hearing:
                hearing.ours.begins(utterance)
            case Spoken(ends_utterance=True) if hearing:
                hearing.ours.said_all = True
            case Transcript() if hearing:
                _say(bus, call, hearing, hearing.words(message, now_us()))
            case LanguageSwitched(language=language) if hearing:
                hearing.speaks(language)
            case AgentSilenced(reason="" | "muted") if hearing:
                _say(bus, call, hearing, hearing.operator_left())
            case LineState(state="ended") if hearing:
                _say(bus, call, hearing, hearing.line_ended(now_us()))
            case DialogueState(pending=pending) if hearing:
                hearing.expects = pending
            case RoomStarted(room="transcribe"):
                for number, each in hearings.items():
                    for event in each.offer_again():
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
        _say(bus, call, hearing, hearing.judged([found[call]] if call in found else [], now_us()))
        if ear and (pause := hearing.new_pause()):
            ear.ask(call, *pause)
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
