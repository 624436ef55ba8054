"""agent: what do we say, and what do we do?

hears  Transcript (final, and at a pause), LanguageSwitched   from transcribe
       CacheVerdict                     from cache
       SpeechStarted, SpeechPaused, SpeechResumed, TurnEnded, SoundHeard   from vad
       PlaybackStarted, Spoken          from playback
       LineState                        from capture
       CallOpened, CallClosed, RoomStarted   from the supervisor
       SayLine, Whisper, AgentSilenced, OperatorLeft, DecideTool, ForceLanguage, Operators, InjectEvent   from it too
       OperatorWords                    from transcribe
       GoOn is asked of a brain that thinks, whenever its own thread wakes the bus
says   Sentence                         to tts, cache, playback   (Flag.OPERATOR: an operator typed it; AHEAD: prepared)
       Speculated                       to the supervisor
       DialogueState                    to vad, cache
       RecordingConsent                 to the supervisor
       ToolCalled, ToolPending, ToolDecided, ReservationChanged, BrainUse, EndCall, EngineEvent, Checkpoint   to it too
decides in dialogue/responder.py (final_words.py, preparing.py, conversation.py, our_part.py), turns/outage.py, a brain
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable

import msgspec

from engine.brains.choosing import MakeBrain, chosen
from engine.bus import TICK, WOKEN, Bus, now_us
from engine.dialogue import operated
from engine.dialogue.conversation import Conversation
from engine.dialogue.recording import with_recording
from engine.dialogue.responder import NEED_THE_BRAIN, Outgoing, Responder
from engine.errors import StateError
from engine.protocol import (
    LANGUAGES,
    CacheVerdict,
    CallClosed,
    CallOpened,
    EngineEvent,
    InjectEvent,
    LanguageSwitched,
    LineState,
    Message,
    Operators,
    PlaybackStarted,
    Reservation,
    RoomStarted,
    SoundHeard,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    Spoken,
    Transcript,
    TurnEnded,
)
from engine.settings import Settings
from engine.turns import language
from engine.turns.outage import Outages
from engine.wiring import House

log = logging.getLogger(__name__)
TICK_US = 250_000

OpenConversation = Callable[[CallOpened], Conversation]


class Call:
    """One call in this room."""

    def __init__(self, talk: Conversation, settings: Settings) -> None:
        self.responder = Responder(talk, settings)
        self.held: list[Message] = []  # what came while the brain was away


def run(bus: Bus, open_conversation: OpenConversation) -> None:
    """Until the house shuts down."""
    calls: dict[int, Call] = {}
    outages = Outages("agent")
    there = Operators()
    for delivery in bus:
        number, message = delivery.header.call, delivery.message
        call = calls.get(number)
        if delivery is TICK or delivery is WOKEN:
            _go_on(bus, calls, outages)
        if delivery is TICK:
            _tick(bus, calls, outages)
        elif isinstance(message, RoomStarted):
            for each, other in calls.items():
                _send(bus, each, other.responder.room_started(message.room, now_us()))
        elif isinstance(message, Operators):
            there = message
            for each, other in calls.items():
                _send(bus, each, other.responder.take(message, now_us()))
        elif isinstance(message, CallOpened) and call is None:
            calls[number] = call = Call(open_conversation(message), bus.house.settings)
            _send(bus, number, call.responder.open(message, there, now_us()))
        elif call is None:
            pass
        elif isinstance(message, CallClosed):
            call.responder.close()
            outages.forget(number)
            del calls[number]
        elif isinstance(message, InjectEvent):
            for notice in outages.begin(number, message, now_us()):
                bus.send(number, notice.event)
            if outages.on(number):
                _send(bus, number, call.responder.throw_away("the brain is away"))
        elif outages.on(number) and isinstance(message, NEED_THE_BRAIN):
            call.held.append(message)
        elif message is not None:
            _send(bus, number, call.responder.take(message, now_us()))
        bus.wake_at_us = _next_wake(calls, outages, bus.wake_at_us)


def _send(bus: Bus, call: int, told: Iterable[Outgoing]) -> None:
    """Each before the next is asked for."""
    for message, flags, asked_us, cache_us in told:
        if asked_us is not None:
            message = msgspec.structs.replace(message, llm_us=now_us() - asked_us, cache_us=cache_us)
        bus.send(call, message, flags)


def _go_on(bus: Bus, calls: dict[int, Call], outages: Outages) -> None:
    """What brains that think have thought of since."""
    for number, call in calls.items():
        if not outages.on(number):
            _send(bus, number, call.responder.go_on(now_us()))


def _tick(bus: Bus, calls: dict[int, Call], outages: Outages) -> None:
    """Time passes; a brain that was away and is back hears what came meanwhile."""
    for notice in outages.over(now_us()):
        bus.send(notice.call, notice.event)
        call = calls[notice.call]
        held, call.held = call.held, []
        for message in held:
            _send(bus, notice.call, call.responder.take(message, now_us()))
    for number, call in calls.items():
        if not outages.on(number):
            _send(bus, number, call.responder.tick(now_us()))


def _next_wake(calls: dict[int, Call], outages: Outages, planned_us: int | None) -> int | None:
    """A tick that is planned stays planned: other calls' messages must not put it off again and again."""
    if not calls:
        return None
    due = [call.responder.due_us for number, call in calls.items() if not outages.on(number)]
    return min([*(each for each in due if each is not None), planned_us or now_us() + TICK_US])


def start(house: House, make_brain: MakeBrain | None = None) -> None:
    """Open the room in this process. make_brain: in place of what the settings name."""
    from datetime import date

    from engine.dialogue.understanding import understand
    from engine.languages import load
    from engine.stores.reservations import ReservationStore

    bus = Bus(
        house,
        Transcript,
        CacheVerdict,
        SpeechStarted,
        SpeechPaused,
        SpeechResumed,
        TurnEnded,
        PlaybackStarted,
        Spoken,
        SoundHeard,
        LanguageSwitched,
        LineState,
        *operated.OF_CALLS,
        Operators,
        InjectEvent,
        RoomStarted,
        CallClosed,
    )
    if make_brain is None:
        make_brain = chosen(house.settings.brain, os.environ, bus.waker())
    store = ReservationStore(house.settings.state_path / "reservations.db")

    def open_conversation(opened: CallOpened) -> Conversation:
        def save(reservation: Reservation, source: str, words: str) -> None:
            try:
                store.save(opened.call_id, opened.task, reservation, source, words)
            except StateError as error:  # the call goes on: its journal keeps the record too
                log.error("%s", error)
                bus.send(0, EngineEvent("error", str(error), "agent"))

        return Conversation(
            opened.task,
            with_recording(opened.recording, opened.task, lambda memory: make_brain(opened.task, memory)),
            save,
            opened.checkpoint,
            house.settings.operator,
            house.settings.call.hold_s,
        )

    for code in LANGUAGES:  # reading them takes 60 ms each, which the first answer of a call must not pay
        understand("good evening", load(code), date.today())
    language.prepare()
    bus.ready = True
    run(bus, open_conversation)
    store.close()
    bus.close()
