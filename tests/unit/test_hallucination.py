"""Silence never becomes words."""

from __future__ import annotations

import pytest

from engine.turns.hallucination import reason_to_drop

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
