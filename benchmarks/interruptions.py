"""Callers who speak over us: real interruptions and back-channels, with their true edges, made by espeak-ng.


A back-channel ("mhm", "ja, genau", a cough, a cup) wants nothing: we go on. An interruption does, however short.
"""

from __future__ import annotations

import zlib
from typing import Literal, NamedTuple

import numpy as np

from engine.audio.levels import audible_span, with_level
from engine.voices.espeak import Espeak

RATE_HZ = 16_000
TELEPHONE_HZ = 8_000
BEFORE_S, AFTER_S = 1.5, 2.0  # of line noise around what is said; before it so much and a bit
NOISES_DBFS = (-65.0, -58.0, -52.0)
LEVELS_DBFS = (-18.0, -22.0, -28.0)
SETTLES_MS = 32  # the place in the detector's windows is different each time

Kind = Literal["interruption", "backchannel"]

VOICES = {
    "en": ("en-us+f2", "en-gb-x-rp+m1", "en-us+m3", "en-gb-scotland+f5"),
    "de": ("de+f2", "de+m1", "de+m3", "de+f5"),
    "es": ("es+f2", "es+m1", "es-419+m3", "es-419+f5"),
    "nl": ("nl+f2", "nl+m1", "nl+m3", "nl+f5"),
}
INTERRUPTIONS = {
    "en": (
        "no", "stop", "no, wait", "sorry, we are closed", "hold on", "wait a moment please", "who is calling?",
        "we are fully booked tonight", "sorry, what was that?", "no no, not on Friday", "which restaurant do you want?",
        "excuse me, could you repeat that",
    ),
    "de": (
        "nein", "stopp", "nein, Moment", "wir haben heute geschlossen", "Moment bitte", "wer spricht denn da?",
        "das geht leider nicht", "wie bitte?", "warten Sie mal", "wir sind ausgebucht", "auf welchen Namen?",
        "nein, am Freitag ist zu",
    ),
    "es": (
        "no", "pare", "no, espere", "lo siento, está cerrado", "un momento", "¿quién llama?",
        "esta noche estamos completos", "¿cómo dice?", "espere un segundo por favor", "eso no es posible",
        "¿a qué nombre?", "no, el viernes no abrimos",
    ),
    "nl": (
        "nee", "stop", "nee, wacht", "sorry, we zijn gesloten", "een ogenblik", "met wie spreek ik?",
        "we zitten helaas vol", "wat zegt u?", "wacht even alstublieft", "dat gaat niet lukken", "op welke naam?",
        "nee, vrijdag zijn we dicht",
    ),
}  # fmt: skip
BACKCHANNELS = {
    "en": ("mhm", "uh-huh", "yes", "okay", "right", "yeah", "I see", "sure", "okay, yes", "all right"),
    "de": ("mhm", "ja", "genau", "okay", "aha", "gut", "ja, ja", "alles klar", "ja, genau", "verstehe"),
    "es": ("mhm", "sí", "vale", "claro", "ajá", "de acuerdo", "sí, sí", "muy bien", "bueno", "vale, vale"),
    "nl": ("mhm", "ja", "oké", "precies", "goed", "ja, ja", "prima", "ja hoor", "oké, ja", "begrepen"),
}
NOISES = ("cough", "cup")


class Clip(NamedTuple):
    """Somebody on a noisy line. pcm: int16, shape (samples,), mono, 16 kHz."""

    name: str
    language: str
    pcm: np.ndarray
    onset_s: float  # where what is said truly begins
    end_s: float
    kind: Kind
    text: str  # "" for a noise


def clips(language: str = "") -> list[Clip]:
    """All of them, or those of one language; the same ones every time."""
    espeak = Espeak()
    return [
        _clip(espeak, code, number, kind, text)
        for code in VOICES
        if language in ("", code)
        for kind, texts in (
            ("interruption", INTERRUPTIONS[code]),
            ("backchannel", (*BACKCHANNELS[code], *NOISES)),
        )
        for number, text in enumerate(texts)
    ]


def _clip(espeak: Espeak, code: str, number: int, kind: str, text: str) -> Clip:
    import soxr

    name = f"{code}-{kind}-{number:02}"
    random = np.random.default_rng(zlib.crc32(name.encode()))
    if text in NOISES:
        sound, rate_hz = (_cough(random) if text == "cough" else _cup(random)), RATE_HZ
    else:
        made = espeak.synthesize(text, VOICES[code][number % 4], int(random.integers(145, 195)), 50)
        sound, rate_hz = made.pcm, made.rate_hz
    if number % 2:
        sound, rate_hz = soxr.resample(sound, rate_hz, TELEPHONE_HZ, quality="HQ"), TELEPHONE_HZ
    sound = soxr.resample(sound, rate_hz, RATE_HZ, quality="HQ").astype(np.int16)
    sound = with_level(sound, LEVELS_DBFS[number % 3])
    first, last = audible_span(sound, RATE_HZ)
    before = int(BEFORE_S * RATE_HZ) + int(random.integers(0, SETTLES_MS * RATE_HZ // 1000))
    pcm = np.concatenate([np.zeros(before), sound[first:last], np.zeros(int(AFTER_S * RATE_HZ))])
    noise_rms = 32768 / np.sqrt(2) * 10 ** (NOISES_DBFS[number // 3 % 3] / 20)
    pcm = pcm + random.standard_normal(pcm.size) * noise_rms
    return Clip(
        name,
        code,
        np.clip(np.rint(pcm), -32768, 32767).astype(np.int16),
        before / RATE_HZ,
        (before + last - first) / RATE_HZ,
        "interruption" if kind == "interruption" else "backchannel",
        "" if text in NOISES else text,
    )


def _cough(random: np.random.Generator) -> np.ndarray:
    """Two bursts of breath, each with a sharp beginning, duller than noise."""
    time_s = np.arange(int(0.45 * RATE_HZ)) / RATE_HZ
    breath = np.convolve(random.standard_normal(time_s.size), np.ones(8) / 8, "same")
    shape = np.zeros(time_s.size)
    for begins_s in (0.0, 0.24):
        shape += np.where(time_s >= begins_s, np.exp(-(time_s - begins_s) / 0.05), 0.0)
    return np.asarray(np.clip(breath * shape * 12_000, -32768, 32767), np.int16)


def _cup(random: np.random.Generator) -> np.ndarray:
    """A cup that is put down: a knock and a few partials that ring off."""
    time_s = np.arange(int(0.2 * RATE_HZ)) / RATE_HZ
    rings = sum(
        np.sin(2 * np.pi * hz * time_s) * np.exp(-time_s / fades_s)
        for hz, fades_s in ((random.uniform(1800, 2400), 0.03), (random.uniform(3000, 3600), 0.02))
    )
    knock = random.standard_normal(time_s.size) * np.exp(-time_s / 0.004)
    return np.asarray((rings + knock) * 6_000, np.int16)
