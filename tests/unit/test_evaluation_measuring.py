"""A call is measured from the events of its journal alone."""

from __future__ import annotations

import pytest

from engine.evaluation.measuring import Event, measured
from engine.protocol import (
    CLOCK_MODULUS_US,
    BargeIn,
    BrainUse,
    CallClosed,
    FarEndTruth,
    PlaybackStarted,
    Reservation,
    ReservationChanged,
    Speculated,
    Spoken,
    Transcript,
    TurnEnded,
    TurnLatency,
)

CLOCKS = (0, 7_000_000, CLOCK_MODULUS_US - 2_000_000)  # the last one wraps during the call


def truth(clock_us: int, text: str, start_ms: int, end_ms: int) -> Event:
    start_us, end_us = ((clock_us + ms * 1000) % CLOCK_MODULUS_US for ms in (start_ms, end_ms))
    return end_ms * 1000, FarEndTruth(text, start_us, end_us)


def ended(at_ms: int, turn: int = 1, under_our_voice: bool = False) -> Event:
    return at_ms * 1000, TurnEnded(
        turn, at_ms - 900, at_ms - 300, at_ms, 300, "words", under_our_voice=under_our_voice
    )


def heard(at_ms: int, turn: int, text: str) -> Event:
    return at_ms * 1000, Transcript(turn, text, True, "en", 0.9, at_ms - 900, at_ms - 300)


def started(clock_us: int, at_ms: int, utterance: int, turn: int = 0) -> Event:
    return at_ms * 1000, PlaybackStarted(utterance, turn, (clock_us + at_ms * 1000) % CLOCK_MODULUS_US, 0)


def spoken(at_ms: int, utterance: int, cut: bool = False) -> Event:
    return at_ms * 1000, Spoken(utterance, 0, "yes", True, ends_utterance=True, cut=cut)


@pytest.mark.parametrize("clock_us", CLOCKS)
def test_turn_judged_over_in_the_middle_of_a_sentence_is_a_cut_off(clock_us: int) -> None:
    events = [
        truth(clock_us, "we have a table at eight", 1000, 4000),
        ended(2500, 1),
        ended(4300, 2),
    ]
    assert measured(events, clock_us, "en").cut_offs == 1


def test_pause_before_the_last_sound_and_the_answer_after_it_are_no_cut_off() -> None:
    events = [
        truth(0, "good evening", 1000, 2000),
        truth(0, "golden lantern", 2600, 3600),
        ended(2300),
        ended(3580),
    ]
    assert measured(events, 0, "en").cut_offs == 0


def test_backchannel_under_our_voice_is_no_turn_that_could_be_cut_off() -> None:
    events = [truth(0, "mhm yes yes", 1000, 3000), ended(2000, under_our_voice=True)]
    assert measured(events, 0, "en").cut_offs == 0


@pytest.mark.parametrize("clock_us", CLOCKS)
def test_our_voice_that_begins_while_they_speak_is_talk_over(clock_us: int) -> None:
    events = [
        truth(clock_us, "we have a table at eight", 1000, 4000),
        started(clock_us, 3000, 1, 1),
        spoken(6000, 1),
    ]
    assert measured(events, clock_us, "en").talk_over_ms == 1000.0


def test_talk_over_ends_where_our_voice_is_held() -> None:
    events: list[Event] = [
        truth(0, "we have a table at eight", 1000, 4000),
        started(0, 2000, 1, 1),
        (2_400_000, BargeIn("hold", 2400)),
        spoken(6000, 1),
    ]
    assert measured(events, 0, "en").talk_over_ms == 400.0


def test_who_speaks_over_us_is_no_talk_over_of_ours() -> None:
    events = [started(0, 500, 1), truth(0, "sorry we are full", 1000, 3000), spoken(3500, 1)]
    assert measured(events, 0, "en").talk_over_ms == 0.0


def test_numbers_case_and_punctuation_are_written_alike_before_words_are_compared() -> None:
    events = [
        truth(0, "A table at 7:30, for four.", 0, 2000),
        heard(2300, 1, "a table at seven thirty for 4"),
        truth(0, "see you then", 5000, 6000),
        heard(6300, 2, "see you there"),
    ]
    found = measured(events, 0, "en")
    assert (found.words, found.word_errors) == (10, 1)


def test_turn_that_was_heard_in_two_halves_has_no_word_errors() -> None:
    events = [
        truth(0, "we are full at seven but eight would do", 0, 4000),
        heard(2300, 1, "we are full at seven"),
        heard(4300, 2, "but eight would do"),
    ]
    assert measured(events, 0, "en").word_errors == 0


def test_words_that_nobody_said_count_and_partial_ones_do_not() -> None:
    partial = Transcript(1, "yes no", False, "en", 0.9, 0, 900)
    events = [truth(0, "yes", 0, 900), (800_000, partial), heard(1200, 1, "yes"), heard(3000, 2, "thank you")]
    found = measured(events, 0, "en")
    assert (found.turns, found.words, found.word_errors) == (2, 1, 2)


def test_without_the_truth_nothing_is_held_against_it() -> None:
    found = measured([heard(1200, 1, "yes"), ended(1100), started(0, 1300, 1, 1), spoken(2000, 1)], 0, "en")
    assert (found.words, found.word_errors, found.cut_offs, found.talk_over_ms) == (0, 0, 0, 0.0)
    assert (found.turns, found.answered) == (1, 1)


def test_cost_is_what_is_known_of_it_with_what_was_asked_for_nothing() -> None:
    events: list[Event] = [
        (1, BrainUse("m", usd=0.25)),
        (2, BrainUse("m")),
        (3, Speculated(1, False, usd=0.5)),
    ]
    assert measured(events, 0, "en").usd == 0.75
    assert measured(events[1:2], 0, "en").usd is None


def test_last_record_and_what_the_end_says_are_taken() -> None:
    events: list[Event] = [
        (1_000_000, ReservationChanged(Reservation(status="booked", time="19:00"), "book")),
        (2_000_000, ReservationChanged(Reservation(status="changed", time="20:00"), "change")),
        (2_500_000, TurnLatency(1, 1, 1, 1, 1, 1, 1, 1, 210.5)),
        (3_000_000, CallClosed("changed", "", 3, 0, 12, 41.0, 180.5)),
    ]
    found = measured(events, 0, "en")
    assert (found.outcome, found.reservation.time, found.seconds) == ("changed", "20:00", 3.0)
    assert (found.lost_frames, found.late_frames, found.lag_ms, found.behind_ms) == (3, 12, 41.0, 180.5)
    assert found.latency_ms == [210.5]
