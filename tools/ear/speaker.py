"""espeak-ng's speech with what it knows about it: when each phoneme and each word begins."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.voices.espeak import EVENT_LIST_TERMINATED, NO_EXIT, Espeak

PHONEME_EVENTS, PHONEMES_AS_IPA = 0x0001, 0x0002  # espeakINITIALIZE_PHONEME_EVENTS, _PHONEME_IPA
EVENT_PHONEME = 7
STRESS = str.maketrans("", "", "ˈˌ")


class Spoken(NamedTuple):
    """A text's audio, aligned."""

    pcm: np.ndarray  # float32, shape (samples,), about -1..1
    rate_hz: int
    phonemes: tuple[tuple[float, str], ...]  # (begins in ms, IPA without stress; "" = a pause)
    words: tuple[tuple[float, int], ...]  # (begins in ms, character of the text)


class Speaker(Espeak):
    """espeak-ng that reports phonemes."""

    flags = NO_EXIT | PHONEME_EVENTS | PHONEMES_AS_IPA

    def __init__(self, seed: int = 1) -> None:
        """seed: of espeak's own dice, which it would throw by the clock; the same texts then sound the same again."""
        super().__init__()
        self._library.espeak_ng_SetRandSeed(seed)
        self._phonemes: list[tuple[float, str]] = []

    def _collect(self, wav: int | None, samples: int, events: Any) -> int:
        i = 0
        while events[i].type != EVENT_LIST_TERMINATED:
            if events[i].type == EVENT_PHONEME:
                name = events[i].id.string.decode("utf-8", "ignore").translate(STRESS)
                self._phonemes.append((float(events[i].audio_position), name))
            i += 1
        return super()._collect(wav, samples, events)

    def say(self, text: str, voice: str, rate_wpm: int, pitch: int, spread: int) -> Spoken:
        """Speak a text; see Espeak.synthesize. Raises EngineError for an unknown voice."""
        self._phonemes.clear()
        made = self.synthesize(text, voice, rate_wpm, pitch, spread)
        words = tuple((1000 * sample / made.rate_hz, place) for sample, place in made.words)
        return Spoken(made.pcm.astype(np.float32) / 32768, made.rate_hz, tuple(self._phonemes), words)
