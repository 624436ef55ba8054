"""What the console shows of sounds that are nobody speaking."""

from __future__ import annotations

import pytest

from console.glyphs import UNICODE, call_look
from console.state.call import Call
from console.state.events import event_of
from engine.protocol import CallState, SoundHeard


@pytest.fixture
def call():
    call = Call(1, 0)
    call.apply(CallState("listening", "Golden Lantern", "en", "simulated"), 0)
    return call


def test_music_is_shown_as_hold_until_it_is_over(call):
    call.apply(SoundHeard("music", True, 4000, "steady lines"), 1)
    assert call_look(call, UNICODE).word == "on hold"
    call.apply(SoundHeard("music", False, 9000), 2)
    assert call_look(call, UNICODE).word == "listening"


def test_noise_and_silence_are_told_among_the_events_alone(call):
    call.apply(SoundHeard("noise", True, 4000), 1)
    assert not call.conversation.entries
    assert call_look(call, UNICODE).word == "listening"
    event = event_of(SoundHeard("noise", True, 4000), 1, 1)
    assert event is not None
    assert (event.topic, event.text) == ("sound", "only noise")


def test_tones_stand_in_the_conversation_once(call):
    call.apply(SoundHeard("busy", True, 4000, "425 Hz"), 1)
    call.apply(SoundHeard("busy", False, 5000), 2)
    assert [entry.text for entry in call.conversation.entries] == ["a busy tone"]
