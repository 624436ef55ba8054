"""How words, the question and the person decide how long a silence ends a turn. Windows are 32 ms, one letter each."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from engine.audio.silero import WINDOW_MS
from engine.protocol import SpeechPaused, SpeechResumed, SpeechStarted, TurnEnded
from engine.settings import TurnSettings, VadSettings
from engine.turns.completeness import Verdict
from engine.turns.endpointing import Endpointer
from engine.turns.hangover import Patience, weigh
from engine.turns.windows import Window

VAD, TURNS = VadSettings(), TurnSettings()
LETTERS = {"s": (0.9, -25.0), "h": (0.42, -25.0), ".": (0.05, -70.0), "n": (0.05, -30.0)}
TALK = "s" * 10
LONG = "." * 90


class FarEnd:
    """Plays windows to an endpointer, and words between them."""

    def __init__(self, expects: str = "", language: str = "en") -> None:
        self.endpointer = Endpointer(VAD, TURNS)
        self.endpointer.language = language
        self.expects = expects
        self.now_ms = 0
        self.events = []

    def plays(self, script: str) -> FarEnd:
        for letter in script:
            self.now_ms += WINDOW_MS
            self.events += self.endpointer.step(Window(*LETTERS[letter], self.now_ms), self.expects)
        return self

    def says(self, text: str, back_ms: int = 0) -> FarEnd:
        """The words up to the last voiced window, or to so long before it, are recognised."""
        ends_ms = self.endpointer.last_voiced_ms - back_ms
        self.events += self.endpointer.words(self.endpointer.turn, ends_ms, text)
        return self

    @property
    def ended(self) -> list[TurnEnded]:
        return [event for event in self.events if isinstance(event, TurnEnded)]


def waited_ms(ended: TurnEnded) -> int:
    return ended.decided_ms - ended.end_ms


@pytest.mark.parametrize(
    ("text", "expects", "hangover_ms", "reason"),
    [
        ("how many people?", "", TURNS.whole_ms, "a whole question"),
        ("we are closed on Mondays", "", TURNS.whole_ms, "a whole sentence"),
        ("yes", "yes_no", TURNS.hangover_yes_no_ms, "it answers what was asked"),
        ("yes", "", TURNS.fragment_ms, "a yes or a no that was not asked for"),
        ("for four people", "", TURNS.fragment_ms, "a fragment without a verb"),
        ("the table is", "", TURNS.open_ms, 'nothing ends with "is"'),
        ("zero six one", "", TURNS.open_ms, "3 digits of a number"),
        ("one moment please", "", TURNS.hold_ms, "they asked us to wait"),
        ("", "", TURNS.hangover_ms, "their words are not known yet"),
        ("", "yes_no", TURNS.hangover_yes_no_ms, "a yes or no was asked"),
    ],
)  # fmt: skip
def test_the_words_decide_how_long_a_silence_ends_the_turn(text, expects, hangover_ms, reason):
    (ended,) = FarEnd(expects).plays(TALK + "...").says(text).plays(LONG).ended
    assert (ended.hangover_ms, ended.reason) == (hangover_ms, reason)
    assert hangover_ms <= waited_ms(ended) < hangover_ms + WINDOW_MS
    assert sum(weight.ms for weight in ended.weights) == hangover_ms


@pytest.mark.parametrize(
    ("language", "text"),
    [("de", "um sieben sind wir leider"), ("es", "su mesa está"), ("nl", "om zeven uur zijn we helaas")],
)
def test_words_are_judged_in_the_language_that_is_spoken(language, text):
    (ended,) = FarEnd(language=language).plays(TALK + "...").says(text).plays(LONG).ended
    assert ended.hangover_ms == TURNS.open_ms


def test_words_that_come_late_end_the_turn_at_once():
    far_end = FarEnd().plays(TALK + "." * 8)
    assert far_end.ended == []
    (ended,) = far_end.says("is that right?").ended
    assert ended.decided_ms == far_end.now_ms


def test_words_that_come_after_the_turn_do_nothing():
    far_end = FarEnd().plays(TALK + LONG)
    assert far_end.says("is that right?").events[-1] is far_end.ended[0]


def test_words_of_an_older_pause_do_not_end_a_newer_one():
    far_end = FarEnd().plays(TALK + "...")
    older_ms = far_end.endpointer.last_voiced_ms
    far_end.plays(TALK + "....")
    assert far_end.endpointer.words(1, older_ms, "is that right?") == []
    (ended,) = far_end.plays(LONG).ended
    assert ended.hangover_ms == TURNS.hangover_ms


def test_words_known_before_a_pause_do_not_count_once_more_was_said():
    far_end = FarEnd().plays(TALK + "..").says("is that right?").plays(TALK + LONG)
    assert far_end.ended[0].hangover_ms == TURNS.hangover_ms


def test_words_of_another_turn_do_nothing():
    far_end = FarEnd().plays(TALK + "....")
    assert far_end.endpointer.words(2, far_end.now_ms, "is that right?") == []


def test_a_partial_that_reaches_to_the_pause_counts_as_its_words():
    far_end = FarEnd().plays(TALK + ".")
    far_end.says("is that right?", back_ms=-WINDOW_MS)
    (ended,) = far_end.plays(LONG).ended
    assert ended.hangover_ms == TURNS.whole_ms


def test_who_goes_on_at_the_last_moment_is_not_cut_off():
    quiet = "." * (TURNS.whole_ms // WINDOW_MS - 1)
    far_end = FarEnd().plays(TALK + "..").says("is that right?").plays(quiet[2:] + "ss")
    assert far_end.ended == []
    assert isinstance(far_end.events[-1], SpeechResumed)


def test_after_a_false_end_everything_is_waited_for_longer_for_a_while():
    far_end = FarEnd()
    for _ in range(2):
        far_end.plays(TALK + "..").says("is that right?").plays("." * 10)
    far_end.plays(LONG)
    for _ in range(4):
        far_end.plays(TALK + "..").says("is that right?").plays(LONG)
    first, second, *later = [ended.hangover_ms for ended in far_end.ended]
    assert (first, second) == (TURNS.whole_ms, TURNS.whole_ms + TURNS.false_end_ms)
    assert later == sorted(later, reverse=True)
    assert later[-1] < TURNS.whole_ms + TURNS.false_end_ms / 4
    assert "was cut off before" in [weight.reason for weight in far_end.ended[1].weights]


def test_who_comes_back_from_looking_something_up_was_not_cut_off():
    far_end = FarEnd().plays(TALK + "..").says("one moment please").plays("." * 52)
    assert len(far_end.ended) == 1
    far_end.plays(TALK + "..").says("is that right?").plays(LONG)
    assert far_end.ended[1].hangover_ms == TURNS.whole_ms


def test_who_makes_long_pauses_is_waited_for_longer_where_the_words_do_not_say_that_it_is_over():
    patience = Patience(TURNS)
    for _ in range(10):
        patience.paused(640)
    unknown = weigh(None, "", TURNS, patience)
    whole = weigh(Verdict("complete", "whole"), "", TURNS, patience)
    assert sum(weight.ms for weight in unknown) > TURNS.hangover_ms + 300
    assert "pauses" in unknown[-1].reason
    assert sum(weight.ms for weight in whole) == TURNS.whole_ms


def test_no_silence_is_waited_for_for_ever():
    patience = Patience(TURNS)
    patience.paused(60_000)
    weights = weigh(Verdict("hold", "wait"), "", TURNS, patience)
    assert sum(weight.ms for weight in weights) == TURNS.longest_ms


TEXTS = ["", "is that right?", "the table is", "yes", "one moment", "for four", "zero six", "Ja", "um"]
STEPS = st.lists(
    st.one_of(
        st.text("sh.n", min_size=1, max_size=40),
        st.tuples(st.sampled_from(TEXTS), st.integers(-1, 1), st.integers(-400, 200)),
    ),
    max_size=40,
)


@given(steps=STEPS, expects=st.sampled_from(["", "yes_no", "availability"]))
def test_no_order_of_windows_and_words_loses_a_turn_or_plays_with_its_edges(steps, expects):
    far_end = FarEnd(expects)
    for step in steps:
        if isinstance(step, str):
            far_end.plays(step)
            continue
        text, turns_off, off_ms = step
        turn = far_end.endpointer.turn + turns_off
        far_end.events += far_end.endpointer.words(turn, far_end.now_ms + off_ms, text)
    far_end.plays("." * (TURNS.longest_ms // WINDOW_MS + 2))
    turn, speaking, paused_at_ms, last_end_ms = 0, False, None, 0
    for event in far_end.events:
        if isinstance(event, SpeechStarted):
            assert not speaking
            assert event.turn == turn + 1
            assert event.start_ms >= last_end_ms
            turn, speaking, paused_at_ms = event.turn, True, None
            continue
        assert speaking
        assert event.turn == turn
        if isinstance(event, SpeechPaused):
            assert paused_at_ms is None
            paused_at_ms = event.end_ms
        elif isinstance(event, SpeechResumed):
            assert paused_at_ms is not None
            paused_at_ms = None
        else:
            assert event.end_ms == paused_at_ms
            assert event.start_ms < event.end_ms <= event.decided_ms
            assert 0 < event.hangover_ms <= TURNS.longest_ms
            assert sum(weight.ms for weight in event.weights) == event.hangover_ms <= waited_ms(event)
            speaking, last_end_ms = False, event.end_ms
    assert not speaking
