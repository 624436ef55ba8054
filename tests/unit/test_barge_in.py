"""The far end speaks over us: duck, cut, or go on."""

from __future__ import annotations

from engine.audio.silero import WINDOW_MS
from engine.settings import TurnSettings, VadSettings
from engine.turns.barge_in import BargeInJudge
from engine.turns.endpointing import Window

LETTERS = {"s": (0.9, -25.0), ".": (0.05, -60.0), "w": (0.9, -90.0)}


def play(script: str, ours: str = ""):
    """Actions with the number of the window they came at. `ours`: - where our voice is silent; speaking elsewhere."""
    judge = BargeInJudge(VadSettings(), TurnSettings())
    said = []
    for number, letter in enumerate(script, 1):
        silent = len(ours) >= number and ours[number - 1] == "-"
        action = judge.step(Window(*LETTERS[letter], number * WINDOW_MS), not silent)
        if action is not None:
            assert action.at_ms == number * WINDOW_MS
            said.append((action.action, number))
    return said


def test_speech_ducks_at_64_ms_and_cuts_at_224_ms():
    assert play("..ssssssssss") == [("duck", 4), ("cut", 9)]


def test_one_window_of_speech_changes_nothing():
    assert play("..s......s......") == []


def test_mhm_does_not_stop_playback():
    assert play("ssss" + "." * 20) == [("duck", 2), ("resume", 10)]


def test_gaps_between_words_do_not_hide_an_interruption():
    assert ("cut", 10) in play("sss.sss..sssss")


def test_separate_coughs_do_not_add_up():
    assert play("s....s....s....s....s....s....s....s....") == []
    assert [a for a, _ in play(("ssss" + "." * 10) * 4)] == ["duck", "resume"] * 4


def test_silence_that_the_model_takes_for_speech_does_not_cut():
    assert play("w" * 30) == []


def test_speech_while_we_are_silent_is_no_barge_in():
    assert play("s" * 30, "-" * 30) == []


def test_speech_that_began_before_our_voice_counts_from_our_voice_on():
    assert play("s" * 20, "-" * 10) == [("duck", 12), ("cut", 17)]


def test_one_cut_is_enough_until_we_speak_again():
    assert [a for a, _ in play("s" * 40)] == ["duck", "cut"]
    assert [a for a, _ in play("s" * 40, " " * 20 + "-" + " " * 19)] == ["duck", "cut", "duck", "cut"]


def test_the_reason_says_how_much_speech_there_was():
    judge = BargeInJudge(VadSettings(), TurnSettings())
    reasons = [judge.step(Window(0.9, -20.0, n * WINDOW_MS), True) for n in range(1, 8)]
    assert [r.reason for r in reasons if r] == [
        "64 ms of speech over our voice",
        "224 ms of speech over our voice",
    ]
