"""espeak-ng through the library in the `espeakng-loader` wheel: no network, no key, four languages.

The library keeps global state and is not thread-safe: one thread in one process speaks with it, and every
speaker (the agent, each simulated restaurant) has a process of its own. espeak-ng is GPL-3; see NOTICE.
"""

from __future__ import annotations

import ctypes as c
from collections.abc import Generator
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from engine.audio.levels import trim_silence
from engine.errors import EngineError
from engine.protocol import LINE_RATE_HZ, LanguageCode, WordMark
from engine.settings import VoiceSettings
from engine.voices.base import Piece

AUDIO_OUTPUT_SYNCHRONOUS = 2
NO_EXIT = 0x8000  # espeakINITIALIZE_DONT_EXIT
CHARS_UTF8 = 1
POSITION_CHARACTER = 1
EVENT_LIST_TERMINATED, EVENT_WORD = 0, 1
RATE, VOLUME, PITCH, RANGE = 1, 2, 3, 4
BUFFER_MS = 200


class _Id(c.Union):
    _fields_ = [("number", c.c_int), ("string", c.c_char * 8)]


class _Event(c.Structure):
    """espeak_EVENT of speak_lib.h."""

    _fields_ = [
        ("type", c.c_int),
        ("unique_identifier", c.c_uint),
        ("text_position", c.c_int),
        ("length", c.c_int),
        ("audio_position", c.c_int),
        ("sample", c.c_int),
        ("user_data", c.c_void_p),
        ("id", _Id),
    ]


class Synthesis(NamedTuple):
    """A text's audio as espeak made it."""

    pcm: np.ndarray  # int16, shape (samples,), mono
    rate_hz: int
    words: tuple[tuple[int, int], ...]  # (sample, character offset) where each word starts


class Espeak:
    """The library, loaded once in this process."""

    flags = NO_EXIT

    def __init__(self) -> None:
        import espeakng_loader

        self._library: Any = c.CDLL(espeakng_loader.get_library_path())
        self.rate_hz: int = self._library.espeak_Initialize(
            AUDIO_OUTPUT_SYNCHRONOUS,
            BUFFER_MS,
            espeakng_loader.get_data_path().encode(),
            self.flags,
        )
        if self.rate_hz <= 0:
            raise EngineError(
                "espeak-ng could not start: its data is missing. Install the pinned wheels again: make install"
            )
        self._audio: list[bytes] = []
        self._words: list[tuple[int, int]] = []
        self._callback = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_int, c.POINTER(_Event))(self._collect)

    def _collect(self, wav: int | None, samples: int, events: Any) -> int:
        if wav and samples > 0:
            self._audio.append(c.string_at(wav, 2 * samples))
        i = 0
        while events[i].type != EVENT_LIST_TERMINATED:
            if events[i].type == EVENT_WORD:
                self._words.append((events[i].sample, events[i].text_position - 1))
            i += 1
        return 0

    def synthesize(
        self, text: str, voice: str, rate_wpm: int = 165, pitch: int = 50, spread: int = 50
    ) -> Synthesis:
        """Speak a text. voice: espeak's name, such as "en-us+f2". Raises EngineError for an unknown voice."""
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise EngineError(f'espeak-ng knows no voice "{voice}". Names look like en-us+f2, de, es+m3, nl.')
        for parameter, value in ((RATE, rate_wpm), (VOLUME, 100), (PITCH, pitch), (RANGE, spread)):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._library.espeak_SetSynthCallback(self._callback)  # each time: another voice may have set its own
        self._audio.clear()
        self._words.clear()
        encoded = text.encode() + b"\0"
        self._library.espeak_Synth(encoded, len(encoded), 0, POSITION_CHARACTER, 0, CHARS_UTF8, None, None)
        pcm = np.frombuffer(b"".join(self._audio), np.int16)
        return Synthesis(pcm, self.rate_hz, tuple(self._words))


class EspeakVoice:
    """The agent's embedded voice."""

    def __init__(self, settings: VoiceSettings) -> None:
        self._espeak = Espeak()
        self._settings = settings

    def say(self, text: str, language: LanguageCode) -> Generator[Piece, None, None]:
        """The whole sentence as one piece: espeak needs about 3 ms for it."""
        import soxr

        made = self._espeak.synthesize(text, getattr(self._settings, language), self._settings.rate_wpm)
        pcm, cut = trim_silence(made.pcm, made.rate_hz)
        if not pcm.size:  # "...", an emoji that espeak has no name for: nothing that could be spoken
            yield Piece(np.empty(0, np.int16), ())
            return
        resampled = soxr.resample(pcm, made.rate_hz, LINE_RATE_HZ, quality="HQ")
        scale = LINE_RATE_HZ / made.rate_hz
        starts = [(max(0, int((sample - cut) * scale)), char) for sample, char in made.words]
        yield Piece(np.asarray(resampled, np.int16), word_marks(text, starts))


def word_marks(text: str, starts: list[tuple[int, int]]) -> tuple[WordMark, ...]:
    """Marks from (sample, character) starts; a word reaches to where the next one begins.

    espeak says some numbers and abbreviations in another order than they are written ("24."): a word that is written
    later never counts as spoken sooner.
    """
    if not starts:
        return ()
    starts = sorted(set(starts), key=lambda start: start[1])
    ends = [char for _, char in starts[1:]] + [len(text)]
    samples = accumulate((sample for sample, _ in starts), max)
    return tuple(
        WordMark(sample, len(text[:end].rstrip())) for sample, end in zip(samples, ends, strict=True)
    )
