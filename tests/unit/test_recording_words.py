"""Do they agree to being recorded? In doubt they do not; and whoever wants it to end is heeded."""

from __future__ import annotations

import pytest

from engine.dialogue.recording_words import answer_to_question, says_more, wants_it_to_end
from engine.languages.recorded_words import recorded_words
from engine.protocol import LANGUAGES

YES = {
    "en": ["Yes.", "Sure, go ahead.", "No problem.", "I don't mind.", "Why not?", "Okay, if you must."],
    "de": ["Ja.", "Klar, kein Problem.", "Von mir aus.", "Das dürfen Sie.", "Warum nicht?", "Ja, gerne."],
    "es": ["Sí.", "Claro que sí.", "No hay problema.", "No me importa, adelante.", "¿Por qué no?", "Vale."],
    "nl": ["Ja hoor, dat mag.", "Geen probleem.", "Natuurlijk.", "Doe maar.", "Waarom niet?", "Is goed."],
}
NO = {
    "en": ["No.", "I'd rather not.", "Please don't.", "I do not want to be recorded.", "No, thank you."],
    "de": [
        "Nein.",
        "Lieber nicht.",
        "Das möchte ich nicht.",
        "Bitte nehmen Sie das nicht auf.",
        "Nee, danke.",
    ],
    "es": ["No.", "Prefiero que no.", "Mejor no.", "No quiero que me graben.", "No, gracias."],
    "nl": ["Nee.", "Liever niet.", "Dat wil ik niet.", "Ik wil niet opgenomen worden.", "Nee, dank u."],
}
UNCLEAR = {
    "en": [
        "Yes?",
        "Sorry, what?",
        "Who is this?",
        "Yes, but not my voice.",
        "For how many people?",
        "No, that's fine.",
        "",
    ],
    "de": ["Ja bitte?", "Wie bitte?", "Wer ist da?", "Ja, aber nur heute.", "Für wie viele Personen?", ""],
    "es": ["¿Sí?", "¿Cómo dice?", "¿Quién es?", "Sí, pero solo hoy.", "¿Para cuántas personas?", ""],
    "nl": [
        "Ja?",
        "Wat zegt u?",
        "Met wie spreek ik?",
        "Ja, maar alleen vandaag.",
        "Voor hoeveel personen?",
        "",
    ],
}
STOPS = {
    "en": [
        "Please stop recording.",
        "Could you turn the recording off?",
        "Don't record me.",
        "No recordings, please.",
    ],
    "de": [
        "Schalten Sie die Aufnahme aus.",
        "Ich möchte nicht aufgezeichnet werden.",
        "Keine Aufnahme, bitte.",
    ],
    "es": ["Deje de grabar.", "Apague la grabación.", "No quiero que esto se grabe."],
    "nl": ["Stop met opnemen.", "Zet de opname uit.", "Ik wil niet dat u dit opneemt."],
}
OTHER_THINGS = {
    "en": [
        "We have no record of your booking.",
        "Your booking is not recorded here.",
        "We do not take bookings today.",
    ],
    "de": ["Ich kann heute keine Reservierung mehr aufnehmen.", "Wir nehmen heute nichts mehr an."],
    "es": ["No tenemos ninguna mesa.", "Su reserva no está grabada en el sistema."],
    "nl": ["Ik kan geen reservering meer opnemen.", "We kunnen geen contact met u opnemen."],
}


def each(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(code, text) for code, texts in table.items() for text in texts]


@pytest.mark.parametrize(("code", "text"), each(YES))
def test_a_plain_yes_is_one(code, text):
    assert answer_to_question(text, (code,)) == "yes"


@pytest.mark.parametrize(("code", "text"), each(NO))
def test_a_no_is_one(code, text):
    assert answer_to_question(text, (code,)) == "no"


@pytest.mark.parametrize(("code", "text"), each(UNCLEAR))
def test_anything_else_is_not_taken_for_consent(code, text):
    assert answer_to_question(text, (code,)) == "unclear"


def test_a_no_in_one_of_two_languages_is_a_no():
    assert answer_to_question("No.", ("de", "es")) == "no"
    assert answer_to_question("Nein.", ("en", "de")) == "no"


@pytest.mark.parametrize(("code", "text"), each(STOPS))
def test_whoever_wants_it_to_end_is_understood(code, text):
    assert wants_it_to_end(text, (code,)) == text
    assert answer_to_question(text, (code,)) == "no"


@pytest.mark.parametrize(("code", "text"), each(OTHER_THINGS))
def test_what_is_not_about_the_recording_ends_nothing(code, text):
    assert wants_it_to_end(text, (code,)) == ""


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_wish_may_stand_among_other_words(code):
    wish, question = STOPS[code][0], UNCLEAR[code][-2]
    text = f"{wish} {question} {question}"
    assert wants_it_to_end(text, (code,)) == wish
    assert says_more(text, wish) and not says_more(wish, wish)


@pytest.mark.parametrize("code", LANGUAGES)
def test_our_own_sentences_come_in_every_language_and_differ(code):
    say = recorded_words(code)
    ours = [say.notice, say.question, say.thanks, say.declined, say.stopped]
    assert len(set(ours)) == 5 and all(ours)
    assert say.question.endswith("?")
