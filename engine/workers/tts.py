"""tts: the agent's sentences become audio.

hears  Sentence                 from agent
       CallClosed               from the supervisor
says   SpeechAudio              to playback   (48 kHz mono int16, with a mark per word)
"""

from __future__ import annotations

import numpy as np

from engine.bus import Bus, now_us
from engine.protocol import LANGUAGES, LINE_RATE_HZ, CallClosed, Flag, Sentence, SpeechAudio, WordMark
from engine.voices.base import Voice
from engine.wiring import House

BETWEEN_SENTENCES = np.zeros(LINE_RATE_HZ * 200 // 1000, np.int16)  # 200 ms, a breath


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
    done: dict[int, tuple[int, int]] = {}  # call → the last sentence spoken, (utterance, index)
    for header, message in bus:
        match message:
            case Sentence() as sentence:
                place = (sentence.utterance, sentence.index)
                if place <= done.get(header.call, (0, -1)) and not header.flags & Flag.AGAIN:
                    continue
                done[header.call] = max(place, done.get(header.call, place))
                received_us = now_us()
                for piece in audio_of(sentence, voice, received_us):
                    bus.send(header.call, piece, header.flags & Flag.AGAIN)
            case CallClosed():
                done.pop(header.call, None)


def start(house: House) -> None:
    """Open the room in this process."""
    from engine.voices.espeak import EspeakVoice

    bus = Bus(house, Sentence, CallClosed)
    voice = EspeakVoice(house.settings.voice)
    for (
        language
    ) in LANGUAGES:  # a name that is no voice is told now; and the first synthesis loads dictionaries
        list(voice.say("1 2 3", language))
    bus.ready = True
    run(bus, voice)
    bus.close()
