"""The operator's voice, cut into utterances."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.silero import WINDOW_MS
from engine.protocol import OperatorSpoke
from engine.settings import VadSettings
from engine.turns.operator_speech import (
    HANGOVER_MS,
    LEAD_WINDOWS,
    LONGEST_MS,
    ONSET_WINDOWS,
    TAIL_WINDOWS,
    OperatorSpeech,
)


class Microphone:
    """Windows of a probability, each with samples of its own number; media time goes on with or without them."""

    def __init__(self, last: int = 0) -> None:
        self.speech = OperatorSpeech(VadSettings(), last)
        self.now_ms = 1000
        self.windows = 0
        self.said: list[OperatorSpoke] = []

    def speaks(self, ms: int, probability: float = 0.9, level_dbfs: float = -20.0) -> None:
        for _ in range(0, ms, WINDOW_MS):
            self.now_ms += WINDOW_MS
            self.windows += 1
            samples = np.full(512, self.windows, np.int16)
            self.said += self.speech.hear(probability, level_dbfs, samples, self.now_ms)

    def is_quiet(self, ms: int) -> None:
        self.speaks(ms, probability=0.01)

    def is_off(self, ms: int) -> None:
        for _ in range(0, ms, 20):
            self.now_ms += 20
            self.said += self.speech.passed(self.now_ms)


def windows_of(spoke: OperatorSpoke) -> list[int]:
    return np.frombuffer(spoke.pcm, np.int16)[::512].tolist()


def test_an_utterance_is_over_after_half_a_second_of_silence():
    microphone = Microphone()
    microphone.is_quiet(640)
    began_ms = microphone.now_ms
    microphone.speaks(960)
    ended_ms = microphone.now_ms
    microphone.is_quiet(HANGOVER_MS - 2 * WINDOW_MS)
    assert microphone.said == []
    microphone.is_quiet(2 * WINDOW_MS)
    (spoke,) = microphone.said
    assert (spoke.utterance, spoke.start_ms, spoke.end_ms) == (1, began_ms, ended_ms)


def test_it_has_what_was_heard_a_little_before_and_after():
    microphone = Microphone()
    microphone.is_quiet(3200)
    microphone.speaks(320)
    microphone.is_quiet(960)
    (spoke,) = microphone.said
    assert windows_of(spoke) == list(range(101 - LEAD_WINDOWS, 111 + TAIL_WINDOWS))


def test_a_pause_between_words_is_part_of_it_and_a_weak_voice_holds_it():
    microphone = Microphone()
    microphone.speaks(320)
    microphone.is_quiet(320)
    microphone.speaks(960, probability=0.4)
    microphone.is_quiet(960)
    (spoke,) = microphone.said
    assert spoke.end_ms - spoke.start_ms == 320 + 320 + 960


@pytest.mark.parametrize(("probability", "level_dbfs"), [(0.4, -20.0), (0.9, -60.0)])
def test_a_voice_too_weak_to_begin_with_is_none(probability, level_dbfs):
    microphone = Microphone()
    microphone.speaks(3000, probability, level_dbfs)
    microphone.is_quiet(1000)
    assert microphone.said == []


def test_a_click_is_no_utterance():
    microphone = Microphone()
    for _ in range(5):
        microphone.speaks((ONSET_WINDOWS - 1) * WINDOW_MS)
        microphone.is_quiet(200)
    microphone.is_off(1000)
    assert microphone.said == []


def test_a_microphone_that_goes_off_ends_the_utterance_by_time_alone():
    microphone = Microphone()
    microphone.speaks(640)
    ended_ms = microphone.now_ms
    microphone.is_off(HANGOVER_MS - 20)
    assert microphone.said == []
    microphone.is_off(40)
    (spoke,) = microphone.said
    assert spoke.end_ms == ended_ms


def test_a_key_let_go_for_a_moment_leaves_a_pause_of_that_length():
    microphone = Microphone()
    microphone.speaks(640)
    microphone.is_off(300)
    microphone.speaks(640)
    microphone.is_off(600)
    (spoke,) = microphone.said
    assert len(spoke.pcm) // 2 // 16 == spoke.end_ms - spoke.start_ms == 640 + 300 + 640
    assert np.count_nonzero(np.frombuffer(spoke.pcm, np.int16) == 0) == 300 * 16


def test_what_was_before_a_pause_of_the_microphone_is_not_part_of_the_next_utterance():
    microphone = Microphone()
    microphone.is_quiet(320)
    microphone.is_off(5000)
    microphone.speaks(320)
    microphone.is_off(600)
    (spoke,) = microphone.said
    assert windows_of(spoke) == list(range(11, 21))


def test_a_long_speech_is_cut_and_nothing_of_it_is_lost():
    microphone = Microphone()
    microphone.speaks(40_000)
    microphone.is_off(600)
    assert [spoke.utterance for spoke in microphone.said] == [1, 2, 3]
    assert all(spoke.end_ms - spoke.start_ms <= LONGEST_MS for spoke in microphone.said)
    assert [window for spoke in microphone.said for window in windows_of(spoke)] == list(range(1, 1251))


def test_whoever_hands_back_has_said_what_was_said_and_nothing_else():
    microphone = Microphone()
    assert microphone.speech.finish() == []
    microphone.speaks(640)
    assert [spoke.end_ms for spoke in microphone.speech.finish()] == [microphone.now_ms]
    assert microphone.speech.finish() == []


def test_numbers_go_on_where_a_room_before_left_off():
    microphone = Microphone(last=4)
    microphone.speaks(640)
    microphone.is_off(600)
    assert [spoke.utterance for spoke in microphone.said] == [5]
