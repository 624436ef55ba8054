"""Sets of sentences that espeak-ng speaks here for benchmarks/asr.py: the same ones in every run.

known_patterns   after patterns of the training (`patterns` in tools/ear/words), with values thrown anew; voices of the
                 training at ordinary rates and pitches, the whole band, a quiet line
unseen_patterns  after patterns that are in no training sentence (`held_out` there), otherwise the same
unseen_voices    the sentences of known_patterns, rates and pitches too, in voices that are in no training clip
noisy            the very utterances of known_patterns, with noise 5 to 10 dB below the voice: white, a full room and a
                 street as simulated restaurants have them, which no training clip has; coloured noise, mains hum and
                 music as in the training, other seeds
telephone        the very utterances of known_patterns, through each of the lines below

All sentences are in the words that the ear was trained on, as are those of every scenario that `call-thing scenarios
check` accepts. Nothing is left out for being long, or because it came out wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from typing import NamedTuple

import numpy as np
import soxr

from benchmarks.asr_clips import AROUND_MS, LEVEL_DBFS, NOISE_DBFS, Clip
from engine.audio.levels import FULL_SCALE_SINE
from engine.lines.backdrop import NoiseKind, backdrop
from engine.lines.sounds import landline
from engine.protocol import HEARING_RATE_HZ, LANGUAGES, LINE_RATE_HZ, LanguageCode
from tools.ear import nobody, voices
from tools.ear.grammar import grammar
from tools.ear.opus import through_opus
from tools.ear.speaker import Speaker
from tools.ear.telephone import NARROW_RATE_HZ, companded, concealed, narrow_band

KNOWN, UNSEEN, VOICES = "known_patterns", "unseen_patterns", "unseen_voices"
NOISY, TELEPHONE = "noisy", "telephone"
SEED = "asr benchmark"  # training has other seeds
RATES_WPM, PITCHES = (140, 185), (35, 65)
SNR_DB = (5.0, 10.0)
LOOPS = 4  # of each kind of backdrop
LOST_SHARE = 0.02  # of the packets of a lossy line
LOUD_UNDER_PEAK = 1e-3  # frames that count for the level of a voice: within 30 dB of the loudest
FRAME = HEARING_RATE_HZ // 50

Change = Callable[[np.ndarray, Random], np.ndarray]  # of float32 audio, 16 kHz, full scale 1


class Utterance(NamedTuple):
    """A sentence, and how it is spoken."""

    language: LanguageCode
    said: str
    voice: str
    rate_wpm: int
    pitch: int


LINES: dict[str, Change] = {
    "narrow": lambda pcm, dice: narrow_band(pcm),
    "g711_mu": lambda pcm, dice: companded(narrow_band(pcm), a_law=False),
    "g711_a_lossy": lambda pcm, dice: concealed(companded(narrow_band(pcm), a_law=True), LOST_SHARE, dice),
    "landline": lambda pcm, dice: _landline(pcm),
    "opus_16k": lambda pcm, dice: through_opus(pcm, 16_000, 0.0, dice),
    "opus_24k_lossy": lambda pcm, dice: through_opus(pcm, 24_000, LOST_SHARE, dice),
    "opus_32k": lambda pcm, dice: through_opus(pcm, 32_000, 0.0, dice),
}


class Speaking:
    """espeak-ng, which never says a thing twice alike; so that each utterance is kept."""

    def __init__(self) -> None:
        self._speaker = Speaker()
        self._said: dict[Utterance, np.ndarray] = {}

    def voice(self, each: Utterance) -> np.ndarray:
        """With some silence around it, at LEVEL_DBFS: float32, 16 kHz, full scale 1."""
        if each not in self._said:
            made = self._speaker.synthesize(each.said, each.voice, each.rate_wpm, each.pitch)
            whole = made.pcm.astype(np.float32) / 32768
            pcm = soxr.resample(whole, made.rate_hz, HEARING_RATE_HZ, quality="HQ")
            wanted = FULL_SCALE_SINE / 32768 * 10 ** (LEVEL_DBFS / 20)
            around = [ms * HEARING_RATE_HZ // 1000 for ms in AROUND_MS]
            self._said[each] = np.pad(pcm * np.float32(wanted / _level(pcm)), around)
        return self._said[each]


def sets_of(sentences: int) -> dict[str, Callable[[], Iterator[Clip]]]:
    """Every set by name, made when it is asked for. sentences: of a language in each of them."""
    speaking = Speaking()
    found: dict[str, Callable[[], Iterator[Clip]]] = {
        KNOWN: lambda: _clips(speaking, utterances(KNOWN, sentences)),
        UNSEEN: lambda: _clips(speaking, utterances(UNSEEN, sentences)),
        VOICES: lambda: _clips(speaking, utterances(VOICES, sentences)),
        NOISY: lambda: _clips(speaking, utterances(KNOWN, sentences), behind=True),
    }
    for name, line in LINES.items():
        found[f"{TELEPHONE}/{name}"] = lambda line=line: _clips(speaking, utterances(KNOWN, sentences), line)
    return found


def utterances(kind: str, sentences: int) -> Iterator[Utterance]:
    """Of a set without noise and line: KNOWN, UNSEEN or VOICES."""
    for language in LANGUAGES:
        known = grammar(language)
        patterns = list(known.held_out if kind == UNSEEN else known.patterns)
        Random(f"{SEED}/{language}").shuffle(patterns)
        for number in range(sentences):
            dice = Random(f"{SEED}/{language}/{number}")
            said = known.filled(patterns[number % len(patterns)], dice)
            voice = voices.unseen(language, dice) if kind == VOICES else voices.trained(language, dice)
            throws = Random(f"{SEED}/{language}/{number}/pace")
            yield Utterance(language, said, voice, throws.randint(*RATES_WPM), throws.randint(*PITCHES))


def _clips(
    speaking: Speaking, spoken: Iterator[Utterance], line: Change | None = None, behind: bool = False
) -> Iterator[Clip]:
    """Utterances on a quiet line. behind: with noise of a kind after the other."""
    for number, each in enumerate(spoken):
        dice = Random(f"{SEED}/line/{number}")
        pcm = speaking.voice(each)
        if line is not None:
            pcm = line(pcm, dice)
        if behind:
            kinds = tuple(NOISES)
            noise = NOISES[kinds[number % len(kinds)]](pcm.size, dice)
            pcm = pcm + noise * _level(pcm) * 10 ** (-dice.uniform(*SNR_DB) / 20)
        hiss = np.random.default_rng(number).standard_normal(pcm.size)
        pcm = pcm * 32768 + hiss * FULL_SCALE_SINE * 10 ** (NOISE_DBFS / 20)
        name = f"{each.language}-{number} {each.voice}"
        yield Clip(name, np.clip(pcm, -32768, 32767).astype(np.int16), each.language, each.said, True)


def _level(pcm: np.ndarray) -> float:
    """RMS of the loud frames."""
    powers = frame_powers(pcm)
    return float(np.sqrt(powers[powers > LOUD_UNDER_PEAK * powers.max()].mean()))


def frame_powers(pcm: np.ndarray) -> np.ndarray:
    """Mean power of each whole frame of 20 ms."""
    whole = pcm[: pcm.size // FRAME * FRAME].astype(np.float64).reshape(-1, FRAME)
    return np.asarray(np.mean(whole**2, axis=1))


def _landline(pcm: np.ndarray) -> np.ndarray:
    """As a restaurant with `band: landline` is heard."""
    narrow = soxr.resample(pcm, HEARING_RATE_HZ, NARROW_RATE_HZ, quality="HQ")
    heard = landline(np.clip(narrow * 32768, -32768, 32767).astype(np.int16)).astype(np.float32) / 32768
    wide = soxr.resample(heard, NARROW_RATE_HZ, HEARING_RATE_HZ, quality="HQ")
    return np.pad(wide, (0, max(0, pcm.size - wide.size)))[: pcm.size]


def _backdrop(kind: NoiseKind) -> Callable[[int, Random], np.ndarray]:
    def made(samples: int, dice: Random) -> np.ndarray:
        loop = backdrop_loop(kind, dice.randrange(LOOPS))
        return _of_power_1(np.resize(np.roll(loop, dice.randrange(loop.size)), samples))

    return made


@cache
def backdrop_loop(kind: NoiseKind, number: int) -> np.ndarray:
    """Eight seconds of what is behind a simulated restaurant: float, 16 kHz, mean power 1."""
    return np.asarray(
        soxr.resample(backdrop(kind, number, HEARING_RATE_HZ / 2), LINE_RATE_HZ, HEARING_RATE_HZ)
    )


def _of_training(maker: Callable[[int, Random], np.ndarray]) -> Callable[[int, Random], np.ndarray]:
    return lambda samples, dice: _of_power_1(maker(samples, dice))


def _of_power_1(made: np.ndarray) -> np.ndarray:
    return made / max(1e-9, float(np.sqrt(np.mean(np.square(made)))))


NOISES: dict[str, Callable[[int, Random], np.ndarray]] = {
    "white": _backdrop("white"),
    "pub": _backdrop("pub"),
    "street": _backdrop("street"),
    "colored": _of_training(nobody.colored),
    "music": _of_training(nobody.music),
    "hum": _of_training(nobody.hum),
}
