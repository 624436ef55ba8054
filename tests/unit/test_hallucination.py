"""Silence never becomes words."""

from __future__ import annotations

import pytest

from engine.languages.phantom_texts import phantoms
from engine.protocol import LANGUAGES
from engine.turns.hallucination import NOTHING_KNOWN, Around, reason_to_drop, repeats_itself

SPEECH, SILENCE = -25.0, -55.0


@pytest.mark.parametrize("text", ["Thank you.", "Danke.", "you", "Untertitel der Amara.org-Community"])
def test_words_of_silence_are_dropped(text):
    assert "silence" in reason_to_drop(text, -70.0, SILENCE, 0.99, 0.0)
    assert "silence" in reason_to_drop(text, SILENCE, SILENCE, 0.99, 0.0)


def test_words_of_speech_stay():
    assert reason_to_drop("a table for two", SPEECH, SILENCE, 0.8, 0.1) == ""


def test_no_words_need_no_reason():
    assert reason_to_drop("", -90.0, SILENCE, 0.0, 1.0) == ""


@pytest.mark.parametrize(
    ("confidence", "no_speech", "dropped"),
    [(0.2, 0.9, True), (0.2, 0.5, False), (0.9, 0.9, False), (0.37, 0.61, False)],
)
def test_doubt_needs_both_signs(confidence, no_speech, dropped):
    assert bool(reason_to_drop("thanks for watching", SPEECH, SILENCE, confidence, no_speech)) is dropped


@pytest.mark.parametrize(
    "text",
    [
        "no no no no no no",
        "and the and the and the and the",
        "thank you very thank you very thank you very",
        "so " * 90,
    ],
)
def test_a_decoder_in_a_loop_is_not_believed(text):
    assert "again and again" in reason_to_drop(text, SPEECH, SILENCE, 0.9, 0.0)


@pytest.mark.parametrize(
    "text",
    [
        "no no no no",
        "five five five one two three four",
        "oh one seven six two two two two",
        "zwei zwei zwei null null null",
        "ja ja ja genau",
        "bis dann bis dann",
        "M U double L E R",
    ],
)
def test_people_repeat_themselves_too(text):
    assert reason_to_drop(text, SPEECH, SILENCE, 0.9, 0.0) == ""


def drop(
    text: str, around: Around = NOTHING_KNOWN, confidence: float = 0.9, no_speech: float = 0.05, level=SPEECH
) -> str:
    return reason_to_drop(text, level, SILENCE, confidence, no_speech, around)


@pytest.mark.parametrize(
    "text",
    [
        "we will see you then we will see you then we will see you then we will see you then",
        "Haha" * 20,
        "Thank you very much. Thank you very much. Thank you very much.",
        "1 1 1 1 1 1 1 1",
    ],
)
def test_longer_loops_are_seen_too(text):
    assert repeats_itself(text)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Subtitles by the Amara.org community"),
        ("en", "Thank you for watching!"),
        ("en", "Please like, share and subscribe."),
        ("en", "See you in the next video, bye!"),
        ("de", "Untertitelung des ZDF, 2020"),
        ("de", "Untertitel der Amara.org-Community"),
        ("de", "Vielen Dank fürs Zuschauen."),
        ("es", "Subtítulos realizados por la comunidad de Amara.org"),
        ("es", "¡Gracias por ver el vídeo!"),
        ("es", "¡Suscríbete al canal!"),
        ("nl", "Ondertiteld door de Amara.org gemeenschap"),
        ("nl", "TV GELDERLAND 2021"),
        ("nl", "Bedankt voor het kijken!"),
    ],
)
def test_what_subtitles_say_nobody_says_on_the_telephone(language, text):
    assert drop(text, Around(language))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Thank you."),
        ("de", "Vielen Dank."),
        ("es", "¡Muchas gracias!"),
        ("nl", "Dank u wel."),
        ("en", "Bye."),
    ],
)
@pytest.mark.parametrize(
    "weak", [{}, {"no_speech": 0.5}, {"confidence": 0.4}, {"level": SILENCE + 4}], ids=str
)
def test_a_thank_you_is_believed_unless_little_speaks_for_it(language, text, weak):
    assert bool(drop(text, Around(language), **weak)) is bool(weak)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Yes."),
        ("en", "No."),
        ("de", "Ja."),
        ("es", "Sí."),
        ("es", "No."),
        ("nl", "Ja."),
        ("nl", "Nee."),
    ],
)
def test_a_yes_or_a_no_is_not_lost_on_a_bad_line(language, text):
    assert drop(text, Around(language, 300), confidence=0.4, no_speech=0.5) == ""


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Thank you for waiting, we have a table."),
        ("en", "Visit us any time."),
        ("de", "Vielen Dank fürs Warten, wir haben noch einen Tisch."),
        ("es", "Gracias por esperar, tenemos una mesa."),
        ("nl", "Bedankt voor het wachten, we hebben nog een tafel."),
        ("nl", "Tot de volgende keer, meneer."),
    ],
)
def test_what_only_begins_like_a_phantom_stays(language, text):
    assert drop(text, Around(language), confidence=0.4) == ""


@pytest.mark.parametrize(("ms", "dropped"), [(300, True), (1500, False), (0, False)])
def test_more_words_than_the_time_holds_are_not_believed(ms, dropped):
    text = "we have a table for four people at seven thirty"
    assert bool(drop(text, Around(length_ms=ms))) is dropped


NAMES = ("Trattoria Roma", "Walker")


@pytest.mark.parametrize("text", ["Trattoria Roma, Walker", "trattoria roma walker. Trattoria Roma, Walker."])
def test_a_hint_that_comes_back_is_not_what_they_said(text):
    assert "told" in drop(text, Around(names=NAMES))


@pytest.mark.parametrize("text", ["Walker?", "Trattoria Roma.", "Roma"])
def test_a_name_of_the_hint_is_believed_when_it_is_clearly_heard(text):
    assert drop(text, Around(names=NAMES)) == ""
    assert "told" in drop(text, Around(names=NAMES), no_speech=0.5)


@pytest.mark.parametrize("text", ["Trattoria Roma, Walker, we have you down", "Trattoria Roma, good evening"])
def test_names_among_other_words_stay(text):
    assert drop(text, Around(names=NAMES), confidence=0.4) == ""


@pytest.mark.parametrize("names", [(), ("",), ("", ""), ("Roma",)])
def test_few_names_or_none_break_nothing(names):
    assert drop("Roma", Around(names=names)) == ""


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_its_phantoms(code):
    assert phantoms(code).never and phantoms(code).doubtful
