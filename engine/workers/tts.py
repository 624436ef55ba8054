"""tts: the agent's sentences become audio.

hears  Sentence                 from agent   (Flag.OPERATOR: an operator typed it; AHEAD: it may yet not be said)
       InjectEvent, CallClosed  from the supervisor
       Spoken                   from playback, when the voice is one to wait for: what was cut is not made
says   SpeechAudio              to playback   (48 kHz mono int16, with a mark per word; AHEAD as its sentence was)
       EngineEvent              to the supervisor: a voice fails, or is back
decides in turns/outage.py, turns/shelf.py, voices/health.py

The embedded voice speaks in the room's own thread. Any other one speaks in threads (voices/mouths.py) and sends its
pieces as they come; the embedded one says what it cannot.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from engine.bus import TICK, Bus, now_us
from engine.errors import CallThingError
from engine.protocol import (
    LANGUAGES,
    LINE_RATE_HZ,
    CallClosed,
    Flag,
    InjectEvent,
    Sentence,
    SpeechAudio,
    Spoken,
    WordMark,
)
from engine.turns.outage import Outages
from engine.turns.shelf import MadeAhead
from engine.voices.audio_cache import holds_nobodys_data
from engine.voices.base import Piece, SlowVoice, Voice
from engine.voices.mouths import Made, Mouths, Order
from engine.wiring import House

BETWEEN_SENTENCES = np.zeros(LINE_RATE_HZ * 200 // 1000, np.int16)  # 200 ms, a breath


class Owed(NamedTuple):
    """A sentence that has not been spoken yet."""

    call: int
    sentence: Sentence
    flags: Flag
    received_us: int


class Placing:
    """One sentence's audio on its way to playback, piece by piece."""

    def __init__(self, owed: Owed) -> None:
        self.owed = owed
        self.samples = 0  # without the breath before it
        self._pieces = 0

    def piece(self, piece: Piece, last: bool) -> SpeechAudio:
        """The next one."""
        sentence = self.owed.sentence
        pcm, lead = piece.pcm, BETWEEN_SENTENCES.size if sentence.index > 0 else 0
        if self._pieces == 0 and lead and sentence.text:
            pcm = np.concatenate([BETWEEN_SENTENCES, pcm])
        self._pieces += 1
        self.samples += piece.pcm.size
        return SpeechAudio(
            utterance=sentence.utterance,
            index=sentence.index,
            piece=self._pieces - 1,
            last=last,
            ends_utterance=last and sentence.last,
            turn=sentence.turn,
            text=sentence.text,
            pcm=pcm.tobytes(),
            marks=tuple(WordMark(mark.sample + lead, mark.char_end) for mark in piece.marks),
            tts_us=now_us() - self.owed.received_us,
        )

    def rest(
        self, pieces: Iterable[Piece], from_sample: int = 0, from_character: int = 0
    ) -> list[SpeechAudio]:
        """All that is still to come, the last piece marked as such. Where nothing is, an empty one ends the sentence.

        from_sample, from_character: where in the sentence the pieces begin, when their marks count from 0.
        """
        made = [
            Piece(
                each.pcm,
                tuple(WordMark(m.sample + from_sample, m.char_end + from_character) for m in each.marks),
            )
            for each in pieces
        ] or [Piece(np.empty(0, np.int16), ())]
        return [self.piece(each, last=number == len(made) - 1) for number, each in enumerate(made)]


def run(bus: Bus, voice: Voice, mouths: Mouths | None = None) -> None:
    """Until the house shuts down. voice: the embedded one; mouths: of the one that was chosen instead."""
    done: dict[int, tuple[int, int]] = {}  # call → the last sentence taken, (utterance, index)
    cut: dict[int, int] = {}  # call → utterances up to this one were cut
    ahead: dict[int, MadeAhead] = {}
    outages = Outages("tts")
    waiting: list[Owed] = []  # of calls whose voice is away just now
    for delivery in bus:
        header, message = delivery
        call = header.call
        match message:
            case Sentence() as sentence if header.flags & Flag.AHEAD:
                if not outages.on(call) and ahead.setdefault(call, MadeAhead()).make(sentence):
                    _withdraw(mouths, call, sentence)
                    _speak(bus, voice, mouths, Owed(call, sentence, Flag.AHEAD, now_us()))
            case Sentence() as sentence:
                place = (sentence.utterance, sentence.index)
                made = call in ahead and ahead[call].said(sentence)
                if call in ahead and not made:
                    _withdraw(mouths, call, sentence)
                if made and not header.flags & (Flag.AGAIN | Flag.OPERATOR):
                    done[call] = max(place, done.get(call, place))  # its audio is at playback, or on its way
                elif place > done.get(call, (0, -1)) or header.flags & Flag.AGAIN:
                    done[call] = max(place, done.get(call, place))
                    owed = Owed(call, sentence, header.flags & (Flag.AGAIN | Flag.OPERATOR), now_us())
                    if outages.on(call):
                        waiting.append(owed)
                    elif sentence.utterance > cut.get(call, 0) or header.flags & Flag.AGAIN:
                        _speak(bus, voice, mouths, owed)
            case Spoken(cut=True, utterance=utterance) if mouths is not None:
                cut[call] = max(utterance, cut.get(call, 0))
                mouths.cancel(call, utterance)
                waiting = [
                    owed for owed in waiting if owed.call != call or owed.sentence.utterance > utterance
                ]
            case InjectEvent():
                for notice in outages.begin(call, message, now_us()):
                    bus.send(call, notice.event)
            case CallClosed():
                done.pop(call, None)
                cut.pop(call, None)
                ahead.pop(call, None)
                outages.forget(call)
                waiting = [owed for owed in waiting if owed.call != call]
                if mouths is not None:
                    mouths.cancel(call)
        if delivery is TICK:
            for notice in outages.over(now_us()):
                bus.send(notice.call, notice.event)
            for owed in [owed for owed in waiting if not outages.on(owed.call)]:
                waiting.remove(owed)
                _speak(bus, voice, mouths, owed)
        bus.wake_at_us = outages.due_us
        if mouths is not None:
            for news in mouths.made(now_us()):  # with any delivery; for this alone it is WOKEN
                _pass_on(bus, voice, news)


def _speak(bus: Bus, voice: Voice, mouths: Mouths | None, owed: Owed) -> None:
    sentence, placing = owed.sentence, Placing(owed)
    if mouths is None:
        pieces = voice.say(sentence.text, sentence.language) if sentence.text else ()
        for audio in placing.rest(pieces):
            bus.send(owed.call, audio, owed.flags)
        return
    order = Order(
        owed.call,
        sentence.utterance,
        sentence.text,
        sentence.language,
        holds_nobodys_data(sentence),
        placing,
    )
    mouths.say(order, now_us())


def _withdraw(mouths: Mouths | None, call: int, instead: Sentence) -> None:
    """What was prepared in the place of this sentence, and after it, will not be said."""
    if mouths is not None:
        place = (instead.utterance, instead.index)
        mouths.withdraw(call, lambda order: _was_ahead(order) and _place_of(order) >= place)


def _was_ahead(order: Order) -> bool:
    placing: Placing = order.key
    return bool(placing.owed.flags & Flag.AHEAD)


def _place_of(order: Order) -> tuple[int, int]:
    placing: Placing = order.key
    return placing.owed.sentence.utterance, placing.owed.sentence.index


def _pass_on(bus: Bus, voice: Voice, made: Made) -> None:
    placing: Placing = made.order.key
    owed, text = placing.owed, made.order.text
    audio: list[SpeechAudio] = []
    if made.piece is not None:
        audio = [
            placing.piece(made.piece, last=False)
        ]  # whether it is the last is known when no other one comes
    elif made.unsaid_from is not None:
        rest = voice.say(text[made.unsaid_from :], owed.sentence.language)
        audio = placing.rest(rest, placing.samples, made.unsaid_from)
    elif made.ended:
        audio = placing.rest(())
    for each in audio:
        bus.send(owed.call, each, owed.flags)
    if made.event is not None:
        bus.send(owed.call, made.event)


def start(house: House, voice: Voice | None = None) -> None:
    """Open the room in this process. voice: in place of the embedded one."""
    from engine.voices.choosing import mouths, slow_voice
    from engine.voices.espeak import EspeakVoice

    slow = slow_voice(house.settings.voice)
    bus = Bus(house, Sentence, InjectEvent, CallClosed, *([Spoken] if slow is not None else []))
    voice = voice or EspeakVoice(house.settings.voice)
    for (
        language
    ) in LANGUAGES:  # a name that is no voice is told now; and the first synthesis loads dictionaries
        list(voice.say("1 2 3", language))
    speaking = None
    if slow is not None:
        speaking = mouths(house.settings, slow, bus.waker())
        threading.Thread(target=_warm, args=(bus, slow), daemon=True).start()
    bus.ready = True
    run(bus, voice, speaking)
    if speaking is not None:
        speaking.close()
    bus.close()


def _warm(bus: Bus, slow: SlowVoice) -> None:
    try:
        slow.warm()
    except CallThingError as error:
        bus.note = str(error)  # the first sentence will tell it too, should it still be so
