"""transcribe: what does the far end say, and what an operator who speaks to it?

hears  FarFrame                                               from capture   (16 kHz mono int16, 20 ms)
       LineState                                              from capture   (has anybody picked up?)
       SpeechStarted, SpeechPaused, SpeechResumed, TurnEnded  from vad
       SoundHeard                                             from vad       (music, tones: no words are in them)
       OperatorSpoke                                          from vad       (16 kHz, whole utterances)
       CallOpened, CallClosed, RoomStarted                    from the supervisor
       ForceLanguage, InjectEvent                             from the supervisor
says   Transcript (partial while they speak and at a pause, final once the turn is over)   to vad, cache, agent
       LanguageSwitched (before the words with which it was settled)   to vad, cache, agent, supervisor
       OperatorWords                                          to agent, supervisor
decides in recognizers/utterances.py, turns/language.py, turns/hallucination.py, turns/sound_spans.py
and turns/outage.py
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from engine.bus import TICK, Bus, now_us
from engine.protocol import (
    CallClosed,
    CallOpened,
    FarFrame,
    Flag,
    ForceLanguage,
    InjectEvent,
    LineState,
    Message,
    OperatorSpoke,
    RoomStarted,
    SoundHeard,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    TurnEnded,
)
from engine.recognizers.base import Recognizer
from engine.recognizers.utterances import Utterances
from engine.turns import language
from engine.turns.outage import Outages
from engine.wiring import House

REST = (
    3  # times as long as the last partials took, before the next: a slow recogniser has to be free at a pause
)


def run(bus: Bus, recognizer: Recognizer, clock_us: Callable[[], int] = now_us) -> None:
    """Until the house shuts down."""
    calls: dict[int, Utterances] = {}
    outages = Outages("transcribe")
    every_us = rest_us = bus.house.settings.recognizer.partial_every_ms * 1000
    for delivery in bus:
        header, message = delivery
        call = header.call
        each = calls.get(call)
        if delivery is TICK:
            _catch_up(bus, calls, outages, clock_us())
            began_us = clock_us()
            for number, speaking in calls.items():
                if speaking.turn and speaking.on_suspicion is None and not outages.on(number):
                    _say_partial(bus, number, speaking)
            rest_us = max(every_us, REST * (clock_us() - began_us))
        match message:
            case CallOpened() if each is None:
                calls[call] = Utterances(message, bus.house.settings, recognizer, clock_us)
            case FarFrame(pcm=pcm) if each:
                each.audio.add(each.frames.count(header.sequence), np.frombuffer(pcm, np.int16))
            case SpeechStarted() | SpeechPaused() | SpeechResumed() | TurnEnded() | OperatorSpoke() if each:
                each.behind.add(message, clock_us())
            case SoundHeard() if each:
                each.sounds.told(message)
            case LineState(state=state) if each:
                each.early_media = state == "early_media"
            case ForceLanguage(language=code) if each:
                each.force(code)
                _tell_language(bus, call, each)
            case InjectEvent() if each:
                for notice in outages.begin(call, message, clock_us()):
                    bus.send(call, notice.event)
            case RoomStarted(room="agent" | "cache" as room):
                for number, known in calls.items():
                    _offer_again(bus, number, known, to_agent=room == "agent")
            case CallClosed():
                calls.pop(call, None)
                outages.forget(call)
        concerned = calls.items() if delivery is TICK else [(call, each)] if each and call in calls else []
        for number, known in concerned:
            for waited, received_us in known.behind.ready(known.audio.end_ms, clock_us()):
                if outages.on(number):
                    known.held.append((waited, received_us))
                else:
                    _hear(bus, number, known, waited, received_us)
        _wake(bus, any(speaking.turn for speaking in calls.values()), outages, clock_us() + rest_us)


def _hear(bus: Bus, call: int, each: Utterances, message: Message, received_us: int) -> None:
    match message:
        case SpeechStarted():
            each.begin(message)
        case SpeechPaused():
            at_pause = each.suspect(message)
            _tell_language(bus, call, each)
            if at_pause is not None:
                bus.send(call, at_pause)
        case SpeechResumed():
            each.on_suspicion = None
        case TurnEnded(turn=turn) if turn > each.done_turn:
            final = each.finish(message, received_us)
            _tell_language(bus, call, each)
            bus.send(call, final, Flag.FINAL)
            bus.send(call, each.checkpoint())
        case OperatorSpoke(utterance=utterance) if utterance > each.done_operator:
            words = each.understand(message)
            if words is not None:
                bus.send(call, words)
            bus.send(call, each.checkpoint())


def _tell_language(bus: Bus, call: int, each: Utterances) -> None:
    """Before the words with which it was settled: they are answered in it already."""
    for switched in each.take_switches():
        bus.send(call, switched)
        bus.send(call, each.checkpoint())


def _say_partial(bus: Bus, call: int, each: Utterances) -> None:
    partial = each.partial()
    if partial is not None:
        bus.send(call, partial)


def _catch_up(bus: Bus, calls: dict[int, Utterances], outages: Outages, now: int) -> None:
    """What came while the recogniser was away is recognised now. Pauses that are over are not looked at again."""
    for notice in outages.over(now):
        bus.send(notice.call, notice.event)
        each = calls[notice.call]
        held, each.held = each.held, []
        for message, received_us in held:
            if not isinstance(message, SpeechPaused):
                _hear(bus, notice.call, each, message, received_us)


def _offer_again(bus: Bus, call: int, each: Utterances, to_agent: bool) -> None:
    if each.final is not None:
        bus.send(call, each.final, Flag.FINAL | Flag.AGAIN)
    if each.operator_words is not None and to_agent:
        bus.send(call, each.operator_words, Flag.AGAIN)


def _wake(bus: Bus, anyone_speaks: bool, outages: Outages, partial_us: int) -> None:
    """For the next partial, which is asked for once; and for the end of an outage."""
    if anyone_speaks and bus.wake_at_us is None:
        bus.wake_at_us = partial_us
    if outages.due_us is not None:
        bus.wake_at_us = min(bus.wake_at_us or outages.due_us, outages.due_us)


def start(house: House, recognizer: Recognizer | None = None) -> None:
    """Open the room in this process. recognizer: in place of the one that the settings name."""
    from engine.recognizers.whisper import WhisperRecognizer, folder_of

    threading.Thread(target=language.prepare, daemon=True).start()  # whoever calls first must not wait for it
    speech = (SpeechStarted, SpeechPaused, SpeechResumed, TurnEnded, OperatorSpoke, SoundHeard)
    bus = Bus(house, FarFrame, LineState, *speech, ForceLanguage, InjectEvent, RoomStarted, CallClosed)
    settings = house.settings.recognizer
    if recognizer is None:
        recognizer = WhisperRecognizer(settings, folder_of(settings, house.settings.state_path / "models"))
    bus.ready = True
    run(bus, recognizer)
    bus.close()
