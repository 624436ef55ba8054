"""When a turn begins, pauses, goes on and ends. Windows are 32 ms; a script of them is one letter each."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from engine.audio.silero import WINDOW_MS
from engine.protocol import SpeechPaused, SpeechResumed, SpeechStarted, TurnEnded
from engine.settings import TurnSettings, VadSettings
from engine.turns.endpointing import Endpointer, Window
from engine.turns.hangover import hangover_for

VAD, TURNS = VadSettings(), TurnSettings()
LETTERS = {
    "s": (0.9, -25.0),  # speech
    "h": (0.42, -25.0),  # half sure: between exit and enter
    ".": (0.05, -70.0),  # silence
    "n": (0.05, -30.0),  # noise
    "w": (0.9, -80.0),  # the model is sure, but there is nothing
}


def play(script: str, expects: str = "", first_turn: int = 1):
    endpointer = Endpointer(VAD, TURNS, first_turn)
    events = []
    for number, letter in enumerate(script, 1):
        events += endpointer.step(Window(*LETTERS[letter], number * WINDOW_MS), expects)
    return events


def kinds(events) -> str:
    return "".join(
        {SpeechStarted: "S", SpeechPaused: "P", SpeechResumed: "R", TurnEnded: "E"}[type(e)] for e in events
    )


def test_a_turn_starts_where_its_first_voiced_window_began_and_ends_at_its_last():
    started, paused, ended = play("...." + "s" * 10 + "." * 20)
    assert started == SpeechStarted(turn=1, start_ms=4 * WINDOW_MS)
    assert paused == SpeechPaused(turn=1, end_ms=14 * WINDOW_MS)
    assert (ended.start_ms, ended.end_ms) == (4 * WINDOW_MS, 14 * WINDOW_MS)
    assert ended.decided_ms - ended.end_ms == 352  # the first multiple of a window at or over 350
    assert ended.hangover_ms == 350
    assert ended.reason == "their words are not known yet"


def test_clicks_are_no_speech():
    assert play("..s.....") == []
    assert play("..s.........s.......") == []
    assert kinds(play("..ss.s")) == "S"


def test_noise_is_no_speech():
    assert play("n" * 100) == []


def test_what_the_level_calls_silence_is_silence_whatever_the_model_thinks():
    assert play("w" * 100) == []


def test_half_sure_windows_do_not_start_a_turn_but_keep_one():
    assert play("h" * 50) == []
    assert kinds(play("sss" + "h" * 30)) == "S"


def test_a_short_pause_inside_a_turn_is_told_and_taken_back():
    assert kinds(play("s" * 8 + "." * 6 + "s" * 8 + "." * 12)) == "SPRPE"


def test_hangover_restarts_when_speech_returns():
    ended = play("s" * 8 + "." * 9 + "s" * 8 + "." * 12)[-1]
    assert isinstance(ended, TurnEnded)
    assert ended.end_ms == 25 * WINDOW_MS


def test_a_click_in_the_pause_does_not_prolong_the_turn():
    with_click, without = play("s" * 8 + "....." + "n" + "......."), play("s" * 8 + "." * 13)
    assert with_click == without
    clicked = play("s" * 8 + "....." + "s" + ".......")
    assert clicked == without


def test_turns_are_numbered_from_the_first_one_given():
    events = play(("s" * 8 + "." * 40) * 3, first_turn=7)
    assert [e.turn for e in events if isinstance(e, TurnEnded)] == [7, 8, 9]


@pytest.mark.parametrize(
    ("expects", "hangover_ms", "decided_after_ms"),
    [
        ("", 350, 352),
        ("yes_no", 250, 256),
        ("goodbye", 350, 352),
    ],
)
def test_hangover_depends_on_what_was_asked(expects, hangover_ms, decided_after_ms):
    ended = play("s" * 8 + "." * 30, expects)[-1]
    assert (ended.hangover_ms, ended.decided_ms - ended.end_ms) == (hangover_ms, decided_after_ms)
    assert hangover_for(expects, TURNS)[1] in ended.reason


def test_the_end_of_the_line_ends_the_turn():
    endpointer = Endpointer(VAD, TURNS)
    for number in range(1, 9):
        endpointer.step(Window(0.9, -20.0, number * WINDOW_MS))
    (ended,) = endpointer.line_ended(300)
    assert (ended.turn, ended.end_ms, ended.decided_ms, ended.hangover_ms) == (1, 256, 300, 0)
    assert endpointer.line_ended(320) == []


def test_a_longer_decision_window_needs_more_speech():
    slow = Endpointer(VadSettings(window_ms=800), TURNS)
    started = [number for number in range(1, 20) if slow.step(Window(0.9, -20.0, number * WINDOW_MS))]
    assert started == [5]


@given(script=st.text("shn.w", max_size=300), expects=st.sampled_from(["", "yes_no"]))
def test_events_always_come_in_an_order_that_makes_sense(script, expects):
    events = play(script, expects)
    turn, speaking, paused, last_end = 0, False, False, 0
    for event in events:
        if isinstance(event, SpeechStarted):
            assert not speaking
            assert event.turn == turn + 1
            assert event.start_ms >= last_end
            turn, speaking, paused = event.turn, True, False
            continue
        assert speaking
        assert event.turn == turn
        if isinstance(event, SpeechPaused):
            assert not paused
            paused = True
        elif isinstance(event, SpeechResumed):
            assert paused
            paused = False
        else:
            assert event.start_ms < event.end_ms <= event.decided_ms
            assert event.decided_ms - event.end_ms >= event.hangover_ms
            speaking, last_end = False, event.end_ms
