"""What is expected at a moment of a call."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import SettingsError
from engine.rerun.case import CASE, Expected, load, unmet
from engine.rerun.case_making import Wish, expected_at
from engine.rerun.turns import Heard, Truth, Turn


def turn(number: int, start_ms: int, end_ms: int, words: str, waited_ms: int = 160) -> Turn:
    return Turn(
        number, start_ms, end_ms, end_ms + waited_ms, waited_ms, "a whole sentence", False, words, "en"
    )


HALVES = [
    turn(1, 1000, 2000, "for four people"),
    turn(2, 2600, 3600, "on friday"),
    turn(3, 30_000, 31_000, "bye"),
]


def test_without_a_truth_it_is_what_was_heard_in_the_seconds_before() -> None:
    found = expected_at(Heard(HALVES, [], []), 4000, Wish(), "en")
    assert [(each.start_ms, each.end_ms, each.words) for each in found] == [
        (1000, 2000, "for four people"),
        (2600, 3600, "on friday"),
    ]


def test_what_was_cut_in_two_was_one() -> None:
    found = expected_at(Heard(HALVES, [], []), 4000, Wish(whole=True), "en")
    assert found == (Expected(1000, 3600, "for four people on friday"),)
    assert [each.what for each in unmet(found, Heard(HALVES, [], []), "en")] == ["cut_off"]
    healed = Heard([turn(1, 1000, 3600, "for four people on friday")], [], [])
    assert unmet(found, healed, "en") == []


def test_the_truth_is_believed_with_the_errors_that_were_made_then() -> None:
    heard = Heard(HALVES, [], [Truth("for four people on a friday", 980, 3620)])
    (found,) = expected_at(heard, 4000, Wish(), "en")
    assert (found.start_ms, found.end_ms, found.words) == (980, 3620, "for four people on a friday")
    assert 0 < found.most_wer < 0.2
    assert [each.what for each in unmet((found,), heard, "en")] == [
        "cut_off"
    ]  # the words are no worse than then


def test_words_are_those_of_the_utterance_nearest_to_the_moment() -> None:
    found = expected_at(Heard(HALVES, [], []), 3700, Wish(words="on a friday"), "en")
    assert [each.words for each in found] == ["for four people", "on a friday"]


def test_where_nobody_spoke_there_is_nothing_to_expect() -> None:
    with pytest.raises(SettingsError, match=r"Nobody was heard around 20\.0 s"):
        expected_at(Heard(HALVES, [], []), 20_000, Wish(), "en")


def test_any_words_do_where_none_are_named() -> None:
    assert unmet((Expected(1000, 2000, None),), Heard(HALVES, [], []), "en") == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "case.json"),
        ('{"case": 1}', "call"),
        ('{"case": 9, "call": "c", "at_ms": 0, "expected": []}', "format 9"),
    ],
)
def test_a_file_that_is_no_case_is_named(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / CASE).write_text(text)
    with pytest.raises(SettingsError, match=why):
        load(tmp_path)
