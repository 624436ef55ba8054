"""Words of answering machines and of people who put a call on hold, in the four languages."""

from __future__ import annotations

from datetime import date

import pytest

from engine.dialogue.understanding import understand
from engine.languages import load

VOICEMAIL = {
    "en": (
        "sorry we cannot come to the phone just now",
        "you have reached the voicemail of the lemon tree",
        "leave your name and number after the tone",
        "the person you are trying to reach is not available",
    ),
    "de": (
        "sie haben den anrufbeantworter der alten mühle erreicht",
        "wir sind gerade nicht erreichbar",
        "bitte hinterlassen sie uns ihren namen und ihre nummer",
        "der teilnehmer ist zurzeit leider nicht erreichbar",
        "sprechen sie nach dem piepton",
    ),
    "es": (
        "este es el contestador de la brisa",
        "en este momento no podemos atenderle",
        "grabe su mensaje cuando oiga la señal",
        "el móvil está apagado o fuera de cobertura",
        "le devolveremos la llamada en cuanto podamos",
    ),
    "nl": (
        "dit is de voicemail van de linde",
        "wij kunnen u op dit moment niet te woord staan",
        "u kunt een boodschap inspreken",
        "laat uw naam en nummer achter",
        "spreek een bericht in na de toon",
    ),
}
HOLD = {
    "en": ("please stay on the line", "i will connect you to the restaurant", "all our lines are busy"),
    "de": (
        "bleiben sie bitte in der leitung",
        "alle leitungen sind besetzt bitte warten",
        "ich lege sie kurz beiseite",
        "ich gebe sie mal weiter",
    ),
    "es": ("enseguida le atendemos", "manténgase a la espera", "todos los agentes están ocupados espere"),
    "nl": ("ik zet u even in de wacht", "al onze lijnen zijn in gesprek", "ik geef u even mijn collega"),
}


def intents(code, words: str) -> frozenset[str]:
    return understand(words, load(code), date(2026, 11, 24), near_time="19:30").intents


@pytest.mark.parametrize(
    ("code", "words"), [(code, each) for code, all_ in VOICEMAIL.items() for each in all_]
)
def test_machine_is_known_by_its_words(code, words: str):
    assert "voicemail" in intents(code, words)


@pytest.mark.parametrize(("code", "words"), [(code, each) for code, all_ in HOLD.items() for each in all_])
def test_who_asks_to_wait_has_not_refused_and_confirmed_nothing(code, words: str):
    assert "hold" in intents(code, words)
    assert not intents(code, words) & {"full", "booking_confirmed", "noted"}


@pytest.mark.parametrize("words", ["ik zet u op de wachtlijst", "ik zet u even in de wacht"])
def test_waiting_list_is_no_booking_in_dutch(words: str):
    assert "booking_confirmed" not in intents("nl", words)
    assert "booking_confirmed" in intents("nl", "ik zet u erin")


@pytest.mark.parametrize(
    "words", ["om acht uur zit vol maar", "zeven uur is vol ik kan u half acht aanbieden"]
)
def test_full_hour_is_full_wherever_it_stands_in_a_dutch_sentence(words: str):
    assert "full" in intents("nl", words)
