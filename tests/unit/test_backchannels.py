"""Words that were said over our voice: what do they want?"""

from __future__ import annotations

import pytest

from engine.languages.interjected import interjections
from engine.protocol import LANGUAGES
from engine.turns.backchannels import Wants, plain, wants

NOTHING, FLOOR, STOP, UNKNOWN = Wants.NOTHING, Wants.THE_FLOOR, Wants.US_TO_STOP, Wants.UNKNOWN


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("en", "Mhm.", NOTHING), ("en", "uh-huh", NOTHING), ("en", "Okay, yes, sure.", NOTHING),
        ("en", "oh right I see", NOTHING), ("en", "no", STOP), ("en", "yes but wait", STOP),
        ("en", "Sorry, we're closed.", STOP), ("en", "for how many people", FLOOR), ("en", "right here", FLOOR),
        ("de", "Ja, ja.", NOTHING), ("de", "Genau, alles klar", NOTHING), ("de", "Natürlich, gern", NOTHING),
        ("de", "Nein!", STOP), ("de", "Moment bitte", STOP), ("de", "am Freitag um acht", FLOOR),
        ("es", "Sí, vale", NOTHING), ("es", "claro que sí", NOTHING), ("es", "de acuerdo", NOTHING),
        ("es", "¿Cómo dice?", STOP), ("es", "espere", STOP), ("es", "tenemos mesa", FLOOR),
        ("nl", "Oké, ja hoor", NOTHING), ("nl", "prima, precies", NOTHING), ("nl", "nee", STOP),
        ("nl", "ogenblikje", STOP), ("nl", "voor hoeveel personen", FLOOR),
    ],
)  # fmt: skip
def test_back_channels_are_told_from_what_wants_something(language, text, wanted):
    assert wants(text, language) is wanted


@pytest.mark.parametrize("text", ["", " ", "…", "?!"])
def test_without_words_nobody_knows(text):
    assert wants(text, "en") is UNKNOWN


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "Good evening."), ("de", "Grüß Gott"), ("es", "Buenas tardes"), ("nl", "hallo")],
)
def test_a_greeting_wants_nothing_over_our_first_sentence_alone(language, text):
    assert wants(text, language, opening=True) is NOTHING
    assert wants(text, language) is FLOOR


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("oh I", NOTHING), ("I", NOTHING), ("good", NOTHING), ("we are", FLOOR), ("I see we", FLOOR)],
)
def test_the_beginning_of_a_back_channel_wants_nothing_while_more_words_come(text, wanted):
    assert wants(text, "en", unfinished=True) is wanted


def test_half_a_greeting_is_one_while_more_words_come():
    assert wants("guten", "de", opening=True, unfinished=True) is NOTHING
    assert wants("guten", "de", opening=True) is FLOOR


def test_a_greeting_with_a_question_is_one():
    assert wants("hello, who is calling?", "en", opening=True) is STOP


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lists_are_written_as_they_are_compared_and_do_not_contradict_each_other(language):
    said = interjections(language)
    lists = (said.backchannels, said.greetings, said.stops)
    for phrases in lists:
        assert [" ".join(plain(phrase)) for phrase in phrases] == list(phrases)
    assert not set(said.stops) & (set(said.backchannels) | set(said.greetings))
