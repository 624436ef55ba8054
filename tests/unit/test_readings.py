"""Which reading of an utterance is believed, where every word of a model is known."""

from __future__ import annotations

import pytest

from engine.recognizers.readings import Reading, believed, respelled

WORDS = "a an and at band bend birth date eight for four hat of take takeaway tables table toilet ui your"
KNOWN = frozenset(WORDS.split(" "))


def test_a_likely_reading_with_a_word_that_does_not_exist_gives_way_to_one_without():
    readings = [Reading("yourday tobirth", -0.30, 2), Reading("your date of birth", -0.45, 4)]
    assert believed(readings, KNOWN) == 1


def test_among_readings_in_known_words_the_likeliest_is_believed():
    readings = [
        Reading("table for four", -0.4, 3),
        Reading("table four for", -0.3, 3),
        Reading("tables for four", -0.5, 3),
    ]
    assert believed(readings, KNOWN) == 1


def test_a_word_that_nobody_taught_is_believed_where_all_else_is_far_less_likely():
    readings = [Reading("a table at zebrano", -0.2, 4), Reading("a table at an eight and a hat", -0.9, 8)]
    assert believed(readings, KNOWN) == 0


def test_single_letters_are_known_since_names_are_spelled():
    assert believed([Reading("q r s", -0.3, 3), Reading("four", -0.5, 1)], KNOWN) == 0


def test_punctuation_and_case_do_not_make_a_word_unknown():
    assert believed([Reading("A table, for four?", -0.3, 4), Reading("a table for", -0.4, 3)], KNOWN) == 0


def test_silence_is_a_reading():
    assert believed([Reading("", -0.3, 1), Reading("xyzzy", -0.2, 1)], KNOWN) == 0


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("the toilt", "the toilet"),  # a letter is missing
        ("the toiylet", "the toilet"),  # one too many
        ("the toilat", "the toilet"),  # another one
        ("the toliet", "the toilet"),  # two changed round
        ("take awai", "take awai"),  # nothing is near
        ("tak eaway", "takeaway"),  # one word in two parts
        ("take away", "takeaway"),  # "away" alone is not known
        ("atable", "table"),
        ("yourdate of birth", "your date of birth"),  # two words in one
        ("fortables", "for tables"),
        ("a band", "a band"),
        ("a bond", "a bond"),  # band or bend
        ("uj", "uj"),  # short words have too many neighbours
        ("", ""),
    ],
)  # fmt: skip
def test_an_unknown_word_becomes_the_one_known_word_that_it_nearly_is(read, meant):
    assert respelled(read, KNOWN) == meant
