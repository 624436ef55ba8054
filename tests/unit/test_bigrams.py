"""Which word follows which, and what a reading gains by it."""

from __future__ import annotations

import json
import math
from random import Random

import pytest

from engine.errors import ModelError
from engine.protocol import LANGUAGES
from engine.recognizers.bigrams import FILE, Bigrams, bigrams_of
from engine.recognizers.lexicon import lexicon_of, words_of
from engine.recognizers.readings import Reading, believed
from engine.recognizers.whisper import SIM_EAR_FOLDER
from tools.ear import bigrams as counting, mixture

SAID = Bigrams(
    {
        "": {"a": 9, "the": 1},
        "a": {"table": 8, "hold": 1},
        "table": {"for": 8},
        "for": {"four": 6, "two": 3},
        "four": {"": 6},
    }
)
KNOWN = frozenset({"a", "the", "table", "for", "four", "two", "hold"})


def test_what_is_usually_said_is_likelier_than_the_same_words_in_another_order():
    usual = SAID.log_probability(["a", "table", "for", "four"])
    assert usual > SAID.log_probability(["a", "table", "four", "for"])
    assert usual > SAID.log_probability(["table", "a", "for", "four"])


def test_probabilities_of_what_may_follow_sum_to_one():
    words = ["a", "the", "table", "hold", "for", "four", "two", ""]
    for before in (*words, "never met"):
        assert sum(SAID._after(before, word) for word in words) == pytest.approx(1.0, abs=0.02)


def test_no_order_is_impossible_and_no_word_either():
    assert math.isfinite(SAID.log_probability(["zebrano", "for", "the", "zebrano"]))


def test_homophones_are_told_apart_by_their_neighbours():
    readings = [Reading("a table four four", -0.30, 4), Reading("a table for four", -0.32, 4)]
    assert believed(readings, KNOWN) == 0
    assert believed(readings, KNOWN, SAID) == 1


def test_what_was_clearly_heard_is_believed_however_unusual():
    readings = [Reading("the four table", -0.1, 3), Reading("a table for four", -1.2, 4)]
    assert believed(readings, KNOWN, SAID) == 0


def test_silence_is_not_unusual():
    readings = [Reading("", -0.3, 1), Reading("a table for four", -0.4, 4)]
    assert believed(readings, KNOWN, SAID) == 0


def test_a_model_without_the_file_has_none_and_a_damaged_file_is_named(tmp_path):
    assert bigrams_of(tmp_path / "none") == {}
    (tmp_path / FILE).write_text("{")
    with pytest.raises(ModelError, match=r"bigrams\.json.*Write it anew"):
        bigrams_of(tmp_path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shipped_ones_are_in_words_of_the_lexicon(language):
    counts = json.loads((SIM_EAR_FOLDER / FILE).read_text(encoding="utf-8"))[language]
    met = {word for before, after in counts.items() for word in (before, *after) if len(word) > 1}
    assert met <= lexicon_of(SIM_EAR_FOLDER)[language]


def test_they_are_counted_the_same_every_time():
    assert counting.counted("en", 200) == counting.counted("en", 200)


def test_the_shipped_ones_know_a_training_sentence_from_its_words_in_any_order():
    random, likely, shuffled = Random("bigrams test"), 0.0, 0.0
    model = bigrams_of(SIM_EAR_FOLDER)["en"]
    for _ in range(50):
        words = words_of(mixture.whole_sentence("en", random))
        likely += model.log_probability(words)
        random.shuffle(words)
        shuffled += model.log_probability(words)
    assert likely > shuffled + 50
