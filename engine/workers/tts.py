"""tts: the agent's sentences become audio.

hears  Sentence                 from agent   (Flag.OPERATOR: an operator typed it)
       InjectEvent, CallClosed  from the supervisor
says   SpeechAudio              to playback   (48 kHz mono int16, with a mark per word)
decides in turns/outage.py
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.bus import TICK, Bus, now_us
from engine.protocol import (
    LANGUAGES,
    LINE_RATE_HZ,
    CallClosed,
    Flag,
    InjectEvent,
    Sentence,
    SpeechAudio,
    WordMark,
)
from engine.turns.outage import Outages
from engine.voices.base import Voice
from engine.wiring import House

BETWEEN_SENTENCES = np.zeros(LINE_RATE_HZ * 200 // 1000, np.int16)  # 200 ms, a breath


class Owed(NamedTuple):
    """A sentence that has not been spoken yet."""

    call: int
    sentence: Sentence
    flags: Flag
    received_us: int


def audio_of(sentence: Sentence, voice: Voice, received_us: int) -> list[SpeechAudio]:
    """A sentence as pieces for playback. An empty sentence only ends its utterance."""
    pieces: list[SpeechAudio] = []
    if sentence.text:
        spoken = list(voice.say(sentence.text, sentence.language))
        for number, piece in enumerate(spoken):
            pcm = piece.pcm
            if number == 0 and sentence.index > 0:
                pcm = np.concatenate([BETWEEN_SENTENCES, pcm])
            pieces.append(_piece(sentence, number, number == len(spoken) - 1, pcm, piece.marks, received_us))
    return pieces or [_piece(sentence, 0, True, np.empty(0, np.int16), (), received_us)]


def _piece(
    sentence: Sentence,
    number: int,
    last: bool,
    pcm: np.ndarray,
    marks: tuple[WordMark, ...],
    received_us: int,
) -> SpeechAudio:
    lead = BETWEEN_SENTENCES.size if sentence.index > 0 else 0
    return SpeechAudio(
        utterance=sentence.utterance,
        index=sentence.index,
        piece=number,
        last=last,
        ends_utterance=last and sentence.last,
        turn=sentence.turn,
        text=sentence.text,
        pcm=pcm.tobytes(),
        marks=tuple(WordMark(mark.sample + lead, mark.char_end) for mark in marks),
        tts_us=now_us() - received_us,
    )


def run(bus: Bus, voice: Voice) -> None:
    """Until the house shuts down."""
    done: dict[int, tuple[int, int]] = {}  # call → the last sentence taken, (utterance, index)
    outages = Outages("tts")
    waiting: list[Owed] = []  # of calls whose voice is away just now
    for delivery in bus:
        header, message = delivery
        call = header.call
        match message:
            case Sentence() as sentence:
                place = (sentence.utterance, sentence.index)
                if place > done.get(call, (0, -1)) or header.flags & Flag.AGAIN:
                    done[call] = max(place, done.get(call, place))
                    owed = Owed(call, sentence, header.flags & (Flag.AGAIN | Flag.OPERATOR), now_us())
                    if outages.on(call):
                        waiting.append(owed)
                    else:
                        _speak(bus, voice, owed)
            case InjectEvent():
                for notice in outages.begin(call, message, now_us()):
                    bus.send(call, notice.event)
            case CallClosed():
                done.pop(call, None)
                outages.forget(call)
                waiting = [owed for owed in waiting if owed.call != call]
        if delivery is TICK:
            for notice in outages.over(now_us()):
                bus.send(notice.call, notice.event)
            for owed in [owed for owed in waiting if not outages.on(owed.call)]:
                waiting.remove(owed)
                _speak(bus, voice, owed)
        bus.wake_at_us = outages.due_us


def _speak(bus: Bus, voice: Voice, owed: Owed) -> None:
    for piece in audio_of(owed.sentence, voice, owed.received_us):
        bus.send(owed.call, piece, owed.flags)


def start(house: House) -> None:
    """Open the room in this process."""
    from engine.voices.espeak import EspeakVoice

    bus = Bus(house, Sentence, InjectEvent, CallClosed)
    voice = EspeakVoice(house.settings.voice)
    for (
        language
    ) in LANGUAGES:  # a name that is no voice is told now; and the first synthesis loads dictionaries
        list(voice.say("1 2 3", language))
    bus.ready = True
    run(bus, voice)
    bus.close()
