"""A telephone line that sends our own voice back: band, µ-law, delay, loss and noise."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import soxr

from engine.bus import Delivery
from engine.protocol import AgentFrame, LanguageCode
from engine.settings import VoiceSettings
from engine.voices.espeak import EspeakVoice
from tests.fakes.fake_bus import Wait, heard
from tests.fakes.far_ends import frames, noise, silence

TELEPHONE_HZ = 8_000
FRAME_48K = 960


@cache
def our_voice(text: str, language: LanguageCode = "en") -> np.ndarray:
    """What the agent would say, int16 at 48 kHz."""
    return next(EspeakVoice(VoiceSettings()).say(text, language)).pcm


def drawn_voice(seed: int, ms: int = 2400) -> np.ndarray:
    """Sound that is built like a voice, the same for a seed wherever it is made; int16 at 48 kHz.

    espeak's depends on what it has said before, and on the process. Pulses of a wandering pitch go through formants
    that change with every syllable; breath between them.
    """
    dice, rate_hz = np.random.default_rng(seed), 16_000
    syllables = [int(dice.integers(1600, 4800)) for _ in range(ms // 100)]
    pitch_hz = dice.uniform(90, 220) * np.exp(np.cumsum(dice.normal(0, 0.002, sum(syllables))))
    phase = np.cumsum(np.clip(pitch_hz, 70, 320) / rate_hz)
    pulses = np.diff(np.floor(phase), prepend=0.0) + dice.normal(0, 0.02, phase.size)
    said, first = np.zeros(phase.size), 0
    for size in syllables:
        part = pulses[first : first + size]
        formants_hz = dice.uniform((250, 900, 2100), (800, 2000, 3200))
        at = np.arange(400) / rate_hz
        mouth = sum(
            np.exp(-at * 300) * np.sin(2 * np.pi * hz * at) / (1 + i) for i, hz in enumerate(formants_hz)
        )
        loud = np.sin(np.pi * np.linspace(0, 1, size)) ** 0.5 * dice.uniform(0.2, 1) * (dice.random() > 0.15)
        said[first : first + size] = np.convolve(part, mouth)[:size] * loud
        first += size
    ends = np.minimum(1, np.arange(ms * 16)[::-1] / 1600)
    said = soxr.resample(said[: ms * 16] * ends, rate_hz, 48_000)
    return np.asarray(said / np.abs(said).max() * 12_000, np.int16)


@cache
def _telephone_band() -> np.ndarray:
    """300-3400 Hz as minimum-phase FIR at 8 kHz: sharp edges, so that it smears in time as a real line does."""
    size = 2048
    hz = np.fft.rfftfreq(size, 1 / TELEPHONE_HZ)
    gain = 1 / np.sqrt(1 + (300 / np.maximum(hz, 1)) ** 8) / np.sqrt(1 + (hz / 3400) ** 24)
    cepstrum = np.fft.irfft(np.log(np.maximum(gain, 1e-4)))
    cepstrum[1 : size // 2] *= 2
    cepstrum[size // 2 + 1 :] = 0
    return np.asarray(np.fft.irfft(np.exp(np.fft.rfft(cepstrum)))[:256])


def mu_law(signal: np.ndarray) -> np.ndarray:
    """float ±1 through G.711's 8 bits."""
    coded = np.sign(signal) * np.log1p(255 * np.abs(np.clip(signal, -1, 1))) / np.log1p(255)
    steps = np.rint(coded * 127) / 127
    return np.asarray(np.sign(steps) * np.expm1(np.abs(steps) * np.log1p(255)) / 255)


def echo_of(ours: np.ndarray, return_db: float, delay_ms: float) -> np.ndarray:
    """Our voice (int16, 48 kHz) as it comes back, int16 at 16 kHz."""
    sent = mu_law(soxr.resample(ours.astype(np.float64) / 32768, 48_000, TELEPHONE_HZ))
    back = np.convolve(sent, _telephone_band())[: sent.size] * 10 ** (return_db / 20)
    heard_again = soxr.resample(mu_law(back), TELEPHONE_HZ, 16_000) * 32768
    delayed = np.concatenate([np.zeros(round(delay_ms * 16)), heard_again])
    return np.asarray(np.clip(delayed, -32768, 32767), np.int16)


def mixed(*parts: np.ndarray) -> np.ndarray:
    """The sum, as long as the longest."""
    total = np.zeros(max(part.size for part in parts))
    for part in parts:
        total[: part.size] += part
    return np.asarray(np.clip(np.rint(total), -32768, 32767), np.int16)


def at(start_ms: int, pcm: np.ndarray) -> np.ndarray:
    """16 kHz audio that begins later."""
    return np.concatenate([silence(start_ms), pcm])


def with_noise(pcm: np.ndarray, level_dbfs: float | None, seed: int = 1) -> np.ndarray:
    return pcm if level_dbfs is None else mixed(pcm, noise(pcm.size // 16, level_dbfs, seed))


def conversation(far: np.ndarray, *ours: tuple[int, np.ndarray], lead: int = 3) -> Iterator[Delivery | Wait]:
    """Far-end audio (16 kHz) in real time with our utterances (start in ms, int16 at 48 kHz), each sent `lead`
    frames ahead of its time, as to a line with a clock of its own."""
    due: dict[int, list[bytes]] = {}
    for start_ms, pcm in ours:
        whole = np.concatenate([pcm, np.zeros(-pcm.size % FRAME_48K, np.int16)])
        for number, first in enumerate(range(0, whole.size, FRAME_48K)):
            tick = start_ms // 20 + max(0, number - lead)
            due.setdefault(tick, []).append(whole[first : first + FRAME_48K].tobytes())
    for tick, frame in enumerate(frames(far)):
        for pcm in due.get(tick, ()):
            yield heard(AgentFrame(pcm=pcm), time_us=tick * 20_000 + 1)
        yield Wait(20)
        yield frame._replace(header=frame.header._replace(time_us=(tick + 1) * 20_000))
