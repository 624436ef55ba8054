"""What the console shows of what the far end knows and wants of being recorded."""

from __future__ import annotations

import pytest

from console.glyphs import UNICODE
from console.link.client import HEARD
from console.state.call import Call
from console.state.events import event_of
from console.state.store import Store
from console.widgets.about import about_lines
from engine.protocol import CallState, RecordingConsent


@pytest.fixture
def call():
    call = Call(1, 0)
    call.apply(CallState("listening", "Golden Lantern", "en", "sip"), 0)
    return call


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (RecordingConsent("announced", "This call is recorded."), "recorded: yes, they were told"),
        (RecordingConsent("given", "yes sure", 2), "recorded: yes, they agree (yes sure)"),
        (
            RecordingConsent("stopped", "stop recording", 5),
            "recorded: no: they wanted it to end (stop recording)",
        ),
    ],
)
def test_each_step_stands_in_the_conversation_and_among_the_events(call, told, words):
    call.apply(told, 1)
    assert [entry.text for entry in call.conversation.entries] == [words]
    event = event_of(told, 1, 1)
    assert event is not None and event.text == words


def test_a_live_console_hears_of_it():
    assert RecordingConsent in HEARD


@pytest.mark.parametrize("width", [40, 100])
def test_whether_their_voice_is_recorded_stands_with_the_facts_of_a_call(call, width):
    def facts() -> str:
        return "\n".join(line.plain for line in about_lines(call, Store(), width, UNICODE))

    assert "recorded" not in facts()
    call.apply(RecordingConsent("given", "yes", 2), 1)
    assert "yes, they agree" in facts()
    call.apply(RecordingConsent("stopped", "stop", 3), 2)
    assert "no: they wanted it" in facts()
