"""What the benchmark of turn-taking counts, and what its stub recogniser says when."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.spoken_words import said, words_of
from benchmarks.turn_figures import Figures, Heard, Played, figures_of
from benchmarks.turn_inputs import InputFile, Turn

RATE_HZ = 16_000
LONG_S = 5.0


def voice(*spans: tuple[float, float]) -> list[Heard]:
    """Our voice in frames of 20 ms."""
    return [
        Heard(at, at, min(at + 0.02, last)) for first, last in spans for at in np.arange(first, last, 0.02)
    ]


def played(turns: list[Turn], spoken: list[Heard], decided: tuple[float, ...] = ()) -> Figures:
    caller = InputFile(Path("calls_en.wav"), "en", tuple(turns))
    return figures_of(Played(caller, spoken, list(decided), LONG_S))


def test_an_answer_counts_from_the_true_end_of_speech():
    figures = played([Turn("hello", 1.0, 2.0)], voice((2.25, 4.0)), (2.247,))
    assert figures.voice_to_voice_ms == pytest.approx((250.0,))
    assert figures.after_decision_ms == pytest.approx((3.0,))
    assert (figures.turns, figures.false_cut_offs, figures.unanswered) == (1, 0, 0)


def test_our_voice_that_begins_within_a_turn_is_a_false_cut_off_and_no_answer():
    figures = played([Turn("one [500 ms] two", 1.0, 4.0)], voice((2.4, 3.0)), (2.39,))
    assert (figures.paused_turns, figures.false_cut_offs, figures.unanswered) == (1, 1, 0)
    assert figures.voice_to_voice_ms == ()


def test_an_answer_that_sounds_on_into_the_next_turn_cuts_nobody_off():
    figures = played([Turn("one", 1.0, 2.0), Turn("two", 3.0, 4.0)], voice((2.3, 3.4), (4.3, 5.0)))
    assert (figures.false_cut_offs, len(figures.voice_to_voice_ms)) == (0, 2)


def test_a_turn_that_nobody_answers_is_counted():
    assert played([Turn("one", 1.0, 2.0)], []).unanswered == 1


ASK, NO = Turn("ask", 1.0, 2.0, "ask"), Turn("no", 4.0, 4.5, "interruption")
MHM = Turn("mhm", 4.0, 4.5, "backchannel")


def test_an_interruption_counts_from_its_onset_to_the_last_sample_of_our_voice():
    figures = played([ASK, NO], voice((2.3, 4.14), (4.9, 6.0)))
    assert figures.barge_in_ms == pytest.approx((140.0,)) and figures.not_yielded == 0


def test_a_voice_that_comes_back_while_they_speak_was_not_silent_yet():
    figures = played([ASK, Turn("no, wait", 4.0, 5.5, "interruption")], voice((2.3, 4.1), (4.6, 5.0)))
    assert figures.barge_in_ms == pytest.approx((1000.0,))


def test_an_interruption_after_which_we_say_all_of_it_is_not_yielded_to():
    assert played([ASK, NO], voice((2.3, 4.1), (5.0, 8.2))).not_yielded == 1


def test_an_interruption_of_nothing_is_not_measured():
    assert played([ASK, NO], voice((2.3, 3.0)))[6:8] == ((), 1)


@pytest.mark.parametrize(
    ("spans", "resumed"),
    [
        (((2.3, 7.3),), 1),  # it never stopped
        (((2.3, 4.1), (4.8, 8.0)), 1),
        (((2.3, 4.1),), 0),
        (((2.3, 4.1), (4.9, 6.5)), 0),  # another answer, shorter than what was left
    ],
)
def test_a_back_channel_is_followed_by_the_rest_of_what_we_were_saying(spans, resumed):
    figures = played([ASK, MHM], voice(*spans))
    assert (figures.backchannels, figures.resumed) == (1, resumed)


def caller_with_pause() -> tuple[InputFile, np.ndarray]:
    """One second of words, half a second of pause that is earlier than the text would have it, two more words."""
    noise = np.random.default_rng(1).standard_normal(5 * RATE_HZ)
    pcm = (noise * 5).astype(np.int16)
    for first, last in ((1.0, 1.8), (2.3, 4.0)):
        pcm[int(first * RATE_HZ) : int(last * RATE_HZ)] = (
            noise[: int((last - first) * RATE_HZ)] * 3000
        ).astype(np.int16)
    turn = Turn("we have a table [500 ms] at eight", 1.0, 4.0)
    return InputFile(Path("pauses_en.wav"), "en", (turn,)), pcm


@pytest.mark.parametrize(
    ("until_s", "text"),
    [
        (0.9, ""),
        (1.4, "we have"),
        (1.85, "we have a table"),
        (2.3, "we have a table"),  # the pause is just over
        (4.0, "we have a table at eight"),
    ],
)
def test_words_are_known_as_they_are_spoken_and_none_after_a_pause_before_it_is_over(until_s, text):
    caller, pcm = caller_with_pause()
    assert said(words_of(caller, pcm, RATE_HZ), 0.8, until_s) == text


def test_words_of_an_earlier_turn_are_not_said_again():
    turns = (Turn("one two", 1.0, 2.0), Turn("three", 3.0, 4.0))
    caller = InputFile(Path("turns_en.wav"), "en", turns)
    words = words_of(caller, np.zeros(5 * RATE_HZ, np.int16), RATE_HZ)
    assert said(words, 2.8, 4.1) == "three" and said(words, 0.9, 4.1) == "one two three"


def test_words_before_the_audio_begins_are_not_heard_in_it():
    caller, pcm = caller_with_pause()
    assert said(words_of(caller, pcm, RATE_HZ), 2.1, 4.0) == "at eight"
