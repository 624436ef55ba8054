"""The turn model: its features, its thread, and what its word weighs. The network itself is an extra."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from engine.audio.log_mel import log_mel
from engine.audio.silero import WINDOW_MS
from engine.audio.smart_turn import SmartTurn, model_path
from engine.audio.turn_ear import TurnEar
from engine.errors import ModelError
from engine.protocol import TurnEnded
from engine.settings import TurnSettings, VadSettings
from engine.turns.completeness import Verdict
from engine.turns.endpointing import Endpointer
from engine.turns.hangover import DOUBTED_MS, Patience, weigh
from engine.turns.windows import Window
from tests.fakes.far_ends import speech

TURNS = TurnSettings()
FRAGMENT = Verdict("unclear", "a fragment")
WHOLE = Verdict("complete", "whole")
OPEN = Verdict("open", "open")


def hangover(verdict: Verdict | None, finished: float | None) -> int:
    return sum(weight.ms for weight in weigh(verdict, "", TURNS, Patience(TURNS), finished))


def test_features_are_those_of_whisper():
    from faster_whisper.feature_extractor import FeatureExtractor

    samples = speech("How many people will you be?").astype(np.float32) / 32768
    theirs = FeatureExtractor(feature_size=80, chunk_length=8)(samples, padding=0)
    ours = log_mel(samples)
    frames = min(theirs.shape[1], ours.shape[1])
    assert frames > 100
    assert np.abs(ours[:, :frames] - theirs[:, :frames]).max() < 0.02


def test_a_missing_model_is_named_with_what_brings_it(monkeypatch):
    import importlib.metadata

    def missing(name: str):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    with pytest.raises(ModelError, match="turn-model"):
        model_path()


@pytest.mark.parametrize(
    ("verdict", "finished", "hangover_ms"),
    [
        (FRAGMENT, 0.95, TURNS.hangover_yes_no_ms),
        (FRAGMENT, 0.5, TURNS.fragment_ms),
        (FRAGMENT, 0.1, TURNS.fragment_ms + DOUBTED_MS),
        (WHOLE, 0.95, TURNS.whole_ms),
        (WHOLE, 0.1, TURNS.whole_ms + DOUBTED_MS),
        (OPEN, 0.95, TURNS.open_ms),
        (OPEN, 0.1, TURNS.open_ms),
        (None, 0.95, TURNS.hangover_yes_no_ms),
        (None, None, TURNS.hangover_ms),
    ],
)
def test_the_sound_is_one_weight_among_others_and_does_not_overrule_words_that_are_open(
    verdict, finished, hangover_ms
):
    assert hangover(verdict, finished) == hangover_ms


def test_the_sound_of_an_older_pause_counts_for_nothing():
    endpointer, events, now_ms = Endpointer(VadSettings(), TURNS), [], 0
    for letter in "ssssss...ssssss" + "." * 30:
        now_ms += WINDOW_MS
        events += endpointer.step(Window(0.9 if letter == "s" else 0.0, -25.0, now_ms))
        if now_ms == 9 * WINDOW_MS:
            older_ms = endpointer.last_voiced_ms
        if now_ms == 18 * WINDOW_MS:
            events += endpointer.sounded(1, older_ms, 0.1)
    assert [event.hangover_ms for event in events if isinstance(event, TurnEnded)] == [TURNS.hangover_ms]


class SlowNetwork:
    """Answers when it is let; says how long what it heard was."""

    def __init__(self) -> None:
        self.go = threading.Semaphore(0)

    def finished(self, pcm: np.ndarray) -> float:
        self.go.acquire(timeout=10)
        return pcm.size / 1000


def test_the_newest_pause_of_each_call_is_answered_and_the_room_is_woken():
    network, woken = SlowNetwork(), threading.Semaphore(0)
    ear = TurnEar(network, woken.release)
    ear.ask(7, 1, 100, np.zeros(500, np.int16))
    for end_ms in (200, 300):
        ear.ask(8, 2, end_ms, np.zeros(end_ms, np.int16))
    network.go.release(2)
    assert woken.acquire(timeout=10)
    assert woken.acquire(timeout=10)
    guesses = {guess.call: guess for guess in ear.guesses()}
    assert guesses[7] == (7, 1, 100, 0.5)
    assert guesses[8] == (8, 2, 300, 0.3)
    assert ear.guesses() == []


def test_the_network_hears_the_last_eight_seconds_where_it_is_installed():
    try:
        path = model_path()
    except ModelError as error:
        pytest.skip(str(error))
    network = SmartTurn(path)
    assert 0 <= network.finished(speech("How many people will you be?")) <= 1
    assert 0 <= network.finished(np.zeros(20 * 16_000, np.int16)) <= 1
