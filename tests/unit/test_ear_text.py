"""Sentences for the ear's training: patterns with values, and what is kept out of it to measure with."""

from __future__ import annotations

import re
from random import Random

import pytest

from engine.lines import phrases
from engine.protocol import LANGUAGES
from engine.recognizers.lexicon import unknown_words, words_of
from tools.ear import lexicon, mixture, project_text, voices
from tools.ear.grammar import SLOT, grammar

SEEDS = 40
FIGURES = re.compile(r"\d")
LEFT_OPEN = re.compile(r"[{}]")

four = pytest.mark.parametrize("language", LANGUAGES)


@four
def test_every_pattern_can_be_filled_and_nothing_stays_open(language):
    known, dice = grammar(language), Random(language)
    for pattern in [*known.patterns, *known.held_out, *known.lists["spelling"]]:
        said = known.filled(pattern, dice)
        assert said.strip() and not LEFT_OPEN.search(said), (pattern, said)
        assert not FIGURES.search(said), (
            pattern,
            said,
        )  # figures would be spoken as words and written as figures


@four
def test_every_slot_has_values_that_are_words(language):
    known = grammar(language)
    names = {name for each in [*known.patterns, *known.held_out] for name in SLOT.findall(each)}
    assert {"time", "date", "n", "digits"} <= names
    for name in names:
        values = {known.filled(f"{{{name}}}", Random(seed)) for seed in range(SEEDS)}
        assert len(values) > 5, name
        for value in values:
            assert words_of(value) and not FIGURES.search(value) and not LEFT_OPEN.search(value), (
                name,
                value,
            )


@four
def test_two_slots_of_a_kind_in_one_pattern_are_filled_apart(language):
    said = [grammar(language).filled("{digits} {digits2}", Random(seed)) for seed in range(SEEDS)]
    assert any(len(set(each.split())) > 3 for each in said)
    assert not any(FIGURES.search(each) for each in said)


def test_a_slot_that_nobody_knows_is_refused():
    with pytest.raises(KeyError):
        grammar("en").filled("a table for {nobody}", Random(1))


@four
def test_what_is_held_out_is_none_of_the_patterns(language):
    known = grammar(language)

    def bare(pattern: str) -> tuple[str, ...]:
        return tuple(words_of(SLOT.sub(" value ", pattern)))

    trained = {bare(pattern) for pattern in known.patterns}
    trained |= {bare(text) for text in project_text.sentences(language)}
    held = [bare(pattern) for pattern in known.held_out]
    assert len(set(held)) == len(held) >= 50
    assert not trained & set(held)


@four
def test_what_is_held_out_is_said_in_words_of_the_training(language):
    every = {language: frozenset(lexicon.known(language))}
    missing = [
        (pattern, word)
        for pattern in grammar(language).held_out
        for word in unknown_words(SLOT.sub(" ", pattern), language, every)
    ]
    assert missing == []


@four
def test_training_sentences_have_words_and_no_figures(language):
    dice = Random(language)
    for _ in range(150):
        said = mixture.sentence(language, dice)
        assert words_of(said) and not FIGURES.search(said) and not LEFT_OPEN.search(said), said


@four
def test_the_same_dice_throw_the_same_sentences(language):
    one, other = ([mixture.sentence(language, dice) for _ in range(20)] for dice in (Random(3), Random(3)))
    assert one == other


@four
def test_the_project_s_own_sentences_are_filled_with_words(language):
    dice = Random(language)
    for text in project_text.sentences(language):
        said = project_text.filled(text, grammar(language), dice)
        assert not LEFT_OPEN.search(said), (text, said)


@four
def test_the_ear_is_trained_on_what_every_kind_of_restaurant_says(language):
    said = set(project_text.sentences(language))
    assert set(phrases.BRIEF[language].values()) | set(phrases.ASK[language].values()) <= said
    assert {*phrases.REMARKS[language], phrases.AGAIN[language], phrases.CHECK[language]} <= said


@four
def test_words_of_the_clock_are_values_and_no_sentences(language):
    assert not any("{next}" in text for text in project_text.restaurants_phrases(language))


def test_wishes_of_tasks_are_sentences_and_not_letters():
    assert all(len(text) > 1 for code in LANGUAGES for text in project_text.sentences(code))


@four
def test_voices_for_measuring_are_in_no_training_clip(language):
    dice = Random(language)
    trained = {voices.trained(language, dice).partition("+")[2] for _ in range(500)}
    unseen = {voices.unseen(language, dice).partition("+")[2] for _ in range(200)}
    assert unseen == set(voices.UNSEEN) and not trained & unseen
