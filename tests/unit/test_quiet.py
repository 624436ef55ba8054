"""For how long nobody has spoken, and what the brain has been told of it."""

from __future__ import annotations

import pytest

from engine.dialogue.quiet import EARLY_ANSWER_US, SILENCE_STEP_MS, Quiet

NOW_US = 5_000_000
STEP_US = SILENCE_STEP_MS * 1000


@pytest.fixture
def quiet() -> Quiet:
    quiet = Quiet()
    quiet.from_now(NOW_US)
    return quiet


def test_a_silence_is_told_once_at_each_step(quiet):
    told = [quiet.grown_ms(NOW_US + quarter * STEP_US // 4) for quarter in range(9)]
    assert [each for each in told if each is not None] == [SILENCE_STEP_MS, 2 * SILENCE_STEP_MS]
    assert [n for n, each in enumerate(told) if each is not None] == [4, 8]


def test_a_step_that_nobody_asked_at_is_told_as_the_silence_it_has_become(quiet):
    assert quiet.grown_ms(NOW_US + 3 * STEP_US + 1) == 3 * SILENCE_STEP_MS
    assert quiet.grown_ms(NOW_US + 3 * STEP_US + 2) is None


def test_whoever_speaks_begins_it_anew(quiet):
    assert quiet.grown_ms(NOW_US + STEP_US) is not None
    quiet.from_now(NOW_US + STEP_US + 1)
    assert quiet.grown_ms(NOW_US + 2 * STEP_US) is None
    assert quiet.grown_ms(NOW_US + 2 * STEP_US + 1) == SILENCE_STEP_MS


def test_a_silence_of_which_the_beginning_is_not_known_begins_when_it_is_asked_about():
    quiet = Quiet()
    assert quiet.since_us(NOW_US) == NOW_US
    assert quiet.since_us(NOW_US + STEP_US) == NOW_US
    assert quiet.grown_ms(NOW_US + STEP_US) == SILENCE_STEP_MS


@pytest.mark.parametrize(
    ("speaks", "after_us", "waits"),
    [(False, EARLY_ANSWER_US, True), (False, EARLY_ANSWER_US - 1, False), (True, EARLY_ANSWER_US, False)],
)
def test_who_answered_early_waits_for_us_once_they_are_silent(quiet, speaks, after_us, waits):
    quiet.far_speaks = speaks
    assert quiet.thinks_it_answered(NOW_US + after_us) is waits


def test_nobody_is_known_to_wait_before_anything_has_happened():
    assert not Quiet().thinks_it_answered(NOW_US)
