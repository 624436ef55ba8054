"""What the console shows when a call goes on in another language."""

from __future__ import annotations

import pytest

from console.state.call import Call
from console.state.events import event_of
from engine.protocol import CallState, LanguageSwitched

SWITCHED = LanguageSwitched("de", 2, "two turns in German", "en")
FORCED = LanguageSwitched("nl", 0, "an operator", "de", forced=True)


@pytest.fixture
def call():
    call = Call(1, 0)
    call.apply(CallState("listening", "Golden Lantern", "en", "simulated"), 0)
    return call


def test_a_call_is_in_the_language_that_was_followed(call):
    call.apply(SWITCHED, 1)
    assert call.language == "de"


def test_the_change_stands_in_the_conversation_with_its_reason(call):
    call.apply(SWITCHED, 1)
    assert [(entry.of, entry.text) for entry in call.conversation.entries] == [
        ("language", "en → de: two turns in German")
    ]


@pytest.mark.parametrize(
    ("switched", "words"),
    [(SWITCHED, "en → de: two turns in German"), (FORCED, "de → nl: an operator")],
)
def test_the_change_is_an_event(switched, words):
    event = event_of(switched, 1, 1)
    assert event is not None
    assert (event.topic, event.text) == ("language", words)
