"""What the recogniser is measured with: recordings of a folder, and sentences that espeak-ng speaks here.

A folder holds WAV files (16 kHz, mono, 16 bit) and `index.jsonl`, a JSON object a line: `file`, `kind` (speech, tone,
dtmf, music, noise or silence), `language`, `transcript` (null = not known).

The sentences were written by themselves, not filled in; eight of the forty happen to follow patterns that the small
recogniser is trained on (tools/ear/words). More of them, and which are new to it: asr_sets.py.
"""

from __future__ import annotations

import json
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soxr

from engine.audio.levels import with_level
from engine.protocol import HEARING_RATE_HZ, LanguageCode
from engine.voices.espeak import Espeak

SPEECH = "speech"
VOICES = {"en": ("en-us", "en-us+f2"), "de": ("de", "de+m3"), "es": ("es", "es+f2"), "nl": ("nl", "nl+f2")}
LEVEL_DBFS, NOISE_DBFS = -24.0, -60.0
AROUND_MS = (240, 190)  # of the line before and after, as a call gives it to the recogniser
SENTENCES: dict[LanguageCode, tuple[str, ...]] = {
    "en": (
        "Good evening, how can I help you?",
        "For how many people would that be?",
        "We still have a table at half past eight.",
        "I am sorry, we are fully booked on Saturday.",
        "Could you spell the name for me, please?",
        "The kitchen closes at ten.",
        "Your table is booked for Friday at seven.",
        "May I have a telephone number?",
        "Would a quarter past six be possible?",
        "Thank you, and see you on Sunday evening.",
    ),
    "de": (
        "Guten Abend, was kann ich für Sie tun?",
        "Für wie viele Personen soll es denn sein?",
        "Um halb neun hätten wir noch einen Tisch.",
        "Am Samstag sind wir leider ausgebucht.",
        "Können Sie mir den Namen bitte buchstabieren?",
        "Die Küche schließt um zehn Uhr.",
        "Der Tisch ist für Freitag um sieben reserviert.",
        "Geben Sie mir bitte noch eine Telefonnummer?",
        "Würde Ihnen Viertel nach sechs passen?",
        "Vielen Dank, dann bis Sonntag Abend.",
    ),
    "es": (
        "Buenas noches, ¿en qué puedo ayudarle?",
        "¿Para cuántas personas sería?",
        "Nos queda una mesa a las ocho y media.",
        "Lo siento, el sábado está todo completo.",
        "¿Me puede deletrear el nombre, por favor?",
        "La cocina cierra a las diez.",
        "Su mesa está reservada para el viernes a las siete.",
        "¿Me da un número de teléfono?",
        "¿Le vendría bien a las seis y cuarto?",
        "Muchas gracias, hasta el domingo por la noche.",
    ),
    "nl": (
        "Goedenavond, waarmee kan ik u helpen?",
        "Voor hoeveel personen zou dat zijn?",
        "We hebben nog een tafel om half negen.",
        "Het spijt me, zaterdag zitten we helemaal vol.",
        "Kunt u de naam voor mij spellen?",
        "De keuken sluit om tien uur.",
        "Uw tafel is gereserveerd voor vrijdag om zeven uur.",
        "Mag ik een telefoonnummer van u?",
        "Zou kwart over zes ook kunnen?",
        "Dank u wel, en tot zondagavond.",
    ),
}


class Clip(NamedTuple):
    """Some audio and what is said in it."""

    name: str
    pcm: np.ndarray  # int16, 16 kHz
    language: LanguageCode | None
    said: str | None  # None: not known
    speech: bool


def recorded(folder: Path) -> list[Clip]:
    """The clips of a folder. Raises OSError or ValueError where it is not as described."""
    rows = [
        json.loads(line) for line in (folder / "index.jsonl").read_text(encoding="utf-8").splitlines() if line
    ]
    return [
        Clip(
            row["file"],
            _wav(folder / row["file"]),
            row.get("language") if row.get("language") in SENTENCES else None,
            row.get("transcript") if row["kind"] == SPEECH else None,
            row["kind"] == SPEECH,
        )
        for row in rows
    ]


def synthetic() -> Iterator[Clip]:
    """Our own sentences, as a line carries them, and four clips in which nobody speaks."""
    espeak, random = Espeak(), np.random.default_rng(20261123)
    for language, sentences in SENTENCES.items():
        for number, text in enumerate(sentences):
            made = espeak.synthesize(text, VOICES[language][number % 2])
            pcm = with_level(soxr.resample(made.pcm, made.rate_hz, HEARING_RATE_HZ, quality="HQ"), LEVEL_DBFS)
            pcm = np.pad(pcm, [each * HEARING_RATE_HZ // 1000 for each in AROUND_MS])
            yield Clip(f"{language}-{number}", _noisy(pcm, NOISE_DBFS, random), language, text, True)
    still = np.zeros(3 * HEARING_RATE_HZ, np.int16)
    yield Clip("silence", still, None, None, False)
    for level in (-65.0, -50.0, -35.0):
        yield Clip(f"noise {level:.0f}", _noisy(still, level, random), None, None, False)


def _noisy(pcm: np.ndarray, level_dbfs: float, random: np.random.Generator) -> np.ndarray:
    rms = 32768 / np.sqrt(2) * 10 ** (level_dbfs / 20)
    return np.clip(pcm + random.normal(0, rms, pcm.size), -32768, 32767).astype(np.int16)


def _wav(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        form = (file.getframerate(), file.getnchannels(), file.getsampwidth())
        if form != (HEARING_RATE_HZ, 1, 2):
            raise ValueError(f"{path}: {form} is not 16 kHz, mono, 16 bit. Convert it.")
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)
