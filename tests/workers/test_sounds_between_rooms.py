"""Sounds that are nobody speaking, through the real rooms: what vad says of them, and what transcribe makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.silero import SileroNetwork
from engine.protocol import SoundHeard, SpeechStarted, Transcript, TurnEnded
from engine.recognizers.base import Recognition
from engine.workers import transcribe, vad
from tests.fakes.fake_bus import heard
from tests.fakes.far_ends import frames
from tests.fakes.line_sounds import music, pcm, quiet, tone, voice


class Talkative:
    """A recogniser that finds words in everything."""

    def __init__(self) -> None:
        self.asked = 0

    def transcribe(self, pcm, language, names=()) -> Recognition:
        self.asked += 1
        return Recognition("a table for two", "en", 0.9, 0.0)


@pytest.fixture(scope="module")
def network():
    return SileroNetwork()


def told_by_vad(bus_of, opened, network, sound: np.ndarray):
    bus = bus_of("vad")
    bus.steps = [heard(opened("en")), *frames(sound)]
    vad.run(bus, network)
    return bus


@pytest.mark.parametrize(
    ("name", "sound"),
    [("music", music(5000)), ("busy", np.concatenate([tone((425,), 500), quiet(500)] * 3))],
)
def test_a_sound_is_told_and_is_no_turn(bus_of, opened, network, name, sound):
    bus = told_by_vad(bus_of, opened, network, pcm(quiet(300), sound))
    assert [(event.sound, event.on) for event in bus.said(SoundHeard)][:1] == [(name, True)]
    assert not bus.said(SpeechStarted)


def test_who_comes_back_after_music_has_a_turn_of_their_own_from_the_first_word(bus_of, opened, network):
    back = voice("good evening, how can I help you?")
    bus = told_by_vad(bus_of, opened, network, pcm(music(5000), quiet(300), back, quiet(2500)))
    (turn,) = bus.said(TurnEnded)
    begins = 5300 + int(np.argmax(np.abs(back) > 300)) // 16
    assert abs(turn.start_ms - begins) <= 200
    assert [event.on for event in bus.said(SoundHeard) if event.sound == "music"] == [True, False]


def test_no_words_are_looked_for_in_music_even_where_it_was_taken_for_a_turn(bus_of, opened):
    bus, recognizer = bus_of("transcribe"), Talkative()
    bus.steps = [
        heard(opened("en")),
        *frames(pcm(music(3000))),
        heard(SpeechStarted(1, 400)),
        heard(SoundHeard("music", True, 300, "steady lines")),
        heard(TurnEnded(1, 400, 2400, 2800, 400, "")),
    ]
    transcribe.run(bus, recognizer, bus.clock.read)
    (final,) = bus.said(Transcript)
    assert final.final
    assert final.text == ""
    assert "music" in final.dropped
    assert recognizer.asked == 0


def test_words_after_the_music_are_recognised(bus_of, opened):
    bus, recognizer = bus_of("transcribe"), Talkative()
    bus.steps = [
        heard(opened("en")),
        heard(SoundHeard("music", True, 0)),
        *frames(pcm(music(2000), voice("good evening, how can I help you?"))),
        heard(SoundHeard("music", False, 2000)),
        heard(SpeechStarted(1, 2050)),
        heard(TurnEnded(1, 2050, 3600, 4000, 400, "")),
    ]
    transcribe.run(bus, recognizer, bus.clock.read)
    assert [(each.text, each.dropped) for each in bus.said(Transcript) if each.final] == [
        ("a table for two", "")
    ]
